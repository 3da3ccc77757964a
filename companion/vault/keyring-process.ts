/** The helper that `keyring.ts` starts: one JSON request a line on standard input, one JSON reply a line on standard output. */
import { createInterface } from 'node:readline';
import type { KeyringReply, KeyringRequest } from './keyring.ts';

async function answer({ operation, service, account, secret }: KeyringRequest): Promise<KeyringReply> {
  try {
    const { default: keytar } = await import('keytar');
    if (operation === 'read') return { value: await keytar.getPassword(service, account) };
    if (operation === 'write') await keytar.setPassword(service, account, secret ?? '');
    else if (await keytar.deletePassword(service, account)) return { value: 'deleted' };
    return { value: null };
  } catch (thrown) {
    return { error: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

const requests = createInterface({ input: process.stdin });
requests.on('line', (line) => {
  void answer(JSON.parse(line) as KeyringRequest).then((reply) => process.stdout.write(`${JSON.stringify(reply)}\n`));
});
// The companion is gone. A plain exit would wait for a thread that hangs in the keyring.
requests.on('close', () => process.kill(process.pid, 'SIGKILL'));
