/** The real SDK against what the dialect writes, over a socket. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import OpenAI, { APIError, AuthenticationError, BadRequestError, RateLimitError } from 'openai';
import { afterEach, expect, it } from 'vitest';
import { CompanionError, toCompanionError } from '../../../../companion/base/error.ts';
import { MessageCollector } from '../../../../companion/wire/hub/collect.ts';
import type { HubEvent } from '../../../../companion/wire/hub/event.ts';
import { openAiChatDialect } from '../../../../companion/wire/openai-chat/codec.ts';
import { encodeModels } from '../../../../companion/wire/openai-chat/encode-models.ts';
import { STAMP, hello, patchTool, start, stop, textEvents, toolEvents } from './support.ts';

const MODEL = 'claude-sonnet-4-6';
const servers: Server[] = [];
const overloaded: HubEvent = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };

afterEach(async () => {
  const closing = servers.splice(0);
  for (const server of closing) server.close();
  await Promise.all(closing.map((server) => once(server, 'close')));
});

it('streams text, with comments between the events, to one completion', async () => {
  const client = await serve([start(), ...textEvents(0, '北京 ', '🙂'), ...stop('end_turn')]);
  const stream = client.chat.completions.stream({ model: MODEL, messages: [hello] });
  const words: string[] = [];
  stream.on('content', (delta) => words.push(delta));
  const completion = await stream.finalChatCompletion();
  expect(words).toEqual(['北京 ', '🙂']);
  expect(completion.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: '北京 🙂' } });
});

it('assembles parallel tool calls from their parts', async () => {
  const events = [...toolEvents(1, 't1', 'f', '{"x"', ':1}'), ...toolEvents(2, 't2', 'g')];
  const client = await serve([start(), ...textEvents(0, 'Look'), ...events, ...stop('tool_use')]);
  const stream = client.chat.completions.stream({ model: MODEL, messages: [hello] });
  const [choice] = (await stream.finalChatCompletion()).choices;
  expect(choice?.finish_reason).toBe('tool_calls');
  expect(choice?.message.tool_calls).toMatchObject([
    { id: 't1', function: { name: 'f', arguments: '{"x":1}' } },
    { id: 't2', function: { name: 'g', arguments: '{}' } },
  ]);
});

it.each([
  ['streamed', true],
  ['whole', false],
])('gives the text of custom calls beside function calls, %s', async (_name, isStreamed) => {
  const text = '*** Begin "Patch"\n+\\d 🙂';
  const json = JSON.stringify({ input: text });
  const patch = toolEvents(0, 't1', 'apply_patch', ...(json.match(/.{1,3}/gs) ?? []));
  const client = await serve([start(), ...patch, ...toolEvents(1, 't2', 'f', '{"x":1}'), ...stop('tool_use')]);
  const body = { model: MODEL, messages: [hello], tools: [patchTool] };
  const { choices } = isStreamed
    ? await client.chat.completions.stream(body).finalChatCompletion()
    : await client.chat.completions.create(body);
  expect(choices[0]).toMatchObject({
    finish_reason: 'tool_calls',
    message: {
      tool_calls: [
        { id: 't1', type: 'custom', custom: { name: 'apply_patch', input: text } },
        { id: 't2', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
      ],
    },
  });
});

it.each([
  ['max_tokens', 'length'],
  ['refusal', 'content_filter'],
  ['stop_sequence', 'stop'],
])('reports %s as %s', async (reason, finishReason) => {
  const client = await serve([start(), ...textEvents(0, 'a'), ...stop(reason)]);
  const stream = await client.chat.completions.create({ model: MODEL, messages: [hello], stream: true });
  const reasons: unknown[] = [];
  for await (const chunk of stream) reasons.push(chunk.choices[0]?.finish_reason);
  expect(reasons.filter(Boolean)).toEqual([finishReason]);
});

it('gives the usage of a stream when asked', async () => {
  const client = await serve([start({ input_tokens: 3 }), ...textEvents(0, 'a'), ...stop('end_turn')]);
  const stream = client.chat.completions.stream({
    model: MODEL,
    messages: [hello],
    stream_options: { include_usage: true },
  });
  expect(await stream.totalUsage()).toMatchObject({ prompt_tokens: 3, completion_tokens: 7, total_tokens: 10 });
});

it('P21 rejects with APIError when the provider fails in the middle, after the words that came', async () => {
  const client = await serve([start(), ...textEvents(0, 'a', 'b', 'c').slice(0, 4), overloaded]);
  const stream = await client.chat.completions.create({ model: MODEL, messages: [hello], stream: true });
  const words: unknown[] = [];
  const reading = (async () => {
    for await (const chunk of stream) words.push(chunk.choices[0]?.delta.content);
  })();
  const failure = await failureOf(reading);
  expect(failure).toBeInstanceOf(APIError);
  expect(failure).toMatchObject({ type: 'overloaded_error', code: 'overloaded' });
  expect(words).toEqual(['', 'a', 'b', 'c']);
});

it('rejects a stream that breaks off', async () => {
  const client = await serve([start(), ...textEvents(0, 'a')]);
  const stream = client.chat.completions.stream({ model: MODEL, messages: [hello] });
  await expect(stream.finalChatCompletion()).rejects.toThrow(/ccproxy: The answer ended before it was complete/);
});

it('gives the whole message at once', async () => {
  const client = await serve([start(), ...toolEvents(0, 't1', 'f', '{"x":1}'), ...stop('tool_use')]);
  const completion = await client.chat.completions.create({ model: MODEL, messages: [hello] });
  expect(completion.choices[0]?.message).toMatchObject({
    content: null,
    tool_calls: [{ id: 't1', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }],
  });
});

it.each([
  [new CompanionError('CLIENT_KEY_INVALID', 'The key is not known.'), AuthenticationError, 'invalid_api_key'],
  [new CompanionError('RATE_LIMITED', 'The window is full.'), RateLimitError, 'rate_limit_exceeded'],
])('throws the SDK’s own class for an error before the answer', async (error, errorClass, code) => {
  const client = await serve(error);
  const failure = await failureOf(client.chat.completions.create({ model: MODEL, messages: [hello] }));
  expect(failure).toBeInstanceOf(errorClass);
  expect(failure).toMatchObject({ code });
});

it('tells the field that is wrong', async () => {
  const client = await serve([]);
  const failure = await failureOf(client.chat.completions.create({ model: MODEL, messages: [hello], n: 2 }));
  expect(failure).toBeInstanceOf(BadRequestError);
  expect(failure).toMatchObject({ param: 'n', type: 'invalid_request_error' });
});

it('lists models', async () => {
  const client = await serve([]);
  const ids: string[] = [];
  for await (const model of client.models.list()) ids.push(model.id);
  expect(ids).toEqual(['claude-opus-5']);
});

async function failureOf(work: PromiseLike<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (thrown) {
    return thrown;
  }
  throw new Error('It did not fail.');
}

/** A client of a server that answers each request with these events, or with this error. */
async function serve(answer: readonly HubEvent[] | CompanionError): Promise<OpenAI> {
  const server = createServer((request, response) => void respond(request, response, answer));
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'client-key', maxRetries: 0 });
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: readonly HubEvent[] | CompanionError,
): Promise<void> {
  response.setHeader('connection', 'close');
  if (request.url === '/v1/models')
    return sendJson(response, 200, encodeModels([{ id: 'claude-opus-5', name: 'O', owner: 'anthropic' }]));
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  try {
    if (answer instanceof CompanionError) throw answer;
    respondWith(JSON.parse(Buffer.concat(chunks).toString('utf8')), response, answer);
  } catch (thrown) {
    const { status, body, headers } = openAiChatDialect.encodeError(toCompanionError(thrown), 0);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    sendJson(response, status, body);
  }
}

function respondWith(body: unknown, response: ServerResponse, events: readonly HubEvent[]): void {
  const request = openAiChatDialect.decodeRequest(body);
  if (!request.isStream) {
    const collector = new MessageCollector();
    for (const event of events) collector.push(event);
    return sendJson(response, 200, openAiChatDialect.encodeMessage(collector.message(), request, STAMP));
  }
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  const encoder = openAiChatDialect.streamEncoder(request, STAMP);
  let state = encoder.initial;
  for (const event of events) {
    const [next, lines] = encoder.step(state, event);
    state = next;
    response.write(openAiChatDialect.keepAlive + lines.join(''));
  }
  response.end(encoder.end(state).join(''));
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
