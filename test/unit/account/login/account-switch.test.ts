/** Codex signs in to another account while we use the one before: nothing of the two is mixed up. */
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LoginService } from '../../../../companion/account/login/login-service.ts';
import type { StoredLogin } from '../../../../companion/account/login/stored-login.ts';
import { memoryLogger } from '../../../../companion/base/log.ts';
import { MemoryVault } from '../../../../companion/vault/memory-vault.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { accessOf, adaAccount, bobAccount, FakeEndpoint, makeLogin } from '../../../support/logins.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { hour, never, second, sourceOf, WatchedStorage } from './managed.ts';

const clock = new FakeClock();

function ada(expiresAtMs = clock.nowMs() + hour): StoredLogin {
  return makeLogin({ provider: 'openai', account: adaAccount, expiresAtMs });
}

function bob(): StoredLogin {
  const tokens = { access: 'bob-access', refresh: 'bob-refresh', expiresAtMs: clock.nowMs() + hour };
  return makeLogin({ provider: 'openai', account: bobAccount, ...tokens });
}

async function signedIn(login: StoredLogin) {
  const storage = new WatchedStorage('~/.codex/auth.json');
  const endpoint = new FakeEndpoint(() => clock.nowMs());
  const home = await temporaryFolder();
  const logins = await LoginService.open({
    vault: new MemoryVault(),
    sources: [sourceOf(storage, { provider: 'openai', owner: 'codex' })],
    endpoints: { anthropic: endpoint, openai: endpoint },
    locksFolder: join(home, 'locks'),
    home,
    refresh: { enabled: false, checkInterval: hour, refreshLeadTime: second },
    clock,
    logger: memoryLogger().logger,
    quotasOf: () => [],
    onChange: () => undefined,
    environment: { HOME: home },
  });
  onTestFinished(() => logins.close());
  await logins.add(login, false);
  const [routed] = logins.list();
  if (routed === undefined) throw new Error('There is no login.');
  return { logins, storage, endpoint, routed };
}

describe('another account in the place of the one before', () => {
  it('gives its token under its own id, whatever was planned with', async () => {
    const { logins, storage, endpoint, routed } = await signedIn(ada(clock.nowMs() - second));
    await storage.write(bob());
    const token = await logins.lease(routed, never);
    expect(token.secret.reveal()).toBe('bob-access');
    expect(token).toMatchObject({ name: 'bob@example.com', accountId: bobAccount.id });
    expect(token.id).not.toBe(routed.id);
    expect(logins.list().map(({ id }) => id)).toEqual([token.id]);
    expect(endpoint.asked).toEqual([]);
  });

  it('replaces a token that is refused under its own id', async () => {
    const { logins, storage, routed } = await signedIn(ada());
    const token = await logins.lease(routed, never);
    await storage.write(bob());
    const next = await logins.replace(token, never);
    expect(next?.secret.reveal()).toBe('bob-access');
    expect(next).toMatchObject({ id: logins.list()[0]?.id, name: 'bob@example.com', accountId: bobAccount.id });
    expect(next?.id).not.toBe(routed.id);
  });

  it('leaves nothing to replace a refused token with, once it is known', async () => {
    const { logins, storage, routed } = await signedIn(ada());
    const token = await logins.lease(routed, never);
    await storage.write(bob());
    await logins.reload();
    expect(await logins.replace(token, never)).toBeUndefined();
  });

  it('is not signed out of by who meant the one before', async () => {
    const { logins, storage, routed } = await signedIn(ada());
    await storage.write(bob());
    await expect(logins.remove(routed.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(accessOf(await storage.load())).toBe('bob-access');
  });
});
