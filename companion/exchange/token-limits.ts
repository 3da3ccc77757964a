/** How many tokens each credential has used in its period, and whether it may go on: the person's own limits. */
import type { QuotaWindow } from '../../shared/quota.ts';
import { CompanionError } from '../base/error.ts';
import type { Periods } from '../base/periods.ts';
import type { ResetSchedule } from '../config/reset-schedule.ts';
import { forGoodMs } from '../router/plan.ts';
import type { Standing } from '../router/plan.ts';
import type { CredentialLimit, CredentialLimitStore, CredentialUse } from '../store/credential-limits.ts';
import { tokensOfRow } from '../store/ledger.ts';
import type { LedgerRow } from '../store/ledger.ts';
import { periodAt } from './limit-period.ts';

export interface TokenLimitOptions {
  readonly store: CredentialLimitStore;
  readonly scheduleOf: (providerId: string) => ResetSchedule;
  /** When days, weeks and months begin where the person lives. */
  readonly periods: Pick<Periods, 'startOf' | 'nextAfter'>;
  /** `undefined` for a credential that is not there any more. */
  readonly providerOf: (credentialId: string) => string | undefined;
  /** What the provider told of its own limits. */
  readonly windowsOf: (credentialId: string) => readonly QuotaWindow[];
  readonly onEvent: (event: LimitEvent) => void;
  readonly nowMs: () => number;
}

/** Each is told once in a period. */
export interface LimitEvent {
  /** `low`: 90 % are used. `rotated`: another credential of the provider serves in its place. */
  readonly kind: 'low' | 'exhausted' | 'rotated' | 'reset';
  readonly credential: string;
  readonly use: TokenUse;
  /** Who serves now, when it is told as `rotated`. */
  readonly successor?: string;
}

/** How a credential stands in its period. */
export interface TokenUse {
  /** `null` for any number. */
  readonly limit: number | null;
  readonly used: number;
  /** Never below 0; `null` without a limit. */
  readonly remaining: number | null;
  readonly schedule: ResetSchedule;
  /** `null`: never, or not known. */
  readonly resetsAtMs: number | null;
}

interface Count {
  readonly credential: string;
  provider: string | undefined;
  limit: number | null;
  used: number;
  beganMs: number | null;
  endsMs: number | null;
  isSureUntilMs: number;
  /** Exchanges that run with it right now, and what those of this run used before. */
  running: number;
  exchanges: number;
  tokens: number;
  isLowTold: boolean;
  isExhaustedTold: boolean;
}

/** What a client sends along is its own affair. */
const clientCredential = 'client';
const lowFraction = 0.9;
const lookForResetsEveryMs = 15_000;
const lookAfterMs = 1_000;

/**
 * Counts in memory, ahead of the store, which gets the same figures in the transaction that appends the exchanges. Without
 * a limit a question costs one look into a map.
 */
export class TokenLimits {
  readonly #options: TokenLimitOptions;
  /** By credential, as many as ever served; the store has them too. */
  readonly #counts = new Map<string, Count>();
  /** Those of them that have a limit: all that the hot path looks at. */
  readonly #limited = new Map<string, Count>();
  /** By provider: whose limit is used up, and nobody has served in its place yet. */
  readonly #leaving = new Map<string, Count>();
  #timer: NodeJS.Timeout | undefined;
  #starting: NodeJS.Timeout | undefined;

  /** Errors: `STORE_UNAVAILABLE`. */
  constructor(options: TokenLimitOptions) {
    this.#options = options;
    for (const stored of options.store.credentialLimits()) this.#load(stored);
  }

  /** Soon, while nobody waits for it, looks at what began anew while nothing ran. */
  start(): void {
    this.#starting ??= setTimeout(() => this.#lookAtAll(), lookAfterMs).unref();
  }

  /** The hot path: why the person's own limit keeps it from serving; `undefined` while it does not. */
  standing(credentialId: string): Standing | undefined {
    const count = this.#limited.get(credentialId);
    if (count?.limit === undefined || count.limit === null) return undefined;
    this.#keepUp(count);
    if (count.used < count.limit) return undefined;
    const reason = `your limit of ${format(count.limit)} tokens is used up`;
    const remedy = count.endsMs === null ? '; raise it with `companion quota set`' : '';
    const untilMs = count.endsMs ?? forGoodMs;
    return { state: 'cooling', untilMs, reason: reason + remedy, code: 'TOKEN_LIMIT_REACHED' };
  }

