import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LoginService } from '../../../../companion/account/login/login-service.ts';
import type { LoginSource } from '../../../../companion/account/login/login-source.ts';
import type { StoredLogin } from '../../../../companion/account/login/stored-login.ts';
import { CompanionError } from '../../../../companion/base/error.ts';
import { memoryLogger } from '../../../../companion/base/log.ts';
import type { MemoryLogger } from '../../../../companion/base/log.ts';
import { MemoryVault } from '../../../../companion/vault/memory-vault.ts';
import { loginStatusSchema } from '../../../../shared/status.ts';
import { Secret } from '../../../../shared/redact.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { accessOf, adaAccount, bobAccount, FakeEndpoint, invalidGrant, makeLogin } from '../../../support/logins.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { hour, minute, never, second, sourceOf, until, WatchedStorage } from './managed.ts';

interface House {
  readonly home: string;
  readonly vault: MemoryVault;
  readonly clock: FakeClock;
  readonly endpoint: FakeEndpoint;
  readonly log: MemoryLogger;
  readonly changes: { count: number };
  open(sources?: readonly LoginSource[], isRefreshing?: boolean): Promise<LoginService>;
}

async function house(): Promise<House> {
  const [home, vault, clock, log, changes] = [
    await temporaryFolder(),
    new MemoryVault(),
    new FakeClock(),
    memoryLogger(),
    { count: 0 },
  ];
  const endpoint = new FakeEndpoint(() => clock.nowMs());
  const open = async (sources: readonly LoginSource[] = [], isRefreshing = false): Promise<LoginService> => {
    const service = await LoginService.open({
      vault,
      sources,
      endpoints: { anthropic: endpoint, openai: endpoint },
      locksFolder: join(home, 'locks'),
      home,
      refresh: { enabled: isRefreshing, checkInterval: 5 * minute, refreshLeadTime: 10 * minute },
      clock,
      logger: log.logger,
      quotasOf: () => [],
      onChange: () => void (changes.count += 1),
      environment: { HOME: home },
      random: () => 0.5,
    });
    onTestFinished(() => service.close());
    return service;
  };
  return { home, vault, clock, endpoint, log, changes, open };
}

const codexAccount = { ...adaAccount, organisationId: null, subscriptionType: 'plus', rateLimitTier: null };

function chatGpt(facts: Parameters<typeof makeLogin>[0] = {}): StoredLogin {
  return makeLogin({ provider: 'openai', account: codexAccount, ...facts });
}

function codex(storage: WatchedStorage, facts: Partial<LoginSource> = {}): LoginSource {
  return sourceOf(storage, { provider: 'openai', owner: 'codex', ...facts });
}

function claudeCode(storage: WatchedStorage, facts: Partial<LoginSource> = {}): LoginSource {
  return sourceOf(storage, { owner: 'claude-code', mayRefresh: false, renewRemedy: 'Run claude once.', ...facts });
}

