/** What an authorization server does differently from a good day. */
import type { FaultPlan } from '../server/fault.ts';

/**
 * How a token request fails. `lost-answer`: it was granted, and the tokens rotated, but the answer never arrives. The
 * last four are refusals in the provider's words.
 */
export type Trouble =
  | '500'
  | '429'
  | 'hang'
  | 'garbage'
  | 'html'
  | 'empty'
  | 'reset'
  | 'lost-answer'
  | 'invalid_grant'
  | 'refresh_token_expired'
  | 'refresh_token_reused'
  | 'refresh_token_invalidated';

export interface AuthScenario {
  readonly faults: FaultPlan;
  /** Of access tokens; the provider's own habit without it. */
  readonly expiresInSeconds: number | null;
  /** Before a token request is looked at: how requests at the same time are made to overlap. */
  readonly tokenDelayMs: number;
  /** What stands in `retry-after` of a 429. */
  readonly retryAfterSeconds: number;
  /** Fields that token answers leave out. Without `refresh_token` a refresh does not rotate: the old one goes on. */
  readonly leavesOut: readonly string[];
  /** How the person is sent back: by a redirect of the server, or by the page itself. */
  readonly redirectBy: 'server' | 'page';
  /** The way back with something else in it than there should be; `null` leaves a parameter out. */
  readonly callback: Readonly<Record<string, string | null>>;
}

export const calmDay: AuthScenario = {
  faults: {},
  expiresInSeconds: null,
  tokenDelayMs: 0,
  retryAfterSeconds: 7,
  leavesOut: [],
  redirectBy: 'server',
  callback: {},
};

export type GrantType = 'authorization_code' | 'refresh_token';

/** Troubles that wait for token requests, by grant. */
export class TroubleList {
  readonly #waiting = new Map<string, { readonly trouble: Trouble; left: number }[]>();

  add(grant: GrantType, trouble: Trouble, times: number): void {
    const waiting = this.#waiting.get(grant) ?? [];
    waiting.push({ trouble, left: times });
    this.#waiting.set(grant, waiting);
  }

  take(grant: string): Trouble | null {
    const waiting = this.#waiting.get(grant);
    const first = waiting?.[0];
    if (waiting === undefined || first === undefined) return null;
    first.left -= 1;
    if (first.left <= 0) waiting.shift();
    return first.trouble;
  }

  clear(): void {
    this.#waiting.clear();
  }
}