  /** What runs with it already may well use up what is left: another one had better serve, if there is one. */
  isCrowded(credentialId: string): boolean {
    const count = this.#limited.get(credentialId);
    if (count === undefined || count.limit === null || count.running === 0) return false;
    return count.used + this.#reserved(count) >= count.limit;
  }

  /** 0 untouched, 1 full, what runs right now included; `null` without a limit. */
  usedFraction(credentialId: string): number | null {
    const count = this.#limited.get(credentialId);
    if (count === undefined || count.limit === null) return null;
    this.#keepUp(count);
    return count.limit === 0 ? 1 : (count.used + this.#reserved(count)) / count.limit;
  }

  use(credentialId: string): TokenUse {
    const count = this.#countOf(credentialId);
    this.#keepUp(count);
    const { limit, used, endsMs } = count;
    const remaining = limit === null ? null : Math.max(0, limit - used);
    return { limit, used, remaining, schedule: this.#scheduleOf(count), resetsAtMs: endsMs };
  }

  /** Something is asked with it. To be followed by `end`. */
  begin(credentialId: string, provider: string): void {
    const count = this.#countOf(credentialId);
    count.provider = provider;
    count.running += 1;
    if (this.#leaving.size > 0) this.#noteSuccessor(count, provider);
  }

  end(credentialId: string): void {
    const count = this.#counts.get(credentialId);
    if (count !== undefined && count.running > 0) count.running -= 1;
  }

  /** Counts an exchange that is over; what the store is to count with its row. */
  count(row: LedgerRow): CredentialUse | undefined {
    const tokens = tokensOfRow(row);
    const { credential, provider } = row;
    if (tokens === 0 || credential === null || credential === clientCredential) return undefined;
    const count = this.#countOf(credential);
    count.provider = provider ?? count.provider;
    this.#keepUp(count);
    count.used = Math.min(count.used + tokens, Number.MAX_SAFE_INTEGER);
    count.exchanges += 1;
    count.tokens += tokens;
    this.#tellUse(count);
    return { credential, tokens, periodBeganMs: count.beganMs ?? 0 };
  }

  /** `null` takes the limit off. All of them or none. Errors: `STORE_UNAVAILABLE`, `INVALID_REQUEST` for no such number. */
  setLimit(credentialIds: readonly string[], limit: number | null): void {
    if (limit !== null && !(Number.isSafeInteger(limit) && limit >= 0)) {
      throw new CompanionError('INVALID_REQUEST', 'A limit is a whole number of tokens.', {
        details: { field: 'limit' },
      });
    }
    const counts = credentialIds.map((id) => this.#countOf(id));
    for (const count of counts) this.#keepUp(count);
    const limits = counts.map((count) => ({ ...recordOf(count), tokenLimit: limit, usedTokens: 0 }));
    this.#options.store.saveTokenLimits(limits);
    for (const count of counts) this.#limit(count, limit);
  }

  /** Their counts begin anew. Errors: `STORE_UNAVAILABLE`. */
  reset(credentialIds: readonly string[]): void {
    const counts = credentialIds.map((id) => this.#countOf(id));
    for (const count of counts) this.#keepUp(count);
    const nowMs = this.#options.nowMs();
    const begun = counts.map((count) => ({ count, beganMs: Math.max(nowMs, (count.beganMs ?? 0) + 1) }));
    this.#options.store.beginPeriods(
      begun.map(({ count, beganMs }) => ({ ...recordOf(count), usedTokens: 0, periodBeganMs: beganMs })),
    );
    for (const { count, beganMs } of begun) this.#beginAnew(count, beganMs);
  }

  close(): void {
    clearTimeout(this.#starting);
    this.#stopWatching();
  }

  #load({ credential, tokenLimit, usedTokens, periodBeganMs }: CredentialLimit): void {
    const count = newCount(credential);
    Object.assign(count, { used: usedTokens, beganMs: periodBeganMs });
    this.#counts.set(credential, count);
    this.#limit(count, tokenLimit);
  }

  #countOf(credentialId: string): Count {
    const known = this.#counts.get(credentialId);
    if (known !== undefined) return known;
    const count = newCount(credentialId);
    this.#counts.set(credentialId, count);
    return count;
  }

  /** What is so already when the limit is set, or was so before the start, is no news. */
  #limit(count: Count, limit: number | null): void {
    count.limit = limit;
    if (limit === null) this.#limited.delete(count.credential);
    else this.#limited.set(count.credential, count);
    count.isLowTold = limit !== null && count.used >= limit * lowFraction;
    count.isExhaustedTold = limit !== null && count.used >= limit;
    if (!count.isExhaustedTold) this.#stay(count);
    this.#watchForResets();
  }

  #stay(count: Count): void {
    const provider = count.provider ?? '';
    if (this.#leaving.get(provider) === count) this.#leaving.delete(provider);
  }

  /** Begins anew what is over. */
  #keepUp(count: Count): void {
    const nowMs = this.#options.nowMs();
    if (nowMs < count.isSureUntilMs) return;
    const { periods, windowsOf } = this.#options;
    const schedule = this.#scheduleOf(count);
    const windows = () => windowsOf(count.credential);
    const period = periodAt(nowMs, { schedule, periods, beganMs: count.beganMs, windows });
    const hasBegunAnew = count.beganMs !== null && period.beganMs > count.beganMs;
    count.isSureUntilMs = period.isSureUntilMs;
    count.endsMs = period.endsMs;
    if (hasBegunAnew) this.#beginAnew(count, period.beganMs);
    else count.beganMs = period.beganMs;
  }

  #beginAnew(count: Count, beganMs: number): void {
    const wasExhausted = count.isExhaustedTold;
    Object.assign(count, { beganMs, used: 0, isLowTold: false, isExhaustedTold: false });
    this.#stay(count);
    if (wasExhausted) this.#tell('reset', count);
    this.#watchForResets();
  }

