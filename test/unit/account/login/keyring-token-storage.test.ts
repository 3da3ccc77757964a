import { describe, expect, it } from 'vitest';
import { KeyringTokenStorage } from '../../../../companion/account/login/keyring-token-storage.ts';
import { recordCodec } from '../../../../companion/account/login/login-record.ts';
import { systemKeyring } from '../../../../companion/vault/keyring.ts';
import { FakeKeyring } from '../../../support/fake-keyring.ts';
import { accessOf, makeLogin } from '../../../support/logins.ts';

const codec = recordCodec('anthropic');

function storageIn(keyring: FakeKeyring): KeyringTokenStorage {
  return new KeyringTokenStorage({ service: 'claude-code-proxy', account: 'default', codec, keyring });
}

describe('PY-7: a login in the keyring', () => {
  it('is the JSON of the record, and tells service and user as its place', async () => {
    const keyring = new FakeKeyring();
    const storage = storageIn(keyring);
    expect(storage.location).toBe('OS keyring (service: claude-code-proxy, user: default)');
    await storage.save(makeLogin(), undefined);
    expect(JSON.parse(keyring.entries.get('default') ?? '')).toMatchObject({
      claudeAiOauth: { accessToken: 'CANARY-access-0' },
    });
    expect(keyring.isClosed).toBe(true);
  });

  it('is trouble with a hint, and not there, where the keyring cannot be used', async () => {
    const keyring = new FakeKeyring();
    const storage = storageIn(keyring);
    await storage.save(makeLogin(), undefined);
    keyring.trouble = 'it is locked';
    const attempts = [() => storage.load(), () => storage.save(makeLogin(), makeLogin()), () => storage.delete()];
    for (const attempt of attempts) {
      await expect(attempt()).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: 'The system keyring cannot be used: it is locked.',
        remedy: expect.stringContaining('libsecret'),
      });
    }
    expect(await storage.exists()).toBe(false);
    keyring.trouble = undefined;
    expect(accessOf(await storage.load())).toBe('CANARY-access-0');
  });

  it('that cannot be read is left as it is, and never quoted', async () => {
    const keyring = new FakeKeyring();
    keyring.entries.set('default', '{CANARY');
    await expect(storageIn(keyring).load()).rejects.toMatchObject({
      code: 'LOGIN_UNREADABLE',
      message: expect.not.stringContaining('CANARY'),
    });
    expect(keyring.entries.get('default')).toBe('{CANARY');
  });

  it('leaves what else stands in the item when it is deleted', async () => {
    const keyring = new FakeKeyring();
    keyring.entries.set('default', '{"mcpOAuth":1}');
    const storage = storageIn(keyring);
    await storage.save(makeLogin(), undefined);
    expect(await storage.delete()).toBe(true);
    expect(JSON.parse(keyring.entries.get('default') ?? '')).toEqual({ mcpOAuth: 1 });
  });

  it.skipIf(process.platform !== 'linux')('is told at once that there is no session bus', async () => {
    const keyring = systemKeyring({ PATH: '/nowhere', XDG_RUNTIME_DIR: '/nowhere' }, 'linux', 'x');
    const storage = new KeyringTokenStorage({ service: 'x', account: 'y', codec, keyring });
    await expect(storage.load()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(await storage.exists()).toBe(false);
  });
});
