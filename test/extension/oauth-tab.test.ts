import { beforeEach, expect, test } from 'vitest';
import { BEGIN_CLICK_LIFE_MS, LoginTabs, loginPage, strayPage } from '../../extension/oauth-tab.ts';
import { LONGEST_LOGIN_MS } from '../../extension/oauth-store.ts';
import type { ExtensionFrame } from '../../shared/link/frame.ts';
import type { CompanionStatus } from '../../shared/status.ts';
import { companion } from '../support/extension-page/states.ts';
import { FakeStorage, ManualClock, settle } from './support/fakes.ts';
import { FakeLoginTabs, offer, redirectTo, redirectUris } from './support/login-tabs.ts';

const canaryCode = 'code-canary-5c1f';
const claudeAnswer = redirectTo('anthropic', { code: canaryCode, state: 'anthropic-state' });
const claudePage = loginPage('anthropic-login');

let memory: FakeStorage;
let clock: ManualClock;
let tabs: FakeLoginTabs;
let sent: ExtensionFrame[];
let isOnline: boolean;
let reached: number;
let changes: number;
let logins: LoginTabs;

/** A worker as it starts: nothing in it but what `storage.session` holds. */
async function wakeWorker(): Promise<void> {
  logins = new LoginTabs({
    memory,
    clock,
    tabs,
    send: (frame) => isOnline && sent.push(frame) > 0,
    reach: () => (reached += 1),
    onChange: () => (changes += 1),
  });
  tabs.onClosed = (tabId) => void logins.noteTabClosed(tabId);
  await logins.load();
}

beforeEach(async () => {
  memory = new FakeStorage();
  clock = new ManualClock();
  tabs = new FakeLoginTabs();
  sent = [];
  isOnline = true;
  reached = 0;
  changes = 0;
  await wakeWorker();
});

const stages = () => logins.attempts.map(({ id, stage }) => [id, stage]);
const callbacks = () => sent.filter((frame) => frame.t === 'oauth.callback');
const cancels = () => sent.filter((frame) => frame.t === 'oauth.cancel');
const seen = (tabId: number, url: string, isDead = false) => logins.noteNavigation({ tabId, url, isDead });

/** Offered, and opened by a click; resolves with the tab. */
async function openClaude(): Promise<number> {
  await logins.noteOffer(await offer('anthropic'));
  expect(await logins.open('anthropic-login')).toEqual({ ok: true });
  return [...tabs.urls.keys()].at(-1) ?? 0;
}

function statusWith(pendingIds: readonly string[]): CompanionStatus {
  const pendingLogins = pendingIds.map((id) => ({
    id,
    provider: 'anthropic' as const,
    state: 'waiting' as const,
    expiresAtMs: 1,
  }));
  return { ...companion, atMs: clock.now() + 1, pendingLogins };
}

test('an offer opens nothing before the person clicks', async () => {
  await logins.noteOffer(await offer('anthropic'));
  expect(stages()).toEqual([['anthropic-login', 'offered']]);
  expect(tabs.open).toEqual([]);
  expect(sent).toEqual([]);
});

test('a click opens the page of the provider, and a second one shows it', async () => {
  const tabId = await openClaude();
  expect(tabs.open).toEqual([(await offer('anthropic')).authorizeUrl]);
  await logins.open('anthropic-login');
  expect(tabs.open).toHaveLength(1);
  expect(tabs.shown).toEqual([tabId]);
});

test('the redirect goes to the companion, and our page takes the place of the dead one', async () => {
  const tabId = await openClaude();
  await seen(tabId, claudeAnswer, true);
  expect(callbacks()).toEqual([
    { t: 'oauth.callback', loginId: 'anthropic-login', state: 'anthropic-state', code: canaryCode },
  ]);
  expect(tabs.open).toEqual([claudePage]);
  expect(stages()).toEqual([['anthropic-login', 'answered']]);
  await settle();
  expect(cancels()).toEqual([]);
});

