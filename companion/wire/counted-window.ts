/** Limit windows that are told as a limit and what remains of it. */
import type { QuotaWindow } from '../../shared/quota.ts';

interface CountedWindow {
  readonly window: string;
  readonly limit: number | undefined;
  readonly remaining: number | undefined;
  readonly resetsAtMs: number | null;
  readonly model: string | undefined;
  readonly observedAtMs: number;
}

/** `undefined` where the provider does not tell what remains. */
export function countedWindow(facts: CountedWindow): QuotaWindow | undefined {
  const { window, limit, remaining, resetsAtMs, model, observedAtMs } = facts;
  if (remaining === undefined) return undefined;
  const isEmpty = remaining <= 0;
  const usedFraction = limit === undefined || limit <= 0 ? null : Math.max(0, 1 - remaining / limit);
  return {
    window,
    usedFraction: isEmpty ? 1 : usedFraction,
    status: isEmpty ? 'exceeded' : 'allowed',
    resetsAtMs,
    ...(model !== undefined && { model: model.slice(0, 120) }),
    source: 'headers',
    observedAtMs,
  };
}

export function isFull(window: QuotaWindow): boolean {
  return window.status === 'exceeded';
}
