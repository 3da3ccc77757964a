/** The life of sessions where a whole companion would be too slow or too well-behaved: clocks, races, full disks. */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { CookieJar } from '../../../companion/account/cookie-jar.ts';
import { SessionService } from '../../../companion/account/session-service.ts';
import type { SessionPush } from '../../../companion/account/session-intake.ts';
import type { SiteConnection } from '../../../companion/account/site.ts';
import type { SiteAccount } from '../../../companion/wire/claude-web/account.ts';
import { CompanionError } from '../../../companion/base/error.ts';
import { memoryLogger } from '../../../companion/base/log.ts';
import { openStore } from '../../../companion/store/open-store.ts';
import type { Store } from '../../../companion/store/store.ts';
import type { Vault } from '../../../companion/vault/vault.ts';
import { MemoryVault } from '../../../companion/vault/memory-vault.ts';
import type { ErrorCode } from '../../../shared/error-code.ts';
import { quotaWindow, sessionRecord } from '../../support/records.ts';

const account: SiteAccount = {
  accountId: 'account-1',
  email: 'ada@example.org',
  displayName: 'Ada',
  organisations: [{ id: 'org-1', name: 'One', mayChat: true }],
  organisationId: 'org-1',
  plan: 'Pro',
  models: [{ id: 'claude-a', name: 'A' }],
};
const push: SessionPush = {
  rev: 1,
  store: '0',
  restsIn: 'vault',
  transport: 'auto',
  cookies: [{ name: 'sessionKey', value: 'sk-one' }],
  validUntilMs: null,
};

type Identify = SiteConnection['identify'];

interface ServiceOptions {
  readonly identify?: Identify;
  readonly usage?: SiteConnection['usage'];
  readonly store?: Partial<Store>;
  /** A second way, tried before the usual one. */
  readonly browser?: Identify;
  readonly configuredOrganisation?: string;
}

function openService(options: ServiceOptions = {}) {
  const log = memoryLogger();
  const { store } = openStore(':memory:', { quarantine: true, logger: log.logger });
  onTestFinished(() => store.close());
  const clock = { nowMs: 1_767_000_000_000 };
  const site = {
    identify: options.identify ?? (() => Promise.resolve(account)),
    usage: options.usage ?? (() => Promise.resolve([])),
  };
  const connection: SiteConnection = {
    kind: 'direct',
    identify: (...input) => site.identify(...input),
    usage: (...input) => site.usage(...input),
  };
  const { browser } = options;
  const ways: SiteConnection[] =
    browser === undefined ? [connection] : [{ ...connection, kind: 'browser', identify: browser }, connection];
  const vault = new MemoryVault();
  const expired: string[] = [];
  const restart = (more: { readonly vault?: Vault; readonly configuredOrganisation?: string } = {}) =>
    new SessionService({
      store: new Proxy(store, { get: (target, name) => Reflect.get(options.store ?? {}, name) ?? bound(target, name) }),
      jar: new CookieJar(more.vault ?? vault),
      connect: () => ways,
      logger: log.logger,
      nowMs: () => clock.nowMs,
      isOff: () => false,
      configuredOrganisation: more.configuredOrganisation ?? options.configuredOrganisation ?? null,
      onChange: () => undefined,
      onExpired: (session) => void expired.push(session.id),
    });
  return { expired, sessions: restart(), restart, site, clock, log, vault, store };
}

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name);
  return typeof value === 'function' ? value.bind(target) : value;
}

function failure(code: ErrorCode): CompanionError {
  return new CompanionError(code, `it was ${code}`);
}

