/**
 * A companion in a process of its own, without the lock that keeps a second one out of the same home. Says where it
 * listens; on a line `renew <provider>` it renews that login again and again, until it is killed.
 */
import { createInterface } from 'node:readline';
import { createApp } from '../../../companion/app.ts';
import { memoryLogger } from '../../../companion/base/log.ts';
import { loadConfig } from '../../../companion/config/load.ts';

const [home = ''] = process.argv.slice(2);
const environment = process.env;
const { config } = loadConfig({
  flags: { home, 'server.port': 0, 'vault.kind': 'file' },
  environment,
  cwd: home,
});
const app = await createApp({ config, logger: memoryLogger().logger, environment });
process.stdout.write(`${await app.start()}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  const [, provider = ''] = line.split(' ');
  for (;;) {
    await app.service.logins.refresh(provider);
    process.stdout.write('renewed\n');
  }
}