test.each([
  ['begins, is aborted and fails', [false, false, true]],
  ['is committed because somebody listens there', [false]],
  ['fails at once', [true]],
])('takes an answer once, and shows one page, when the navigation %s', async (_how, events) => {
  const tabId = await openClaude();
  await Promise.all(events.map((isDead) => seen(tabId, claudeAnswer, isDead)));
  expect(callbacks()).toHaveLength(1);
  expect(tabs.open).toEqual([claudePage]);
});

test('a refusal goes to the companion in the words of the provider', async () => {
  const tabId = await openClaude();
  const refusal = { error: 'access_denied', error_description: 'The user said no', state: 'anthropic-state' };
  await seen(tabId, redirectTo('anthropic', refusal), true);
  expect(callbacks()).toEqual([
    {
      t: 'oauth.callback',
      loginId: 'anthropic-login',
      state: 'anthropic-state',
      error: 'access_denied',
      errorDescription: 'The user said no',
    },
  ]);
  expect(tabs.open).toEqual([claudePage]);
});

test('an answer in another tab counts too, and closing the first one then cancels nothing', async () => {
  const first = await openClaude();
  const second = tabs.add(claudeAnswer);
  await seen(second, claudeAnswer, true);
  expect(tabs.open).toEqual([(await offer('anthropic')).authorizeUrl, claudePage]);
  tabs.close(first);
  await settle();
  expect(cancels()).toEqual([]);
});

test('an answer counts for a login whose page was opened from the terminal', async () => {
  await logins.noteOffer(await offer('anthropic'));
  await seen(tabs.add(claudeAnswer), claudeAnswer, true);
  expect(callbacks()).toHaveLength(1);
  expect(tabs.open).toEqual([claudePage]);
});

test('the same redirect again, by "Back" or in a restored tab, shows our page and sends nothing', async () => {
  await seen(await openClaude(), claudeAnswer, true);
  await seen(tabs.add(claudeAnswer), claudeAnswer, true);
  expect(callbacks()).toHaveLength(1);
  expect(tabs.open).toEqual([claudePage, claudePage]);
});

test('a wrong state is not taken, is said, and leaves the login waiting', async () => {
  const tabId = await openClaude();
  await seen(tabId, redirectTo('anthropic', { code: 'forged', state: 'wrong' }), true);
  expect(sent).toEqual([]);
  expect(tabs.open).toEqual([strayPage]);
  expect(stages()).toEqual([['anthropic-login', 'offered']]);
  await logins.open('anthropic-login');
  await seen([...tabs.urls.keys()].at(-1) ?? 0, claudeAnswer, true);
  expect(callbacks()).toHaveLength(1);
});

test('an answer at the address of the other provider is not taken', async () => {
  await openClaude();
  await logins.noteOffer(await offer('openai'));
  for (const provider of ['openai', 'anthropic'] as const) {
    const other = provider === 'openai' ? 'anthropic' : 'openai';
    const mixed = redirectTo(provider, { code: 'mixed', state: `${other}-state` });
    await seen(tabs.add(mixed), mixed, true);
  }
  expect(sent).toEqual([]);
  expect(tabs.open.slice(1)).toEqual([strayPage, strayPage]);
});

test('an answer without a state is not taken', async () => {
  const tabId = await openClaude();
  await seen(tabId, redirectTo('anthropic', { error: 'access_denied' }), true);
  expect(sent).toEqual([]);
  expect(tabs.open).toEqual([strayPage]);
});

test('another program that waits for its own login at the same address is left alone', async () => {
  await logins.noteOffer(await offer('openai'));
  const theirs = redirectTo('openai', { code: 'of the codex program', state: 'its own' });
  await seen(tabs.add(theirs), theirs);
  expect(tabs.open).toEqual([theirs]);
  expect(sent).toEqual([]);
});