describe('what an exchange learned', () => {
  test('asks the browser for a newer session once, however many requests found it dead', async () => {
    const { sessions, expired } = openService();
    const id = await sessions.receivePush('seat-1', push);
    const used = sessions.find(id);
    sessions.noteFailure(used, failure('CHALLENGE'));
    expect(expired).toEqual([]);
    sessions.noteFailure(used, failure('SESSION_EXPIRED'));
    sessions.noteFailure(used, failure('SESSION_EXPIRED'));
    expect(expired).toEqual([id]);
  });

  test('does not count against a session that was synced anew in the meantime', async () => {
    const { sessions, clock } = openService();
    await sessions.receivePush('seat-1', push);
    const [used] = sessions.list();
    clock.nowMs += 1;
    await sessions.receivePush('seat-1', { ...push, rev: 2 });
    if (used !== undefined) sessions.noteFailure(used, failure('SESSION_EXPIRED'));
    expect(sessions.list()).toMatchObject([{ state: 'active', trouble: null }]);
  });

  test('never revives a session that was found dead or signed out since', async () => {
    const { sessions } = openService();
    const id = await sessions.receivePush('seat-1', push);
    const used = sessions.find(id);
    sessions.noteFailure(used, failure('SESSION_EXPIRED'));
    sessions.noteSuccess(used);
    expect(sessions.find(id).state).toBe('expired');
    await sessions.receivePush('seat-1', push);
    const again = sessions.find(id);
    await sessions.receiveClear('seat-1', '0', 'signed-out');
    sessions.noteSuccess(again);
    sessions.noteFailure(again, failure('SESSION_EXPIRED'));
    expect(sessions.find(id).state).toBe('signed-out');
  });

  test('is a standing trouble only where a person must act, until a request succeeds', async () => {
    const { sessions } = openService();
    const id = await sessions.receivePush('seat-1', push);
    for (const code of ['OVERLOADED', 'RATE_LIMITED', 'STREAM_BROKEN', 'CLIENT_GONE', 'INVALID_REQUEST'] as const) {
      sessions.noteFailure(sessions.find(id), failure(code));
      expect(sessions.find(id)).toMatchObject({ state: 'active', trouble: null });
    }
    sessions.noteFailure(sessions.find(id), failure('CHALLENGE'));
    expect(sessions.find(id)).toMatchObject({ state: 'active', trouble: { code: 'CHALLENGE' } });
    sessions.noteSuccess(sessions.find(id));
    expect(sessions.find(id).trouble).toBeNull();
  });

  test('that cannot be written down is logged, and spoils nothing', async () => {
    const full = () => {
      throw new CompanionError('STORE_UNAVAILABLE', 'The disk is full.');
    };
    const { sessions, log, store } = openService({ store: { saveQuotas: full } });
    const id = await sessions.receivePush('seat-1', push);
    sessions.noteQuotas(id, [quotaWindow()]);
    vi.spyOn(store, 'saveSession').mockImplementation(full);
    sessions.noteFailure(sessions.find(id), failure('CHALLENGE'));
    expect(log.lines.filter((line) => line['code'] === 'STORE_UNAVAILABLE')).toHaveLength(2);
  });
});

describe('a push', () => {
  test('whose check takes too long is kept unchecked, whatever the way makes of the time-out', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { sessions } = openService({
      identify: (_organisation, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () =>
            // As the link does with a reason that is no error of ours.
            reject(signal.reason instanceof CompanionError ? signal.reason : failure('CLIENT_GONE')),
          );
        }),
    });
    const pushed = sessions.receivePush('seat-1', push);
    // The extension waits fifteen seconds for its answer, and there may be two ways.
    await vi.advanceTimersByTimeAsync(7_500);
    await pushed;
    expect(sessions.list()).toMatchObject([{ state: 'unchecked', trouble: null }]);
  });

  test('keeps nothing of a session that the site refused', async () => {
    const { sessions, vault } = openService({ identify: () => Promise.reject(failure('SESSION_EXPIRED')) });
    await expect(sessions.receivePush('seat-1', push)).rejects.toMatchObject({ code: 'SESSION_EXPIRED' });
    expect([sessions.list(), await vault.list('')]).toEqual([[], []]);
  });

  test('of the same account under another name of the site keeps the name that it has', async () => {
    const { sessions, site } = openService();
    const id = await sessions.receivePush('seat-1', push);
    site.identify = () => Promise.resolve({ ...account, email: 'ada@new.example' });
    expect(await sessions.receivePush('seat-1', push)).toBe(id);
    expect(sessions.find(id)).toMatchObject({ name: 'ada@example.org', email: 'ada@new.example' });
  });

  test('of another account with the same address gets a name of its own', async () => {
    const { sessions, site } = openService();
    await sessions.receivePush('seat-1', push);
    site.identify = () => Promise.resolve({ ...account, accountId: 'account-2' });
    await sessions.receivePush('seat-2', push);
    expect(sessions.list().map((session) => session.name)).toEqual(['ada@example.org', 'ada@example.org (2)']);
  });

  test('is served in its turn, so that the last one stands', async () => {
    const { sessions, site, vault } = openService();
    let calls = 0;
    site.identify = async () => {
      calls += 1;
      await new Promise((resolve) => setTimeout(resolve, calls === 1 ? 30 : 0));
      return account;
    };
    await Promise.all(
      ['sk-one', 'sk-two', 'sk-three'].map((value, index) =>
        sessions.receivePush('seat-1', { ...push, rev: index + 1, cookies: [{ name: 'sessionKey', value }] }),
      ),
    );
    const [name] = await vault.list('session/');
    expect((await vault.get(name ?? ''))?.reveal()).toContain('sk-three');
    expect(sessions.list()).toMatchObject([{ rev: 3 }]);
  });
});

