/** What a small request costs in processor time, and how many go through in a second. */
import type { ApiScene } from '../api/scene.ts';
import type { Gateway } from '../api/gateway.ts';
import { processorTimeUs } from '../api/system.ts';
import { median, ratiosOf, summarize } from '../measure.ts';
import { atMost } from '../report.ts';
import type { Effort, Figure } from '../report.ts';

const connections = 32;
const bytes = 1_000;
const mostBursts = 8;

interface Sample {
  readonly perSecond: number;
  readonly costUs: number;
}

export async function measureRequests(scene: ApiScene, { rounds }: Effort): Promise<readonly Figure[]> {
  await scene.provider.ask('play', { kind: 'message' });
  const { nginx, companion } = scene;
  const measured = [...(nginx === undefined ? [] : [nginx]), companion, ...scene.others];
  const samples = new Map(measured.map((gateway) => [gateway, [] as Sample[]]));
  for (const gateway of measured) await warmUp(scene, gateway);
  for (let round = 0; round < rounds; round += 1) {
    for (const gateway of measured) samples.get(gateway)?.push(await hammer(scene, gateway, 1_000));
  }
  const costs = (gateway: Gateway) => samples.get(gateway)?.map(({ costUs }) => costUs) ?? [];
  const speeds = (gateway: Gateway) => samples.get(gateway)?.map(({ perSecond }) => perSecond) ?? [];
  const figures: Figure[] = [];
  if (nginx !== undefined && !Number.isNaN(median(costs(companion)))) {
    const ratio = summarize(ratiosOf(costs(companion), costs(nginx)));
    figures.push({
      name: 'processor time of a 1 kB request, passed through',
      value: inUs(median(costs(companion))),
      ratio,
      target: atMost(6, ratio.median),
      note: `against ${inUs(median(costs(nginx)))} of nginx, ${connections} connections`,
    });
  }
  for (const gateway of scene.others) {
    const ratio = summarize(ratiosOf(costs(gateway), costs(companion)));
    const value = inUs(median(costs(gateway)));
    figures.push({ name: `the same of ${gateway.name}`, value, ratio, note: 'against the companion' });
  }
  for (const gateway of measured.filter((one) => one !== companion)) {
    const ratio = summarize(ratiosOf(speeds(companion), speeds(gateway)));
    const isNode = gateway !== nginx;
    figures.push({
      name: `requests a second, against ${gateway.name}`,
      value: median(speeds(companion)).toFixed(0),
      ratio,
      ...(isNode && { target: { words: '>= 10', isMet: ratio.median >= 10 } }),
      note: `against ${median(speeds(gateway)).toFixed(0)}`,
    });
  }
  return figures;
}

/** A V8 optimises for tens of thousands of requests: until a burst is hardly faster than the one before. */
async function warmUp(scene: ApiScene, gateway: Gateway): Promise<void> {
  let fastest = 0;
  for (let burst = 0; burst < mostBursts; burst += 1) {
    const { perSecond } = await hammer(scene, gateway, 2_000);
    if (perSecond < fastest * 1.05) return;
    fastest = perSecond;
  }
}

async function hammer(scene: ApiScene, { messages: target, pid }: Gateway, forMs: number): Promise<Sample> {
  const beforeUs = pid === undefined ? undefined : processorTimeUs(pid);
  const { count, perSecond } = await scene.load.ask('hammer', {
    ask: { target, bytes, isStream: false },
    connections,
    forMs,
  });
  const afterUs = pid === undefined ? undefined : processorTimeUs(pid);
  return { perSecond, costUs: ((afterUs ?? Number.NaN) - (beforeUs ?? Number.NaN)) / count };
}

function inUs(value: number): string {
  return `${value.toFixed(0)} µs`;
}