describe('a login made here', () => {
  it('PY-11: is kept, listed for its provider before all API keys, and found again after a restart', async () => {
    const { open, clock, vault, changes, log } = await house();
    const logins = await open();
    const status = await logins.add(makeLogin({ expiresAtMs: clock.nowMs() + 8 * hour }), false);
    expect(loginStatusSchema.parse(status)).toEqual({
      id: expect.stringMatching(/^claude-[0-9a-f]{8}$/),
      provider: 'anthropic',
      owner: 'companion',
      name: 'ada@example.com',
      email: 'ada@example.com',
      organisation: "Ada's Organization",
      plan: 'Max 20×',
      location: 'memory',
      state: 'usable',
      expiresAtMs: clock.nowMs() + 8 * hour,
      isRefreshable: true,
      refreshedAtMs: null,
      scopes: ['user:profile', 'user:inference'],
      quotas: [],
      trouble: null,
    });
    expect(changes.count).toBeGreaterThan(0);
    expect(await vault.list('login/')).toEqual([`login/anthropic/${status.id}`]);
    const again = await open();
    expect(again.list()).toEqual([
      {
        kind: 'oauth-login',
        id: status.id,
        providerId: 'anthropic',
        name: 'ada@example.com',
        origin: 'companion',
        priority: 50,
      },
    ]);
    expect(again.list()).toBe(again.list());
    expect(log.text()).not.toContain('CANARY');
  });

  it('PY-11: has its profile fetched; one that cannot be had fails nothing', async () => {
    const { open, endpoint, log } = await house();
    const logins = await open();
    endpoint.account = undefined;
    expect(await logins.add(makeLogin({ account: null }), false)).toMatchObject({ email: null, plan: null });
    endpoint.account = bobAccount;
    const bob = await logins.add(
      makeLogin({ access: 'b', refresh: 'b', account: { ...bobAccount, subscriptionType: null } }),
      false,
    );
    expect(bob).toMatchObject({ email: 'bob@example.com', plan: 'Pro' });
    expect(log.lines.map((line) => line['event'])).toEqual(
      expect.arrayContaining(['profile_fetch_failed', 'subscription_type_set']),
    );
  });

  it('replaces one of the same account, under the same id, and stands beside one of another', async () => {
    const { open } = await house();
    const logins = await open();
    const first = await logins.add(makeLogin(), false);
    expect((await logins.add(makeLogin({ access: 'new', refresh: 'new' }), false)).id).toBe(first.id);
    const team = { ...adaAccount, organisationId: 'a team', organisation: 'A team', subscriptionType: 'team' };
    await logins.add(makeLogin({ access: 't', refresh: 't', account: team }), false);
    await logins.add(makeLogin({ access: 'b', refresh: 'b', account: bobAccount }), false);
    expect(logins.list().map(({ name }) => name)).toEqual(['ada@example.com', 'ada@example.com', 'bob@example.com']);
    expect(new Set(logins.list().map(({ id }) => id)).size).toBe(3);
    expect(accessOf(await logins.inspect(first.id, never))).toBe('new');
  });

  it('keeps the id that it had before its account was known', async () => {
    const { open, endpoint, clock, vault } = await house();
    endpoint.account = undefined;
    const logins = await open();
    const { id, name } = await logins.add(makeLogin({ account: null, expiresAtMs: clock.nowMs() - second }), false);
    expect(name).toBe(id);
    endpoint.account = adaAccount;
    await logins.inspect(id, never);
    const record = async () => (await vault.get(`login/anthropic/${id}`))?.reveal();
    await until(async () => expect(await record()).toContain('ada@example.com'));
    expect(logins.statuses()).toMatchObject([{ id, name: 'ada@example.com' }]);
    expect((await (await open()).inspect(id, never)).account?.email).toBe('ada@example.com');
    expect((await logins.add(makeLogin({ access: 'new', refresh: 'new' }), false)).id).toBe(id);
  });

  it('PY-17: is gone with its tokens and its profile after it was removed', async () => {
    const { open, vault } = await house();
    const logins = await open();
    const { id } = await logins.add(makeLogin(), false);
    const [login] = logins.list();
    expect(await logins.remove(id)).toMatchObject({ id, name: 'ada@example.com' });
    expect([logins.list(), logins.statuses(), await vault.list('login/')]).toEqual([[], [], []]);
    if (login === undefined) throw new Error('it was listed');
    await expect(logins.lease(login, never)).rejects.toMatchObject({ code: 'LOGIN_REQUIRED' });
    await expect(logins.remove(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('PY-17: is forgotten nowhere when it could not be deleted', async () => {
    const { open, vault } = await house();
    const logins = await open();
    const { id } = await logins.add(makeLogin(), false);
    vault.delete = () => Promise.reject(new Error('the disk is full'));
    await expect(logins.remove(id)).rejects.toThrow('the disk is full');
    expect(logins.list()).toHaveLength(1);
  });

  it('that cannot be read is shown with its trouble, left as it is, and does not serve', async () => {
    const { open, vault, log } = await house();
    await vault.set('login/anthropic/claude-00000000', new Secret('CANARY'));
    const logins = await open();
    expect(logins.list()).toEqual([]);
    expect(logins.statuses()).toMatchObject([
      { id: 'claude-00000000', state: 'dead', trouble: { code: 'LOGIN_UNREADABLE' } },
    ]);
    expect((await vault.get('login/anthropic/claude-00000000'))?.reveal()).toBe('CANARY');
    expect(log.text()).not.toContain('CANARY');
  });

  it('of another process is found when it is looked for', async () => {
    const { open } = await house();
    const [one, other] = [await open(), await open()];
    const { id } = await one.add(makeLogin(), false);
    await other.reload();
    expect(other.list()).toMatchObject([{ id }]);
    await one.remove(id);
    await other.reload();
    expect(other.list()).toEqual([]);
  });
});

describe('a lease', () => {
  it('PY-3: is the token of the moment, renewed where it ended, with the account that ChatGPT wants named', async () => {
    const { open, clock } = await house();
    const logins = await open();
    await logins.add(makeLogin({ expiresAtMs: clock.nowMs() - second }), false);
    await logins.add(chatGpt({ access: 'gpt', refresh: 'gpt' }), false);
    const leases = await Promise.all(logins.list().map((login) => logins.lease(login, never)));
    expect(leases).toMatchObject([
      { kind: 'oauth-token', providerId: 'anthropic', accountId: null },
      { kind: 'oauth-token', providerId: 'codex', accountId: adaAccount.id },
    ]);
    expect(leases.map(({ secret }) => secret.reveal())).toEqual(['CANARY-access-1', 'gpt']);
  });

  it('of a token that was refused is another one, or none, and then the login no longer serves', async () => {
    const { open, endpoint } = await house();
    const logins = await open();
    await logins.add(makeLogin(), false);
    const [login] = logins.list();
    if (login === undefined) throw new Error('it is listed');
    const next = await logins.replace(await logins.lease(login, never), never);
    expect([next?.kind, next?.secret.reveal()]).toEqual(['oauth-token', 'CANARY-access-1']);
    endpoint.behaviour = () => Promise.reject(invalidGrant());
    if (next === undefined) throw new Error('there was one');
    expect(await logins.replace(next, never)).toBeUndefined();
    expect([logins.list().length, logins.statuses()[0]?.state]).toEqual([1, 'dead']);
  });

  it('that cannot be had leaves the record to be shown', async () => {
    const { open, clock, endpoint } = await house();
    const logins = await open();
    const { id } = await logins.add(makeLogin({ expiresAtMs: clock.nowMs() - second }), false);
    endpoint.behaviour = () => Promise.reject(invalidGrant());
    await expect(logins.inspect(id, never)).rejects.toMatchObject({ code: 'LOGIN_EXPIRED' });
    expect(accessOf(logins.known(id))).toBe('CANARY-access-0');
    expect(logins.known('nobody')).toBeUndefined();
  });

  it('PY-2, PY-4: fails in ways that are told apart', async () => {
    const { open, clock, endpoint } = await house();
    const logins = await open();
    const { id } = await logins.add(makeLogin({ expiresAtMs: clock.nowMs() - second }), false);
    const attempt = () => logins.inspect(id, never).catch((thrown: { code: string }) => thrown.code);
    endpoint.behaviour = () => Promise.reject(new Error('boom'));
    expect(await attempt()).toBe('LOGIN_REFRESH_FAILED');
    await clock.advance(minute);
    endpoint.behaviour = () => Promise.reject(invalidGrant());
    expect(await attempt()).toBe('LOGIN_EXPIRED');
    await logins.remove(id);
    expect(await attempt()).toBe('LOGIN_REQUIRED');
  });
});

describe('a login is found', () => {
  it('by id, by address whatever its case, and by provider, where that made here comes first', async () => {
    const { open, clock } = await house();
    const adopted = new WatchedStorage('~/.claude/.credentials.json', makeLogin({ account: bobAccount }));
    const logins = await open([claudeCode(adopted)]);
    expect(logins.find('anthropic').owner).toBe('claude-code');
    const { id } = await logins.add(makeLogin({ expiresAtMs: clock.nowMs() - second }), false);
    for (const wanted of [id, 'ADA@example.com', 'anthropic']) expect(logins.find(wanted).id).toBe(id);
    expect(logins.find('bob@example.com').owner).toBe('claude-code');
  });

  it('PY-16: with its place and whether it expired; nobody is found before somebody signed in', async () => {
    const { open, clock, home, log } = await house();
    const logins = await open();
    expect(() => logins.find('anthropic')).toThrow(
      expect.objectContaining({ code: 'LOGIN_REQUIRED', message: expect.stringContaining('Please sign in first') }),
    );
    expect(() => logins.find('eve@example.com')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    const warning = log.lines.find((line) => line['event'] === 'credentials_missing');
    expect(warning?.['searched']).toEqual([
      join(home, 'credentials.json'),
      join(home, '.config/ccproxy/credentials.json'),
      join(home, '.ccproxy/credentials.json'),
    ]);
    await logins.add(makeLogin({ expiresAtMs: clock.nowMs() - second }), false);
    expect(logins.find('anthropic')).toMatchObject({ location: 'memory', expiresAtMs: clock.nowMs() - second });
  });

  it('where its own program keeps it: the log names no place of another provider', async () => {
    const { open, log } = await house();
    const logins = await open([claudeCode(new WatchedStorage('~/.claude')), codex(new WatchedStorage('~/.codex'))]);
    expect(() => logins.find('openai')).toThrow('No ChatGPT login was found');
    expect(log.lines.findLast((line) => line['event'] === 'credentials_missing')?.['searched']).toEqual(['~/.codex']);
  });
});

describe('PY-9: the credentials file of another program', () => {
  interface Kept {
    readonly access?: string;
    readonly refresh?: string;
    readonly expiresAt?: number;
  }
  const recordOf = ({ access = 'CANARY-access-0', refresh = 'CANARY-refresh-0', expiresAt = 1 }: Kept = {}) =>
    JSON.stringify({ claudeAiOauth: { accessToken: access, refreshToken: refresh, expiresAt } });
  const write = async (path: string, text = recordOf()): Promise<string> => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    return path;
  };
  const later = (clock: FakeClock, hours: number): number => clock.nowMs() + hours * hour;

  it('is only looked at, in its places in turn, however often the companion starts', async () => {
    const { open, home, vault, endpoint, log } = await house();
    await mkdir(join(home, 'credentials.json'));
    const path = await write(join(home, '.config/ccproxy/credentials.json'));
    await open();
    const logins = await open();
    expect([logins.list(), logins.statuses(), await vault.list('')]).toEqual([[], [], []]);
    expect([endpoint.asked, endpoint.profiles]).toEqual([[], 0]);
    expect(await logins.importable()).toEqual({
      searched: [join(home, 'credentials.json'), path, join(home, '.ccproxy/credentials.json')],
      found: [path],
    });
    const searched = log.lines.filter((line) => line['event'] === 'credentials_file_search').slice(0, 3);
    expect(searched.map((line) => line['isFile'])).toEqual([false, true, false]);
    expect(log.lines.find((line) => line['event'] === 'credentials_found')?.['path']).toBe(path);
    await logins.add(makeLogin(), false);
    const found = () => log.lines.filter((line) => line['event'] === 'credentials_found').length;
    const before = found();
    await open();
    expect(found()).toBe(before);
  });

  it('is taken over when somebody asks for it, renewed as one of ours, and left as it is', async () => {
    const { open, home, endpoint, log } = await house();
    const path = await write(join(home, '.config/ccproxy/credentials.json'));
    await write(join(home, '.ccproxy/credentials.json'), recordOf({ access: 'other', refresh: 'other' }));
    const logins = await open();
    const imported = await logins.importFrom(undefined, false);
    expect(imported).toMatchObject({ path, login: { owner: 'companion', provider: 'anthropic' } });
    expect(accessOf(await logins.inspect(imported.login.id, never))).toBe('CANARY-access-1');
    expect(endpoint.asked).toEqual(['CANARY-refresh-0']);
    expect((await open()).list()).toHaveLength(1);
    expect(await readFile(path, 'utf8')).toBe(recordOf());
    expect(log.text()).not.toContain('CANARY');
  });

  it('may lie anywhere, with ~ for the own folder', async () => {
    const { open, home, clock } = await house();
    const path = await write(join(home, 'backup/login.json'), recordOf({ expiresAt: later(clock, 1) }));
    const logins = await open();
    const { login } = await logins.importFrom('~/backup/login.json', false);
    expect(login).toMatchObject({ name: 'ada@example.com', plan: 'Max 20×' });
    expect(await readFile(path, 'utf8')).toContain('CANARY-access-0');
  });

  it('that is not there is told with every place that was searched', async () => {
    const { open, home, log } = await house();
    const logins = await open();
    const places = ['credentials.json', '.config/ccproxy/credentials.json', '.ccproxy/credentials.json'];
    const searched = places.map((place) => join(home, place));
    await expect(logins.importFrom(undefined, false)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining(searched.join(', ')),
    });
    expect(log.lines.find((line) => line['event'] === 'credentials_missing')?.['searched']).toEqual(searched);
    await expect(logins.importFrom('~/nowhere', true)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining(join(home, 'nowhere')),
    });
  });

  it.each([
    ['no JSON', '{CANARY'],
    ['no login', '{"theme":"CANARY"}'],
    ['far too much', `"${'CANARY'.repeat(200_000)}"`],
  ])('that holds %s is refused, and quoted nowhere', async (_, text) => {
    const { open, home, log } = await house();
    const path = await write(join(home, 'credentials.json'), text);
    const logins = await open();
    const thrown = await logins.importFrom(undefined, true).catch((error: unknown) => error as CompanionError);
    expect(thrown).toMatchObject({ code: 'LOGIN_UNREADABLE', message: expect.stringContaining(path) });
    expect([JSON.stringify(thrown), log.text()].join()).not.toContain('CANARY');
    expect(logins.statuses()).toEqual([]);
  });

  it('takes the place of an older login of the same account, and of a newer one only with force', async () => {
    const { open, home, clock } = await house();
    const logins = await open();
    const { id } = await logins.add(
      makeLogin({ access: 'mine', refresh: 'mine', expiresAtMs: later(clock, 4) }),
      false,
    );
    const bob = makeLogin({ access: 'b', refresh: 'b', account: bobAccount, expiresAtMs: later(clock, 9) });
    await logins.add(bob, false);
    const older = recordOf({ access: 'old', refresh: 'old', expiresAt: later(clock, 3) });
    const path = await write(join(home, 'credentials.json'), older);
    await expect(logins.importFrom(undefined, false)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('ada@example.com'),
      remedy: expect.stringContaining('--force'),
    });
    expect(accessOf(logins.known(id))).toBe('mine');
    await write(path, recordOf({ access: 'new', refresh: 'new', expiresAt: later(clock, 5) }));
    expect((await logins.importFrom(undefined, false)).login.id).toBe(id);
    expect(accessOf(logins.known(id))).toBe('new');
    await write(path, older);
    await logins.importFrom(undefined, true);
    expect([accessOf(logins.known(id)), logins.list().length]).toEqual(['old', 2]);
  });

  it('takes the place of a dead login of the same account, whichever is newer', async () => {
    const { open, home, clock, endpoint } = await house();
    const logins = await open();
    await logins.add(makeLogin({ access: 'mine', refresh: 'mine', expiresAtMs: later(clock, 4) }), false);
    const [listed] = logins.list();
    if (listed === undefined) throw new Error('it is listed');
    endpoint.behaviour = () => Promise.reject(invalidGrant());
    await logins.replace(await logins.lease(listed, never), never);
    expect(logins.statuses()).toMatchObject([{ state: 'dead' }]);
    await write(join(home, 'credentials.json'), recordOf({ expiresAt: later(clock, 3) }));
    const { login } = await logins.importFrom(undefined, false);
    expect([login.id, login.state]).toEqual([listed.id, 'usable']);
  });

  it('is not taken over twice without force: its tokens may be used up', async () => {
    const { open, home } = await house();
    await write(join(home, 'credentials.json'));
    const logins = await open();
    const { login } = await logins.importFrom(undefined, false);
    await logins.remove(login.id);
    const again = await open();
    await expect(again.importFrom(undefined, false)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('taken over before'),
    });
    expect(again.statuses()).toEqual([]);
    expect((await again.importFrom(undefined, true)).login.state).toBe('usable');
  });

  it("is left alone, force or not, when its login is Claude Code's own", async () => {
    const { open, home, endpoint } = await house();
    const storage = new WatchedStorage('the keychain', makeLogin());
    const logins = await open([claudeCode(storage, { isEnabled: () => false })]);
    await write(join(home, 'credentials.json'), recordOf({ access: 'renewed-since' }));
    await write(join(home, '.claude/.credentials.json'), recordOf({ access: 'x', refresh: 'x' }));
    for (const path of [undefined, '~/.claude/.credentials.json']) {
      await expect(logins.importFrom(path, true)).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
        remedy: expect.stringContaining('companion auth adopt claude-code'),
      });
    }
    expect([endpoint.asked, endpoint.profiles]).toEqual([[], 0]);
    expect(logins.statuses()).toMatchObject([{ owner: 'claude-code' }]);
  });
});

