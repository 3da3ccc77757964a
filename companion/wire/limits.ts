/** What a provider says about limits, on every answer and on refusals, whatever its headers are called. */
import type { QuotaWindow } from '../../shared/quota.ts';

export interface LimitCooldown {
  /** Unix milliseconds. */
  readonly untilMs: number;
  /** `model`: only the requested model is out; others may still be served with this credential. */
  readonly scope: 'credential' | 'model';
  /** For a person: `five_hour window is full`, `retry-after 20 s`. */
  readonly reason: string;
  /** No credit is left: waiting does not bring it back. */
  readonly isOutOfCredit?: true;
}

export interface LimitFacts {
  readonly windows: readonly QuotaWindow[];
  /** Absent when the credential may be used again at once. */
  readonly cooldown?: LimitCooldown;
}

/** What an answer says that has no word about limits. */
export const noLimits: LimitFacts = { windows: [] };