describe('a push that could not be checked', () => {
  const next: SessionPush = { ...push, rev: 2, cookies: [{ name: 'sessionKey', value: 'sk-two' }] };
  const unreachable = () => Promise.reject(failure('UPSTREAM_UNREACHABLE'));

  test('loses no good cookies, wherever a crash stops it', async () => {
    for (let writes = 0; writes < 4; writes += 1) {
      const { sessions, restart, site, vault, store } = openService();
      const id = await sessions.receivePush('seat-1', push);
      site.identify = unreachable;
      await crashAfter(writes, { vault, store }, (broken) => restart({ vault: broken }).receivePush('seat-1', next));
      const after = restart();
      await after.sweep();
      const earlier = after.find(id);
      expect({ writes, ...earlier }).toMatchObject({ writes, state: 'active', restsIn: 'vault' });
      expect(await after.targetOf(earlier).cookies?.header()).toBe('sessionKey=sk-one');
      expect(after.list().filter((session) => session.seatId === 'seat-1').length).toBeLessThan(2);
      const names = after.list().map((session) => `session/${session.id}`);
      expect(await vault.list('session/')).toEqual(names.toSorted());
    }
  });

  test('and is proved in the end never leaves the account without good cookies, wherever a crash stops it', async () => {
    for (let writes = 0; writes < 6; writes += 1) {
      const { sessions, restart, site, vault, store, clock } = openService();
      const id = await sessions.receivePush('seat-1', push);
      site.identify = unreachable;
      await sessions.receivePush('seat-1', next);
      site.identify = () => Promise.resolve(account);
      await crashAfter(writes, { vault, store }, (broken) => {
        const service = restart({ vault: broken });
        return service.prepare(service.find(id));
      });
      clock.nowMs += 60_000;
      const after = restart();
      await after.sweep();
      const ready = await after.prepare(after.find(id));
      expect({ writes, id: ready.id, state: ready.state }).toEqual({ writes, id, state: 'active' });
      expect(await after.targetOf(ready).cookies?.header()).toBe('sessionKey=sk-two');
      expect(ready.seatId).toBe('seat-1');
    }
  });

  test('replaces what could not be checked before', async () => {
    const { sessions, vault } = openService({ identify: unreachable });
    const id = await sessions.receivePush('seat-1', push);
    expect(await sessions.receivePush('seat-1', next)).toBe(id);
    expect(await vault.list('session/')).toHaveLength(1);
    expect(await sessions.targetOf(sessions.find(id)).cookies?.header()).toBe('sessionKey=sk-two');
  });
});

