/** What an open stream and an idle connection cost the companion: heap and buffers, after a collection. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createTemporaryHome } from '../../support/temporary-home.ts';
import { clientKey, providerEnvironment } from '../api/gateway.ts';
import type { ApiScene } from '../api/scene.ts';
import { Child } from '../child.ts';
import { median } from '../measure.ts';
import type { CompanionCommands } from '../process/companion.ts';
import type { Ask } from '../process/load.ts';
import { atMost } from '../report.ts';
import type { Effort, Figure } from '../report.ts';

const count = 200;

export async function measureApiMemory(scene: ApiScene, { rounds }: Effort): Promise<readonly Figure[]> {
  const home = await createTemporaryHome();
  const companion = new Child<CompanionCommands>('companion', ['--expose-gc']);
  try {
    const { url } = await companion.ask('start', {
      home: home.path,
      environment: providerEnvironment(scene.direct.messages.port),
    });
    const port = Number(new URL(url).port);
    const target = { port, path: '/v1/messages', headers: { 'x-api-key': clientKey } };
    const ask: Ask = { target, bytes: 1_000, isStream: false };
    const held = async (command: 'holdStreams' | 'holdConnections') => {
      const before = await companion.ask('memory');
      await scene.load.ask(command, { ask, count });
      await sleep(400);
      const during = await companion.ask('memory');
      await scene.load.ask('release');
      await sleep(400);
      return (during - before) / count / 1024;
    };
    const measure = async (command: 'holdStreams' | 'holdConnections') => {
      await held(command);
      const costs: number[] = [];
      for (let round = 0; round < Math.min(rounds, 3); round += 1) costs.push(await held(command));
      return median(costs);
    };
    await scene.provider.ask('play', { kind: 'hang', events: 3 });
    const stream = await measure('holdStreams');
    await scene.provider.ask('play', { kind: 'message' });
    const connection = await measure('holdConnections');
    await companion.ask('stop');
    return [
      { name: 'memory of an open stream', value: inKilobytes(stream), target: atMost(45, stream, 'kB'), note },
      {
        name: 'memory of an idle connection',
        value: inKilobytes(connection),
        target: atMost(10, connection, 'kB'),
        note,
      },
    ];
  } finally {
    await companion.close();
    await home.remove();
  }
}

const note = `${count} at once, heap and buffers after a collection`;

function inKilobytes(value: number): string {
  return `${value.toFixed(1)} kB`;
}
