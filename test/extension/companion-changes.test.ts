import { beforeEach, expect, test } from 'vitest';
import { CHANGE_TIMEOUT_MS } from '../../extension/companion-changes.ts';
import { Logins } from '../../extension/logins.ts';
import type { ExtensionFrame } from '../../shared/link/frame.ts';
import type { CompanionStatus } from '../../shared/status.ts';
import { claudeLogin, companion } from '../support/extension-page/states.ts';
import { FakeStorage, ManualClock, settle } from './support/fakes.ts';
import { FakeLoginTabs, offer } from './support/login-tabs.ts';

let clock: ManualClock;
let tabs: FakeLoginTabs;
let sent: ExtensionFrame[];
let isOnline: boolean;
let logins: Logins;
const before: CompanionStatus = { ...companion, logins: [claudeLogin], pendingLogins: [] };

beforeEach(() => {
  clock = new ManualClock();
  tabs = new FakeLoginTabs();
  sent = [];
  isOnline = true;
  logins = new Logins({
    memory: new FakeStorage(),
    clock,
    tabs,
    send: (frame) => isOnline && sent.push(frame) > 0,
    reach: () => undefined,
    onChange: () => undefined,
    companion: () => before,
  });
});

const refused = (ref: string, code = 'LOGIN_EXPIRED') =>
  logins.noteError({ t: 'error', code, message: 'its own words', ref, retryable: false });

test('a status that does not show the change is not its answer', async () => {
  const answer = logins.refresh(claudeLogin.id);
  await settle();
  logins.noteStatus(before);
  refused('login.refresh');
  expect(await answer).toEqual({ ok: false, code: 'LOGIN_EXPIRED', message: 'its own words' });
});

test('renewing is done when the login was renewed', async () => {
  const answer = logins.refresh(claudeLogin.id);
  await settle();
  logins.noteStatus({ ...before, logins: [{ ...claudeLogin, refreshedAtMs: 5 }] });
  expect(await answer).toEqual({ ok: true });
});

test('signing out is done when the login is gone', async () => {
  const answer = logins.remove(claudeLogin.id);
  await settle();
  logins.noteStatus(before);
  logins.noteStatus({ ...before, logins: [] });
  expect(await answer).toEqual({ ok: true });
});

test('beginning is done when a login of that provider waits, and its page is open then', async () => {
  const answer = logins.begin('anthropic');
  await settle();
  await logins.takeFrame(await offer('anthropic'));
  const pending = { id: 'anthropic-login', provider: 'anthropic', state: 'waiting', expiresAtMs: 1 } as const;
  logins.noteStatus({ ...before, pendingLogins: [{ ...pending, provider: 'openai' }] });
  logins.noteStatus({ ...before, pendingLogins: [pending] });
  expect(await answer).toEqual({ ok: true });
  expect(tabs.open).toEqual([(await offer('anthropic')).authorizeUrl]);
});

test('two changes go out one after the other, so that each has its own error', async () => {
  const first = logins.refresh('one');
  const second = logins.refresh('two');
  await settle();
  expect(sent).toEqual([{ t: 'login.refresh', id: 'one' }]);
  refused('login.remove');
  refused('login.refresh', 'LOGIN_REFRESH_FAILED');
  expect(await first).toMatchObject({ code: 'LOGIN_REFRESH_FAILED' });
  await settle();
  expect(sent).toEqual([
    { t: 'login.refresh', id: 'one' },
    { t: 'login.refresh', id: 'two' },
  ]);
  refused('login.refresh');
  expect(await second).toMatchObject({ code: 'LOGIN_EXPIRED' });
});

test('says when nobody answers, and when there is nobody', async () => {
  const late = logins.remove(claudeLogin.id);
  await clock.advance(CHANGE_TIMEOUT_MS);
  expect(await late).toMatchObject({ ok: false, code: 'timeout' });
  const cut = logins.remove(claudeLogin.id);
  await settle();
  logins.noteOffline();
  expect(await cut).toMatchObject({ ok: false, code: 'offline' });
  isOnline = false;
  expect(await logins.begin('openai')).toMatchObject({ ok: false, code: 'offline' });
});
