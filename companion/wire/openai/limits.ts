/** What OpenAI, the servers that follow it and Codex' backend say about limits. */
import type { QuotaWindow } from '../../../shared/quota.ts';
import type { HeaderLookup } from '../codec.ts';
import { countedWindow, isFull } from '../counted-window.ts';
import { asArray, asObject, asText, parseJson } from '../hub/fields.ts';
import type { JsonObject } from '../hub/fields.ts';
import {
  describeWait,
  latestOf,
  longestWaitMs,
  longestWindowMs,
  readCount,
  readDurationMs,
  readMomentMs,
  readRetryAfterMs,
  readSkewMs,
  waitUntil,
} from '../limit-time.ts';
import { noLimits } from '../limits.ts';
import type { LimitCooldown, LimitFacts } from '../limits.ts';

interface Reading {
  readonly header: HeaderLookup;
  readonly model: string | undefined;
  readonly skewMs: number;
  readonly nowMs: number;
}

const counted = ['requests', 'tokens'] as const;
const codexSlots = ['primary', 'secondary'] as const;
const longestErrorBody = 64 * 1024;
const outOfCreditMs = 60 * 60_000;

/**
 * Of any answer; `body` is that of a refusal. `model` is the one that was asked for, as the provider names it. A
 * 429 that says nothing about when to come back has no cooldown: how long to hold back is then the caller's to decide.
 */
export function readOpenAiLimits(
  status: number,
  header: HeaderLookup,
  body: string | undefined,
  model: string | undefined,
  nowMs: number,
): LimitFacts {
  const hasCounts = counted.some((name) => header(`x-ratelimit-remaining-${name}`) !== undefined);
  const families = codexFamilies(header);
  if (!hasCounts && families.length === 0 && status !== 429) return noLimits;
  const reading: Reading = { header, model, skewMs: readSkewMs(header, nowMs), nowMs };
  const counts = hasCounts ? readCounts(reading) : [];
  const plan = families.flatMap((family) => readCodexWindows(family, reading));
  const windows = [...counts, ...plan, ...(families.length > 0 ? readCredits(reading) : [])];
  const cooldown = status === 429 ? findCooldown(readError(body), counts, plan, reading) : undefined;
  return cooldown === undefined ? { windows } : { windows, cooldown };
}

function readCounts({ header, model, nowMs }: Reading): readonly QuotaWindow[] {
  return counted.flatMap((window) => {
    const limit = readCount(header(`x-ratelimit-limit-${window}`));
    const remaining = readCount(header(`x-ratelimit-remaining-${window}`));
    const waitMs = readDurationMs(header(`x-ratelimit-reset-${window}`) ?? '');
    const resetsAtMs = waitMs === undefined ? null : nowMs + Math.min(waitMs, longestWaitMs);
    return countedWindow({ window, limit, remaining, resetsAtMs, model, observedAtMs: nowMs }) ?? [];
  });
}

/** Families of plan windows that the answer has: Codex' own, and the limit that is active if it is another. */
function codexFamilies(header: HeaderLookup): readonly string[] {
  const active = header('x-codex-active-limit')?.toLowerCase() ?? '';
  const names = /^[a-z0-9][a-z0-9_-]{0,39}$/.test(active) && active !== 'codex' ? ['codex', active] : ['codex'];
  return names.filter((name) => codexSlots.some((slot) => header(`x-${name}-${slot}-used-percent`) !== undefined));
}

function readCodexWindows(family: string, reading: Reading): readonly QuotaWindow[] {
  return codexSlots.flatMap((slot) => readCodexWindow(family, slot, reading) ?? []);
}

function readCodexWindow(
  family: string,
  slot: string,
  { header, model, skewMs, nowMs }: Reading,
): QuotaWindow | undefined {
  const percent = readCount(header(`x-${family}-${slot}-used-percent`));
  if (percent === undefined) return undefined;
  const name = codexWindowName(readCount(header(`x-${family}-${slot}-window-minutes`)), slot);
  const isOwn = family === 'codex';
  return {
    window: isOwn ? name : `${family}_${name}`,
    usedFraction: percent / 100,
    status: percent >= 100 ? 'exceeded' : 'allowed',
    resetsAtMs: readReset(`x-${family}-${slot}`, { header, model, skewMs, nowMs }),
    ...(!isOwn && model !== undefined && { model: model.slice(0, 120) }),
    source: 'headers',
    observedAtMs: nowMs,
  };
}

/** A moment, or in older answers the seconds until then. */
function readReset(prefix: string, { header, skewMs, nowMs }: Reading): number | null {
  const momentMs = readMomentMs(header(`${prefix}-reset-at`), skewMs, nowMs);
  const seconds = readCount(header(`${prefix}-reset-after-seconds`));
  return momentMs ?? (seconds === undefined ? null : nowMs + Math.min(seconds * 1000, longestWindowMs));
}

