/** Providers and connections that fail on the way: what the client sees, and how often anybody is asked again. */
import { Agent } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Encoding } from '../../support/providers/server/fault.ts';
import { onRequest, openSocketServer } from '../../support/socket-server.ts';
import { claude, eventually, openApiHouse, say } from './house.ts';

const event = (name: string, value: object) => `event: ${name}\ndata: ${JSON.stringify({ type: name, ...value })}\n\n`;
const start = event('message_start', {
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: claude,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 1, output_tokens: 1 },
  },
});
const open = event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
const delta = event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'hi' } });
const close =
  event('content_block_stop', { index: 0 }) +
  event('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 2 } });
const stop = event('message_stop', {});
const streamHead = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n';

describe('a stream that is cut in its middle', () => {
  const whole = Buffer.from(start + open + delta.repeat(3) + close + stop);
  const ends = ['reset', 'fin', 'truncated'] as const;

  test.each(['/v1/messages', '/v1/chat/completions', '/v1/responses'] as const)(
    'is never taken for whole at %s: 0 false successes of 334 cuts',
    async (path) => {
      let at = 0;
      let how: (typeof ends)[number] = 'reset';
      let asked = 0;
      const { url } = await openSocketServer((socket) =>
        onRequest(socket, () => {
          asked += 1;
          const part = whole.subarray(0, at);
          socket.write(`${streamHead}transfer-encoding: chunked\r\n\r\n${part.length.toString(16)}\r\n`);
          socket.write(part);
          if (how === 'truncated') socket.end('\r\n0\r\n\r\n');
          else
            socket.write('\r\n', () => (how === 'fin' ? socket.end() : setImmediate(() => socket.resetAndDestroy())));
        }),
      );
      const house = await openApiHouse({ upstreams: { anthropic: url } });
      const body = path === '/v1/responses' ? { model: claude, input: 'x', stream: true } : say('x', { stream: true });
      const falseSuccesses: number[] = [];
      for (let round = 0; round < 334; round += 1) {
        // Anywhere from the first content to the last byte before the terminal frame is out.
        const from = start.length + open.length + delta.length;
        at = from + ((round * 7) % (whole.length - stop.length - from));
        how = ends[round % 3] ?? 'reset';
        const answer = await house.ask({ path, body });
        const isTold = /"error"/.test(answer.text.slice(-400)) && answer.status === 200;
        const isEnded = /message_stop|\[DONE\]|response\.completed/.test(answer.text);
        if (!isTold || isEnded) falseSuccesses.push(at);
      }
      expect(falseSuccesses).toEqual([]);
      // Once a byte was sent nobody is asked again.
      expect(asked).toBe(334);
    },
    60_000,
  );

  test('an error event of the provider is no success either', async () => {
    const house = await openApiHouse();
    house.anthropicApi.scenario = { faults: { ending: { kind: 'error', afterFrames: 5 } } };
    const stream = house.anthropic().messages.stream(say('x'));
    await expect(stream.finalMessage()).rejects.toMatchObject({ type: 'overloaded_error' });
  });
});

describe('a connection that breaks before the answer', () => {
  test.each(['reset', 'fin'] as const)('%s: asked at most twice, then 502 in the shape of the dialect', async (how) => {
    const house = await openApiHouse();
    house.anthropicApi.scenario = { faults: { beforeHeaders: how } };
    const answer = await house.askClaude(say('x'));
    expect(answer.status).toBe(502);
    expect(answer.json).toMatchObject({
      type: 'error',
      error: { type: 'api_error', message: expect.stringMatching(/^ccproxy: /) },
    });
    const openai = await house.ask({ path: '/v1/chat/completions', body: say('x') });
    expect([openai.status, openai.json.error.type]).toEqual([502, 'server_error']);
    expect(house.anthropicApi.requests.length).toBeLessThanOrEqual(4);
  });

  test.each(['reset', 'fin'] as const)('a kept one that ended (%s) is replaced, and nobody notices', async (how) => {
    const house = await openApiHouse();
    house.anthropicApi.scenario = { faults: { onReuse: how } };
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    for (let round = 0; round < 20; round += 1) {
      for (const path of ['/v1/messages', '/v1/chat/completions']) {
        const headers = { 'anthropic-version': '2023-06-01' };
        expect((await house.ask({ path, headers, body: say(`x ${round}`), agent })).status).toBe(200);
      }
    }
  });

  test('after sleep every kept connection is dead: 0 client errors', async () => {
    const house = await openApiHouse({ hasFaultProxy: true });
    for (const how of ['reset', 'fin'] as const) {
      await Promise.all(Array.from({ length: 10 }, (_, index) => house.askClaude(say(`warm ${index}`))));
      expect(house.proxy.openConnections).toBeGreaterThan(3);
      house.proxy.cutAll(how);
      const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => house.askClaude(say(`${index}`))));
      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    }
  });

  test('connections that fell silent while the computer slept are left behind: 0 client errors', async () => {
    const answer = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}';
    let oldOnes = Infinity;
    const { url, sockets } = await openSocketServer((socket, number) =>
      onRequest(socket, () => void (number > oldOnes || oldOnes === Infinity ? socket.write(answer) : undefined)),
    );
    const house = await openApiHouse({ upstreams: { anthropic: url } });
    await Promise.all(Array.from({ length: 10 }, (_, index) => house.askClaude(say(`warm ${index}`))));
    oldOnes = sockets.length;
    // The steady clock stands still during sleep, the one on the wall goes on.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
    onTestFinished(() => void vi.useRealTimers());
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => house.askClaude(say(`awake ${index}`))));
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(sockets.length).toBeGreaterThan(oldOnes);
  });

  test('nobody listens: 502 that says so', async () => {
    const house = await openApiHouse({ upstreams: { anthropic: 'http://127.0.0.1:9' } });
    const answer = await house.askClaude(say('x'));
    expect([answer.status, answer.headers['x-companion-error']]).toEqual([502, 'UPSTREAM_UNREACHABLE']);
  });
});

