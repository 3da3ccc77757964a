/** Figures that sums of the ledger lead to. Pure. */
import type { UsageGroup } from '../data/usage.ts';

/** What was read from a provider's cache does not count as read again. */
export function inputTokens({ inputTokens: fresh, cacheReadTokens, cacheWriteTokens }: UsageGroup): number {
  return fresh + cacheReadTokens + cacheWriteTokens;
}

export function usedTokens(group: UsageGroup): number {
  return inputTokens(group) + group.outputTokens;
}

/** Of what went in; `null` where nothing did. */
export function cacheShare(group: UsageGroup): number | null {
  const all = inputTokens(group);
  return all === 0 ? null : group.cacheReadTokens / all;
}

export function failureShare({ exchanges, failures }: UsageGroup): number | null {
  return exchanges === 0 ? null : failures / exchanges;
}
