import { request } from 'node:http';
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { Agent, request as undiciRequest } from 'undici';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { startAnthropicApi } from '../../../support/providers/anthropic/api.ts';
import type { AnthropicApi } from '../../../support/providers/anthropic/api.ts';
import { startOpenAiApi } from '../../../support/providers/openai/api.ts';
import type { OpenAiApi } from '../../../support/providers/openai/api.ts';
import type { Ending, Faults } from '../../../support/providers/server/fault.ts';

let anthropic: AnthropicApi;
let openai: OpenAiApi;
let client: Anthropic;
let openaiClient: OpenAI;

beforeAll(async () => {
  anthropic = await startAnthropicApi();
  openai = await startOpenAiApi();
  client = new Anthropic({ apiKey: anthropic.key, baseURL: anthropic.url, maxRetries: 0 });
  openaiClient = new OpenAI({ apiKey: openai.key, baseURL: openai.url, maxRetries: 0 });
});

afterEach(() => {
  expect([...anthropic.failures, ...openai.failures]).toEqual([]);
  anthropic.reset();
  openai.reset();
});

afterAll(async () => {
  await anthropic.close();
  await openai.close();
});

const ask = {
  model: 'claude-haiku-4-5',
  max_tokens: 1000,
  messages: [{ role: 'user' as const, content: 'grüße 北京 🙂' }],
};
const chat = { model: 'gpt-4o', messages: ask.messages };
const said = 'You said: grüße 北京 🙂';

const finalText = async () => {
  const block = (await client.messages.stream(ask).finalMessage()).content[0];
  return block?.type === 'text' ? block.text : '';
};

/** The answer as it travelled, over a connection of its own. */
function raw(body: object, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; headers: Record<string, unknown>; bytes: Buffer; interim: readonly number[] }>(
    (resolve, reject) => {
      const interim: number[] = [];
      const sent = request(`${anthropic.url}/v1/messages`, {
        method: 'POST',
        agent: false,
        maxHeaderSize: 1024 * 1024,
        headers: {
          'x-api-key': anthropic.key,
          'anthropic-version': '2023-06-01',
          'content-type': 'application/json',
          ...headers,
        },
      });
      sent.on('information', ({ statusCode }) => interim.push(statusCode));
      sent.on('error', reject);
      sent.on('response', async (response) => {
        try {
          const chunks: Buffer[] = [];
          for await (const chunk of response) chunks.push(chunk as Buffer);
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            bytes: Buffer.concat(chunks),
            interim,
          });
        } catch (error) {
          reject(error as Error);
        }
      });
      sent.end(JSON.stringify(body));
    },
  );
}

it.each([400, 401, 402, 403, 429, 500, 503, 529])('answers %d in each API’s own shape', async (status) => {
  const canned = { status, headers: { 'retry-after': '7' } };
  anthropic.scenario = { faults: { canned } };
  openai.scenario = { faults: { canned } };
  const refusal = await client.messages.create(ask).catch((error: unknown) => error);
  const other = await openaiClient.chat.completions.create(chat).catch((error: unknown) => error);

  expect(refusal).toMatchObject({ status, error: { type: 'error', error: { type: expect.any(String) } } });
  expect(other).toMatchObject({ status, error: { message: expect.any(String), type: expect.any(String) } });
  expect((refusal as InstanceType<typeof Anthropic.APIError>).headers?.get('retry-after')).toBe('7');
});

it('deals faults out in turn, or by the request', async () => {
  anthropic.scenario = { faults: [{ canned: { status: 529 } }, {}] };
  await expect(client.messages.create(ask)).rejects.toMatchObject({ status: 529 });
  await client.messages.create(ask);
  await client.messages.create(ask);
  anthropic.scenario = {
    faults: ({ pathname }) => (pathname === '/v1/models' ? { canned: { status: 500 } } : undefined),
  };
  await client.messages.create(ask);
  await expect(client.models.list()).rejects.toMatchObject({ status: 500 });
});

it('sends pages, broken JSON and nothing at all', async () => {
  anthropic.scenario = {
    faults: [
      { canned: { status: 502, form: 'html' } },
      { canned: { status: 200, form: 'broken-json' } },
      { canned: { status: 500, form: 'empty' } },
    ],
  };
  expect((await raw(ask)).headers['content-type']).toContain('text/html');
  await expect(client.messages.create(ask)).rejects.toThrow(/JSON/);
  expect(await raw(ask)).toMatchObject({ status: 500, bytes: Buffer.alloc(0) });
});

const decoders = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync, deflate: inflateSync };

it.each(Object.entries(decoders))(
  'encodes bodies and streams with %s for clients that take it',
  async (encoding, decode) => {
    anthropic.scenario = { faults: { encoding: encoding as Faults['encoding'] } };
    for (const stream of [false, true]) {
      const taken = await raw({ ...ask, stream }, { 'accept-encoding': encoding });
      expect(taken.headers['content-encoding']).toBe(encoding);
      expect(decode(taken.bytes).toString('utf8')).toContain(stream ? 'message_stop' : said);
      const untaken = await raw({ ...ask, stream }, { 'accept-encoding': 'identity' });
      expect(untaken.headers['content-encoding']).toBeUndefined();
    }
    expect(await finalText()).toBe(said);
  },
);

it('sends interim answers before the final one', async () => {
  anthropic.scenario = { faults: { interim: [100, 103] } };
  expect(await raw(ask)).toMatchObject({ status: 200, interim: [100, 103] });
});

it('sends headers that are too large for most', async () => {
  anthropic.scenario = { faults: { paddingHeaderBytes: 20_000 } };
  expect(String((await raw(ask)).headers['x-padding'])).toHaveLength(20_000);
  await expect(client.messages.create(ask)).rejects.toThrow(/Connection error/);
});

