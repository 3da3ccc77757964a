/** The whole companion as the command starts it, with a log file and a vault on disk, in a process that tells its memory. */
import { createApp } from '../../../companion/app.ts';
import type { App } from '../../../companion/app.ts';
import { createLogger } from '../../../companion/base/log.ts';
import { openLogFile } from '../../../companion/base/log-file.ts';
import { loadConfig } from '../../../companion/config/load.ts';
import { pathsOf } from '../../../companion/config/paths.ts';
import { ensurePrivateFolder } from '../../../companion/base/atomic-file.ts';
import { serveCommands } from '../child.ts';

let app: App | undefined;

interface Surroundings {
  readonly home: string;
  readonly environment: Readonly<Record<string, string>>;
}

async function start({ home, environment }: Surroundings) {
  const flags = { home, 'server.port': 0, 'vault.kind': 'file' };
  const { config } = loadConfig({ flags, environment, cwd: home });
  const paths = pathsOf(config.home);
  await ensurePrivateFolder(paths.logFolder);
  const logger = createLogger({ level: config.log.level, destination: openLogFile(paths.log) });
  app = await createApp({ config, logger });
  const url = await app.start();
  const { token } = await app.service.issuePairing();
  return { url, key: app.service.clientSettings().ANTHROPIC_API_KEY, token };
}

/** Bytes of heap and buffers, after everything that nobody holds any more is gone. */
function memory(): number {
  for (let time = 0; time < 4; time += 1) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const commands = {
  start,
  memory,
  stop: () => app?.stop(),
};
export type CompanionCommands = typeof commands;
serveCommands(commands);
