/** What an event of a stream costs in processor time, and how long it is under way. */
import type { Gateway } from '../api/gateway.ts';
import type { ApiScene } from '../api/scene.ts';
import { processorTimeUs } from '../api/system.ts';
import { median, ratiosOf, runInterleaved, summarize } from '../measure.ts';
import type { Rounds } from '../measure.ts';
import type { Target } from '../process/load.ts';
import { atMost, inMs } from '../report.ts';
import type { Effort, Figure } from '../report.ts';

const streams = 20;
const events = 300;
/** Slow enough that no two events of a stream travel together. */
const delayMs = 4;

type Arm = 'nginx' | 'passed' | 'translated';

export async function measureStreams(scene: ApiScene, { rounds }: Effort): Promise<readonly Figure[]> {
  const { nginx, companion } = scene;
  const { chat } = companion;
  if (nginx === undefined || chat === undefined) return [];
  const arms = {
    nginx: () => costOf(scene, nginx, nginx.messages),
    passed: () => costOf(scene, companion, companion.messages),
    translated: () => costOf(scene, companion, chat),
  };
  const costs = await runInterleaved(arms, { warmUps: 1, rounds, samples: 1 });
  const delays = await runInterleaved(
    {
      direct: () => delayOf(scene, scene.direct.messages),
      nginx: () => delayOf(scene, nginx.messages),
      passed: () => delayOf(scene, companion.messages),
      translated: () => delayOf(scene, chat),
    },
    { warmUps: 1, rounds, samples: 1 },
  );
  return [
    ...(Number.isNaN(median(costs.nginx))
      ? []
      : [costFigure('passed through', costs, 'passed', 4), costFigure('translated', costs, 'translated', 10)]),
    delayFigure('passed through', delays.passed, delays, 3.5),
    delayFigure('translated', delays.translated, delays, undefined),
  ];
}

function costFigure(name: string, costs: Rounds<Arm>, arm: Arm, limit: number): Figure {
  const ratio = summarize(ratiosOf(costs[arm], costs.nginx));
  return {
    name: `processor time of an event of a stream, ${name}`,
    value: `${median(costs[arm]).toFixed(1)} µs`,
    ratio,
    target: atMost(limit, ratio.median),
    note: `against ${median(costs.nginx).toFixed(1)} µs of nginx, ${streams} streams at once`,
  };
}

function delayFigure(
  name: string,
  over: readonly number[],
  { nginx, direct }: Rounds<'nginx' | 'direct'>,
  limit: number | undefined,
): Figure {
  const ratio = summarize(ratiosOf(over, nginx));
  return {
    name: `delay of an event, ${name}`,
    value: inMs(median(over)),
    ratio,
    ...(limit !== undefined && { target: atMost(limit, ratio.median) }),
    note: `p50; ${inMs(median(nginx))} through nginx, ${inMs(median(direct))} without anything`,
  };
}

/** Microseconds of an event, its share of the request included. */
async function costOf(scene: ApiScene, { pid }: Gateway, target: Target): Promise<number> {
  await scene.provider.ask('play', { kind: 'stream', events, delayMs });
  const beforeUs = processorTimeUs(pid ?? 0) ?? Number.NaN;
  const { words } = await scene.load.ask('stream', { ask: { target, bytes: 1_000, isStream: true }, streams });
  const afterUs = processorTimeUs(pid ?? 0) ?? Number.NaN;
  if (words !== streams * events) throw new Error(`${words} of ${streams * events} events came through`);
  return (afterUs - beforeUs) / words;
}

/** Milliseconds in the median, with one stream alone. */
async function delayOf(scene: ApiScene, target: Target): Promise<number> {
  await scene.provider.ask('play', { kind: 'stream', events: 150, delayMs: 2 });
  const ask = { target, bytes: 1_000, isStream: true };
  return (await scene.load.ask('stream', { ask, streams: 1 })).delayMs;
}
