/** One look at one credential: may it serve, and what a person should know of that. */
import { describeMoment } from './describe.ts';
import { forGoodMs } from './plan.ts';
import type { Candidate, Standing } from './plan.ts';

export type Hindrance = Exclude<Standing, { state: 'ready' }>;

export interface Able {
  readonly kind: 'able';
  readonly who: string;
  readonly candidate: Candidate;
  /** Why it stands where it stands. */
  readonly reason: string;
}

/** It serves such requests, just not now. */
export interface Hindered {
  readonly kind: 'hindered';
  readonly who: string;
  readonly candidate: Candidate;
  readonly hindrance: Hindrance;
  readonly reason: string;
}

export interface Unsuited {
  readonly kind: 'unsuited';
  readonly who: string;
  readonly reason: string;
}

export type Look = Able | Hindered | Unsuited;

export function hindered(who: string, candidate: Candidate, hindrance: Hindrance, nowMs: number): Hindered {
  return { kind: 'hindered', who, candidate, hindrance, reason: describeHindrance(hindrance, nowMs) };
}

export function unsuited(who: string, reason: string): Unsuited {
  return { kind: 'unsuited', who, reason };
}

function describeHindrance({ state, untilMs, reason }: Hindrance, nowMs: number): string {
  if (state === 'crowded' || untilMs >= forGoodMs) return reason;
  return `${state} until ${describeMoment(untilMs, nowMs)}: ${reason}`;
}