describe("another program's login", () => {
  it('is shown but does not serve while it is off, and serves once it is on', async () => {
    const { open, endpoint } = await house();
    let isOn = false;
    const storage = new WatchedStorage('~/.claude/.credentials.json', makeLogin());
    const logins = await open([claudeCode(storage, { isEnabled: () => isOn })]);
    const [status] = logins.statuses();
    expect(status).toMatchObject({ state: 'off', owner: 'claude-code', isRefreshable: false, plan: 'Max 20×' });
    expect(logins.list()).toEqual([]);
    expect(accessOf(await logins.inspect(status?.id ?? '', never))).toBe('CANARY-access-0');
    isOn = true;
    const [login] = logins.list();
    expect(login).toMatchObject({ id: status?.id, origin: 'claude-code' });
    isOn = false;
    if (login === undefined) throw new Error('it was listed');
    await expect(logins.lease(login, never)).rejects.toMatchObject({ code: 'LOGIN_REQUIRED' });
    expect([endpoint.asked, endpoint.profiles]).toEqual([[], 0]);
  });

  it("that cannot be read is nobody's trouble while it is off", async () => {
    const { open, log } = await house();
    let isOn = false;
    const storage = new WatchedStorage('the keyring');
    storage.load = () => Promise.reject(new CompanionError('STORE_UNAVAILABLE', 'The system keyring cannot be used.'));
    const logins = await open([codex(storage, { isEnabled: () => isOn })]);
    const warnings = () => log.lines.filter((line) => line['level'] === 'warn').length;
    expect([logins.statuses(), warnings()]).toEqual([[], 0]);
    isOn = true;
    await logins.reload();
    await logins.reload();
    expect(logins.statuses()).toMatchObject([{ state: 'dead', trouble: { code: 'STORE_UNAVAILABLE' } }]);
    expect(warnings()).toBe(1);
  });

  it('is neither renewed nor deleted here where it is only read', async () => {
    const { open, endpoint } = await house();
    const storage = new WatchedStorage('the file', makeLogin());
    const logins = await open([claudeCode(storage)]);
    const id = logins.list()[0]?.id ?? '';
    await expect(logins.refresh(id, never)).rejects.toMatchObject({
      code: 'NOT_AVAILABLE_IN_MODE',
      remedy: 'Run claude once.',
    });
    await expect(logins.remove(id)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('the file'),
      remedy: expect.stringContaining('claude auth logout'),
    });
    expect([await storage.exists(), endpoint.asked]).toEqual([true, []]);
  });

  it('is seen soon after that program changed it', async () => {
    const { open, changes } = await house();
    const storage = new WatchedStorage('the file', makeLogin());
    let tell: (() => void) | undefined;
    const watch = (onChange: () => void) => {
      tell = onChange;
      return () => (tell = undefined);
    };
    const logins = await open([claudeCode(storage, { watch })]);
    const before = logins.list()[0];
    await storage.write(makeLogin({ access: 'bob', account: bobAccount }));
    const count = changes.count;
    tell?.();
    await until(() => expect(logins.list()).toMatchObject([{ name: 'bob@example.com' }]));
    expect(logins.list()[0]?.id).not.toBe(before?.id);
    expect(changes.count).toBeGreaterThan(count);
    await logins.close();
    expect(tell).toBeUndefined();
  });

  it('has an id of its own where the same account is signed in here too', async () => {
    const { open } = await house();
    const logins = await open([claudeCode(new WatchedStorage('the file', makeLogin()))]);
    await logins.add(makeLogin(), false);
    expect(new Set(logins.list().map(({ id }) => id)).size).toBe(2);
  });

  it('of ChatGPT is where a new one goes, is renewed there, and deleted only if it was made here', async () => {
    const { open, vault, endpoint } = await house();
    endpoint.account = codexAccount;
    const storage = new WatchedStorage('~/.codex/auth.json');
    const logins = await open([codex(storage)]);
    expect(logins.statuses()).toEqual([]);
    const { id } = await logins.add(chatGpt(), false);
    expect([accessOf(await storage.load()), await vault.list('login/')]).toEqual(['CANARY-access-0', []]);
    expect(await logins.refresh(id, never)).toMatchObject({ plan: 'Plus', owner: 'codex', state: 'usable' });
    expect(accessOf(await storage.load())).toBe('CANARY-access-1');
    await logins.remove(id);
    expect(await storage.exists()).toBe(false);
    const theirs = new WatchedStorage('~/.codex/auth.json', chatGpt({ account: bobAccount }));
    const again = await open([codex(theirs)]);
    await expect(again.remove(again.list()[0]?.id ?? '')).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      remedy: expect.stringContaining('codex logout'),
    });
    expect(await theirs.exists()).toBe(true);
  });

  it('of ChatGPT is not replaced by one of another account unless that is wanted', async () => {
    const { open } = await house();
    const storage = new WatchedStorage('~/.codex/auth.json', chatGpt());
    const logins = await open([codex(storage)]);
    const bob = chatGpt({ access: 'bob', refresh: 'bob', account: bobAccount });
    await expect(logins.add(bob, false)).rejects.toMatchObject({
      code: 'LOGIN_MISMATCH',
      message: expect.stringContaining('(ada@example.com) rests in ~/.codex/auth.json'),
    });
    expect(accessOf(await storage.load())).toBe('CANARY-access-0');
    expect(await logins.add(bob, true)).toMatchObject({ name: 'bob@example.com' });
    expect(accessOf(await storage.load())).toBe('bob');
    expect(await logins.add(chatGpt({ access: 'b2', refresh: 'b2', account: bobAccount }), false)).toBeDefined();
  });
});

