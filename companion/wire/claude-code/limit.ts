/** Limits of a subscription, as Claude Code tells them beside an answer. */
import type { QuotaWindow } from '../../../shared/quota.ts';
import { asObject } from '../hub/fields.ts';

const statuses: ReadonlyMap<unknown, QuotaWindow['status']> = new Map([
  ['allowed', 'allowed'],
  ['allowed_warning', 'warning'],
  ['rejected', 'exceeded'],
]);

/** A window's name is stored and shown. */
const plainName = /^[\w-]{1,80}$/;
/** Further away than this no reset makes sense. */
const longestSeconds = 1e11;

/** The window that `rate_limit_info` speaks of; `undefined` when it names none. */
export function readLimit(info: unknown, observedAtMs: number): QuotaWindow | undefined {
  const { rateLimitType: window, status, utilization, resetsAt } = asObject(info);
  const known = statuses.get(status);
  if (known === undefined || typeof window !== 'string' || !plainName.test(window)) return undefined;
  const isTime = typeof resetsAt === 'number' && resetsAt > 0 && resetsAt < longestSeconds;
  return {
    window,
    usedFraction: typeof utilization === 'number' && utilization >= 0 ? utilization : null,
    status: known,
    resetsAtMs: isTime ? resetsAt * 1000 : null,
    source: 'stream',
    observedAtMs,
  };
}
