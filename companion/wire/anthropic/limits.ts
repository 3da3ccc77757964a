/** What Anthropic says about limits: the classic ones of API keys and the unified ones of subscriptions. */
import type { QuotaWindow } from '../../../shared/quota.ts';
import type { HeaderLookup } from '../codec.ts';
import { countedWindow, isFull } from '../counted-window.ts';
import { describeWait, latestOf, readCount, readMomentMs, readRetryAfterMs, readSkewMs } from '../limit-time.ts';
import { noLimits } from '../limits.ts';
import type { LimitCooldown, LimitFacts } from '../limits.ts';

interface Reading {
  readonly header: HeaderLookup;
  readonly model: string | undefined;
  readonly skewMs: number;
  readonly nowMs: number;
}

interface Unified {
  readonly isRejected: boolean;
  readonly claim: string | undefined;
  readonly resetsAtMs: number | null;
  readonly windows: readonly QuotaWindow[];
}

const prefix = 'anthropic-ratelimit-';

/** In the headers, and as the usage page and the streams of claude.ai call the same windows. */
const classicWindows = (
  [
    ['requests', 'requests'],
    ['tokens', 'tokens'],
    ['input-tokens', 'input_tokens'],
    ['output-tokens', 'output_tokens'],
  ] as const
).map(([name, window]) => ({
  window,
  limit: `${prefix}${name}-limit`,
  remaining: `${prefix}${name}-remaining`,
  reset: `${prefix}${name}-reset`,
}));
const unifiedWindows = [
  ['5h', 'five_hour'],
  ['7d', 'seven_day'],
  ['7d_oi', 'seven_day_overage_included'],
  ['7d_opus', 'seven_day_opus'],
  ['7d_sonnet', 'seven_day_sonnet'],
] as const;
const unifiedMarks = ['status', '5h-status', '7d-status'].map((name) => `${prefix}unified-${name}`);
/** Full, they stop every model; all the others stop only some. */
const sharedWindows: ReadonlySet<string> = new Set(['five_hour', 'seven_day']);

const statuses: ReadonlyMap<string, QuotaWindow['status']> = new Map([
  ['allowed', 'allowed'],
  ['allowed_warning', 'warning'],
  ['rejected', 'exceeded'],
]);

/** Reasons that are a limit reached; the others say that there never was any overage. */
const spentOverage: ReadonlySet<string> = new Set(['out_of_credits', 'org_spend_cap_reached']);

/**
 * Of any answer. `model` is the one that was asked for, as Anthropic names it. A 429 that says nothing about when
 * to come back has no cooldown: how long to hold back is then the caller's to decide.
 */
export function readAnthropicLimits(
  status: number,
  header: HeaderLookup,
  model: string | undefined,
  nowMs: number,
): LimitFacts {
  const isUnified = unifiedMarks.some((name) => header(name) !== undefined);
  const isClassic = classicWindows.some(({ remaining }) => header(remaining) !== undefined);
  if (!isUnified && !isClassic && status !== 429) return noLimits;
  const reading: Reading = { header, model, skewMs: readSkewMs(header, nowMs), nowMs };
  const classic = isClassic ? readClassic(reading) : [];
  const unified = isUnified ? readUnified(reading) : undefined;
  const windows = [...classic, ...(unified?.windows ?? [])];
  const cooldown =
    status === 429 ? (unifiedCooldown(unified, reading) ?? ordinaryCooldown(classic, reading)) : undefined;
  return cooldown === undefined ? { windows } : { windows, cooldown };
}

function readClassic({ header, model, skewMs, nowMs }: Reading): readonly QuotaWindow[] {
  return classicWindows.flatMap(({ window, ...names }) => {
    const remaining = readCount(header(names.remaining));
    if (remaining === undefined) return [];
    const resetsAtMs = readMomentMs(header(names.reset), skewMs, nowMs);
    const limit = readCount(header(names.limit));
    return countedWindow({ window, limit, remaining, resetsAtMs, model, observedAtMs: nowMs }) ?? [];
  });
}