  #scheduleOf(count: Count): ResetSchedule {
    count.provider ??= this.#options.providerOf(count.credential);
    return this.#options.scheduleOf(count.provider ?? '');
  }

  /** What runs with it, as far as it can be known before it ends: as much as exchanges used on average. */
  #reserved({ running, exchanges, tokens }: Count): number {
    return exchanges === 0 ? 0 : running * (tokens / exchanges);
  }

  #tellUse(count: Count): void {
    const { limit, used } = count;
    if (limit === null) return;
    if (used >= limit && !count.isExhaustedTold) {
      Object.assign(count, { isLowTold: true, isExhaustedTold: true });
      this.#leaving.set(count.provider ?? '', count);
      this.#watchForResets();
      this.#tell('exhausted', count);
    } else if (used >= limit * lowFraction && !count.isLowTold) {
      count.isLowTold = true;
      this.#tell('low', count);
    }
  }

  #noteSuccessor(successor: Count, provider: string): void {
    const left = this.#leaving.get(provider);
    if (left === undefined || left === successor) return;
    this.#leaving.delete(provider);
    this.#tell('rotated', left, successor.credential);
  }

  #tell(kind: LimitEvent['kind'], { credential }: Count, successor?: string): void {
    const use = this.use(credential);
    this.#options.onEvent({ kind, credential, use, ...(successor !== undefined && { successor }) });
  }

  /** That a limit has begun anew is told when it does, also while nobody asks. */
  #watchForResets(): void {
    const isNeeded = [...this.#limited.values()].some((count) => count.isExhaustedTold);
    if (!isNeeded) this.#stopWatching();
    else this.#timer ??= setInterval(() => this.#lookForResets(), lookForResetsEveryMs).unref();
  }

  #stopWatching(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #lookAtAll(): void {
    for (const count of this.#counts.values()) this.#keepUp(count);
  }

  #lookForResets(): void {
    for (const count of this.#limited.values()) if (count.isExhaustedTold) this.#keepUp(count);
  }
}

function newCount(credential: string): Count {
  return {
    credential,
    provider: undefined,
    limit: null,
    used: 0,
    beganMs: null,
    endsMs: null,
    isSureUntilMs: 0,
    running: 0,
    exchanges: 0,
    tokens: 0,
    isLowTold: false,
    isExhaustedTold: false,
  };
}

function recordOf({ credential, limit, used, beganMs }: Count): CredentialLimit {
  return { credential, tokenLimit: limit, usedTokens: used, periodBeganMs: beganMs ?? 0 };
}

/** `1,000,000`; without `Intl`, whose first use takes 20 ms. */
function format(tokens: number): string {
  return String(tokens).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}
