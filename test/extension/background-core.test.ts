import { afterEach, beforeEach, expect, test } from 'vitest';
import { BackgroundCore } from '../../extension/background-core.ts';
import type { Badge } from '../../extension/badge.ts';
import type { BrowserCookie } from '../../extension/session-reader.ts';
import type { ExtensionState } from '../../extension/state.ts';
import { serveJobs } from '../../extension/job-runner.ts';
import type { ClientSettings, CompanionStatus } from '../../shared/status.ts';
import { FakeStorage, hurriedClock, portPair, settle, until } from './support/fakes.ts';
import type { FakePort } from './support/fakes.ts';
import { FakeLoginTabs, offer, redirectTo } from './support/login-tabs.ts';
import { freshKeys, StandInCompanion, surroundings } from './support/stand-in-companion.ts';

const canary = 'sk-ant-sid01-canary-canary';
const cookie: BrowserCookie = { name: 'sessionKey', value: canary, domain: '.claude.ai', storeId: '0' };

let companion: StandInCompanion;
let local: FakeStorage;
let core: BackgroundCore;
let cookies: readonly BrowserCookie[];
let cookieReads: number;
let hasPermission: boolean;
let badges: Badge[];
let notices: { readonly id: string; readonly title: string; readonly text: string }[];
let alarms: boolean[];
let loginTabs: FakeLoginTabs;
let memory: FakeStorage;
let page: FakePort;
let states: ExtensionState[];

beforeEach(async () => {
  companion = await new StandInCompanion(await freshKeys()).listen();
  companion.onFrame = (visit, frame) => {
    if (frame.t === 'session.push') {
      void visit.send({ t: 'session.ack', rev: frame.rev, ok: true, sessionId: 'session-1' });
    }
  };
  local = new FakeStorage();
  memory = new FakeStorage();
  loginTabs = new FakeLoginTabs();
  cookies = [cookie];
  cookieReads = 0;
  hasPermission = true;
  await wakeWorker();
});

afterEach(async () => {
  await core.answer({ request: 'unpair', input: {} });
  await companion.close();
});

async function wakeWorker(): Promise<void> {
  badges = [];
  notices = [];
  alarms = [];
  core = new BackgroundCore({
    ...surroundings(hurriedClock(20)),
    local,
    memory,
    cookieApis: {
      permissions: { contains: async () => hasPermission },
      cookies: {
        async getAll() {
          cookieReads += 1;
          return cookies;
        },
        getAllCookieStores: async () => [{ id: '0' }],
      },
    },
    tabs: {
      listSiteTabs: async () => [{ id: 7, store: '0', isActive: false, isReady: true, lastUsedAtMs: 0 }],
      open: () => Promise.reject(new Error('not needed')),
      whenLoaded: async () => undefined,
      close: async () => undefined,
      async injectRunner(tabId) {
        const [tab, background] = portPair();
        serveJobs(tab, async (path) => new Response(`answer to ${String(path)}`));
        core.addRunner(background, tabId);
      },
    },
    loginTabs,
    random: () => 0.5,
    keepAwake: () => undefined,
    keepAlarm: (isOn) => alarms.push(isOn),
    showBadge: (badge) => badges.push(badge),
    notices: {
      show: async (notice) => {
        notices.push(notice);
        throw new Error('the system shows nothing today');
      },
    },
  });
  await core.start();
  // A core of an earlier test may still have something to say: to its own page, not to this one.
  const received: ExtensionState[] = [];
  states = received;
  const [own, far] = portPair();
  own.onMessage((message) => received.push((message as { state: ExtensionState }).state));
  page = own;
  await core.addPage(far);
  await until(() => states.length > 0);
}

const shown = (): ExtensionState => states.at(-1) as ExtensionState;
const pair = async () => core.answer({ request: 'pair', input: { token: await companion.issueToken() } });
const consent = () => core.answer({ request: 'choose', input: { consentedAtMs: 5 } });
const pushes = () => companion.frames.filter(({ frame }) => frame.t === 'session.push');

async function pairAndSync(): Promise<void> {
  await pair();
  await consent();
  expect(await core.answer({ request: 'sync', input: {} })).toMatchObject({ kind: 'done' });
}

test('a fresh install is unpaired, shows nothing else, and wakes nobody', async () => {
  expect(new Set(states.map(({ link }) => link.kind))).toEqual(new Set(['unpaired']));
  expect(new Set(alarms)).toEqual(new Set([false]));
  expect(cookieReads).toBe(0);
});

test('pairs, asks for consent, syncs, and shows each step', async () => {
  expect(await pair()).toMatchObject({ ok: true });
  await until(() => shown().link.kind === 'online');
  expect(cookieReads).toBe(0);
  await consent();
  await until(() => shown().signedIn === 'yes');
  expect(pushes()).toEqual([]);
  expect(await core.answer({ request: 'sync', input: {} })).toMatchObject({ kind: 'done', sessionId: 'session-1' });
  await until(() => shown().sync.kind === 'done');
  expect(pushes()).toMatchObject([{ frame: { cookies: [{ name: 'sessionKey', value: canary }] } }]);
  expect(alarms.at(-1)).toBe(true);
});