describe('time-outs name which one fired', () => {
  const quick = { timeouts: { connect: '300ms', first_byte: '300ms', idle: '300ms' } };

  test('connect', async () => {
    const silent = createTcpServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as AddressInfo;
    const house = await openApiHouse({ config: quick, upstreams: { anthropic: `https://127.0.0.1:${port}` } });
    const answer = await house.askClaude(say('x'));
    expect([answer.status, answer.headers['x-companion-error']]).toEqual([504, 'CONNECT_TIMEOUT']);
    expect(answer.json.error).toMatchObject({
      type: 'timeout_error',
      message: expect.stringContaining('timeouts.connect'),
    });
  });

  test.each(['/v1/messages', '/v1/chat/completions'])('first byte, at %s', async (path) => {
    const house = await openApiHouse({ config: quick });
    house.anthropicApi.scenario = { faults: { beforeHeaders: 'stall' } };
    const answer = await house.ask({ path, body: say('x') });
    expect([answer.status, answer.headers['x-companion-error']]).toEqual([504, 'FIRST_BYTE_TIMEOUT']);
    expect(answer.json.error.message).toContain('timeouts.first_byte');
    // It may be at work on it: asking again would cost twice.
    expect(house.anthropicApi.requests).toHaveLength(1);
    await eventually('the provider is let go', () => house.anthropicApi.abortions.length === 1);
  });

  test.each(['/v1/messages', '/v1/chat/completions'])('idle, at %s', async (path) => {
    const house = await openApiHouse({ config: quick });
    house.anthropicApi.scenario = { faults: { ending: { kind: 'stall', afterFrames: 4 } } };
    const headers = { 'anthropic-version': '2023-06-01' };
    const answer = await house.ask({ path, headers, body: say('a longer answer', { stream: true }) });
    expect(answer.status).toBe(200);
    expect(answer.text.slice(-400)).toContain('timeouts.idle');
    expect((await house.explain(answer.headers['x-companion-exchange'])).outcome).toBe('IDLE_TIMEOUT');
  });

  test('but there is none for the whole: a slow answer takes its time', async () => {
    const house = await openApiHouse({ config: quick });
    house.anthropicApi.scenario = { faults: { frameDelayMs: 120 } };
    const sentAtMs = performance.now();
    expect(await house.anthropic().messages.stream(say('slowly now')).finalText()).toBe('You said: slowly now');
    expect(performance.now() - sentAtMs).toBeGreaterThan(700);
  });
});

