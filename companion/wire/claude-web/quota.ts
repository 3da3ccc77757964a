/** Limit windows as claude.ai tells them inside a stream, and how it writes times and shares. */
import type { QuotaWindow } from '../../../shared/quota.ts';
import { asObject, asText, isObject } from '../hub/fields.ts';
import type { JsonObject } from '../hub/fields.ts';

/** Short keys of the stream, as the usage page and the API's headers call the same windows. */
const windowNames: Readonly<Record<string, string>> = {
  '5h': 'five_hour',
  '7d': 'seven_day',
  '7d_oi': 'seven_day_overage_included',
};

const statuses: ReadonlyMap<string, QuotaWindow['status']> = new Map([
  ['within_limit', 'allowed'],
  ['allowed', 'allowed'],
  ['approaching_limit', 'warning'],
  ['allowed_warning', 'warning'],
  ['exceeded_limit', 'exceeded'],
  ['rejected', 'exceeded'],
]);

/**
 * The windows of a `message_limit` object. When it names none but still tells a limit, that limit is one window under its
 * claim, or `message_limit` when even the claim is missing.
 */
export function windowsOfMessageLimit(limit: unknown, observedAtMs: number): readonly QuotaWindow[] {
  const facts = asObject(limit);
  const windows = Object.entries(asObject(facts.windows))
    .filter(([, window]) => isObject(window))
    .map(([key, window]) => windowOf(windowNames[key] ?? key, asObject(window), observedAtMs));
  const status = statuses.get(String(facts.type));
  if (windows.length > 0 || status === undefined) return windows;
  return [
    {
      window: boundName(asText(facts.representativeClaim) ?? 'message_limit'),
      usedFraction: null,
      status,
      resetsAtMs: readTimeMs(facts.resetsAt),
      source: 'stream',
      observedAtMs,
    },
  ];
}

function windowOf(window: string, facts: JsonObject, observedAtMs: number): QuotaWindow {
  return {
    window: boundName(window),
    usedFraction: readFraction(facts.utilization, 1),
    status: statuses.get(String(facts.status)) ?? 'allowed',
    resetsAtMs: readTimeMs(facts.resets_at ?? facts.reset_at ?? facts.resetsAt),
    source: 'stream',
    observedAtMs,
  };
}

/** Unix seconds (as number or digits) or RFC 3339 as Unix milliseconds; `null` for anything else. */
export function readTimeMs(value: unknown): number | null {
  const isDigits = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value);
  const seconds = isDigits ? Number(value) : value;
  if (typeof seconds === 'number') return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : null;
  const parsed = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(parsed) ? null : parsed;
}

/** `value` of `whole` as a fraction, never negative; `null` when it is no number. */
export function readFraction(value: unknown, whole: number): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? Math.max(0, value / whole) : null;
}

export function boundName(name: string): string {
  return name.slice(0, 80);
}
