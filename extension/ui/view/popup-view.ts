/** What the popup shows for a state: one line, what happened, what it means, and exactly one next step. Pure. */
import type { ExtensionState, LoginAttempt } from '../../state.ts';
import { waitingLogin } from '../login-view.ts';
import { type Message, message } from '../message.ts';
import { awayView } from './away.ts';
import { ownStateView } from './own-state.ts';
import { type Action, line, type PanelView, type StatusLine, sync } from './panel.ts';
import { sessionView } from './session.ts';

export interface PairView {
  readonly kind: 'unpaired';
  readonly line: StatusLine;
  readonly primary: Action;
  /** The companion of the pair that was has not heard yet that it ended. */
  readonly goodbye: Message | null;
}

export interface ConsentView {
  readonly kind: 'consent';
  readonly line: StatusLine;
  readonly primary: Action;
  /** The short code to compare with the terminal, shortly after pairing. */
  readonly fingerprint: string | null;
}

/** A login waits for the person: nothing else is as pressing, and nothing else is shown unless they put it off. */
export interface LoginCardView {
  readonly kind: 'login';
  readonly line: StatusLine;
  readonly attempt: LoginAttempt;
}

/** What the popup shows when no login waits, or when it was put off. */
export type StateView = { readonly kind: 'loading'; readonly line: StatusLine } | PairView | ConsentView | PanelView;
export type PopupView = StateView | LoginCardView;

const FINGERPRINT_SHOWN_MS = 10 * 60_000;

/** `state` is `null` until the background has spoken. */
export function popupView(state: ExtensionState | null, nowMs: number): PopupView {
  const attempt = state === null ? null : waitingLogin(state);
  return attempt === null ? stateView(state, nowMs) : loginCardView(attempt);
}

export function stateView(state: ExtensionState | null, nowMs: number): StateView {
  if (state === null) return { kind: 'loading', line: line('statusLoading', 'off') };
  if (state.link.kind === 'unpaired') return pairView(state);
  if (state.link.kind !== 'online') return awayView(state, state.link, nowMs);
  if (state.choices.consentedAtMs === null) return consentView(state, nowMs);
  if (!state.hasSitePermission) return ownStateView('permission', state, nowMs);
  return sessionView(state, nowMs);
}

function loginCardView(attempt: LoginAttempt): LoginCardView {
  // Whoever is on the provider's page needs no reminder.
  const isOpened = attempt.stage === 'opened';
  return { kind: 'login', line: isOpened ? line('statusSigningIn', 'ok') : line('statusLoginWaits', 'warn'), attempt };
}

function pairView(state: ExtensionState): PairView {
  return {
    kind: 'unpaired',
    line: line('statusNotPaired', 'off'),
    primary: { does: 'pair', label: message('actionPair') },
    goodbye: goodbyeMessage(state),
  };
}

/** What the companion that was unpaired has not heard yet; `null` when it has. */
export function goodbyeMessage({ goodbyeUntilMs }: Pick<ExtensionState, 'goodbyeUntilMs'>): Message | null {
  return goodbyeUntilMs === null ? null : message('goodbyeOwed', { dateMs: goodbyeUntilMs });
}

function consentView({ pair }: ExtensionState, nowMs: number): ConsentView {
  const isFresh = pair !== null && nowMs - pair.pairedAtMs < FINGERPRINT_SHOWN_MS;
  return {
    kind: 'consent',
    line: line('statusConnected', 'ok'),
    primary: sync,
    fingerprint: isFresh ? pair.fingerprint : null,
  };
}
