/** Clients that leave, read slowly, or are still there when the companion stops. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { onRequest, openSocketServer } from '../../support/socket-server.ts';
import { claude, eventually, openApiHouse, say } from './house.ts';
import type { ApiHouse } from './house.ts';

const event = (name: string, value: object) => `event: ${name}\ndata: ${JSON.stringify({ type: name, ...value })}\n\n`;
const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: claude,
  content: [],
  usage: { input_tokens: 1 },
};
const head =
  event('message_start', { message }) +
  event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
const delta = event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'hello there' } });
const stream = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n';

function post(house: ApiHouse, path: string, more: object = {}): Socket {
  const client = connect(house.port, '127.0.0.1');
  client.on('error', () => undefined);
  onTestFinished(() => void client.destroy());
  const body = JSON.stringify(say('x', { stream: true, ...more }));
  client.write(
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${house.port}\r\nauthorization: Bearer ${house.key}\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  return client;
}

const paths = ['/v1/messages', '/v1/chat/completions'] as const;

describe.each(paths)('a client of %s that leaves', (path) => {
  test.each([
    ['before the first byte', ''],
    ['after the first byte', `${stream}\r\n${head}${delta}`],
  ])('%s: the provider is let go within 20 ms, 100 times of 100', async (_name, bytes) => {
    const closed: Promise<number>[] = [];
    let asked = 0;
    const { url } = await openSocketServer((socket) => {
      closed.push(new Promise((resolve) => socket.on('close', () => resolve(performance.now()))));
      onRequest(socket, () => {
        asked += 1;
        socket.write(bytes);
      });
    });
    const house = await openApiHouse({ upstreams: { anthropic: url } });
    const delays: number[] = [];
    for (let round = 0; round < 100; round += 1) {
      const client = post(house, path);
      if (bytes === '') await eventually('the provider is asked', () => asked === round + 1);
      else await new Promise((resolve) => client.once('data', resolve));
      const leftAtMs = performance.now();
      client.destroy();
      delays.push(((await closed[round]) ?? Infinity) - leftAtMs);
    }
    expect(delays).toHaveLength(100);
    // All but those in which this machine had other things to do.
    expect(delays.toSorted((one, other) => one - other)[90]).toBeLessThan(20);
    await eventually('all are in the ledger', async () => (await house.exchanges()).length === 100);
    expect(new Set((await house.exchanges()).map(({ outcome }) => outcome))).toEqual(new Set(['CLIENT_GONE']));
    expect(house.app.service.status().activity).toEqual([]);
    expect(house.app.service.keys.list().map(({ isHealthy }) => isHealthy)).toEqual([true]);
  });

  test('reads slowly: less than 2 MB a stream, and the provider waits', async () => {
    const sent: number[] = [];
    const total = 64 << 20;
    const line = Buffer.from(delta.repeat(300));
    const { url } = await openSocketServer((socket, number) =>
      onRequest(socket, () => {
        sent[number - 1] = 0;
        socket.write(`${stream}connection: close\r\n\r\n${head}`);
        const more = () => {
          for (let own = 0; own < total && !socket.destroyed; own = sent[number - 1] ?? 0) {
            sent[number - 1] = own + line.length;
            if (!socket.write(line)) return;
          }
        };
        socket.on('drain', more);
        more();
      }),
    );
    const house = await openApiHouse({ upstreams: { anthropic: url } });
    const before = memoryInUse();
    const clients = Array.from({ length: 6 }, () => post(house, path).pause());
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    // Both ends of every connection live in this process. What is garbage is given back a little later.
    await expect.poll(() => (memoryInUse() - before) / clients.length).toBeLessThan(2 << 20);
    // What the sockets of the system hold is outside of this process: some MB for each of the four ends.
    expect(sent).toHaveLength(clients.length);
    expect(Math.max(...sent)).toBeLessThan(16 << 20);
  });
});

/** Without what was only not collected yet. */
function memoryInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

test('an SDK that aborts lets the provider go', async () => {
  const house = await openApiHouse();
  house.anthropicApi.scenario = { faults: { frameDelayMs: 30 } };
  const anthropic = house.anthropic().messages.stream(say('one two three'));
  await new Promise<void>((resolve) => anthropic.once('text', () => resolve()));
  anthropic.abort();
  await expect(anthropic.done()).rejects.toThrow('aborted');
  await eventually('Anthropic is let go', () => house.anthropicApi.abortions.length === 1);
  const chunks = await house.openai().chat.completions.create({
    model: claude,
    messages: [{ role: 'user', content: 'one two three' }],
    stream: true,
  });
  // Leaving the loop is how the SDK aborts.
  for await (const _ of chunks) break;
  await eventually('it is let go again', () => house.anthropicApi.abortions.length === 2);
});

describe('the companion stops', () => {
  test.each(paths)('%s: streams that end in time are whole', async (path) => {
    const house = await openApiHouse({ config: { server: { drain_seconds: 5 } } });
    house.anthropicApi.scenario = { faults: { frameDelayMs: 30 } };
    const headers = { 'anthropic-version': '2023-06-01' };
    const asked = house.ask({ path, headers, body: say('to the end', { stream: true }) });
    await eventually('it runs', () => house.anthropicApi.requests[0]?.bytesSent);
    await house.stop();
    const answer = await asked;
    expect(answer.isCut).toBe(false);
    expect(answer.text).toMatch(/message_stop|\[DONE\]/);
  });

  test.each([...paths, '/v1/responses'])(
    '%s: the others end with an error event, none is cut silently',
    async (path) => {
      const house = await openApiHouse({ config: { server: { drain_seconds: 1 } } });
      house.anthropicApi.scenario = { faults: { ending: { kind: 'stall', afterFrames: 4 } } };
      const headers = { 'anthropic-version': '2023-06-01' };
      const body =
        path === '/v1/responses'
          ? { model: claude, input: 'a long answer', stream: true }
          : say('a long answer', { stream: true });
      const asked = Array.from({ length: 20 }, () => house.ask({ path, headers, body }));
      await eventually(
        'they run',
        () => house.anthropicApi.requests.filter(({ bytesSent }) => bytesSent > 0).length === 20,
      );
      const stoppedAtMs = performance.now();
      await house.stop();
      expect(performance.now() - stoppedAtMs).toBeLessThan(4_000);
      const answers = await Promise.all(asked);
      expect(answers.filter(({ isCut }) => isCut)).toEqual([]);
      for (const { text } of answers) {
        expect(text.slice(-500)).toContain('stopped before the answer was complete');
        expect(text).not.toMatch(/message_stop|\[DONE\]|response\.completed/);
      }
    },
  );

  test('a request that comes meanwhile is refused', async () => {
    const house = await openApiHouse({ config: { server: { drain_seconds: 2 } } });
    house.anthropicApi.scenario = { faults: { frameDelayMs: 100 } };
    const running = house.askClaude(say('one two three four', { stream: true }));
    await eventually('it runs', () => house.anthropicApi.requests[0]?.bytesSent);
    const { key } = house;
    const stopping = house.stop();
    const late = await house
      .ask({ path: '/v1/messages', headers: { 'x-api-key': key }, body: say('late') })
      .catch(() => undefined);
    if (late !== undefined) expect([late.status, late.headers['x-companion-error']]).toEqual([503, 'SHUTTING_DOWN']);
    expect((await running).text).toContain('message_stop');
    await stopping;
    expect(house.anthropicApi.requests).toHaveLength(1);
  });
});
