import { expect, test } from 'vitest';
import { badgeFor } from '../../extension/badge.ts';
import { initialChoices } from '../../extension/choices.ts';
import type { ExtensionState, LinkState } from '../../extension/state.ts';
import { popupView } from '../../extension/ui/view/popup-view.ts';

const nowMs = 1_700_000_000_000;

function stateWith(link: LinkState, change: Partial<ExtensionState> = {}): ExtensionState {
  return {
    link,
    goodbyeUntilMs: null,
    pair: { port: 1, seatId: 'seat', fingerprint: 'AAAA-BBBB', pairedAtMs: 0 },
    choices: { ...initialChoices, consentedAtMs: 1 },
    hasSitePermission: true,
    signedIn: 'yes',
    sync: { kind: 'never' },
    companion: null,
    jobs: [],
    stores: [],
    logins: [],
    ...change,
  };
}

const online: LinkState = { kind: 'online', sinceMs: 1 };

test.each([
  ['connected', stateWith(online)],
  ['not paired yet', stateWith({ kind: 'unpaired' }, { pair: null })],
  ['connected, and not asked for consent yet', stateWith(online, { choices: initialChoices })],
])('is quiet when %s', (_what, state) => {
  expect(badgeFor(state, nowMs)?.text).toBe('');
});

test.each([
  ['somebody else answers', stateWith({ kind: 'impostor' })],
  ['the pairing has ended', stateWith({ kind: 'forgotten' })],
  ['an update is needed', stateWith({ kind: 'version', update: 'companion' })],
  ['claude.ai is not allowed', stateWith(online, { hasSitePermission: false })],
  ['nobody is signed in', stateWith(online, { signedIn: 'no' })],
])('is marked when %s', (_what, state) => {
  expect(badgeFor(state, nowMs)?.text).toBe('!');
});

test('marks a companion that does not run without raising an alarm', () => {
  const offline = badgeFor(stateWith({ kind: 'offline', nextTryAtMs: null, wasEverOnline: true }), nowMs);
  const impostor = badgeFor(stateWith({ kind: 'impostor' }), nowMs);
  expect(offline?.text).toBe('–');
  expect(offline?.colour).not.toBe(impostor?.colour);
});

test('stays as it is while the link is being made', () => {
  expect(badgeFor(stateWith({ kind: 'connecting' }), nowMs)).toBeNull();
});

test('says what the popup says', () => {
  const state = stateWith({ kind: 'forgotten' });
  expect(badgeFor(state, nowMs)?.title).toEqual(popupView(state, nowMs).line.word);
});
