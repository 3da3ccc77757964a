/** How much later an answer is there, because something stands in between: one request at a time. */
import type { Gateway } from '../api/gateway.ts';
import type { ApiScene } from '../api/scene.ts';
import { differencesOf, median, ratiosOf, runInterleaved, summarize } from '../measure.ts';
import type { Plan } from '../measure.ts';
import { atMost, inMs } from '../report.ts';
import type { Effort, Figure } from '../report.ts';

interface Size {
  readonly name: string;
  readonly bytes: number;
  readonly limit: number;
  readonly plan: Omit<Plan, 'rounds'>;
}

const sizes: readonly Size[] = [
  { name: '1 kB', bytes: 1_000, limit: 3, plan: { warmUps: 300, samples: 60 } },
  { name: '2 MB', bytes: 2_000_000, limit: 4, plan: { warmUps: 30, samples: 10 } },
];

export async function measureLatency(scene: ApiScene, { rounds }: Effort): Promise<readonly Figure[]> {
  await scene.provider.ask('play', { kind: 'message' });
  const figures: Figure[] = [];
  for (const size of sizes) figures.push(...(await measureSize(scene, size, rounds)));
  return figures;
}

async function measureSize(scene: ApiScene, size: Size, rounds: number): Promise<readonly Figure[]> {
  const { direct, nginx, companion } = scene;
  const time = (gateway: Gateway) => () =>
    scene.load.ask('once', { target: gateway.messages, bytes: size.bytes, isStream: false });
  const arms = { direct: time(direct), nginx: time(nginx ?? direct), companion: time(companion) };
  const times = await runInterleaved(arms, { ...size.plan, rounds: rounds * 2 });
  const added = differencesOf(times.companion, times.direct);
  const name = `added to an answer, ${size.name} in`;
  if (nginx === undefined) return [{ name, value: `+${inMs(median(added))}`, note: 'no nginx to compare with' }];
  const ratio = summarize(ratiosOf(added, differencesOf(times.nginx, times.direct)));
  const addedByNginx = median(differencesOf(times.nginx, times.direct));
  return [
    {
      name,
      value: `+${inMs(median(added))}`,
      ratio,
      target: atMost(size.limit, ratio.median),
      note: `p50; nginx adds ${inMs(addedByNginx)} to ${inMs(median(times.direct))}`,
    },
  ];
}