const framings: readonly Partial<Faults>[] = [
  { slices: 1 },
  { slices: 7, lineEnding: '\r\n' },
  { lineEnding: '\r\n' },
  { delimiter: 'close' },
  { insertions: [{ afterFrames: 2, text: ': a comment\n\nevent: unheard_of\ndata: {"type":"unheard_of"}\n\n' }] },
  { slices: [3, 17, 100, 101], sliceDelayMs: 2, frameDelayMs: 1 },
];

it.each(framings)('streams the same with %o', async (faults) => {
  anthropic.scenario = { faults };
  expect(await finalText()).toBe(said);
});

const brokenEnds: readonly Ending[] = [
  { kind: 'reset', afterFrames: 4 },
  { kind: 'reset', afterBytes: 700 },
  { kind: 'fin', afterFrames: 4 },
  { kind: 'truncated', afterFrames: 4 },
  { kind: 'error', afterFrames: 4, error: { type: 'overloaded_error', message: 'Overloaded' } },
];

it.each(brokenEnds)('never ends a stream well after %o', async (ending) => {
  anthropic.scenario = { faults: { ending } };
  openai.scenario = { faults: { ending } };
  await expect(finalText()).rejects.toThrow();
  const stream = openaiClient.chat.completions.stream(chat);
  await expect(stream.finalChatCompletion()).rejects.toThrow();
  const [record] = anthropic.requests;
  expect(record?.outcome).toBe(ending.kind === 'reset' || ending.kind === 'fin' ? 'cut' : 'answered');
});

it('breaks a body without chunks in its middle', async () => {
  anthropic.scenario = { faults: { delimiter: 'close', ending: { kind: 'fin', afterFrames: 3 } } };
  const { bytes } = await raw({ ...ask, stream: true });
  expect(bytes.toString('utf8')).toContain('message_start');
  expect(bytes.toString('utf8')).not.toContain('message_stop');
});

it.each([
  { kind: 'reset', afterBytes: 20 },
  { kind: 'fin', afterBytes: 20 },
] as const)('breaks a plain body with %o', async (ending) => {
  anthropic.scenario = { faults: { ending } };
  await expect(raw(ask)).rejects.toThrow();
});

it.each(['reset', 'fin'] as const)('answers with a %s before any header', async (beforeHeaders) => {
  anthropic.scenario = { faults: [{ beforeHeaders }] };
  await expect(raw(ask)).rejects.toThrow(/ECONNRESET|hang up/);
  expect((await raw(ask)).status).toBe(200);
});

it('lets a kept-alive connection go stale', async () => {
  const agent = new Agent({ connections: 1 });
  const post = () =>
    undiciRequest(`${anthropic.url}/v1/models`, {
      dispatcher: agent,
      headers: { 'x-api-key': anthropic.key, 'anthropic-version': '2023-06-01' },
    });
  anthropic.scenario = { faults: { onReuse: 'reset' } };
  await (await post()).body.dump();
  await expect(post()).rejects.toThrow();
  await (await post()).body.dump();
  expect(
    anthropic.requests.map(({ connection, turn }) => [connection - (anthropic.requests[0]?.connection ?? 0), turn]),
  ).toEqual([
    [0, 1],
    [0, 2],
    [1, 1],
  ]);
  await agent.close();
});

it('sends a frame of any size', async () => {
  const text = 'x'.repeat(3_000_000);
  anthropic.scenario = { answer: () => ({ parts: [{ kind: 'text', text }], fragmentCharacters: Infinity }) };
  expect((await finalText()).length).toBe(text.length);
});

it.each(['before the first byte', 'in the middle'])('notes when a client leaves %s', async (when) => {
  const isEarly = when === 'before the first byte';
  anthropic.scenario = {
    faults: isEarly ? { delayBeforeHeadersMs: 60_000 } : { ending: { kind: 'stall', afterFrames: 3 } },
  };
  const abort = new AbortController();
  const answer = fetch(`${anthropic.url}/v1/messages`, {
    method: 'POST',
    signal: abort.signal,
    headers: { 'x-api-key': anthropic.key, 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
    body: JSON.stringify({ ...ask, stream: true }),
  });
  if (isEarly) await expect.poll(() => anthropic.requests.length).toBe(1);
  else await (await answer).body?.getReader().read();
  const leftAtMs = performance.timeOrigin + performance.now();
  abort.abort();
  await answer.catch(() => undefined);
  await expect.poll(() => anthropic.abortions.length).toBe(1);

  const [abortion] = anthropic.abortions;
  expect(abortion?.request).toBe(anthropic.requests[0]);
  expect(abortion?.request.outcome).toBe('aborted');
  expect(abortion?.atMs).toBeGreaterThanOrEqual(leftAtMs);
  expect(abortion?.bytesSent === 0).toBe(isEarly);
});

it('breaks a response’s stream with an error event of its own kind', async () => {
  const ending = { kind: 'error', afterFrames: 3, error: { code: 'server_error', message: 'broken off' } } as const;
  openai.scenario = { faults: { ending } };
  const types: string[] = [];
  const read = async () => {
    const stream = await openaiClient.responses.create({ model: 'gpt-5', input: 'hi', stream: true });
    for await (const event of stream) types.push(event.type === 'error' ? `error: ${event.message}` : event.type);
  };
  await read().catch((error: unknown) => types.push(`error: ${String(error)}`));
  expect(types.slice(0, 3)).toEqual(['response.created', 'response.in_progress', 'response.output_item.added']);
  expect(types.slice(3)).toEqual([expect.stringMatching(/^error: .*broken off/)]);
});
