import { beforeEach, expect, test } from 'vitest';
import { createChoicesCell } from '../../extension/choices.ts';
import type { ChoicesCell } from '../../extension/choices.ts';
import type { SessionReader, SessionReading } from '../../extension/session-reader.ts';
import { ACK_TIMEOUT_MS, COOKIE_DEBOUNCE_MS, SessionSync } from '../../extension/session-sync.ts';
import { createSyncCell } from '../../extension/sync-store.ts';
import type { Choices } from '../../extension/state.ts';
import type { ExtensionFrame } from '../../shared/link/frame.ts';
import { FakeStorage, ManualClock, until } from './support/fakes.ts';

type Push = Extract<ExtensionFrame, { t: 'session.push' }>;

let storage: FakeStorage;
let clock: ManualClock;
let choices: ChoicesCell;
let sync: SessionSync;
let sent: ExtensionFrame[];
let readings: Map<string, SessionReading>;
let reads: string[];
/** What the companion does with a push; `undefined` leaves it waiting. */
let answer: ((push: Push) => void) | undefined;

beforeEach(async () => {
  storage = new FakeStorage();
  clock = new ManualClock();
  sent = [];
  reads = [];
  readings = new Map([['0', signedIn('first')]]);
  answer = ({ rev }) => sync.noteAck({ t: 'session.ack', rev, ok: true, sessionId: 'session-1' });
  wakeWorker();
  await choose({ consentedAtMs: 1 });
});

function signedIn(value: string): SessionReading {
  return { kind: 'signed-in', cookies: [{ name: 'sessionKey', value }], validUntilMs: 5 };
}

/** A worker that has just started: only what is on disk is known. */
function wakeWorker(): void {
  choices = createChoicesCell(storage);
  const reader: SessionReader = {
    async read(store) {
      if (choices.value.consentedAtMs === null) return { kind: 'no-consent' };
      reads.push(store);
      return readings.get(store) ?? { kind: 'not-signed-in' };
    },
    hasPermission: async () => true,
    listStores: async () => [{ id: '0', isPrivate: false }],
  };
  sync = new SessionSync({
    reader,
    choices,
    record: createSyncCell(storage),
    clock,
    send(frame) {
      sent.push(frame);
      if (frame.t === 'session.push') setImmediate(() => answer?.(frame));
      return true;
    },
    onChange: () => undefined,
  });
}

const choose = (change: Partial<Choices>) => choices.update((value) => ({ ...value, ...change }));
const pushes = () => sent.filter((frame) => frame.t === 'session.push');
const clears = () => sent.filter((frame) => frame.t === 'session.clear');

async function syncedOnce(): Promise<void> {
  await sync.noteOnline('pair-1');
  await sync.sync();
  sent.length = 0;
}

async function changeCookie(reading: SessionReading, store = '0'): Promise<void> {
  readings.set(store, reading);
  await sync.noteCookieChange(store);
}

test('GO-12: pushes on a click and is done when the companion has checked it', async () => {
  await sync.noteOnline('pair-1');
  expect(await sync.sync()).toEqual({ kind: 'done', atMs: clock.now(), sessionId: 'session-1' });
  expect(pushes()).toEqual([
    {
      t: 'session.push',
      rev: 1,
      store: '0',
      restsIn: 'vault',
      transport: 'auto',
      cookies: [{ name: 'sessionKey', value: 'first' }],
      validUntilMs: 5,
      reason: 'click',
    },
  ]);
});

test('sends no cookie when the session rests in the browser', async () => {
  await choose({ restsIn: 'browser' });
  await sync.noteOnline('pair-1');
  await sync.sync();
  expect(pushes()).toMatchObject([{ restsIn: 'browser', cookies: [] }]);
});

test('reads and sends nothing before the person agreed', async () => {
  await choose({ consentedAtMs: null });
  await sync.noteOnline('pair-1');
  expect(await sync.sync()).toMatchObject({ kind: 'failed', code: 'CONSENT_MISSING' });
  await changeCookie(signedIn('second'));
  await clock.advance(COOKIE_DEBOUNCE_MS * 2);
  expect(reads).toEqual([]);
  expect(sent).toEqual([]);
  expect(sync.signedIn).toBe('unknown');
});

test.each([
  [{ kind: 'no-permission' }, 'no-permission', 'unknown'],
  [{ kind: 'not-signed-in' }, 'not-signed-in', 'no'],
] as const)('says why it could not sync: %o', async (reading, code, shown) => {
  readings.set('0', reading);
  await sync.noteOnline('pair-1');
  expect(await sync.sync()).toMatchObject({ kind: 'failed', code });
  expect(sync.signedIn).toBe(shown);
  expect(sent).toEqual([]);
});

