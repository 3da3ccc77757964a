/** Opens the logins of a home, says that it is ready, waits for a line, then leases a token many times at once. */
import { createInterface } from 'node:readline';
import { openLogins } from './open-logins.ts';

const [home = '', tokenUrl = '', times = '1'] = process.argv.slice(2);
const { logins } = await openLogins(home, tokenUrl);
const [login] = logins.list();
process.stdout.write(`ready ${logins.list().length}\n`);
const input = createInterface({ input: process.stdin });
await new Promise((resolve) => {
  input.once('line', resolve);
});
const answers = Array.from({ length: Number(times) }, async () => {
  if (login === undefined) return 'no login';
  const { secret } = await logins.lease(login, AbortSignal.timeout(20_000));
  return secret.reveal();
});
const told = await Promise.allSettled(answers);
const texts = told.map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason)));
process.stdout.write(`${JSON.stringify(texts)}\n`);
await logins.close();
input.close();
process.stdin.unref();
