/** Which claude.ai sessions may serve a request, in the order of the strategy. */
import { CompanionError } from '../base/error.ts';
import type { SessionRecord } from '../store/store.ts';
import { nameOfSession, quote } from './describe.ts';
import { hindered, unsuited } from './look.ts';
import type { Able, Look } from './look.ts';
import { resolveModel } from './model-map.ts';
import { orderKeys } from './order.ts';
import type { RouteFacts, RouteRequest, Strategy, WebCandidate } from './plan.ts';
import { isSessionOf } from './wanted-account.ts';

/** Under this name it is kept which session serves a conversation. */
export const sessionProvider = 'claude-web';

export type SessionFacts = Pick<
  RouteFacts,
  'standing' | 'strategy' | 'keptFor' | 'turnOf' | 'random' | 'isOff' | 'nowMs'
> & { readonly sessions: readonly SessionRecord[] };

type Asked = Pick<RouteRequest, 'affinity' | 'account'>;
type WebAble = Able & { readonly candidate: WebCandidate };

export function lookAtSessions(model: string, asked: Asked, facts: SessionFacts): readonly Look[] {
  const looks = [...facts.sessions].sort(byPreference).map((session) => lookAt(session, model, asked, facts));
  const able = looks.filter(isAble);
  return [...inOrder(able, asked, facts), ...looks.filter((look) => !isAble(look))];
}

/** The same word for every session, where none is to serve. */
export function passOverSessions(sessions: readonly SessionRecord[], reason: string): readonly Look[] {
  return sessions.map((session) => unsuited(nameOfSession(session), reason));
}

function lookAt(session: SessionRecord, requested: string, { account }: Asked, facts: SessionFacts): Look {
  const who = nameOfSession(session);
  if (account !== undefined && !isSessionOf(session, account)) return unsuited(who, otherAccount(account));
  if (facts.isOff(session.id)) return unsuited(who, turnedOff);
  if (session.state === 'expired') return unsuited(who, 'claude.ai no longer accepts it');
  if (session.state === 'signed-out') return unsuited(who, 'signed out of claude.ai');
  const model = resolveModel(requested, session.models);
  if (model === undefined) return unsuited(who, `does not offer ${quote(requested)}`);
  const candidate: WebCandidate = { kind: 'web', session, model };
  const now = facts.standing(session.id, model);
  if (now.state !== 'ready') return hindered(who, candidate, now, facts.nowMs);
  return { kind: 'able', who, candidate, reason: reasonOf(session, facts.strategy) };
}

export const turnedOff = 'it is turned off';

export function otherAccount(wanted: string): string {
  return `the account ${quote(wanted)} is wanted`;
}

function reasonOf({ isDefault }: SessionRecord, strategy: Strategy): string {
  switch (strategy) {
    case 'priority':
      return isDefault ? 'the default session' : 'the session that was synced last';
    case 'round_robin':
      return 'round robin';
    case 'quota_aware':
      return 'most quota left';
    case 'random':
      return 'at random';
  }
}

/** `looks` as the person prefers them, which is their rank. */
function inOrder(looks: readonly WebAble[], { affinity }: Asked, facts: SessionFacts): readonly WebAble[] {
  if (looks.length < 2) return looks;
  const keptId = affinity === undefined ? undefined : facts.keptFor(affinity, sessionProvider);
  const ready = looks.map((look, priority) => ({
    look,
    key: { id: look.candidate.session.id, priority },
    usedFraction: usedFractionOf(look, facts),
  }));
  return orderKeys(ready, { ...facts, keptId }).map(({ look: { kind, who, candidate, reason }, key }) => {
    return { kind, who, candidate, reason: key.id === keptId ? 'kept for this conversation' : reason };
  });
}

/** Only one strategy wants to know. */
function usedFractionOf({ candidate }: WebAble, { strategy, standing }: SessionFacts): number | null {
  if (strategy !== 'quota_aware') return null;
  const now = standing(candidate.session.id, candidate.model);
  return now.state === 'ready' ? now.usedFraction : null;
}

function isAble(look: Look): look is WebAble {
  return look.kind === 'able' && look.candidate.kind === 'web';
}

export function isUsable(session: SessionRecord): boolean {
  return session.state === 'active' || session.state === 'unchecked';
}

/** No usable session: the one that the person would expect to serve tells why. */
export function whyNoSession(sessions: readonly SessionRecord[]): CompanionError {
  const expected = [...sessions].sort(byPreference)[0];
  if (expected?.state === 'signed-out') {
    return new CompanionError('SESSION_SIGNED_OUT', `${expected.name} is signed out of claude.ai.`);
  }
  if (expected?.state === 'expired') {
    return new CompanionError('SESSION_EXPIRED', `claude.ai no longer accepts the session of ${expected.name}.`);
  }
  return new CompanionError('SESSION_REQUIRED', 'There is no claude.ai session to serve this request with.');
}

function byPreference(one: SessionRecord, other: SessionRecord): number {
  if (one.isDefault !== other.isDefault) return one.isDefault ? -1 : 1;
  return other.syncedAtMs - one.syncedAtMs;
}
