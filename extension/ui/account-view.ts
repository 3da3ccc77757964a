import type { CompanionStatus, SessionStatus } from '../../shared/status.ts';
import type { ExtensionState } from '../state.ts';
import { cleanLabel, initialOf } from './label.ts';
import { type Message, message } from './message.ts';
import { commonSource, type QuotaView, quotaViews } from './quota-view.ts';

export interface AccountView {
  readonly id: string;
  readonly initial: string;
  readonly name: string;
  /** E-mail address and organisation, each only where it adds something. */
  readonly subtitles: readonly string[];
  readonly plan: string | null;
  readonly quotas: readonly QuotaView[];
  /** The one source line for all bars; `null` when each bar carries its own. */
  readonly quotaSource: Message | null;
  /** `Synced 2 min ago`, `valid until 19 Dec`: to be joined by ` · `. */
  readonly facts: readonly Message[];
  /** Nothing is served with it any more: no figures are to be expected. */
  readonly isOver: boolean;
}

/** The session that came from this browser, as the companion last described it. */
export function ownSession(state: ExtensionState): SessionStatus | null {
  const sessions = state.companion?.sessions ?? [];
  const { sync, pair } = state;
  const synced = sync.kind === 'done' ? sessions.find((session) => session.id === sync.sessionId) : undefined;
  return synced ?? sessions.find((session) => pair !== null && session.seatId === pair.seatId) ?? null;
}

/** The card of this browser's session, as the companion describes it now. */
export function currentAccount(state: ExtensionState, nowMs: number): AccountView | null {
  const session = ownSession(state);
  return session === null ? null : withOff(session, accountView(session, nowMs, null));
}

/** The same for a session that claude.ai refuses, even if the companion still holds an older one that it does not. */
export function endedAccount(state: ExtensionState, nowMs: number): AccountView | null {
  const session = ownSession(state);
  return session === null ? null : accountView({ ...session, state: 'expired' }, nowMs, null);
}

/** The same while the companion cannot be asked: it tells its age. */
export function lastKnownAccount(state: ExtensionState, nowMs: number): AccountView | null {
  const session = ownSession(state);
  return session === null || state.companion === null
    ? null
    : withOff(session, accountView(session, nowMs, state.companion.atMs));
}

/** Says first that the person turned it off: the dashboard has a place of its own for that, and the popup has none. */
function withOff({ isOff }: SessionStatus, account: AccountView): AccountView {
  return isOff === true ? { ...account, facts: [message('accountOff'), ...account.facts] } : account;
}

/** `asOfMs`: when the companion said so, if it cannot be asked now; the card then tells its age. */
export function accountView(session: SessionStatus, nowMs: number, asOfMs: number | null): AccountView {
  const name = cleanLabel(session.displayName ?? '') || cleanLabel(session.email ?? '') || cleanLabel(session.name);
  return {
    id: session.id,
    initial: initialOf(name),
    name,
    subtitles: subtitlesOf(session, name),
    plan: session.plan === null ? null : cleanLabel(session.plan, 40),
    quotas: quotaViews(session.quotas, nowMs),
    quotaSource: commonSource(session.quotas) ?? null,
    facts: factsOf(session, nowMs, asOfMs),
    isOver: !mayServe(session),
  };
}

/** Where the companion keeps sessions, for the middle of a sentence. */
export function vaultMessage(companion: CompanionStatus): Message {
  switch (companion.vault.kind) {
    case 'keyring':
      return message('vaultKeyring');
    case 'key-file':
    case 'configured-key':
      return message('vaultFile');
    case 'memory':
      return message('vaultMemory');
  }
}

function subtitlesOf(session: SessionStatus, name: string): readonly string[] {
  const candidates = [session.email, session.organisation].map((label) => cleanLabel(label ?? ''));
  return candidates.filter((label, index) => label !== '' && label !== name && candidates.indexOf(label) === index);
}

function factsOf(session: SessionStatus, nowMs: number, asOfMs: number | null): readonly Message[] {
  const facts = [
    ...(mayServe(session) ? [message('accountSynced', { agoFromMs: session.syncedAtMs })] : endOf(session)),
  ];
  if (asOfMs !== null) facts.unshift(message('accountLastKnown', { agoFromMs: asOfMs }));
  if (session.state === 'unchecked') facts.push(message('accountUnchecked'));
  const { validUntilMs } = session;
  if (validUntilMs !== null && mayServe(session)) {
    facts.push(message(validUntilMs > nowMs ? 'accountValidUntil' : 'accountEnded', { dateMs: validUntilMs }));
  }
  return facts;
}

function mayServe({ state }: SessionStatus): boolean {
  return state === 'active' || state === 'unchecked';
}

/**
 * When a session that is over last worked. That it was synced proves nothing: claude.ai may not have been asked then. Its
 * figures do, for only a session that works is told any.
 */
function endOf({ quotas, trouble }: SessionStatus): readonly Message[] {
  if (quotas.length > 0) {
    const lastMs = Math.max(...quotas.map((quota) => quota.observedAtMs));
    return [message('accountLastWorked', { agoFromMs: lastMs })];
  }
  return trouble === null ? [] : [message('accountRefused', { agoFromMs: trouble.atMs })];
}