function readUnified(reading: Reading): Unified {
  const { header, skewMs, nowMs } = reading;
  const overage = readOverage(reading);
  return {
    isRejected: header(`${prefix}unified-status`) === 'rejected',
    claim: header(`${prefix}unified-representative-claim`),
    resetsAtMs: readMomentMs(header(`${prefix}unified-reset`), skewMs, nowMs),
    windows: [
      ...unifiedWindows.flatMap(([name, window]) => readUnifiedWindow(name, window, reading) ?? []),
      ...(overage === undefined ? [] : [overage]),
    ],
  };
}

function readUnifiedWindow(name: string, window: string, { header, skewMs, nowMs }: Reading): QuotaWindow | undefined {
  const status = statuses.get(header(`${prefix}unified-${name}-status`) ?? '');
  const usedFraction = readCount(header(`${prefix}unified-${name}-utilization`)) ?? null;
  if (status === undefined && usedFraction === null) return undefined;
  const resetsAtMs = readMomentMs(header(`${prefix}unified-${name}-reset`), skewMs, nowMs);
  return { window, usedFraction, status: status ?? 'allowed', resetsAtMs, source: 'headers', observedAtMs: nowMs };
}

function readOverage({ header, skewMs, nowMs }: Reading): QuotaWindow | undefined {
  const status = statuses.get(header(`${prefix}unified-overage-status`) ?? '');
  if (status === undefined) return undefined;
  const reason = header(`${prefix}unified-overage-disabled-reason`) ?? '';
  if (status === 'exceeded' && !spentOverage.has(reason)) return undefined;
  const resetsAtMs = readMomentMs(header(`${prefix}unified-overage-reset`), skewMs, nowMs);
  return { window: 'overage', usedFraction: null, status, resetsAtMs, source: 'headers', observedAtMs: nowMs };
}

/**
 * A full window that all models share stops the credential; a full one of some models stops the requested model. Unified
 * headers that reject nothing belong to ordinary throttling.
 */
function unifiedCooldown(unified: Unified | undefined, reading: Reading): LimitCooldown | undefined {
  if (unified === undefined) return undefined;
  const full = unified.windows.filter((window) => isFull(window) && window.window !== 'overage');
  const shared = full.filter((window) => sharedWindows.has(window.window));
  if (shared.length > 0) return coolUntilReset('credential', shared, unified, reading);
  if (!unified.isRejected) return undefined;
  return coolUntilReset(isOfSomeModels(unified, full) ? 'model' : 'credential', full, unified, reading);
}

/** With no window to go by, the claim tells; with no claim either, the rejection is taken for what it says. */
function isOfSomeModels({ claim, windows }: Unified, full: readonly QuotaWindow[]): boolean {
  const hasShared = windows.some((window) => sharedWindows.has(window.window));
  return full.length > 0 || hasShared || (claim !== undefined && !sharedWindows.has(claim));
}

function coolUntilReset(
  scope: LimitCooldown['scope'],
  full: readonly QuotaWindow[],
  { claim, resetsAtMs }: Unified,
  { header, skewMs, nowMs }: Reading,
): LimitCooldown | undefined {
  const resets = full.map((window) => window.resetsAtMs);
  const untilMs = latestOf(nowMs, [readRetryAfterMs(header, skewMs, nowMs), resetsAtMs, ...resets]);
  if (untilMs === undefined) return undefined;
  const names = full.map((window) => window.window);
  const name = names.length > 0 ? names.join(' and ') : (claim?.slice(0, 80) ?? 'usage');
  return { untilMs, scope, reason: `${name} window is full` };
}

/** Requests or tokens a minute, counted by model. */
function ordinaryCooldown(classic: readonly QuotaWindow[], reading: Reading): LimitCooldown | undefined {
  const { header, skewMs, nowMs } = reading;
  const askedMs = readRetryAfterMs(header, skewMs, nowMs);
  if (askedMs !== undefined) {
    return { untilMs: askedMs, scope: 'model', reason: `retry-after ${describeWait(askedMs, nowMs)}` };
  }
  const full = classic.filter(isFull);
  const untilMs = latestOf(
    nowMs,
    full.map((window) => window.resetsAtMs),
  );
  if (untilMs === undefined) return undefined;
  return { untilMs, scope: 'model', reason: `no ${full.map((window) => window.window).join(' and ')} left` };
}
