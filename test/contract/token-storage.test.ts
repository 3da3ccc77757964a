import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import { JsonFileTokenStorage } from '../../companion/account/login/json-file-token-storage.ts';
import { KeyringTokenStorage } from '../../companion/account/login/keyring-token-storage.ts';
import { recordCodec } from '../../companion/account/login/login-record.ts';
import { MemoryTokenStorage } from '../../companion/account/login/memory-token-storage.ts';
import { VaultTokenStorage } from '../../companion/account/login/vault-token-storage.ts';
import { systemKeyring } from '../../companion/vault/keyring.ts';
import { MemoryVault } from '../../companion/vault/memory-vault.ts';
import { FakeKeyring } from '../support/fake-keyring.ts';
import { startKeyringSession, whyNoKeyringSession } from '../support/keyring-session.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { vaultHome } from '../support/vault-home.ts';
import { describeTokenStorage } from './token-storage-contract.ts';

const codec = recordCodec('anthropic');
const entry = 'login/anthropic/claude-00000000';

describeTokenStorage('memory', async () => new MemoryTokenStorage());
describeTokenStorage('memory vault', async () => new VaultTokenStorage(new MemoryVault(), entry, 'anthropic'));
describeTokenStorage('sealed vault', async () => {
  const { vault } = await (await vaultHome()).open({ kind: 'file' });
  return new VaultTokenStorage(vault, entry, 'anthropic');
});
describeTokenStorage('JSON file', async () => {
  return new JsonFileTokenStorage(join(await temporaryFolder(), 'deep', 'credentials.json'), codec);
});
describeTokenStorage('keyring in memory', async () => {
  return new KeyringTokenStorage({ service: 'a service', account: 'ada', codec, keyring: new FakeKeyring() });
});

const noSession = whyNoKeyringSession();
if (noSession !== undefined) console.log(`No real keyring in this run: ${noSession}.`);

describe.skipIf(noSession !== undefined)('with a real keyring', () => {
  describeTokenStorage('real keyring', async () => {
    const session = await startKeyringSession(await temporaryFolder(), 'pass');
    onTestFinished(() => session.stop());
    const service = 'ccproxy-companion-test';
    const keyring = systemKeyring(session.environment, 'linux', service);
    return new KeyringTokenStorage({ service, account: 'ada', codec, keyring });
  });
});