test('a click while offline says so, and is made good when the link is up', async () => {
  expect(await sync.sync()).toMatchObject({ kind: 'failed', code: 'offline' });
  expect(sent).toEqual([]);
  await sync.noteOnline('pair-1');
  expect(pushes()).toMatchObject([{ reason: 'reconnect' }]);
  expect(sync.state).toMatchObject({ kind: 'done' });
});

test('a click while offline is made good even if the companion holds this very session already', async () => {
  await syncedOnce();
  sync.noteOffline();
  expect(await sync.sync()).toMatchObject({ kind: 'failed', code: 'offline' });
  await sync.noteOnline('pair-1');
  expect(pushes()).toMatchObject([{ reason: 'reconnect' }]);
  expect(sync.state).toMatchObject({ kind: 'done' });
});

test("shows the companion's reason when it refuses the session", async () => {
  answer = ({ rev }) => {
    const error = { code: 'SESSION_EXPIRED', message: 'claude.ai no longer accepts it' };
    sync.noteAck({ t: 'session.ack', rev, ok: false, error });
  };
  await sync.noteOnline('pair-1');
  expect(await sync.sync()).toMatchObject({ kind: 'failed', code: 'SESSION_EXPIRED' });
});

test('a code that this version does not know becomes INTERNAL', async () => {
  answer = ({ rev }) => sync.noteAck({ t: 'session.ack', rev, ok: false, error: { code: 'BRAND_NEW', message: 'm' } });
  await sync.noteOnline('pair-1');
  expect(await sync.sync()).toMatchObject({ kind: 'failed', code: 'INTERNAL', message: 'm' });
});

test('gives up after 15 seconds without an answer', async () => {
  answer = undefined;
  await sync.noteOnline('pair-1');
  const state = sync.sync();
  await until(() => sent.length === 1);
  await clock.advance(ACK_TIMEOUT_MS - 1);
  expect(sync.state).toEqual({ kind: 'running' });
  await clock.advance(1);
  expect(await state).toMatchObject({ kind: 'failed', code: 'timeout' });
});

test('does not wait for an answer when the link breaks', async () => {
  answer = undefined;
  await sync.noteOnline('pair-1');
  const state = sync.sync();
  await until(() => sent.length === 1);
  sync.noteOffline();
  expect(await state).toMatchObject({ kind: 'failed', code: 'offline' });
});

test('ignores an answer to an older push', async () => {
  answer = ({ rev }) => sync.noteAck({ t: 'session.ack', rev: rev - 1, ok: true, sessionId: 'old' });
  await sync.noteOnline('pair-1');
  const state = sync.sync();
  await until(() => sent.length === 1);
  await clock.advance(ACK_TIMEOUT_MS);
  expect(await state).toMatchObject({ kind: 'failed', code: 'timeout' });
});

test('pushes once for a burst of cookie changes, a second after the last', async () => {
  await syncedOnce();
  await changeCookie({ kind: 'not-signed-in' });
  await clock.advance(900);
  await changeCookie(signedIn('second'));
  await clock.advance(900);
  expect(sent).toEqual([]);
  await clock.advance(100);
  await until(() => sent.length === 1);
  expect(pushes()).toMatchObject([{ rev: 2, reason: 'cookie-change', cookies: [{ value: 'second' }] }]);
  expect(clears()).toEqual([]);
});

test('does not push a session that did not change', async () => {
  await syncedOnce();
  await changeCookie(signedIn('first'));
  await clock.advance(COOKIE_DEBOUNCE_MS);
  expect(sent).toEqual([]);
});

test('does not push by itself what the person never shared', async () => {
  await sync.noteOnline('pair-1');
  await changeCookie(signedIn('second'));
  await clock.advance(COOKIE_DEBOUNCE_MS);
  expect(sent).toEqual([]);
});

test('does not push by itself when the person wants to click each time', async () => {
  await syncedOnce();
  await choose({ keepsSynced: false });
  await changeCookie(signedIn('second'));
  await clock.advance(COOKIE_DEBOUNCE_MS);
  await sync.noteOnline('pair-1');
  expect(pushes()).toEqual([]);
});

test('catches up on reconnect if the session changed meanwhile, and only then', async () => {
  await syncedOnce();
  sync.noteOffline();
  await sync.noteOnline('pair-1');
  expect(sent).toEqual([]);
  sync.noteOffline();
  readings.set('0', signedIn('second'));
  await sync.noteOnline('pair-1');
  expect(pushes()).toMatchObject([{ reason: 'reconnect', rev: 2 }]);
});