describe('the worker', () => {
  it('renews what ends within the lead time, and leaves the rest', async () => {
    const { open, clock, endpoint } = await house();
    const logins = await open([], true);
    await logins.add(makeLogin({ expiresAtMs: clock.nowMs() + 12 * minute }), false);
    await logins.add(
      makeLogin({ access: 'b-50', refresh: 'b', account: bobAccount, expiresAtMs: clock.nowMs() + hour }),
      false,
    );
    expect(logins.worker()).toMatchObject({ enabled: true, last_check: null, credentials_checked: 0 });
    await clock.advance(10 * second);
    await until(() => expect(logins.worker().credentials_checked).toBe(2));
    expect(endpoint.asked).toEqual([]);
    await clock.advance(5 * minute);
    await until(() => expect(logins.worker()).toMatchObject({ credentials_checked: 4, refreshed: 1, failed: 0 }));
    expect(endpoint.asked).toEqual(['CANARY-refresh-0']);
    expect(logins.worker().next_check).toMatch(/^2026-01-02T03:1\d:/);
  });

  it('counts failures', async () => {
    const { open, clock, endpoint } = await house();
    const logins = await open([], true);
    await logins.add(makeLogin({ expiresAtMs: clock.nowMs() + minute }), false);
    endpoint.behaviour = () => Promise.reject(new Error('boom'));
    await clock.advance(10 * second);
    await until(() => expect(logins.worker()).toMatchObject({ credentials_checked: 1, refreshed: 0, failed: 1 }));
  });
});