/** What was bought beyond the plan: of account only where there is some, since most plans have none. */
function readCredits({ header, nowMs }: Reading): readonly QuotaWindow[] {
  const isThere = (name: string) => header(`x-codex-credits-${name}`)?.trim().toLowerCase() === 'true';
  if (!isThere('has-credits') && !isThere('unlimited')) return [];
  const common = { resetsAtMs: null, source: 'headers', observedAtMs: nowMs } as const;
  return [{ window: 'credits', usedFraction: null, status: 'allowed', ...common }];
}

/** Primary and secondary change places between plans, so the length names the window; `slot` does where it is unknown. */
export function codexWindowName(minutes: number | undefined, slot: string): string {
  if (minutes === undefined) return slot;
  if (Math.abs(minutes - 300) <= 15) return 'five_hour';
  if (Math.abs(minutes - 7 * 24 * 60) <= 60) return 'seven_day';
  return minutes % 1440 === 0 ? `${minutes / 1440}_day` : `${minutes}_minute`;
}

/** Some servers wrap the error into an array. */
function readError(body: string | undefined): JsonObject {
  if (body === undefined || body.length > longestErrorBody) return {};
  const parsed = parseJson(body);
  return asObject(asObject(Array.isArray(parsed) ? parsed[0] : parsed).error);
}

function findCooldown(
  error: JsonObject,
  counts: readonly QuotaWindow[],
  plan: readonly QuotaWindow[],
  reading: Reading,
): LimitCooldown | undefined {
  if (error.code === 'insufficient_quota' || error.type === 'insufficient_quota') return outOfCredit(reading);
  return planCooldown(error, plan, reading) ?? askedCooldown(reading) ?? countCooldown(counts, error, reading);
}

function outOfCredit({ nowMs }: Reading): LimitCooldown {
  const untilMs = nowMs + outOfCreditMs;
  return { untilMs, scope: 'credential', reason: 'no credit is left', isOutOfCredit: true };
}

/** The plan of an account is used up: for every model, unless the full window is one of some models. */
function planCooldown(error: JsonObject, plan: readonly QuotaWindow[], reading: Reading): LimitCooldown | undefined {
  const full = plan.filter(isFull);
  if (error.type !== 'usage_limit_reached' && full.length === 0) return undefined;
  const { header, skewMs, nowMs } = reading;
  const seconds = readCount(String(error.resets_in_seconds ?? ''));
  const untilMs = latestOf(nowMs, [
    readMomentMs(String(error.resets_at ?? ''), skewMs, nowMs),
    seconds === undefined ? null : nowMs + Math.min(seconds * 1000, longestWindowMs),
    readRetryAfterMs(header, skewMs, nowMs),
    ...full.map((window) => window.resetsAtMs),
  ]);
  if (untilMs === undefined) return undefined;
  const isOfModel = full.length > 0 && full.every((window) => window.model !== undefined);
  const reason =
    full.length === 0
      ? 'the usage limit of the plan is reached'
      : `${full.map((window) => window.window).join(' and ')} window is full`;
  return { untilMs, scope: isOfModel ? 'model' : 'credential', reason };
}

function askedCooldown({ header, skewMs, nowMs }: Reading): LimitCooldown | undefined {
  const untilMs = readRetryAfterMs(header, skewMs, nowMs);
  if (untilMs === undefined) return undefined;
  return { untilMs, scope: 'model', reason: `retry-after ${describeWait(untilMs, nowMs)}` };
}

/** Requests or tokens a minute, counted by model; where the headers are silent, the error's own words. */
function countCooldown(
  counts: readonly QuotaWindow[],
  error: JsonObject,
  { header, skewMs, nowMs }: Reading,
): LimitCooldown | undefined {
  const full = counts.filter(isFull);
  const resetMs = latestOf(
    nowMs,
    full.map((window) => window.resetsAtMs),
  );
  if (resetMs !== undefined) {
    return { untilMs: resetMs, scope: 'model', reason: `no ${full.map((window) => window.window).join(' and ')} left` };
  }
  const told = waitUntil(readTold(error) ?? 0, nowMs) ?? waitUntilReset(header('x-ratelimit-reset'), skewMs, nowMs);
  if (told === undefined) return undefined;
  return { untilMs: told, scope: 'model', reason: `asked to wait ${describeWait(told, nowMs)}` };
}

/** Gemini's `RetryInfo`, or `Please try again in 1.5s.` */
function readTold(error: JsonObject): number | undefined {
  const delay = asArray(error.details)
    .map((detail) => asText(asObject(detail).retryDelay))
    .find((text) => text !== undefined);
  const said = /try again in ((?:\d+(?:\.\d+)?(?:ms|[smhd]))+)/i.exec(asText(error.message)?.slice(0, 2000) ?? '')?.[1];
  return readDurationMs(delay ?? said ?? '');
}

/** A moment for some servers, seconds from now for others. */
function waitUntilReset(text: string | undefined, skewMs: number, nowMs: number): number | undefined {
  const momentMs = readMomentMs(text, skewMs, nowMs);
  if (momentMs !== null) return waitUntil(momentMs - nowMs, nowMs);
  return waitUntil(readDurationMs(text ?? '') ?? 0, nowMs);
}
