import { describe, expect, it } from 'vitest';
import { CompanionError } from '../../../../companion/base/error.ts';
import { Secret } from '../../../../shared/redact.ts';
import { accessOf, bobAccount, invalidGrant, makeLogin, serverTrouble } from '../../../support/logins.ts';
import { hour, managed, minute, never, second, settle, until } from './managed.ts';

const expired = (nowMs: number) => makeLogin({ expiresAtMs: nowMs - second });
const endsIn = (ms: number) => (nowMs: number) => makeLogin({ expiresAtMs: nowMs + ms });
const diskFull = new CompanionError('STORE_UNAVAILABLE', 'Could not write: the disk is full.');

describe('a token that lasts', () => {
  it('PY-13: is given at once, without asking the storage or the provider', async () => {
    const { manager, storage, endpoint } = await managed(endsIn(hour));
    for (let n = 0; n < 50; n += 1) expect(accessOf(await manager.valid(never))).toBe('CANARY-access-0');
    expect([storage.loads, endpoint.asked]).toEqual([1, []]);
  });

  it('is given where nothing tells its end', async () => {
    const { manager, endpoint } = await managed(() => makeLogin());
    expect(accessOf(await manager.valid(never))).toBe('CANARY-access-0');
    expect(endpoint.asked).toEqual([]);
  });

  it('is given at once while it is renewed in the background, when its end is near', async () => {
    const { manager, endpoint } = await managed(endsIn(5 * minute));
    expect(accessOf(await manager.valid(never))).toBe('CANARY-access-0');
    await until(async () => expect(accessOf(await manager.valid(never))).toBe('CANARY-access-1'));
    expect(endpoint.asked).toEqual(['CANARY-refresh-0']);
  });
});

describe('a token that ended', () => {
  it('PY-8, PY-12, PY-19: is renewed once for 100 that ask at once, and the new tokens rest in the storage', async () => {
    const { manager, storage, endpoint, events, log } = await managed(expired);
    const logins = await Promise.all(Array.from({ length: 100 }, () => manager.valid(never)));
    expect(new Set(logins.map(accessOf))).toEqual(new Set(['CANARY-access-1']));
    expect(endpoint.asked).toEqual(['CANARY-refresh-0']);
    expect((await storage.load())?.refreshToken?.reveal()).toBe('CANARY-refresh-1');
    expect(events()).toEqual(
      expect.arrayContaining(['credentials_load_start', 'credentials_load_completed', 'token_refresh_start']),
    );
    expect(log.lines).toContainEqual(expect.objectContaining({ reason: 'expired_or_expiring_soon' }));
    expect(log.text()).not.toContain('CANARY');
  });

  it('PY-12: is read again first: another process may have renewed it', async () => {
    const { manager, storage, endpoint, clock } = await managed(expired);
    await storage.write(makeLogin({ access: 'theirs', refresh: 'theirs', expiresAtMs: clock.nowMs() + hour }));
    expect(accessOf(await manager.valid(never))).toBe('theirs');
    expect(endpoint.asked).toEqual([]);
  });

  it('PY-12: asks for a login when there is none, also once it was taken away', async () => {
    const nobody = await managed(undefined);
    await expect(nobody.manager.valid(never)).rejects.toMatchObject({
      code: 'LOGIN_REQUIRED',
      message: 'No Claude login was found. Please sign in first.',
    });
    const { manager, storage } = await managed(expired);
    await storage.write(undefined);
    await expect(manager.valid(never)).rejects.toMatchObject({ code: 'LOGIN_REQUIRED' });
    expect(manager.current).toBeUndefined();
  });

  it('goes on being renewed for the others when one leaves', async () => {
    const { manager, endpoint, storage } = await managed(expired);
    let answer: (() => void) | undefined;
    endpoint.behaviour = (login) =>
      new Promise((resolve) => {
        answer = () => resolve(endpoint.next(login));
      });
    const leaving = new AbortController();
    const [left, stays] = [manager.valid(leaving.signal), manager.valid(never)];
    await until(() => expect(endpoint.asked).toHaveLength(1));
    leaving.abort(new Error('the client left'));
    await expect(left).rejects.toThrow('the client left');
    answer?.();
    expect(accessOf(await stays)).toBe('CANARY-access-1');
    expect(accessOf(await storage.load())).toBe('CANARY-access-1');
  });

  it('cannot be renewed where that is forbidden or there is nothing to do it with, and says who can', async () => {
    const adopted = await managed(expired, {
      owner: 'claude-code',
      mayRefresh: false,
      renewRemedy: 'Run claude once.',
    });
    const bare = await managed((nowMs) => makeLogin({ refresh: null, expiresAtMs: nowMs - second }));
    await expect(adopted.manager.valid(never)).rejects.toMatchObject({
      code: 'LOGIN_EXPIRED',
      remedy: 'Run claude once.',
    });
    await expect(bare.manager.valid(never)).rejects.toMatchObject({ code: 'LOGIN_EXPIRED' });
    expect([adopted.manager.state, bare.manager.state]).toEqual(['expired', 'dead']);
    expect(adopted.manager.trouble).toMatchObject({ code: 'LOGIN_EXPIRED', remedy: 'Run claude once.' });
    await adopted.storage.write(makeLogin({ access: 'theirs', expiresAtMs: adopted.clock.nowMs() + hour }));
    expect(accessOf(await adopted.manager.valid(never))).toBe('theirs');
    expect([adopted.manager.state, adopted.manager.trouble]).toEqual(['usable', null]);
    expect([...adopted.endpoint.asked, ...bare.endpoint.asked]).toEqual([]);
  });
});

