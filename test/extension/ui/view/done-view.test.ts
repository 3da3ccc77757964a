import { expect, test } from 'vitest';
import { type DoneFacts, doneView } from '../../../../extension/ui/view/done-view.ts';
import type { LoginAttempt } from '../../../../extension/state.ts';
import { doneStates, loginAttempt, NOW_MS, synced, withAttempt } from '../../../support/extension-page/states.ts';
import { words } from '../words.ts';

function at(change: Partial<DoneFacts>) {
  const state = change.state === undefined ? synced : change.state;
  const attempt = state?.logins[0] ?? null;
  return doneView({ loginId: 'login-1', attempt, nowMs: NOW_MS, ...change, state });
}
const inStage = (stage: LoginAttempt['stage'], change: Partial<LoginAttempt> = {}) =>
  at({ state: withAttempt({ stage, ...change }) });

test.each([
  ['loading', 'loading', 'One moment'],
  ['completing', 'completing', 'One moment'],
  ['offline', 'offline', 'The companion is not running'],
  ['done', 'done', 'You are signed in to Claude'],
  ['denied', 'failed', 'The access was not allowed'],
  ['refused', 'failed', 'Claude refused this'],
  ['mismatch', 'failed', 'This answer does not fit the sign-in'],
  ['timed-out', 'failed', 'The sign-in took too long'],
  ['over', 'over', 'This sign-in is over'],
  ['unknown', 'over', 'This sign-in is over'],
  ['still-waiting', 'waiting', 'Finish signing in to Claude'],
])('says of %s what happened', (name, kind, title) => {
  const view = at({ state: doneStates[name] ?? null });
  expect([view.kind, words(view.title)]).toEqual([kind, title]);
});

test('a link that is being made is no reason to worry', () => {
  const state = { ...withAttempt({ stage: 'answered' }), link: { kind: 'connecting' } as const };
  expect(at({ state }).kind).toBe('completing');
});

test('an answer that nobody fetched in time is told as too late', () => {
  expect(inStage('answered', { expiresAtMs: NOW_MS - 1 })).toMatchObject({
    kind: 'failed',
    title: { key: 'loginTimedOutTitle' },
  });
});

test('keeps what it knew when the background forgot it', () => {
  const attempt: LoginAttempt = { ...loginAttempt, stage: 'done', account: 'ada@example.com' };
  expect(at({ attempt })).toMatchObject({ kind: 'done', account: 'ada@example.com' });
  expect(at({ attempt, state: null }).kind).toBe('done');
});

test('beginning again leads over what is to be read first', () => {
  const { actions } = inStage('failed', { provider: 'openai', error: { code: 'LOGIN_DENIED', message: '' } });
  expect(actions[0]).toMatchObject({ does: 'go', url: '/dashboard.html#sign-in-openai' });
});

test('an answer to no login leads back to the one that waits, if there is one', () => {
  expect(at({ loginId: null })).toMatchObject({ kind: 'stray', actions: [{ does: 'close' }] });
  expect(at({ loginId: null, state: withAttempt({ id: 'other' }) })).toMatchObject({
    kind: 'stray',
    actions: [{ does: 'open-login', id: 'other' }, { does: 'close' }],
  });
});