describe('answers in unusual forms', () => {
  test.each([[[100]], [[103]], [[100, 103, 103]]] as const)('interim answers %j are passed over', async (interim) => {
    const house = await openApiHouse();
    house.anthropicApi.scenario = { faults: { interim } };
    const headers = { 'anthropic-version': '2023-06-01' };
    for (const path of ['/v1/messages', '/v1/chat/completions']) {
      const answer = await house.ask({ path, headers, body: say('x') });
      expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('You said: x')]);
    }
  });

  test.each(['gzip', 'br', 'zstd', 'deflate'] as readonly Encoding[])(
    '%s that nobody asked for is undone for a translation',
    async (encoding) => {
      const house = await openApiHouse();
      house.anthropicApi.scenario = { faults: { encoding, ignoresAcceptEncoding: true } };
      const client = house.openai();
      const messages = [{ role: 'user' as const, content: 'squeeze' }];
      const whole = await client.chat.completions.create({ model: claude, messages });
      expect(whole.choices[0]?.message.content).toBe('You said: squeeze');
      expect(await client.chat.completions.stream({ model: claude, messages }).finalContent()).toBe(
        'You said: squeeze',
      );
      house.anthropicApi.scenario = {
        faults: { encoding, ignoresAcceptEncoding: true, canned: { status: 400, message: 'tight' } },
      };
      await expect(client.chat.completions.create({ model: claude, messages })).rejects.toThrow('tight');
    },
  );

  test('a body that ends with its connection comes whole, relayed and translated', async () => {
    const house = await openApiHouse();
    house.anthropicApi.scenario = { faults: { delimiter: 'close', frameDelayMs: 5 } };
    const headers = { 'anthropic-version': '2023-06-01' };
    for (const path of ['/v1/messages', '/v1/chat/completions']) {
      for (const stream of [true, false]) {
        const answer = await house.ask({ path, headers, body: say('to the end', { stream }) });
        expect([answer.status, answer.isCut]).toEqual([200, false]);
        expect(answer.text).toMatch(stream ? /message_stop|\[DONE\]/ : /You said: to the end/);
      }
    }
  });

  test('headers of a provider above 16 kB come through, or end in a clean error', async () => {
    const house = await openApiHouse();
    for (const paddingHeaderBytes of [15_000, 20_000, 200_000]) {
      house.anthropicApi.scenario = { faults: { paddingHeaderBytes } };
      const answer = await house.askClaude(say('x'));
      if (answer.status !== 200) expect([answer.status, answer.json.type]).toEqual([502, 'error']);
      else expect(answer.headers['x-padding']).toHaveLength(paddingHeaderBytes);
    }
    house.anthropicApi.scenario = {};
    expect((await house.askClaude(say('x'))).status).toBe(200);
  });

  test('headers of a client above 16 kB are a 431, one of the provider is passed on', async () => {
    const house = await openApiHouse();
    expect((await house.askClaude(say('x'), { 'x-long': 'y'.repeat(20_000) })).status).toBe(431);
    house.anthropicApi.scenario = { faults: { canned: { status: 431, message: 'Too long' } } };
    expect(await house.askClaude(say('x'))).toMatchObject({ status: 431, json: { error: { message: 'Too long' } } });
    house.anthropicApi.scenario = {};
    expect((await house.askClaude(say('x'))).status).toBe(200);
  });
});

test.each([-86_400_000, 86_400_000])(
  'a clock that jumps by %i ms ends no rest early, and begins no loop',
  async (jumpMs) => {
    const house = await openApiHouse({ anthropic: ['a', 'b'] });
    house.failKey('a', { canned: { status: 429, headers: { 'retry-after': '60' } } });
    await house.askClaude(say('x'));
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + jumpMs });
    onTestFinished(() => void vi.useRealTimers());
    for (let round = 0; round < 10; round += 1) expect((await house.askClaude(say(`${round}`))).status).toBe(200);
    // A day later the rest is over, and the next 429 begins another one.
    const asked = house.askedWith.filter((name) => name === 'a').length;
    expect(asked).toBe(jumpMs > 0 ? 2 : 1);
  },
);
