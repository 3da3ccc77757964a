/** How soon the provider is left, once the client has hung up: what goes on there is paid for. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Gateway } from '../api/gateway.ts';
import type { ApiScene } from '../api/scene.ts';
import { quantile } from '../measure.ts';
import { inMs } from '../report.ts';
import type { Effort, Figure } from '../report.ts';

const patienceMs = 500;

export async function measureApiAbort(scene: ApiScene, { isQuick }: Effort): Promise<readonly Figure[]> {
  const times = isQuick ? 50 : 200;
  const figures: Figure[] = [];
  for (const waitsForWord of [false, true]) {
    figures.push(await measure(scene, scene.companion, waitsForWord, times));
    for (const other of scene.others) figures.push(await measureOther(scene, other, waitsForWord));
  }
  return figures;
}

/** Not every gateway can stream in every Node. */
async function measureOther(scene: ApiScene, other: Gateway, waitsForWord: boolean): Promise<Figure> {
  try {
    return await measure(scene, other, waitsForWord, 8);
  } catch {
    return { name: nameOf(other, waitsForWord), value: '-', note: 'it did not serve the stream at all' };
  }
}

function nameOf(gateway: Gateway, waitsForWord: boolean): string {
  const when = waitsForWord ? 'in the middle of an answer' : 'before its first byte';
  return `provider left after the client hung up ${when}, ${gateway.name}`;
}

async function measure(scene: ApiScene, gateway: Gateway, waitsForWord: boolean, times: number): Promise<Figure> {
  const delays: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const delayMs = await hangUp(scene, gateway, waitsForWord);
    if (delayMs !== undefined) delays.push(delayMs);
  }
  const slowestMs = Math.max(...delays);
  const isMet = delays.length === times && slowestMs <= 20;
  return {
    name: nameOf(gateway, waitsForWord),
    value: delays.length === 0 ? 'never' : inMs(quantile(delays, 0.5)),
    ...(gateway === scene.companion && { target: { words: '<= 20 ms, none missed', isMet } }),
    note: `${delays.length} of ${times}${delays.length === 0 ? '' : `; the slowest ${inMs(slowestMs)}`}`,
  };
}

/** Milliseconds from the hanging up to the provider's noticing; `undefined` if it did not. */
async function hangUp(scene: ApiScene, gateway: Gateway, waitsForWord: boolean): Promise<number | undefined> {
  const { provider, load } = scene;
  await provider.ask('play', waitsForWord ? { kind: 'hang', events: 3 } : { kind: 'silence' });
  await load.ask('begin', { ask: { target: gateway.messages, bytes: 1_000, isStream: true }, waitsForWord });
  while ((await provider.ask('opened')) === 0) await sleep(1);
  const leftAtUs = await load.ask('leave');
  for (let waited = 0; waited < patienceMs; waited += 2) {
    const [noticedAtUs] = await provider.ask('takeLeft');
    if (noticedAtUs !== undefined) return (noticedAtUs - leftAtUs) / 1000;
    await sleep(2);
  }
  return undefined;
}
