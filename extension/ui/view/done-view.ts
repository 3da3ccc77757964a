/** What the page after a provider's redirect shows. Pure. */
import type { RedirectLoginProviderId } from '../../../shared/credential.ts';
import type { ExtensionState, LoginAttempt } from '../../state.ts';
import { cleanLabel } from '../label.ts';
import { loginTrouble } from '../login-trouble.ts';
import { providerName, waitingLogin, signInHash } from '../login-view.ts';
import { type Message, message } from '../message.ts';
import type { Tone } from './panel.ts';

export type DoneAction =
  | { readonly does: 'close'; readonly label: Message }
  | { readonly does: 'open-login'; readonly label: Message; readonly id: string }
  | { readonly does: 'go'; readonly label: Message; readonly url: string };

export interface DoneView {
  readonly kind: 'loading' | 'completing' | 'offline' | 'done' | 'failed' | 'over' | 'waiting' | 'stray';
  readonly tone: Tone;
  readonly provider: RedirectLoginProviderId | null;
  readonly title: Message;
  /** Who is signed in now. */
  readonly account: string | null;
  readonly paragraphs: readonly Message[];
  /** The words of the provider or of the companion. */
  readonly details: string;
  /** What to type in a terminal. */
  readonly command: string | null;
  /** The first one is the next step. */
  readonly actions: readonly DoneAction[];
}

export interface DoneFacts {
  readonly state: ExtensionState | null;
  /** `null`: the redirect belonged to no login that waits. */
  readonly loginId: string | null;
  /** The login as it was last known; `null` when it never was. */
  readonly attempt: LoginAttempt | null;
  readonly nowMs: number;
}

const close: DoneAction = { does: 'close', label: message('actionCloseTab') };
const dashboard: DoneAction = { does: 'go', label: message('actionDashboard'), url: '/dashboard.html' };
const plain = { account: null, details: '', command: null } as const;

export function doneView({ state, loginId, attempt, nowMs }: DoneFacts): DoneView {
  if (loginId === null) return strayView(state);
  if (attempt === null) return state === null ? loadingView() : overView(null);
  switch (attempt.stage) {
    case 'answered':
      return answeredView(state, attempt, nowMs);
    case 'done':
      return signedInView(attempt);
    case 'failed':
      return failedView(attempt, attempt.error ?? { code: '', message: '' });
    case 'over':
      return overView(attempt.provider);
    case 'offered':
    case 'opened':
      return waitingView(attempt);
  }
}

function loadingView(): DoneView {
  return {
    ...plain,
    kind: 'loading',
    tone: 'off',
    provider: null,
    title: message('doneWaitTitle'),
    paragraphs: [],
    actions: [],
  };
}

function answeredView(state: ExtensionState | null, attempt: LoginAttempt, nowMs: number): DoneView {
  if (attempt.expiresAtMs <= nowMs) return failedView(attempt, { code: 'LOGIN_TIMED_OUT', message: '' });
  const { provider } = attempt;
  const name = providerName(provider);
  if (state !== null && state.link.kind !== 'online' && state.link.kind !== 'connecting') {
    return {
      ...plain,
      kind: 'offline',
      tone: 'warn',
      provider,
      title: message('doneOfflineTitle'),
      paragraphs: [message('doneOfflineBody', name, { momentMs: attempt.expiresAtMs })],
      command: 'companion start',
      actions: [],
    };
  }
  const paragraphs = [message('doneWaitBody', name)];
  return {
    ...plain,
    kind: 'completing',
    tone: 'off',
    provider,
    title: message('doneWaitTitle'),
    paragraphs,
    actions: [],
  };
}

function signedInView({ provider, account }: LoginAttempt): DoneView {
  return {
    ...plain,
    kind: 'done',
    tone: 'ok',
    provider,
    title: message('doneTitle', providerName(provider)),
    account: account === null ? null : cleanLabel(account),
    paragraphs: [message('doneBody')],
    actions: [close, dashboard],
  };
}

function failedView({ provider }: LoginAttempt, error: { readonly code: string; readonly message: string }): DoneView {
  const { title, body, details } = loginTrouble(error, provider);
  const tone = error.code === 'LOGIN_DENIED' || error.code === 'LOGIN_CANCELLED' ? 'off' : 'bad';
  const actions = [beginAgain(provider), close];
  return { ...plain, kind: 'failed', tone, provider, title, paragraphs: [body], details, actions };
}

/** The way back leads over what is to be read before a login. */
function beginAgain(provider: RedirectLoginProviderId): DoneAction {
  return { does: 'go', label: message('actionBeginAgain'), url: `/dashboard.html${signInHash(provider)}` };
}

function overView(provider: RedirectLoginProviderId | null): DoneView {
  const actions = [dashboard, close];
  const paragraphs = [message('doneOverBody')];
  return { ...plain, kind: 'over', tone: 'off', provider, title: message('doneOverTitle'), paragraphs, actions };
}

function waitingView({ id, provider }: LoginAttempt): DoneView {
  const name = providerName(provider);
  return {
    ...plain,
    kind: 'waiting',
    tone: 'warn',
    provider,
    title: message('loginCardTitle', name),
    paragraphs: [message('doneStillWaiting', name)],
    actions: [{ does: 'open-login', label: message('actionOpenLogin'), id }],
  };
}

function strayView(state: ExtensionState | null): DoneView {
  const waiting = state === null ? null : waitingLogin(state);
  const reopen: readonly DoneAction[] =
    waiting === null ? [] : [{ does: 'open-login', label: message('actionOpenLogin'), id: waiting.id }];
  return {
    ...plain,
    kind: 'stray',
    tone: 'warn',
    provider: waiting?.provider ?? null,
    title: message('doneStrayTitle'),
    paragraphs: [
      message('doneStrayBody'),
      ...(waiting === null ? [] : [message('doneStillWaiting', providerName(waiting.provider))]),
    ],
    actions: [...reopen, close],
  };
}
