/** How much of a ChatGPT plan is used, from `GET /backend-api/wham/usage`. */
import type { QuotaWindow } from '../../../shared/quota.ts';
import { asObject } from '../../wire/hub/fields.ts';
import { codexWindowName } from '../../wire/openai/limits.ts';
import { readFraction, readTimeMs } from '../../wire/claude-web/quota.ts';

const warningFraction = 0.8;

/** Windows that the plan does not have are `null` in the answer, and left out. */
export function windowsOfOpenAiUsage(body: unknown, observedAtMs: number): readonly QuotaWindow[] {
  const limit = asObject(asObject(body)['rate_limit']);
  return ['primary', 'secondary'].flatMap((slot) => {
    const facts = asObject(limit[`${slot}_window`]);
    const usedFraction = readFraction(facts['used_percent'], 100);
    if (usedFraction === null) return [];
    const status = usedFraction >= 1 ? 'exceeded' : usedFraction >= warningFraction ? 'warning' : 'allowed';
    return [
      {
        window: codexWindowName(minutesOf(facts['limit_window_seconds']), slot),
        usedFraction,
        status,
        resetsAtMs: resetOf(facts, observedAtMs),
        source: 'usage-endpoint',
        observedAtMs,
      } satisfies QuotaWindow,
    ];
  });
}

function minutesOf(seconds: unknown): number | undefined {
  return typeof seconds === 'number' && seconds > 0 ? Math.round(seconds / 60) : undefined;
}

function resetOf(facts: Readonly<Record<string, unknown>>, observedAtMs: number): number | null {
  const atMs = readTimeMs(facts['reset_at']);
  if (atMs !== null) return atMs;
  const afterSeconds = facts['reset_after_seconds'];
  return typeof afterSeconds === 'number' && afterSeconds > 0 ? Math.round(observedAtMs + afterSeconds * 1000) : null;
}
