const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Rejects with `reason` when the command is asked to end, or when `stop` is aborted; listens before it returns. */
export function untilInterrupted(reason: () => Error, stop: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const onSignal = () => reject(reason());
    for (const signal of signals) process.once(signal, onSignal);
    stop.addEventListener(
      'abort',
      () => {
        for (const signal of signals) process.removeListener(signal, onSignal);
        reject(reason());
      },
      { once: true },
    );
  });
}