describe('a renewal that fails for now', () => {
  it('PY-12: gives the token that is still valid, with a warning', async () => {
    const { manager, endpoint, events, log } = await managed(endsIn(30 * second));
    endpoint.behaviour = () => Promise.reject(serverTrouble());
    expect(accessOf(await manager.valid(never))).toBe('CANARY-access-0');
    expect(events()).toEqual(expect.arrayContaining(['token_refresh_failed', 'token_refresh_fallback']));
    expect(manager.state).toBe('usable');
    expect(manager.trouble).toMatchObject({
      code: 'LOGIN_REFRESH_FAILED',
      remedy: expect.stringContaining('tried again by itself, and with'),
    });
    expect(log.text()).not.toContain('CANARY');
  });

  it('loses nothing, is told quickly with the time of the next try, and works again after it', async () => {
    const { manager, endpoint, clock, storage } = await managed(expired);
    endpoint.behaviour = () => Promise.reject(serverTrouble());
    for (let n = 0; n < 30; n += 1) {
      await expect(manager.valid(never)).rejects.toMatchObject({
        code: 'LOGIN_REFRESH_FAILED',
        message: expect.stringMatching(/^Renewing the login ada@example.com failed\. \(.*status 500/),
        remedy: expect.stringContaining('the next time in 1 s.'),
        details: { retryAtMs: clock.nowMs() + second },
      });
    }
    expect(endpoint.asked).toHaveLength(1);
    expect([manager.state, (await storage.load())?.refreshToken?.reveal()]).toEqual(['expired', 'CANARY-refresh-0']);
    await clock.advance(second);
    endpoint.behaviour = undefined;
    endpoint.asked.length = 0;
    expect(accessOf(await manager.valid(never))).toBe('CANARY-access-1');
    expect([manager.state, manager.trouble]).toEqual(['usable', null]);
  });

  it('is tried again after 1 s, 2 s, 4 s and at most 5 minutes', async () => {
    const { manager, endpoint, clock } = await managed(expired);
    endpoint.behaviour = () => Promise.reject(serverTrouble());
    const waits: number[] = [];
    for (let n = 0; n < 12; n += 1) {
      const startedAtMs = clock.nowMs();
      const tried = endpoint.asked.length;
      await manager.valid(never).catch(() => undefined);
      while (endpoint.asked.length === tried) {
        await clock.advance(second);
        await manager.valid(never).catch(() => undefined);
      }
      waits.push((clock.nowMs() - startedAtMs) / second);
    }
    expect(waits.slice(0, 6)).toEqual([0, 1, 2, 4, 8, 16]);
    expect(waits.slice(-2)).toEqual([300, 300]);
  });

  it.each([
    ['1 s', second, 5 * second],
    ['40 s', 40 * second, 40 * second],
    ['a day', 24 * hour, 5 * minute],
  ])(
    'waits as a provider asks that counts (%s), 5 s to 5 minutes, and holds a person to that',
    async (_, askedMs, waitMs) => {
      const { manager, endpoint, clock } = await managed(expired);
      const details = { retryAtMs: clock.nowMs() + askedMs };
      endpoint.behaviour = () => Promise.reject(new CompanionError('RATE_LIMITED', 'Too many.', { details }));
      await expect(manager.valid(never)).rejects.toMatchObject({ details: { retryAtMs: clock.nowMs() + waitMs } });
      await expect(manager.refresh(never)).rejects.toMatchObject({ code: 'LOGIN_REFRESH_FAILED' });
      await clock.advance(waitMs - 1);
      await expect(manager.valid(never)).rejects.toMatchObject({ code: 'LOGIN_REFRESH_FAILED' });
      expect(endpoint.asked).toHaveLength(1);
      await clock.advance(1);
      await expect(manager.valid(never)).rejects.toMatchObject({ code: 'LOGIN_REFRESH_FAILED' });
      expect(endpoint.asked).toHaveLength(2);
    },
  );

  it('takes what another process wrote meanwhile, without waiting for the next try', async () => {
    const { manager, endpoint, clock, storage } = await managed(expired);
    endpoint.behaviour = () => Promise.reject(serverTrouble());
    await manager.valid(never).catch(() => undefined);
    await storage.write(makeLogin({ access: 'theirs', expiresAtMs: clock.nowMs() + hour }));
    expect(accessOf(await manager.valid(never))).toBe('theirs');
  });

  it('is given up after 30 s when the provider hangs; who has a valid token waits 5 s at most', async () => {
    const hangs = (_: unknown, signal: AbortSignal) =>
      new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
      });
    const valid = await managed(endsIn(30 * second));
    valid.endpoint.behaviour = hangs;
    const soon = valid.manager.valid(never);
    await until(() => expect(valid.endpoint.asked).toHaveLength(1));
    await valid.clock.advance(5 * second);
    expect(accessOf(await soon)).toBe('CANARY-access-0');
    await valid.clock.advance(30 * second);
    const over = await managed(expired);
    over.endpoint.behaviour = hangs;
    const late = over.manager.valid(never);
    late.catch(() => undefined);
    await until(() => expect(over.endpoint.asked).toHaveLength(1));
    await over.clock.advance(30 * second);
    await expect(late).rejects.toMatchObject({
      code: 'LOGIN_REFRESH_FAILED',
      message: expect.stringContaining('did not answer within 30 seconds'),
    });
  });
});