test('tells the companion that the person signed out, and syncs again after the next sign-in', async () => {
  await syncedOnce();
  await changeCookie({ kind: 'not-signed-in' });
  await clock.advance(COOKIE_DEBOUNCE_MS);
  expect(sent).toEqual([{ t: 'session.clear', store: '0', reason: 'signed-out' }]);
  expect(sync.state).toMatchObject({ kind: 'failed', code: 'not-signed-in' });
  await changeCookie(signedIn('anew'));
  await clock.advance(COOKIE_DEBOUNCE_MS);
  expect(sync.state).toMatchObject({ kind: 'done' });
});

test('tells of a sign-out on the next link when there was none', async () => {
  await syncedOnce();
  sync.noteOffline();
  await changeCookie({ kind: 'not-signed-in' });
  await clock.advance(COOKIE_DEBOUNCE_MS);
  expect(sent).toEqual([]);
  await sync.noteOnline('pair-1');
  expect(clears()).toEqual([{ t: 'session.clear', store: '0', reason: 'signed-out' }]);
  await sync.noteOnline('pair-1');
  expect(clears()).toHaveLength(1);
});

test('takes the session back, and does not share it again by itself', async () => {
  await syncedOnce();
  await sync.unsync();
  expect(sent).toEqual([{ t: 'session.clear', store: '0', reason: 'unsynced' }]);
  expect(sync.state).toEqual({ kind: 'never' });
  await changeCookie(signedIn('second'));
  await clock.advance(COOKIE_DEBOUNCE_MS);
  await sync.noteOnline('pair-1');
  await sync.noteRequest();
  expect(pushes()).toEqual([]);
  expect(sync.isShared('0')).toBe(false);
});

test('serves a request of the companion when the person allows it', async () => {
  await syncedOnce();
  await sync.noteRequest();
  expect(pushes()).toMatchObject([{ reason: 'requested', rev: 2 }]);
});

test('refuses a request of the companion otherwise', async () => {
  await syncedOnce();
  await choose({ keepsSynced: false });
  await sync.noteRequest();
  expect(sent).toMatchObject([{ t: 'error', code: 'CONSENT_MISSING', ref: 'session.request' }]);
});

test('tells the companion of a changed choice', async () => {
  await syncedOnce();
  await choose({ restsIn: 'browser' });
  await sync.noteChoices();
  expect(pushes()).toMatchObject([{ restsIn: 'browser', cookies: [] }]);
});

test('counts revisions on across a restart of the worker', async () => {
  await syncedOnce();
  wakeWorker();
  await sync.noteOnline('pair-1');
  expect(sent).toEqual([]);
  await sync.sync();
  expect(pushes()).toMatchObject([{ rev: 2 }]);
});

test('a cookie change that wakes the worker is not lost', async () => {
  await syncedOnce();
  wakeWorker();
  await changeCookie(signedIn('second'));
  await sync.noteOnline('pair-1');
  await clock.advance(COOKIE_DEBOUNCE_MS);
  expect(pushes()).toMatchObject([{ rev: 2, cookies: [{ value: 'second' }] }]);
});

test('shares nothing with a new companion before the next click', async () => {
  await syncedOnce();
  sync.noteOffline();
  await sync.noteOnline('pair-2');
  await changeCookie(signedIn('second'));
  await clock.advance(COOKIE_DEBOUNCE_MS);
  expect(sent).toEqual([]);
  expect(sync.state).toEqual({ kind: 'never' });
  await sync.sync();
  expect(pushes()).toMatchObject([{ rev: 2, reason: 'click' }]);
});

test('keeps two stores apart', async () => {
  readings.set('firefox-container-1', signedIn('other'));
  await syncedOnce();
  await choose({ store: 'firefox-container-1' });
  await sync.sync();
  await changeCookie(signedIn('second'), '0');
  await clock.advance(COOKIE_DEBOUNCE_MS);
  expect(pushes()).toMatchObject([
    { store: 'firefox-container-1', rev: 1 },
    { store: '0', rev: 2 },
  ]);
});

test('writes the revision before it sends', async () => {
  await sync.noteOnline('pair-1');
  storage.isBroken = true;
  await expect(sync.sync()).rejects.toThrow('the disk is full');
  expect(sent).toEqual([]);
});

test('keeps no cookie value in storage', async () => {
  readings.set('0', signedIn('sk-ant-canary-value'));
  await syncedOnce();
  expect([...storage.entries.values()].join()).not.toContain('canary');
});
