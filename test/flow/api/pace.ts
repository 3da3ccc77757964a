/** How long a request takes, by medians, on a machine that has other things to do as well. */

const requests = 40;
const rounds = 3;

/** The best of a few medians: what disturbs one round is not what is measured. */
export async function medianMs(once: () => Promise<void>): Promise<number> {
  let best = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const times: number[] = [];
    for (let count = 0; count < requests; count += 1) {
      const startedAtMs = performance.now();
      await once();
      times.push(performance.now() - startedAtMs);
    }
    best = Math.min(best, times.toSorted((one, other) => one - other)[requests / 2] ?? Infinity);
  }
  return best;
}

/** Against an earlier median. Measured again where it looks bad: only what is always slower is slower. */
export async function ratioOf(calmMs: number, once: () => Promise<void>): Promise<number> {
  let ratio = Infinity;
  for (let attempt = 0; attempt < 4 && ratio >= 1.4; attempt += 1) {
    ratio = Math.min(ratio, (await medianMs(once)) / calmMs);
  }
  return ratio;
}