test('without a login under way nobody minds what a tab does', async () => {
  await seen(tabs.add(claudeAnswer), claudeAnswer, true);
  expect(tabs.open).toEqual([claudeAnswer]);
  expect(memory.entries.size).toBe(0);
});

test('a closed tab cancels the login', async () => {
  tabs.close(await openClaude());
  await settle();
  expect(cancels()).toEqual([{ t: 'oauth.cancel', loginId: 'anthropic-login', reason: 'tab-closed' }]);
  expect(stages()).toEqual([]);
});

test('a tab that the page opened keeps the login alive until it is closed, too', async () => {
  const first = await openClaude();
  const second = tabs.add('https://accounts.google.com/');
  await logins.noteTabOpened(second, first);
  tabs.close(first);
  await settle();
  expect(cancels()).toEqual([]);
  tabs.close(second);
  await settle();
  expect(cancels()).toHaveLength(1);
});

test('tabs that have nothing to do with a login are nobody’s business', async () => {
  await openClaude();
  await logins.noteTabOpened(77, 76);
  await logins.noteTabClosed(77);
  expect(cancels()).toEqual([]);
});

test('the person cancels, and an answer that comes after is not taken', async () => {
  const tabId = await openClaude();
  await logins.cancel('anthropic-login');
  expect(sent).toEqual([{ t: 'oauth.cancel', loginId: 'anthropic-login', reason: 'person' }]);
  expect(stages()).toEqual([]);
  await seen(tabId, claudeAnswer, true);
  expect(callbacks()).toEqual([]);
  expect(tabs.open).toEqual([strayPage]);
});

test.each(['opened from here', 'opened by the person from the printed address'])(
  'a page %s that outlives a cancelled login leads to a page that says so',
  async (how) => {
    await logins.noteOffer(await offer('anthropic'));
    if (how === 'opened from here') await logins.open('anthropic-login');
    const tabId = [...tabs.urls.keys()].at(-1) ?? tabs.add('https://claude.ai/oauth/authorize');
    await logins.cancel('anthropic-login');
    const error = { code: 'LOGIN_CANCELLED', message: 'The login was cancelled in the browser.', remedy: '' };
    await logins.noteResult({ t: 'oauth.result', loginId: 'anthropic-login', ok: false, error });
    await seen(tabId, claudeAnswer, true);
    expect(callbacks()).toEqual([]);
    expect(tabs.open).toEqual([claudePage]);
    expect(logins.attempts).toMatchObject([{ stage: 'failed', error: { code: 'LOGIN_CANCELLED' } }]);
  },
);

test('a cancellation that no companion heard of is one in time', async () => {
  await openClaude();
  isOnline = false;
  await logins.cancel('anthropic-login');
  await clock.advance(LONGEST_LOGIN_MS + 1);
  expect(logins.attempts).toMatchObject([{ stage: 'failed', error: { code: 'LOGIN_CANCELLED' } }]);
});

test('a login that this browser does not know the page of is refused at once', async () => {
  const start = await offer('anthropic');
  await logins.noteOffer({ ...start, authorizeUrl: start.authorizeUrl.replace('claude.ai', 'evil.example') });
  expect(sent).toEqual([{ t: 'oauth.cancel', loginId: 'anthropic-login', reason: 'refused' }]);
  expect(stages()).toEqual([]);
  expect(await logins.open('anthropic-login')).toMatchObject({ ok: false, code: 'gone' });
  expect(tabs.open).toEqual([]);
});

test('the same offer again changes nothing', async () => {
  await openClaude();
  const before = changes;
  await logins.noteOffer(await offer('anthropic'));
  expect(stages()).toEqual([['anthropic-login', 'opened']]);
  expect(changes).toBe(before);
});

