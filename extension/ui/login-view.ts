/** Logins as pages show them. Pure. */
import type { LoginProviderId, RedirectLoginProviderId } from '../../shared/credential.ts';
import type { CompanionStatus, LoginStatus } from '../../shared/status.ts';
import type { ExtensionState, LoginAttempt } from '../state.ts';
import type { TextKey } from '../text.ts';
import type { AccountView } from './account-view.ts';
import { cleanLabel, initialOf } from './label.ts';
import { type Message, message } from './message.ts';
import { commonSource, quotaViews } from './quota-view.ts';
import type { Tone } from './view/panel.ts';

export const loginProviders = ['anthropic', 'openai'] as const satisfies readonly RedirectLoginProviderId[];

export interface LoginView {
  readonly id: string;
  /** `Claude`, `ChatGPT`, `Claude Code`. */
  readonly title: Message;
  readonly name: string;
  readonly plan: string | null;
  readonly word: TextKey;
  readonly tone: Tone;
}

type Companion = Pick<CompanionStatus, 'logins'>;

const nameKeys = {
  anthropic: 'providerClaude',
  openai: 'providerChatgpt',
  copilot: 'providerCopilot',
  kiro: 'providerKiro',
} as const satisfies Record<LoginProviderId, TextKey>;

/** What one signs in to. */
export function providerName(provider: LoginProviderId): Message {
  return message(nameKeys[provider]);
}

/** Where on the dashboard one signs in: `#sign-in-anthropic`. */
export function signInHash(provider: RedirectLoginProviderId): string {
  return `#sign-in-${provider}`;
}

/** The logins that are used here; those of other programs that the person did not turn on are for the dashboard. */
export function usedLogins({ logins = [] }: Companion): readonly LoginView[] {
  return logins.filter(({ state }) => state !== 'off').map(loginView);
}

/** The providers that the companion can sign in to and has no login of, or only a dead one. */
export function offeredLogins({ logins }: Companion): readonly RedirectLoginProviderId[] {
  if (logins === undefined) return [];
  const serves = new Set(
    logins.filter(({ state }) => state === 'usable' || state === 'expired').map((one) => one.provider),
  );
  return loginProviders.filter((provider) => !serves.has(provider));
}

export function loginView(login: LoginStatus): LoginView {
  return {
    id: login.id,
    title: login.owner === 'claude-code' ? message('providerClaudeCode') : providerName(login.provider),
    name: cleanLabel(login.name),
    plan: login.plan === null ? null : cleanLabel(login.plan, 40),
    ...standingOf(login),
  };
}

function standingOf({ state, trouble, isOff }: LoginStatus): { readonly word: TextKey; readonly tone: Tone } {
  if (isOff === true && state !== 'off') return { word: 'authOff', tone: 'off' };
  switch (state) {
    case 'usable':
      return trouble === null ? { word: 'loginUsable', tone: 'ok' } : { word: 'statusNeedsAttention', tone: 'warn' };
    case 'expired':
      return { word: 'loginExpired', tone: 'warn' };
    case 'dead':
      return { word: 'loginDead', tone: 'bad' };
    case 'off':
      return { word: 'loginOff', tone: 'off' };
  }
}

/** The same card as that of a session: who it is, what is left, until when. */
export function loginAccount(login: LoginStatus, nowMs: number): AccountView {
  const name = cleanLabel(login.email ?? '') || cleanLabel(login.name);
  const organisation = cleanLabel(login.organisation ?? '');
  return {
    id: login.id,
    initial: initialOf(name),
    name,
    subtitles: organisation === '' || organisation === name ? [] : [organisation],
    plan: login.plan === null ? null : cleanLabel(login.plan, 40),
    quotas: quotaViews(login.quotas, nowMs),
    quotaSource: commonSource(login.quotas) ?? null,
    facts: factsOf(login, nowMs),
    isOver: login.state === 'dead' || login.state === 'off',
  };
}

function factsOf(login: LoginStatus, nowMs: number): readonly Message[] {
  const { state, expiresAtMs, refreshedAtMs, isRefreshable, owner } = login;
  if (state === 'dead' || state === 'off') return [];
  const facts: Message[] = [];
  if (refreshedAtMs !== null) facts.push(message('loginRenewed', { agoFromMs: refreshedAtMs }));
  if (expiresAtMs !== null && expiresAtMs > nowMs) facts.push(message('loginValidUntil', { momentMs: expiresAtMs }));
  if (owner === 'claude-code') facts.push(message('loginRenewedByClaudeCode'));
  else if (isRefreshable) facts.push(message('loginRenewsItself'));
  return facts;
}

/** Whose it is, for the foot of its card. */
export function loginKind({ owner, provider }: LoginStatus): Message {
  switch (owner) {
    case 'companion':
      return message('loginKindCompanion', providerName(provider));
    case 'codex':
      return message('loginKindCodex');
    case 'claude-code':
      return message('loginKindClaudeCode');
    case 'kiro':
      return message('loginKindKiro');
    case 'gh':
      return message('loginKindGh', providerName(provider));
    case 'environment':
      return message('loginKindEnvironment', providerName(provider));
  }
}

/** The login of another program is turned on, and off again, in a terminal: there the person is told what it means. */
export function adoptCommand({ owner, state }: LoginStatus): string | null {
  if (owner === 'companion' || owner === 'environment') return null;
  return state === 'off' ? `companion auth adopt ${owner}` : `companion auth adopt ${owner} --off`;
}

/** The login that waits for this person now: the one whose page is open before one that waits for a click. */
export function waitingLogin({ link, logins }: ExtensionState): LoginAttempt | null {
  if (link.kind !== 'online') return null;
  return logins.find(({ stage }) => stage === 'opened') ?? logins.find(({ stage }) => stage === 'offered') ?? null;
}