test('the cookie travels sealed, and is stored nowhere', async () => {
  await pairAndSync();
  expect(companion.raw.some((message) => message.includes(canary))).toBe(false);
  expect([...local.entries.values()].join()).not.toContain(canary);
  expect(JSON.stringify([states, badges])).not.toContain(canary);
});

test('a state never carries the key of the pair', async () => {
  await pair();
  const record = JSON.parse(local.entries.get('pair') ?? '{}') as { value: { current: { key: string } } };
  expect(record.value.current.key).toHaveLength(43);
  expect(JSON.stringify(states)).not.toContain(record.value.current.key);
});

test('is online again, unasked, when the worker was restarted', async () => {
  await pairAndSync();
  await wakeWorker();
  await until(() => shown().link.kind === 'online');
  expect(shown().sync).toMatchObject({ kind: 'done' });
  expect(pushes()).toHaveLength(1);
});

test('pushes when the cookie changes, and ignores other cookies', async () => {
  await pairAndSync();
  cookies = [{ ...cookie, value: `${canary}-2` }];
  await core.noteCookieChange({ ...cookie, name: 'cf_clearance' });
  await core.noteCookieChange(cookie);
  await until(() => pushes().length === 2);
  expect(pushes()[1]).toMatchObject({ frame: { reason: 'cookie-change' } });
});

test('finishes the sync when the permission prompt closed the popup in the middle of it', async () => {
  hasPermission = false;
  await pair();
  await until(() => shown().link.kind === 'online');
  await core.answer({ request: 'choose', input: { consentedAtMs: Date.now() } });
  await core.notePermissions();
  expect(pushes()).toEqual([]);
  hasPermission = true;
  await core.notePermissions();
  expect(pushes()).toHaveLength(1);
});

test('a permission that is given long after the click syncs nothing by itself', async () => {
  await pair();
  await until(() => shown().link.kind === 'online');
  await core.answer({ request: 'choose', input: { consentedAtMs: 1 } });
  await core.notePermissions();
  expect(pushes()).toEqual([]);
});

test('withdrawn consent takes the session back', async () => {
  await pairAndSync();
  await core.answer({ request: 'choose', input: { consentedAtMs: null } });
  await until(() => companion.frames.some(({ frame }) => frame.t === 'session.clear'));
  await until(() => shown().sync.kind === 'never');
});

test('runs a job of the companion once the session is shared, and not before', async () => {
  const start = {
    t: 'job.start',
    store: '0',
    method: 'GET',
    path: '/api/bootstrap',
    headers: {},
    bodyBytes: 0,
  } as const;
  await pair();
  await companion.visits.at(-1)?.send({ ...start, id: 'early', client: 'test' });
  await until(() => companion.frames.some(({ frame }) => frame.t === 'job.error'));
  expect(companion.frames.at(-1)?.frame).toMatchObject({ id: 'early', code: 'no-consent' });
  await consent();
  await core.answer({ request: 'sync', input: {} });
  await companion.visits.at(-1)?.send({ ...start, id: 'job', client: 'test' });
  await until(() => companion.frames.some(({ frame }) => frame.t === 'job.end'));
  const chunk = companion.frames.find(({ frame }) => frame.t === 'job.chunk');
  expect(Buffer.from(chunk?.body ?? []).toString()).toBe('answer to /api/bootstrap');
});

test('stops an exchange that runs elsewhere by telling the companion', async () => {
  await pair();
  await core.answer({ request: 'stop-job', input: { id: 'exchange-9' } });
  await until(() => companion.frames.some(({ frame }) => frame.t === 'exchange.stop'));
});

test('unpairing tells the companion, and leaves no key, no status and no alarm', async () => {
  await pairAndSync();
  await core.answer({ request: 'unpair', input: {} });
  await until(() => companion.frames.some(({ frame }) => frame.t === 'unpair'));
  await until(() => shown().link.kind === 'unpaired' && shown().sync.kind === 'never');
  expect(JSON.parse(local.entries.get('pair') ?? '')).toMatchObject({ value: { current: null, pending: null } });
  expect(alarms.at(-1)).toBe(false);
});

test('a companion that was away when this browser was unpaired is told when it is back, and the person until then', async () => {
  await pairAndSync();
  const { port } = companion;
  await companion.close();
  await until(() => shown().link.kind === 'offline');
  await core.answer({ request: 'unpair', input: {} });
  await until(() => shown().link.kind === 'unpaired' && shown().goodbyeUntilMs !== null);
  expect(alarms.at(-1)).toBe(true);
  await wakeWorker();
  expect(alarms.at(-1)).toBe(true);
  await companion.listen(port);
  await core.noteAlarm();
  expect(companion.pairs.size).toBe(0);
  await until(() => shown().goodbyeUntilMs === null);
  expect(alarms.at(-1)).toBe(false);
});