/** Lets so many writes of vault and database through and fails the next, as a power cut would; the rest never runs. */
async function crashAfter(
  writes: number,
  { vault, store }: { readonly vault: Vault; readonly store: Store },
  task: (vault: Vault) => Promise<unknown>,
): Promise<void> {
  let left = writes;
  const mayWrite = () => {
    if ((left -= 1) < 0) throw new Error('the power is gone');
  };
  const guard = <Call extends (...input: never[]) => unknown>(call: Call) =>
    ((...input) => {
      mayWrite();
      return call(...input);
    }) as Call;
  // Taken before they are spied on, or the guard would call itself.
  const [save, remove] = [store.saveSession.bind(store), store.deleteSession.bind(store)];
  const spies = [
    vi.spyOn(store, 'saveSession').mockImplementation(guard(save)),
    vi.spyOn(store, 'deleteSession').mockImplementation(guard(remove)),
  ];
  const guarded: Record<string, unknown> = {
    set: guard(vault.set.bind(vault)),
    delete: guard(vault.delete.bind(vault)),
    update: guard(vault.update.bind(vault)),
  };
  const broken = new Proxy(vault, { get: (target, name) => guarded[String(name)] ?? bound(target, name) });
  await task(broken).catch(() => undefined);
  for (const spy of spies) spy.mockRestore();
}

describe('a session with two copies', () => {
  test('is identified by the one in the vault when the one in the browser is dead', async () => {
    const { sessions, site, store } = openService({ browser: () => Promise.reject(failure('SESSION_EXPIRED')) });
    site.identify = () => Promise.reject(failure('UPSTREAM_UNREACHABLE'));
    await expect(sessions.receivePush('seat-1', push)).rejects.toMatchObject({ code: 'SESSION_EXPIRED' });
    store.saveSession(sessionRecord({ id: 'ses_1', state: 'unchecked' }));
    await expect(sessions.prepare(sessions.find('ses_1'))).rejects.toMatchObject({ code: 'UPSTREAM_UNREACHABLE' });
    expect(sessions.find('ses_1').state).toBe('unchecked');
    site.identify = () => Promise.resolve(account);
    expect(await sessions.prepare(sessions.find('ses_1'))).toMatchObject({ state: 'active' });
    site.identify = () => Promise.reject(failure('SESSION_EXPIRED'));
    store.saveSession(sessionRecord({ id: 'ses_1', state: 'unchecked' }));
    await expect(sessions.prepare(sessions.find('ses_1'))).rejects.toMatchObject({ code: 'SESSION_EXPIRED' });
    expect(sessions.find('ses_1').state).toBe('expired');
  });
});

describe('how long a session is valid', () => {
  const rotation = ['sessionKey=sk-new; Expires=Wed, 01 Jan 2098 00:00:00 GMT'];

  test('follows what the site rotates', async () => {
    const { sessions } = openService();
    const id = await sessions.receivePush('seat-1', { ...push, validUntilMs: 1_768_000_000_000 });
    expect(sessions.find(id).validUntilMs).toBe(1_768_000_000_000);
    const cookies = sessions.targetOf(sessions.find(id)).cookies;
    await cookies?.rotate(rotation, await cookies.header());
    expect(sessions.find(id).validUntilMs).toBe(Date.UTC(2098, 0, 1));
  });

  test('is not told by an answer to a session that was replaced since', async () => {
    const { sessions, clock } = openService();
    const id = await sessions.receivePush('seat-1', push);
    const old = sessions.targetOf(sessions.find(id)).cookies;
    const sent = await old?.header();
    clock.nowMs += 1;
    const cookies = [{ name: 'sessionKey', value: 'sk-two' }] as const;
    await sessions.receivePush('seat-1', { ...push, rev: 2, cookies, validUntilMs: 1_769_000_000_000 });
    await old?.rotate(rotation, sent ?? '');
    expect(sessions.find(id).validUntilMs).toBe(1_769_000_000_000);
  });
});

