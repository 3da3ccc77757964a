/** Opens the logins of a home, waits for a line, and renews the first again and again, until it is killed. */
import { once } from 'node:events';
import { openLogins } from './open-logins.ts';

const [home = '', tokenUrl = ''] = process.argv.slice(2);
const { logins } = await openLogins(home, tokenUrl);
const [login] = logins.list();
if (login === undefined) throw new Error('there is no login');
process.stdout.write('ready\n');
await once(process.stdin, 'data');
for (;;) {
  await logins.refresh(login.id, AbortSignal.timeout(20_000));
  process.stdout.write('renewed\n');
}