test('a new login of a provider takes the place of the one before; an answer to that one is not taken', async () => {
  const tabId = await openClaude();
  await logins.noteOffer(await offer('anthropic', { loginId: 'second', state: 'second-state' }));
  expect(stages()).toEqual([['second', 'offered']]);
  await seen(tabId, claudeAnswer, true);
  expect(sent).toEqual([]);
  expect(tabs.open).toEqual([strayPage]);
});

test('a browser without a window says so', async () => {
  await logins.noteOffer(await offer('anthropic'));
  tabs.hasWindow = false;
  expect(await logins.open('anthropic-login')).toMatchObject({ ok: false, code: 'no-tab' });
  expect(stages()).toEqual([['anthropic-login', 'offered']]);
});

test('what the person began here opens by itself, once, for that provider, and not much later', async () => {
  logins.expect('anthropic');
  await logins.noteOffer(await offer('openai'));
  expect(tabs.open).toEqual([]);
  await logins.noteOffer(await offer('anthropic'));
  expect(stages()).toContainEqual(['anthropic-login', 'opened']);
  await logins.noteOffer(await offer('anthropic', { loginId: 'second', state: 'second-state' }));
  expect(stages()).toContainEqual(['second', 'offered']);
  logins.expect('openai');
  await clock.advance(BEGIN_CLICK_LIFE_MS + 1);
  await logins.noteOffer(await offer('openai', { loginId: 'late', state: 'late-state' }));
  expect(stages()).toContainEqual(['late', 'offered']);
});

test('a worker that was put to sleep goes on where it was, at every step', async () => {
  await logins.noteOffer(await offer('anthropic'));
  await wakeWorker();
  await logins.open('anthropic-login');
  const tabId = [...tabs.urls.keys()].at(-1) ?? 0;
  await wakeWorker();
  isOnline = false;
  await seen(tabId, claudeAnswer, true);
  expect(tabs.open).toEqual([claudePage]);
  await wakeWorker();
  isOnline = true;
  await logins.noteOnline();
  expect(callbacks()).toHaveLength(1);
  await wakeWorker();
  await logins.noteResult({ t: 'oauth.result', loginId: 'anthropic-login', ok: true, account: 'ada@example.com' });
  await wakeWorker();
  expect(logins.attempts).toMatchObject([{ stage: 'done', account: 'ada@example.com', error: null }]);
});

test('an answer waits for the link, asks for it, and is sent once it is there', async () => {
  const tabId = await openClaude();
  isOnline = false;
  logins.noteOffline();
  await seen(tabId, claudeAnswer, true);
  expect(sent).toEqual([]);
  expect(reached).toBe(1);
  isOnline = true;
  await logins.noteOnline();
  await logins.noteOnline();
  expect(callbacks()).toHaveLength(1);
});

test('an answer is sent again over the next link, until the companion says how it ended', async () => {
  await seen(await openClaude(), claudeAnswer, true);
  logins.noteOffline();
  await logins.noteOnline();
  await logins.noteOffer(await offer('anthropic'));
  expect(callbacks()).toHaveLength(2);
  await logins.noteResult({ t: 'oauth.result', loginId: 'anthropic-login', ok: true });
  logins.noteOffline();
  await logins.noteOnline();
  expect(callbacks()).toHaveLength(2);
});

test('a cancellation waits for the link, too', async () => {
  await openClaude();
  isOnline = false;
  await logins.cancel('anthropic-login');
  isOnline = true;
  await logins.noteOnline();
  expect(cancels()).toEqual([{ t: 'oauth.cancel', loginId: 'anthropic-login', reason: 'person' }]);
});

test('an answer that never finds a link ends with the login', async () => {
  const start = await offer('anthropic', { expiresAtMs: clock.now() + 60_000 });
  await logins.noteOffer(start);
  await logins.open(start.loginId);
  isOnline = false;
  await seen([...tabs.urls.keys()].at(-1) ?? 0, claudeAnswer, true);
  await clock.advance(60_001);
  expect(logins.attempts).toMatchObject([{ stage: 'failed', error: { code: 'LOGIN_TIMED_OUT' } }]);
  expect([...memory.entries.values()].join()).not.toContain(canaryCode);
  isOnline = true;
  await logins.noteOnline();
  expect(sent).toEqual([]);
});