describe('a configured organisation', () => {
  const two: SiteAccount = {
    ...account,
    organisations: [...account.organisations, { id: 'org-2', name: 'Two', mayChat: true }],
  };
  const identify: Identify = ([wanted]) =>
    Promise.resolve({ ...two, organisationId: wanted === 'org-2' ? wanted : 'org-1' });

  test('that was configured after the sync is taken before the next request, and beats a pinned one', async () => {
    const { sessions, restart } = openService({ identify });
    const id = await sessions.receivePush('seat-1', push);
    sessions.use(id, 'org-1');
    const after = restart({ configuredOrganisation: 'org-2' });
    expect(after.find(id).organisationId).toBe('org-1');
    expect(await after.prepare(after.find(id))).toMatchObject({ organisationId: 'org-2', isOrganisationPinned: false });
    expect(after.describe(after.find(id)).trouble).toBeNull();
  });
});

describe('usage windows', () => {
  test('are asked for again after five minutes, and not before', async () => {
    let asked = 0;
    const { sessions, clock } = openService({
      usage: () => Promise.resolve([quotaWindow({ usedFraction: (asked += 1) / 10 })]),
    });
    const id = await sessions.receivePush('seat-1', push);
    await expect.poll(() => asked).toBe(1);
    clock.nowMs += 5 * 60_000 - 1;
    await sessions.refreshUsage(id);
    expect(asked).toBe(1);
    clock.nowMs += 1;
    await sessions.refreshUsage(id);
    expect(asked).toBe(2);
  });

  test('are not hammered for when they fail', async () => {
    let asked = 0;
    const { sessions } = openService({
      usage: () => {
        asked += 1;
        return Promise.reject(failure('RATE_LIMITED'));
      },
    });
    const id = await sessions.receivePush('seat-1', push);
    for (let time = 0; time < 5; time += 1) await sessions.refreshUsage(id);
    expect(asked).toBe(1);
    expect(sessions.find(id)).toMatchObject({ state: 'active', trouble: null });
  });
});

describe('models', () => {
  test('older than an hour are renewed behind the scenes; what is known is told at once', async () => {
    const { sessions, site, clock } = openService();
    const id = await sessions.receivePush('seat-1', push);
    const newer = { id: 'claude-b', name: 'B' };
    let asked = 0;
    site.identify = () => {
      asked += 1;
      return Promise.resolve({ ...account, models: [newer] });
    };
    clock.nowMs += 59 * 60_000;
    await sessions.models();
    expect(asked).toBe(0);
    clock.nowMs += 2 * 60_000;
    expect(await sessions.models()).toEqual(account.models);
    await expect.poll(() => sessions.find(id).models).toEqual([newer]);
  });

  test('of one session are told even if another cannot tell its own', async () => {
    const { sessions, site } = openService();
    await sessions.receivePush('seat-1', push);
    site.identify = () => Promise.reject(failure('UPSTREAM_UNREACHABLE'));
    await sessions.receivePush('seat-2', push);
    expect(sessions.list().map((session) => session.state)).toEqual(['active', 'unchecked']);
    expect(await sessions.models()).toEqual(account.models);
  });
});

describe('finding a session', () => {
  test('takes nothing for no session, also where there is only one', () => {
    const { sessions, store } = openService();
    store.saveSession(sessionRecord({ id: 'ses_1' }));
    expect(() => sessions.find('')).toThrow('There is no session');
  });

  test('goes by id, name, address or an unambiguous beginning of an id', async () => {
    const { sessions, site } = openService();
    const id = await sessions.receivePush('seat-1', push);
    site.identify = () => Promise.resolve({ ...account, accountId: 'account-2', email: 'bob@example.org' });
    await sessions.receivePush('seat-2', push);
    for (const wanted of [id, 'ada@example.org', id.slice(0, 10)]) expect(sessions.find(wanted).id).toBe(id);
    for (const wanted of ['ses_', 'nobody', '']) {
      expect(() => sessions.find(wanted)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    }
  });
});

test('an account that cannot be asked whose it is keeps one record for its store', async () => {
  const { sessions, site } = openService();
  site.identify = () => Promise.resolve({ ...account, accountId: null, email: null, displayName: null });
  const id = await sessions.receivePush('seat-1', push);
  expect(await sessions.receivePush('seat-1', push)).toBe(id);
  expect(sessions.list()).toMatchObject([{ name: 'claude.ai' }]);
});
