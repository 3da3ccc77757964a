/** What one run of the companion learned about one credential: its limits, its health, its use. */
import type { ErrorCode } from '../../shared/error-code.ts';
import type { LimitCooldown } from '../wire/limits.ts';
import { deadlineIn, restOf } from './deadline.ts';
import type { Deadline, TwoClocks } from './deadline.ts';
import type { RejectionCode, Standing } from './plan.ts';

interface Rest {
  readonly until: Deadline;
  readonly reason: string;
}

interface ModelLimit {
  cooldown: Rest | undefined;
  /** Refusals in a row that did not say when to come back. */
  unexplained: number;
}

export interface KeyHealth {
  readonly state: Standing['state'];
  /** Until when it is passed over, and why; `null` while it is ready. */
  readonly untilMs: number | null;
  readonly reason: string | null;
  /** Attempts in this run. */
  readonly attempts: number;
  readonly failures: number;
  readonly consecutiveFailures: number;
  readonly lastUsedAtMs: number | null;
  readonly lastFailure: { readonly code: string; readonly atMs: number } | null;
  /** Models that are out while the key itself is not. `null`: requests that name none. */
  readonly coolingModels: readonly {
    readonly model: string | null;
    readonly untilMs: number;
    readonly reason: string;
  }[];
}

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const dayMs = 24 * 60 * minuteMs;
/** The longest window that any provider tells of in a refusal is a week. */
const longestCooldownMs = 8 * dayMs;
const failuresUntilRest = 3;
const failureRestsMs = [10 * secondMs, 30 * secondMs, 2 * minuteMs, 10 * minuteMs] as const;
const rejectionRestsMs = {
  KEY_REJECTED: [10 * minuteMs, 30 * minuteMs, 60 * minuteMs],
  LOGIN_EXPIRED: [10 * minuteMs, 30 * minuteMs, 60 * minuteMs],
  QUOTA_EXHAUSTED: [60 * minuteMs],
} as const satisfies Record<RejectionCode, readonly number[]>;
const longestUnexplainedMs = minuteMs;
/** Clients choose model names, so what is kept of them is bounded. */
const mostModels = 200;

/** How full its windows are is not for this run alone to tell. */
export const ready: Standing = { state: 'ready', usedFraction: null };

export class KeyState {
  /** Its place in the rotation, managed by the pool. */
  turns = 0;
  /** Known from the first lease on. */
  providerId: string | undefined;
  readonly #clock: TwoClocks;
  #cooldown: Rest | undefined;
  readonly #models = new Map<string | undefined, ModelLimit>();
  #failing: Rest | undefined;
  #rests = 0;
  #rejected: (Rest & { readonly code: RejectionCode }) | undefined;
  #rejections = 0;
  #attempts = 0;
  #failures = 0;
  #consecutiveFailures = 0;
  #lastUsedAtMs: number | null = null;
  #lastFailure: KeyHealth['lastFailure'] = null;

  constructor(clock: TwoClocks) {
    this.#clock = clock;
  }