test('a login that took too long explains itself to a late answer, and is gone in time', async () => {
  await logins.noteOffer(await offer('openai'));
  const tabId = await openClaude();
  await clock.advance(LONGEST_LOGIN_MS + 1);
  expect(logins.attempts).toMatchObject([
    { id: 'openai-login', stage: 'failed', error: { code: 'LOGIN_TIMED_OUT' } },
    { id: 'anthropic-login', stage: 'failed', error: { code: 'LOGIN_TIMED_OUT' } },
  ]);
  await seen(tabId, claudeAnswer, true);
  expect(sent).toEqual([]);
  expect(tabs.open).toEqual([claudePage]);
  await clock.advance(LONGEST_LOGIN_MS);
  expect(stages()).toEqual([]);
});

test('is too old for a worker that slept through its end', async () => {
  await logins.noteOffer(await offer('anthropic', { expiresAtMs: clock.now() + 1000 }));
  clock = new ManualClock();
  await clock.advance(2000);
  await wakeWorker();
  expect(stages()).toEqual([['anthropic-login', 'failed']]);
});

test('what went wrong is kept for the page that shows it', async () => {
  await seen(await openClaude(), claudeAnswer, true);
  const error = { code: 'LOGIN_REFUSED', message: 'This account may not.', remedy: 'Ask.' };
  await logins.noteResult({ t: 'oauth.result', loginId: 'anthropic-login', ok: false, error });
  expect(logins.attempts).toMatchObject([
    { stage: 'failed', error: { code: 'LOGIN_REFUSED', message: 'This account may not.' } },
  ]);
});

test('a login that was finished elsewhere waits here no more', async () => {
  await logins.noteOffer(await offer('anthropic'));
  await logins.noteResult({ t: 'oauth.result', loginId: 'anthropic-login', ok: true });
  expect(stages()).toEqual([['anthropic-login', 'done']]);
  expect(await logins.open('anthropic-login')).toMatchObject({ ok: false, code: 'gone' });
});

test('a login that ended while there was no link is over', async () => {
  await openClaude();
  await logins.noteOffer(await offer('openai'));
  await logins.noteStatus({ ...statusWith([]), atMs: clock.now() - 5 });
  expect(stages()).toHaveLength(2);
  await logins.noteStatus(statusWith(['anthropic-login']));
  expect(stages()).toEqual([
    ['anthropic-login', 'opened'],
    ['openai-login', 'over'],
  ]);
  await logins.noteStatus(statusWith([]));
  expect(stages()).toEqual([
    ['anthropic-login', 'over'],
    ['openai-login', 'over'],
  ]);
  await logins.noteResult({ t: 'oauth.result', loginId: 'anthropic-login', ok: true });
  expect(stages()).toContainEqual(['anthropic-login', 'done']);
});

test('a companion that tells nothing of logins ends none', async () => {
  await openClaude();
  await logins.noteStatus({ ...companion, atMs: clock.now() + 1 });
  expect(stages()).toEqual([['anthropic-login', 'opened']]);
});

test('unpairing forgets every login', async () => {
  await seen(await openClaude(), claudeAnswer, true);
  await logins.noteUnpaired();
  expect(stages()).toEqual([]);
  expect([...memory.entries.values()].join()).not.toContain(canaryCode);
});

test('pages learn neither address nor state nor code, and no address of ours has them', async () => {
  await seen(await openClaude(), claudeAnswer, true);
  const known = JSON.stringify([logins.attempts, tabs.open]);
  for (const secret of [canaryCode, 'anthropic-state', redirectUris.anthropic]) expect(known).not.toContain(secret);
});