test('a pair that another one replaces is ended at its companion', async () => {
  await pair();
  await pair();
  await until(() => !companion.pairs.has('pair-1'), 'the goodbye');
  expect([...companion.pairs.keys()]).toEqual(['pair-2']);
  expect(shown().goodbyeUntilMs).toBeNull();
});

test('a login is shown, opened by a click, caught, and finished by the companion, with the worker restarted in between', async () => {
  await pair();
  await companion.visits.at(-1)?.send(await offer('anthropic'));
  await until(() => shown().logins[0]?.stage === 'offered');
  expect(loginTabs.open).toEqual([]);
  expect(await core.answer({ request: 'open-login', input: { id: 'anthropic-login' } })).toEqual({ ok: true });
  await until(() => shown().logins[0]?.stage === 'opened');
  await wakeWorker();
  const answer = redirectTo('anthropic', { code: 'code-canary', state: 'anthropic-state' });
  await core.noteRedirect({ tabId: 1, url: answer, isDead: true });
  await until(() => companion.frames.some(({ frame }) => frame.t === 'oauth.callback'));
  await until(() => companion.visits.length > 1);
  const result = { t: 'oauth.result', loginId: 'anthropic-login', ok: true, account: 'ada@example.com' } as const;
  await companion.visits.at(-1)?.send(result);
  await until(() => shown().logins[0]?.stage === 'done');
  expect(loginTabs.open).toEqual(['oauth-done.html?login=anthropic-login']);
  expect([...local.entries.values(), JSON.stringify([states, badges])].join()).not.toContain('code-canary');
});

test('what the companion answers to a click on a login reaches the page that asked', async () => {
  await pair();
  companion.onFrame = (visit, frame) => {
    const error = { t: 'error', code: 'NOT_FOUND', message: 'No such login.', ref: frame.t, retryable: false } as const;
    if (frame.t === 'login.remove') void visit.send(error);
  };
  expect(await core.answer({ request: 'remove-login', input: { id: 'x' } })).toEqual({
    ok: false,
    code: 'NOT_FOUND',
    message: 'No such login.',
  });
});

test('shows the status of the companion, and keeps it while it is away', async () => {
  await pair();
  const status: CompanionStatus = {
    version: '0.1.0',
    pid: 1,
    url: 'http://127.0.0.1:1',
    startedAtMs: 1,
    atMs: 2,
    vault: { kind: 'memory', location: 'memory', note: null },
    transport: 'auto',
    isAuthRequired: true,
    sessions: [],
    seats: [],
    activity: [],
  };
  await companion.visits.at(-1)?.send({ t: 'status', status });
  await until(() => shown().companion?.atMs === 2);
  await until(() => local.entries.has('status'));
  await companion.close();
  await wakeWorker();
  await until(() => shown().link.kind === 'offline');
  expect(shown().companion).toEqual(status);
});

test('hands out the client settings, and keeps them nowhere', async () => {
  const settings: ClientSettings = {
    ANTHROPIC_BASE_URL: 'http://127.0.0.1:1',
    ANTHROPIC_AUTH_TOKEN: 'ccpk_canary',
    ANTHROPIC_API_KEY: 'ccpk_canary',
    OPENAI_BASE_URL: 'http://127.0.0.1:1/v1',
    OPENAI_API_KEY: 'ccpk_canary',
  };
  expect(await core.answer({ request: 'client-settings', input: {} })).toBeNull();
  await pair();
  companion.onFrame = (visit, frame) => {
    if (frame.t === 'client-settings.get') void visit.send({ t: 'client-settings', settings });
  };
  expect(await core.answer({ request: 'client-settings', input: {} })).toEqual(settings);
  expect([...local.entries.values(), JSON.stringify(states)].join()).not.toContain('ccpk_canary');
});

test('a page that went away is forgotten', async () => {
  page.disconnect();
  await settle();
  const count = states.length;
  await pair();
  expect(states).toHaveLength(count);
});

test('the badge follows the live link', async () => {
  await pairAndSync();
  await until(() => badges.at(-1)?.text === '');
  await companion.close();
  await until(() => badges.at(-1)?.text === '–');
});

test('a notice of the companion goes to the system, and one that is not shown harms nobody', async () => {
  await pair();
  await until(() => shown().link.kind === 'online');
  const notice = { id: 'n1', title: 'Limit used up: OpenAI key work', text: 'It resets tomorrow.' };
  await companion.visits.at(-1)?.send({ t: 'notify', ...notice });
  await companion.visits.at(-1)?.send({ t: 'notify', ...notice, id: 'n2' });
  await until(() => notices.length === 2);
  expect(notices[0]).toEqual(notice);
  expect(shown().link.kind).toBe('online');
});