  standing(model: string | undefined): Standing {
    const rejected = this.#active(this.#rejected);
    if (rejected !== undefined) return { state: 'rejected', ...this.#told(rejected), code: rejected.code };
    const cooling = this.#later(this.#active(this.#cooldown), this.#active(this.#models.get(model)?.cooldown));
    if (cooling !== undefined) return { state: 'cooling', ...this.#told(cooling) };
    const failing = this.#active(this.#failing);
    if (failing !== undefined) return { state: 'failing', ...this.#told(failing) };
    return ready;
  }

  use(): void {
    this.#attempts++;
    this.#lastUsedAtMs = this.#clock.nowMs();
  }

  /** A wait that is already known to be longer stays. */
  cool(model: string | undefined, { untilMs, scope, reason }: LimitCooldown): void {
    const durationMs = Math.min(untilMs - this.#clock.nowMs(), longestCooldownMs);
    if (!(durationMs > 0)) return;
    const rest: Rest = { until: deadlineIn(this.#clock, durationMs), reason };
    if (scope === 'credential') this.#cooldown = this.#later(this.#active(this.#cooldown), rest);
    else {
      const limit = this.#limitOf(model);
      limit.cooldown = this.#later(this.#active(limit.cooldown), rest);
    }
  }

  /** A refusal for a limit that says nothing more: a short wait, longer each time. */
  coolUnexplained(model: string | undefined): void {
    const limit = this.#limitOf(model);
    // Answers that were under way when the wait began tell nothing new.
    if (this.#active(limit.cooldown) !== undefined || this.#active(this.#cooldown) !== undefined) return;
    const durationMs = Math.min(secondMs * 2 ** limit.unexplained, longestUnexplainedMs);
    limit.unexplained++;
    limit.cooldown = { until: deadlineIn(this.#clock, durationMs), reason: 'rate limited' };
  }

  /** A failure that is told; only `fail` and `reject` weigh it. `isNew`: not another word for the one before. */
  note(code: string, isNew: boolean): void {
    if (isNew) this.#failures++;
    this.#lastFailure = { code, atMs: this.#clock.nowMs() };
  }

  /** Three in a row rest the key; each further one after its rest does so again, for longer. */
  fail(what: string): void {
    this.#consecutiveFailures++;
    if (this.#consecutiveFailures < failuresUntilRest || this.#active(this.#failing) !== undefined) return;
    const reason = `${this.#consecutiveFailures} failures in a row; the last: ${what}`;
    this.#failing = { until: deadlineIn(this.#clock, stepOf(failureRestsMs, this.#rests)), reason };
    this.#rests++;
  }

  /** `true` when it was not so before, as far as anybody knew. */
  reject(code: RejectionCode): boolean {
    if (this.#active(this.#rejected)?.code === code) return false;
    const isNews = this.#rejected?.code !== code;
    const until = deadlineIn(this.#clock, stepOf(rejectionRestsMs[code], this.#rejections));
    this.#rejections++;
    const reason = code === 'QUOTA_EXHAUSTED' ? 'no credit is left' : 'the provider does not accept it';
    this.#rejected = { until, reason, code };
    return isNews;
  }

  /** It works. Limits that the provider named stay: the answer may have begun before them. */
  succeed(model: string | undefined): void {
    this.#consecutiveFailures = 0;
    this.#failing = undefined;
    this.#rests = 0;
    this.#rejected = undefined;
    this.#rejections = 0;
    const limit = this.#models.get(model);
    if (limit === undefined) return;
    limit.unexplained = 0;
    if (this.#active(limit.cooldown) === undefined) this.#models.delete(model);
  }

  health(): KeyHealth {
    const worst = this.#worst();
    return {
      state: worst.state,
      untilMs: worst.state === 'ready' ? null : worst.untilMs,
      reason: worst.state === 'ready' ? null : worst.reason,
      attempts: this.#attempts,
      failures: this.#failures,
      consecutiveFailures: this.#consecutiveFailures,
      lastUsedAtMs: this.#lastUsedAtMs,
      lastFailure: this.#lastFailure,
      coolingModels: this.#coolingModels(),
    };
  }

  /** Of the credential itself, whatever its models are out of. */
  #worst(): Standing {
    const rejected = this.#active(this.#rejected);
    if (rejected !== undefined) return { state: 'rejected', ...this.#told(rejected), code: rejected.code };
    const cooling = this.#active(this.#cooldown);
    if (cooling !== undefined) return { state: 'cooling', ...this.#told(cooling) };
    const failing = this.#active(this.#failing);
    return failing === undefined ? ready : { state: 'failing', ...this.#told(failing) };
  }

  #coolingModels(): KeyHealth['coolingModels'] {
    return [...this.#models].flatMap(([model, { cooldown }]) => {
      const active = this.#active(cooldown);
      if (active === undefined) return [];
      const { untilMs, reason } = this.#told(active);
      return { model: model ?? null, untilMs, reason };
    });
  }

  #limitOf(model: string | undefined): ModelLimit {
    const known = this.#models.get(model);
    const limit = known ?? { cooldown: undefined, unexplained: 0 };
    setBounded(this.#models, model, limit, mostModels);
    return limit;
  }

  #active<R extends Rest>(rest: R | undefined): R | undefined {
    return rest !== undefined && restOf(this.#clock, rest.until) > 0 ? rest : undefined;
  }

  #later(one: Rest | undefined, other: Rest | undefined): Rest | undefined {
    if (one === undefined || other === undefined) return one ?? other;
    return restOf(this.#clock, one.until) >= restOf(this.#clock, other.until) ? one : other;
  }

  #told({ until, reason }: Rest): { readonly untilMs: number; readonly reason: string } {
    return { untilMs: this.#clock.nowMs() + restOf(this.#clock, until), reason };
  }
}

function stepOf(steps: readonly number[], taken: number): number {
  return steps[Math.min(taken, steps.length - 1)] ?? 0;
}

/** The entry that was set longest ago makes room. */
function setBounded<K, V>(map: Map<K, V>, name: K, value: V, most: number): void {
  map.delete(name);
  map.set(name, value);
  if (map.size <= most) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}

/** Trouble that counts against a credential's health when it comes three times in a row. */
export function isOwnTrouble(code: ErrorCode): boolean {
  switch (code) {
    case 'UPSTREAM_ERROR':
    case 'UPSTREAM_UNREADABLE':
    case 'UPSTREAM_UNREACHABLE':
    case 'CONNECT_TIMEOUT':
    case 'FIRST_BYTE_TIMEOUT':
    case 'IDLE_TIMEOUT':
    case 'STREAM_BROKEN':
      return true;
    default:
      return false;
  }
}