describe('a renewal that fails for good', () => {
  it('PY-12: asks to sign in again, leaves the record, and is not tried again with the same token', async () => {
    const { manager, endpoint, storage, clock } = await managed(expired);
    endpoint.behaviour = () => Promise.reject(invalidGrant());
    for (let n = 0; n < 3; n += 1) {
      await expect(manager.valid(never)).rejects.toMatchObject({
        code: 'LOGIN_EXPIRED',
        message: expect.stringMatching(/ada@example\.com .* Please sign in again\. \(Refresh token not found/),
        details: { upstreamType: 'invalid_grant' },
      });
      await clock.advance(hour);
    }
    expect([manager.state, manager.isRefreshable]).toEqual(['dead', false]);
    expect(endpoint.asked).toHaveLength(1);
    expect((await storage.load())?.refreshToken?.reveal()).toBe('CANARY-refresh-0');
  });

  it('goes on with the token until it ends', async () => {
    const { manager, endpoint, clock } = await managed(endsIn(30 * second));
    endpoint.behaviour = () => Promise.reject(invalidGrant());
    expect(accessOf(await manager.valid(never))).toBe('CANARY-access-0');
    expect(accessOf(await manager.valid(never))).toBe('CANARY-access-0');
    expect([manager.state, manager.trouble?.code]).toEqual(['usable', 'LOGIN_EXPIRED']);
    await clock.advance(minute);
    expect(manager.state).toBe('dead');
    await expect(manager.valid(never)).rejects.toMatchObject({ code: 'LOGIN_EXPIRED' });
    expect(endpoint.asked).toHaveLength(1);
  });

  it('lives again with a new login, or when another program renewed it', async () => {
    for (const how of ['take', 'write'] as const) {
      const { manager, endpoint, storage, clock } = await managed(expired);
      endpoint.behaviour = () => Promise.reject(invalidGrant());
      await manager.valid(never).catch(() => undefined);
      const next = makeLogin({ access: 'new', refresh: 'new', expiresAtMs: clock.nowMs() + hour });
      await (how === 'take' ? manager.take(next) : storage.write(next));
      await manager.reload();
      expect([manager.state, manager.trouble]).toEqual(['usable', null]);
      expect(accessOf(await manager.valid(never))).toBe('new');
    }
  });

  it('is none when another program, which knows no lock, was faster', async () => {
    const { manager, endpoint, storage, clock } = await managed(expired);
    endpoint.behaviour = async () => {
      await storage.write(makeLogin({ access: 'theirs', refresh: 'theirs', expiresAtMs: clock.nowMs() + hour }));
      throw invalidGrant();
    };
    expect(accessOf(await manager.valid(never))).toBe('theirs');
    expect(manager.state).toBe('usable');
  });

  it('is tried with the token that the other program left, when that has ended too', async () => {
    const { manager, endpoint, storage, clock } = await managed(expired);
    endpoint.behaviour = async () => {
      endpoint.behaviour = undefined;
      await storage.write(makeLogin({ access: 'a-7', refresh: 'theirs', expiresAtMs: clock.nowMs() - second }));
      throw invalidGrant();
    };
    expect(accessOf(await manager.valid(never))).toBe('CANARY-access-8');
    expect(endpoint.asked).toEqual(['CANARY-refresh-0', 'theirs']);
  });
});

describe('the new tokens', () => {
  it('are not asked for while the disk cannot take them', async () => {
    const { manager, endpoint, storage, clock } = await managed(expired);
    storage.trouble = diskFull;
    await expect(manager.valid(never)).rejects.toMatchObject({
      code: 'LOGIN_REFRESH_FAILED',
      message: expect.stringContaining('the disk is full'),
    });
    expect(endpoint.asked).toEqual([]);
    storage.trouble = undefined;
    await clock.advance(second);
    expect(accessOf(await manager.valid(never))).toBe('CANARY-access-1');
  });

  it('serve from memory, and are written later, when the disk fails in that very moment', async () => {
    const { manager, endpoint, storage, clock } = await managed(expired);
    endpoint.behaviour = async (login) => {
      storage.trouble = diskFull;
      return endpoint.next(login);
    };
    const asked = manager.valid(never);
    await until(() => expect(accessOf(manager.current)).toBe('CANARY-access-1'));
    await clock.advance(second);
    expect(accessOf(await asked)).toBe('CANARY-access-1');
    expect(manager.trouble).toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await manager.reload();
    expect(accessOf(await manager.valid(never))).toBe('CANARY-access-1');
    expect(accessOf(await storage.load())).toBe('CANARY-access-0');
    await clock.advance(5 * second);
    storage.trouble = undefined;
    await clock.advance(5 * second);
    await until(async () => expect(accessOf(await storage.load())).toBe('CANARY-access-1'));
    expect(manager.trouble).toBeNull();
  });

  it('are written at the end, when the disk works again only then', async () => {
    const { manager, endpoint, storage, clock } = await managed(expired);
    endpoint.behaviour = async (login) => {
      storage.trouble = diskFull;
      return endpoint.next(login);
    };
    const asked = manager.valid(never);
    await until(() => expect(accessOf(manager.current)).toBe('CANARY-access-1'));
    await clock.advance(second);
    await asked;
    storage.trouble = undefined;
    await manager.close();
    expect(accessOf(await storage.load())).toBe('CANARY-access-1');
  });

  it('do not come back after somebody signed out meanwhile', async () => {
    const { manager, endpoint, storage } = await managed(expired);
    endpoint.behaviour = async (login) => {
      await storage.write(undefined);
      return endpoint.next(login);
    };
    await expect(manager.valid(never)).rejects.toMatchObject({ code: 'LOGIN_REQUIRED' });
    expect([await storage.load(), manager.current]).toEqual([undefined, undefined]);
  });

  it('give way to those of somebody who signed in meanwhile', async () => {
    const { manager, endpoint, storage, clock } = await managed(expired);
    endpoint.behaviour = async (login) => {
      await storage.write(
        makeLogin({ access: 'bob', refresh: 'bob', account: bobAccount, expiresAtMs: clock.nowMs() + hour }),
      );
      return endpoint.next(login);
    };
    expect(accessOf(await manager.valid(never))).toBe('bob');
    expect(accessOf(await storage.load())).toBe('bob');
  });

  it('replace those of a program that wrote its access token beside the old refresh token', async () => {
    const { manager, endpoint, storage } = await managed(expired);
    endpoint.behaviour = async (login) => {
      await storage.write(makeLogin({ access: 'theirs' }));
      return endpoint.next(login);
    };
    expect(accessOf(await manager.valid(never))).toBe('CANARY-access-1');
    expect(accessOf(await storage.load())).toBe('CANARY-access-1');
  });

  it('are never taken for the old ones by somebody who began to read before they were written', async () => {
    const { manager, storage } = await managed(expired);
    let reading: Promise<void> | undefined;
    storage.beforeSave = (next) => {
      if (accessOf(next) !== 'CANARY-access-1') return;
      storage.isSlow = true;
      reading = manager.reload();
    };
    await manager.valid(never);
    await reading;
    expect(accessOf(manager.current)).toBe('CANARY-access-1');
  });
});

describe('clocks that are wrong', () => {
  it('lead to no loop when a new token looks old: it serves, and is renewed by its age', async () => {
    const { manager, endpoint, clock } = await managed(expired);
    endpoint.behaviour = async (login) => ({ ...endpoint.next(login), expiresAtMs: clock.nowMs() - 24 * hour });
    for (let n = 0; n < 100; n += 1) {
      expect(accessOf(await manager.valid(never))).toBe('CANARY-access-1');
      await clock.advance(30 * second);
    }
    expect(endpoint.asked).toHaveLength(1);
    expect(manager.state).toBe('usable');
    await clock.advance(hour);
    await manager.valid(never);
    await until(() => expect(endpoint.asked).toHaveLength(2));
  });

  it('lead to one renewal a minute when all that comes ends within the lead time', async () => {
    const { manager, endpoint, clock } = await managed(expired);
    endpoint.behaviour = async (login) => ({ ...endpoint.next(login), expiresAtMs: clock.nowMs() + 9 * minute });
    for (let n = 0; n < 100; n += 1) {
      await manager.valid(never);
      await settle();
      await clock.advance(second);
    }
    expect(endpoint.asked).toHaveLength(2);
  });
});

describe('PY-14: a renewal that a person asks for', () => {
  it('is done whatever the expiry, and once for two who ask at once', async () => {
    const { manager, endpoint, log } = await managed(endsIn(5 * hour));
    const [one, other] = await Promise.all([manager.refresh(never), manager.refresh(never)]);
    expect([accessOf(one), accessOf(other)]).toEqual(['CANARY-access-1', 'CANARY-access-1']);
    expect(endpoint.asked).toEqual(['CANARY-refresh-0']);
    expect(log.lines).toContainEqual(expect.objectContaining({ event: 'token_refresh_start', reason: 'forced' }));
  });

  it('is refused without a login, and without a refresh token', async () => {
    await expect((await managed(undefined)).manager.refresh(never)).rejects.toMatchObject({ code: 'LOGIN_REQUIRED' });
    const bare = await managed(() => makeLogin({ refresh: null }));
    await expect(bare.manager.refresh(never)).rejects.toMatchObject({ code: 'LOGIN_EXPIRED' });
  });

  it('is not held up by failures before', async () => {
    const { manager, endpoint } = await managed(expired);
    endpoint.behaviour = () => Promise.reject(serverTrouble());
    await manager.valid(never).catch(() => undefined);
    endpoint.behaviour = async (login) => endpoint.next(login);
    expect(accessOf(await manager.refresh(never))).toBe('CANARY-access-1');
  });
});

describe('a token that the provider refuses', () => {
  const refused = new Secret('CANARY-access-0');

  it('is replaced once for all whose requests were refused', async () => {
    const { manager, endpoint } = await managed(endsIn(5 * hour));
    const next = await Promise.all(Array.from({ length: 20 }, () => manager.replace(refused, never)));
    expect(new Set(next.map(accessOf))).toEqual(new Set(['CANARY-access-1']));
    expect(accessOf(await manager.replace(refused, never))).toBe('CANARY-access-1');
    expect(endpoint.asked).toEqual(['CANARY-refresh-0']);
  });

  it('is replaced by what another program wrote, without a renewal', async () => {
    const { manager, endpoint, storage, clock } = await managed(endsIn(5 * hour));
    await storage.write(makeLogin({ access: 'theirs', expiresAtMs: clock.nowMs() + hour }));
    expect(accessOf(await manager.replace(refused, never))).toBe('theirs');
    expect(endpoint.asked).toEqual([]);
  });

  it('makes the login dead where it cannot be renewed, until another one stands there or some minutes are over', async () => {
    const { manager, storage, clock } = await managed(endsIn(5 * hour), { owner: 'claude-code', mayRefresh: false });
    expect(await manager.replace(refused, never)).toBeUndefined();
    expect([manager.state, manager.trouble?.code]).toEqual(['dead', 'LOGIN_EXPIRED']);
    await expect(manager.valid(never)).rejects.toMatchObject({ code: 'LOGIN_EXPIRED' });
    await storage.write(makeLogin({ access: 'theirs', expiresAtMs: clock.nowMs() + hour }));
    expect(accessOf(await manager.valid(never))).toBe('theirs');
    expect(manager.state).toBe('usable');
    expect(await manager.replace(new Secret('theirs'), never)).toBeUndefined();
    expect(manager.state).toBe('dead');
    await clock.advance(5 * minute);
    expect([manager.state, manager.trouble]).toEqual(['usable', null]);
  });

  it('is not renewed again when even a new token is refused', async () => {
    const { manager, endpoint } = await managed(endsIn(5 * hour));
    const next = await manager.replace(refused, never);
    expect(await manager.replace(next?.accessToken ?? refused, never)).toBeUndefined();
    expect([manager.state, endpoint.asked.length]).toEqual(['dead', 1]);
  });

  it('is no reason to call the login dead when renewing it fails for now', async () => {
    const { manager, endpoint } = await managed(endsIn(5 * hour));
    endpoint.behaviour = () => Promise.reject(serverTrouble());
    await expect(manager.replace(refused, never)).rejects.toMatchObject({ code: 'LOGIN_REFRESH_FAILED' });
    expect(manager.state).toBe('usable');
  });

  it('makes it dead when the provider will not renew it', async () => {
    const { manager, endpoint } = await managed(endsIn(5 * hour));
    endpoint.behaviour = () => Promise.reject(invalidGrant());
    expect(await manager.replace(refused, never)).toBeUndefined();
    expect(manager.state).toBe('dead');
  });
});

describe('PY-15: the profile', () => {
  it('is fetched after a renewal and kept, with the plan', async () => {
    const { manager, storage, endpoint, events } = await managed((nowMs) =>
      makeLogin({ expiresAtMs: nowMs - second, account: null }),
    );
    await manager.valid(never);
    await until(async () => expect((await storage.load())?.account).toMatchObject({ email: 'ada@example.com' }));
    expect((await storage.load())?.account?.subscriptionType).toBe('max');
    expect(manager.current?.account?.email).toBe('ada@example.com');
    expect([endpoint.profiles, events().includes('subscription_type_set')]).toEqual([1, true]);
  });

  it('that cannot be had stands in the way of nothing, and what was known stays', async () => {
    const { manager, endpoint, events } = await managed(expired);
    endpoint.account = undefined;
    expect(accessOf(await manager.valid(never))).toBe('CANARY-access-1');
    await until(() => expect(events()).toContain('profile_fetch_failed'));
    expect(manager.current?.account?.email).toBe('ada@example.com');
  });

  it('is not asked for where the login may not', async () => {
    const { manager, endpoint, events } = await managed((nowMs) =>
      makeLogin({ expiresAtMs: nowMs - second, scopes: ['user:inference'] }),
    );
    await manager.valid(never);
    await until(() => expect(events()).toContain('profile_fetch_skipped'));
    expect(endpoint.profiles).toBe(0);
  });

  it('of a login that is only read is remembered, and never written', async () => {
    const { manager, storage } = await managed(() => makeLogin({ account: null }), { mayRefresh: false });
    await manager.completeProfile();
    await manager.reload();
    expect(manager.current?.account?.email).toBe('ada@example.com');
    expect((await storage.load())?.account).toBeNull();
  });
});

describe('PY-10: trouble with the storage', () => {
  it('while reading is logged and told, and what was known goes on serving', async () => {
    const { manager, storage, events } = await managed(endsIn(hour));
    const load = storage.load.bind(storage);
    storage.load = () => Promise.reject(new CompanionError('LOGIN_UNREADABLE', 'x holds no login that can be read.'));
    await manager.reload();
    expect(events()).toContain('credentials_load_failed');
    expect(manager.trouble?.code).toBe('LOGIN_UNREADABLE');
    expect(accessOf(await manager.valid(never))).toBe('CANARY-access-0');
    storage.load = load;
    await manager.reload();
    expect(manager.trouble).toBeNull();
  });
});
