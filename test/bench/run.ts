/**
 * `npm run bench`: what the companion adds, as ratios to the same thing without it or through others, all in one run and on
 * loopback. Name rooms to run only those, by the beginnings of their names: `npm run bench -- api command`. `--quick`
 * measures less of everything, and no other gateways.
 */
import { parseArgs } from 'node:util';
import { openApiScene } from './api/scene.ts';
import type { ApiScene } from './api/scene.ts';
import { compileCompanion } from './compiled.ts';
import { loudNoise, measureNoise } from './measure.ts';
import { describeMachine, formatFigures } from './report.ts';
import type { Effort, Figure } from './report.ts';
import { measureAbort } from './room/abort.ts';
import { measureApiAbort } from './room/api-abort.ts';
import { measureApiMemory } from './room/api-memory.ts';
import { measureLatency } from './room/api-latency.ts';
import { measureRequests } from './room/api-requests.ts';
import { measureStreams } from './room/api-stream.ts';
import { measureTranslation } from './room/api-translation.ts';
import { measureChunkDelay } from './room/chunk-delay.ts';
import { measureClaudeCode } from './room/claude-code.ts';
import { measureCommand } from './room/command.ts';
import { measureFirstByte } from './room/first-byte.ts';
import { measureMemory } from './room/memory.ts';
import { openScene } from './scene.ts';
import type { Scene } from './scene.ts';

type Figures = Promise<readonly Figure[]>;

/** By what they need to run beside them. */
const apiRooms: Readonly<Record<string, (scene: ApiScene, effort: Effort) => Figures>> = {
  'api-requests': measureRequests,
  'api-latency': measureLatency,
  'api-stream': measureStreams,
  'api-memory': measureApiMemory,
  'api-abort': measureApiAbort,
};
const webRooms: Readonly<Record<string, (scene: Scene) => Figures>> = {
  'first-byte': measureFirstByte,
  'chunk-delay': measureChunkDelay,
  memory: measureMemory,
  abort: measureAbort,
};
const ownRooms: Readonly<Record<string, (effort: Effort) => Figures>> = {
  'api-translation': measureTranslation,
  command: measureCommand,
  'claude-code': measureClaudeCode,
};

const allRooms = [apiRooms, webRooms, ownRooms].flatMap((rooms) => Object.keys(rooms));

async function timed(name: string, figures: () => Figures): Figures {
  const startedAtMs = performance.now();
  const measured = await figures();
  console.error(`${name}: ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`);
  return measured;
}

function namesIn(rooms: object, wanted: readonly string[]): readonly string[] {
  return Object.keys(rooms).filter((name) => wanted.includes(name));
}

async function measureApiRooms(names: readonly string[], effort: Effort): Figures {
  if (names.length === 0) return [];
  const scene = await openApiScene(!effort.isQuick);
  try {
    console.log(`${scene.notes.join(' ')}\n`);
    const figures: Figure[] = [];
    for (const name of names) figures.push(...(await timed(name, () => apiRooms[name]?.(scene, effort) ?? none())));
    return figures;
  } finally {
    await scene.close();
  }
}

async function measureWebRooms(names: readonly string[]): Figures {
  if (names.length === 0) return [];
  const scene = await openScene();
  try {
    const figures: Figure[] = [];
    for (const name of names) {
      figures.push(...(await timed(name, () => webRooms[name]?.(scene) ?? none())));
      const violations = await scene.site.ask('violations');
      if (violations.length > 0) throw new Error(`the stand-in objects: ${violations.join('; ')}`);
    }
    return figures;
  } finally {
    await scene.close();
  }
}

async function measureOwnRooms(names: readonly string[], effort: Effort): Figures {
  const figures: Figure[] = [];
  for (const name of names) figures.push(...(await timed(name, () => ownRooms[name]?.(effort) ?? none())));
  return figures;
}

function none(): Figures {
  return Promise.resolve([]);
}

function print(title: string, figures: readonly Figure[]): void {
  if (figures.length > 0) console.log(`${title}\n\n${formatFigures(figures)}\n`);
}

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const strange = positionals.filter((wanted) => !allRooms.some((name) => name.startsWith(wanted)));
if (strange.length > 0) throw new Error(`no such room: ${strange.join(', ')}; there are ${allRooms.join(', ')}`);
const wanted = allRooms.filter((name) => positionals.length === 0 || positionals.some((one) => name.startsWith(one)));
const effort: Effort = { rounds: values.quick ? 3 : 7, isQuick: values.quick };
const noise = [measureNoise()];
console.log(`${describeMachine()}, ${new Date().toISOString().slice(0, 10)}, ${effort.rounds} rounds\n`);
if (wanted.some((name) => name === 'command' || name === 'claude-code') || namesIn(apiRooms, wanted).length > 0)
  compileCompanion();
print('API mode', await measureApiRooms(namesIn(apiRooms, wanted), effort));
print('Web mode', await measureWebRooms(namesIn(webRooms, wanted)));
print('By itself', await measureOwnRooms(namesIn(ownRooms, wanted), effort));
noise.push(measureNoise());
const [before, after] = noise.map((one) => one.toFixed(2));
console.log(`Noise of the machine, 1 being none: ${before} before, ${after} after.`);
if (Math.max(...noise) > loudNoise) console.log('It is too noisy to tell: run the bench again when it is quiet.');
