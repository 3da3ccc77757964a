/** Which claude.ai sessions may serve a request, the one that the person prefers first. */
import { CompanionError } from '../base/error.ts';
import type { SessionRecord } from '../store/store.ts';
import { nameOfSession, quote } from './describe.ts';
import { hindered, unsuited } from './look.ts';
import type { Look } from './look.ts';
import { resolveModel } from './model-map.ts';
import type { RouteFacts, WebCandidate } from './plan.ts';

export type SessionFacts = Pick<RouteFacts, 'standing'> & {
  readonly sessions: readonly SessionRecord[];
  readonly nowMs: number;
};

export function lookAtSessions(model: string, facts: SessionFacts): readonly Look[] {
  return [...facts.sessions].sort(byPreference).map((session) => lookAt(session, model, facts));
}

/** The same word for every session, where none is to serve. */
export function passOverSessions(sessions: readonly SessionRecord[], reason: string): readonly Look[] {
  return sessions.map((session) => unsuited(nameOfSession(session), reason));
}

function lookAt(session: SessionRecord, requested: string, { standing, nowMs }: SessionFacts): Look {
  const who = nameOfSession(session);
  if (session.state === 'expired') return unsuited(who, 'claude.ai no longer accepts it');
  if (session.state === 'signed-out') return unsuited(who, 'signed out of claude.ai');
  const model = resolveModel(requested, session.models);
  if (model === undefined) return unsuited(who, `does not offer ${quote(requested)}`);
  const candidate: WebCandidate = { kind: 'web', session, model };
  const now = standing(session.id, model);
  if (now.state !== 'ready') return hindered(who, candidate, now, nowMs);
  const reason = session.isDefault ? 'the default session' : 'the session that was synced last';
  return { kind: 'able', who, candidate, reason };
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
