/** The real SDK against what the dialect writes, over a socket. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import OpenAI, { APIError, BadRequestError, RateLimitError } from 'openai';
import { afterEach, expect, it } from 'vitest';
import { CompanionError, toCompanionError } from '../../../../companion/base/error.ts';
import type { DecodedRequest } from '../../../../companion/wire/codec.ts';
import { MessageCollector } from '../../../../companion/wire/hub/collect.ts';
import type { HubEvent } from '../../../../companion/wire/hub/event.ts';
import { openAiResponsesDialect } from '../../../../companion/wire/openai-responses/codec.ts';
import { BUDGET_MODEL, STAMP, block, start, stop, textEvents, toolEvents } from '../openai-chat/support.ts';
import { thinkingEvents } from './support.ts';

type Answer = readonly HubEvent[] | CompanionError;

const MODEL = 'claude-sonnet-4-6';
const overloaded: HubEvent = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
const lookTool = {
  type: 'function' as const,
  name: 'look',
  parameters: { type: 'object', properties: { x: { type: 'number' } } },
  strict: false,
};
const servers: Server[] = [];

afterEach(async () => {
  const closing = servers.splice(0);
  for (const server of closing) server.close();
  await Promise.all(closing.map((server) => once(server, 'close')));
});

it('streams text, with comments between the events, to one response', async () => {
  const { client } = await serve([start({ input_tokens: 3 }), ...textEvents(0, '北京 ', '🙂'), ...stop('end_turn')]);
  const stream = client.responses.stream({ model: MODEL, input: 'hi' });
  const words: string[] = [];
  stream.on('response.output_text.delta', (event) => words.push(event.delta));
  const response = await stream.finalResponse();
  expect(words).toEqual(['北京 ', '🙂']);
  expect(response).toMatchObject({ status: 'completed', output_text: '北京 🙂', usage: { total_tokens: 10 } });
});

it('assembles parallel calls from their parts, after text', async () => {
  const events = [...toolEvents(1, 't1', 'look', '{"x"', ':1}'), ...toolEvents(2, 't2', 'look')];
  const { client } = await serve([start(), ...textEvents(0, 'Look'), ...events, ...stop('tool_use')]);
  const stream = client.responses.stream({ model: MODEL, input: 'hi', tools: [lookTool] });
  const { output } = await stream.finalResponse();
  expect(output).toMatchObject([
    { type: 'message' },
    { type: 'function_call', id: 'fc_t1', call_id: 't1', arguments: '{"x":1}' },
    { type: 'function_call', id: 'fc_t2', call_id: 't2', arguments: '{}' },
  ]);
});

it('gives the text of a freeform call', async () => {
  const { client } = await serve([start(), ...toolEvents(0, 't1', 'patch', '{"input":"*** x"}'), ...stop('tool_use')]);
  const stream = client.responses.stream({ model: MODEL, input: 'hi', tools: [{ type: 'custom', name: 'patch' }] });
  expect((await stream.finalResponse()).output).toMatchObject([
    { type: 'custom_tool_call', call_id: 't1', name: 'patch', input: '*** x' },
  ]);
});

it('keeps a tool loop with thinking going: what it gave is sent back and understood', async () => {
  const first = [...thinkingEvents(0, 'SIG=', 'h', 'm'), ...block(1, { type: 'redacted_thinking', data: 'DATA' })];
  const { client, requests } = await serve(
    [start(), ...first, ...toolEvents(2, 'toolu_1', 'look', '{"x":1}'), ...stop('tool_use')],
    [start(), ...textEvents(0, 'done'), ...stop('end_turn')],
  );
  const asked = {
    model: MODEL,
    tools: [lookTool],
    reasoning: { effort: 'high', summary: 'auto' } as const,
    include: ['reasoning.encrypted_content' as const],
    store: false,
  };
  const stream = client.responses.stream({ ...asked, input: 'hi' });
  const summary: string[] = [];
  stream.on('response.reasoning_summary_text.delta', (event) => summary.push(event.delta));
  const { output } = await stream.finalResponse();
  expect(summary).toEqual(['h', 'm']);
  const result = { type: 'function_call_output' as const, call_id: 'toolu_1', output: '42' };
  const input = [{ role: 'user' as const, content: 'hi' }, ...(output as OpenAI.Responses.ResponseInput), result];
  const second = await client.responses.create({ ...asked, input });
  expect(second.output_text).toBe('done');
  expect(requests[1]?.hub.thinking).toMatchObject({ type: 'adaptive' });
  expect(requests[1]?.hub.messages.slice(1)).toEqual([
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'hm', signature: 'SIG=' },
        { type: 'redacted_thinking', data: 'DATA' },
        { type: 'tool_use', id: 'toolu_1', name: 'look', input: { x: 1 } },
      ],
    },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: '42' }] },
  ]);
});

it.each([
  [MODEL, textEvents(0, '{"a"', ':1}')],
  [BUDGET_MODEL, toolEvents(0, 't', 'json_output', '{"a"', ':1}')],
])('parses structured output of %s', async (model, events) => {
  const { client } = await serve([start(), ...events, ...stop('end_turn')]);
  const format = { type: 'json_schema' as const, name: 'answer', schema: { type: 'object' }, strict: true };
  const stream = client.responses.stream({ model, input: 'hi', text: { format } });
  expect(JSON.parse((await stream.finalResponse()).output_text)).toEqual({ a: 1 });
});

it.each([
  ['max_tokens', 'max_output_tokens'],
  ['refusal', 'content_filter'],
])('reports %s as incomplete by %s', async (stopReason, reason) => {
  const { client } = await serve([start(), ...textEvents(0, 'a'), ...stop(stopReason)]);
  const response = await client.responses.stream({ model: MODEL, input: 'hi' }).finalResponse();
  expect(response).toMatchObject({ status: 'incomplete', incomplete_details: { reason }, output_text: 'a' });
});

it('rejects with APIError when the provider fails in the middle, after the words that came', async () => {
  const { client } = await serve([start(), ...textEvents(0, 'a', 'b').slice(0, 3), overloaded]);
  const stream = await client.responses.create({ model: MODEL, input: 'hi', stream: true });
  const words: unknown[] = [];
  const reading = (async () => {
    for await (const event of stream) if (event.type === 'response.output_text.delta') words.push(event.delta);
  })();
  const failure = await failureOf(reading);
  expect(failure).toBeInstanceOf(APIError);
  expect(failure).toMatchObject({ type: 'overloaded_error', code: 'overloaded', message: 'Overloaded' });
  expect(words).toEqual(['a', 'b']);
});

it('rejects a stream that breaks off', async () => {
  const { client } = await serve([start(), ...textEvents(0, 'a')]);
  const stream = client.responses.stream({ model: MODEL, input: 'hi' });
  await expect(stream.finalResponse()).rejects.toThrow(/ccproxy: The answer ended before it was complete/);
});

it('gives the whole response at once', async () => {
  const { client } = await serve([start(), ...textEvents(0, 'a'), ...toolEvents(1, 't1', 'f'), ...stop('tool_use')]);
  const response = await client.responses.create({ model: MODEL, input: 'hi' });
  expect(response).toMatchObject({
    id: 'resp_01abc',
    object: 'response',
    output_text: 'a',
    output: [{ type: 'message' }, { type: 'function_call', call_id: 't1', arguments: '{}' }],
  });
});

it('tells the field that is wrong, and throws the SDK’s own class for an error before the answer', async () => {
  const { client } = await serve([], new CompanionError('RATE_LIMITED', 'The window is full.'));
  const refused = await failureOf(
    client.responses.create({ model: MODEL, input: 'hi', previous_response_id: 'resp_1' }),
  );
  expect(refused).toBeInstanceOf(BadRequestError);
  expect(refused).toMatchObject({
    param: 'previous_response_id',
    message: expect.stringContaining('Send the whole input') as unknown,
  });
  const limited = await failureOf(client.responses.create({ model: MODEL, input: 'hi' }));
  expect(limited).toBeInstanceOf(RateLimitError);
  expect(limited).toMatchObject({ code: 'rate_limit_exceeded' });
});

async function failureOf(work: PromiseLike<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (thrown) {
    return thrown;
  }
  throw new Error('It did not fail.');
}

/** A client of a server that gives one of these answers after the other, and the requests that it decoded. */
async function serve(
  ...answers: readonly Answer[]
): Promise<{ readonly client: OpenAI; readonly requests: readonly DecodedRequest[] }> {
  const requests: DecodedRequest[] = [];
  let next = 0;
  const server = createServer((request, response) => void respond(request, response, answers[next++] ?? [], requests));
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'client-key', maxRetries: 0 });
  return { client, requests };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  requests: DecodedRequest[],
): Promise<void> {
  response.setHeader('connection', 'close');
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  try {
    if (answer instanceof CompanionError) throw answer;
    const decoded = openAiResponsesDialect.decodeRequest(JSON.parse(Buffer.concat(chunks).toString('utf8')));
    requests.push(decoded);
    respondWith(decoded, response, answer);
  } catch (thrown) {
    const { status, body, headers } = openAiResponsesDialect.encodeError(toCompanionError(thrown), 0);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    sendJson(response, status, body);
  }
}

function respondWith(request: DecodedRequest, response: ServerResponse, events: readonly HubEvent[]): void {
  if (!request.isStream) {
    const collector = new MessageCollector();
    for (const event of events) collector.push(event);
    return sendJson(response, 200, openAiResponsesDialect.encodeMessage(collector.message(), request, STAMP));
  }
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  const encoder = openAiResponsesDialect.streamEncoder(request, STAMP);
  let state = encoder.initial;
  for (const event of events) {
    const [next, lines] = encoder.step(state, event);
    state = next;
    response.write(openAiResponsesDialect.keepAlive + lines.join(''));
  }
  response.end(encoder.end(state).join(''));
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
