/** How much of a ChatGPT plan is used, from `GET /backend-api/wham/usage`. */
import type { QuotaWindow } from '../../../shared/quota.ts';
import { asObject } from '../../wire/hub/fields.ts';
import { readFraction, readTimeMs } from '../../wire/claude-web/quota.ts';

const warningFraction = 0.8;
const hourSeconds = 3600;

/** Windows that the plan does not have are `null` in the answer, and left out. */
export function windowsOfOpenAiUsage(body: unknown, observedAtMs: number): readonly QuotaWindow[] {
  const limit = asObject(asObject(body)['rate_limit']);
  return [limit['primary_window'], limit['secondary_window']].flatMap((entry) => {
    const facts = asObject(entry);
    const usedFraction = readFraction(facts['used_percent'], 100);
    if (usedFraction === null) return [];
    const status = usedFraction >= 1 ? 'exceeded' : usedFraction >= warningFraction ? 'warning' : 'allowed';
    return [
      {
        window: windowName(facts['limit_window_seconds']),
        usedFraction,
        status,
        resetsAtMs: resetOf(facts, observedAtMs),
        source: 'usage-endpoint',
        observedAtMs,
      } satisfies QuotaWindow,
    ];
  });
}

/** Which of the two is the long one is not told by their names, only by their length. */
function windowName(lengthSeconds: unknown): string {
  if (typeof lengthSeconds !== 'number' || !(lengthSeconds > 0)) return 'usage';
  const hours = Math.max(1, Math.round(lengthSeconds / hourSeconds));
  if (hours === 5) return 'five_hour';
  if (hours === 24 * 7) return 'seven_day';
  return hours % 24 === 0 ? `${hours / 24}_day` : `${hours}_hour`;
}

function resetOf(facts: Readonly<Record<string, unknown>>, observedAtMs: number): number | null {
  const atMs = readTimeMs(facts['reset_at']);
  if (atMs !== null) return atMs;
  const afterSeconds = facts['reset_after_seconds'];
  return typeof afterSeconds === 'number' && afterSeconds > 0 ? Math.round(observedAtMs + afterSeconds * 1000) : null;
}
