import { sleep } from '../../base/clock.ts';
import type { Clock } from '../../base/clock.ts';

/** The result, unless the signal ends the wait first: then its reason, while the work goes on. */
export function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** The result, or `instead` when it takes longer than `limitMs`; the work goes on. */
export async function withinAtMost<Result>(
  clock: Clock,
  limitMs: number,
  work: Promise<Result>,
  instead: Result,
): Promise<Result> {
  const over = new AbortController();
  const limit = sleep(clock, limitMs, over.signal).then(
    () => instead,
    () => instead,
  );
  try {
    return await Promise.race([work, limit]);
  } finally {
    over.abort();
  }
}
