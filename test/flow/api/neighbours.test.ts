/** Who is slow, or does nothing at all, is nobody else's trouble: half of the others' requests take less than 1.5 times as long. */
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually, openApiHouse, say } from './house.ts';
import type { ApiHouse } from './house.ts';
import { medianMs, ratioOf } from './pace.ts';

describe('neighbours do not notice', () => {
  async function compare(house: ApiHouse, trouble: () => Promise<unknown>): Promise<number> {
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const once = async () => {
      const answer = await house.askClaude(say('quick'));
      if (answer.status !== 200) throw new Error(answer.text);
    };
    const calmMs = await medianMs(once);
    await trouble();
    return ratioOf(calmMs, once);
  }

  test('providers that send a byte now and then', async () => {
    const house = await openApiHouse();
    house.anthropicApi.scenario = {
      faults: ({ body }) => (body.includes('loris') ? { slices: 1, sliceDelayMs: 50 } : undefined),
    };
    const controller = new AbortController();
    onTestFinished(() => controller.abort());
    const ratio = await compare(house, async () => {
      for (let count = 0; count < 50; count += 1) {
        void fetch(`${house.url}/v1/messages`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-api-key': house.key, 'anthropic-version': '2023-06-01' },
          body: JSON.stringify(say('loris', { stream: true })),
          signal: controller.signal,
        }).catch(() => undefined);
      }
      await eventually(
        'they trickle',
        () => house.anthropicApi.requests.filter((one) => one.bytesSent > 2).length >= 50,
      );
    });
    expect(ratio).toBeLessThan(1.5);
  });

  test('clients that send a byte now and then', async () => {
    const house = await openApiHouse();
    const ratio = await compare(house, async () => {
      for (let count = 0; count < 100; count += 1) {
        const client = connect(house.port, '127.0.0.1');
        client.on('error', () => undefined);
        client.write(`POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1:${house.port}\r\nx-api-key: ${house.key}\r\n`);
        client.write('content-type: application/json\r\ncontent-length: 1000\r\n\r\n');
        const timer = setInterval(() => client.write(' '), 50);
        onTestFinished(() => {
          clearInterval(timer);
          client.destroy();
        });
      }
    });
    expect(ratio).toBeLessThan(1.5);
  });

  test('8,000 connections on which nothing happens', async () => {
    const house = await openApiHouse();
    const ratio = await compare(house, async () => {
      for (let batch = 0; batch < 8; batch += 1) {
        await Promise.all(Array.from({ length: 1000 }, () => idleConnection(house.port)));
      }
    });
    expect(ratio).toBeLessThan(1.5);
  }, 60_000);
});

function idleConnection(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const client = connect(port, '127.0.0.1', () => resolve());
    client.on('error', reject);
    onTestFinished(() => void client.destroy());
  });
}
