import type OpenAI from 'openai';
import { expect, it } from 'vitest';
import { openAiChatDialect } from '../../../../companion/wire/openai-chat/codec.ts';
import type { HubEvent } from '../../../../companion/wire/hub/event.ts';
import { STAMP, block, decode, patchTool, start, stop, textEvents, toolEvents } from './support.ts';

type Chunk = OpenAI.ChatCompletionChunk;

const ping: HubEvent = { type: 'ping' };
const overloaded: HubEvent = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
const schema = (wanted: unknown): Record<string, unknown> => {
  return { response_format: { type: 'json_schema', json_schema: { name: 'a', schema: wanted } } };
};

it('P18 gives a role, the content, one finish and DONE, and no ping', () => {
  const lines = encode([start(), ping, ...textEvents(0, 'Hel', 'lo'), ping, ...stop('end_turn')]);
  expect(lines.at(-1)).toBe('data: [DONE]\n\n');
  expect(lines.join('')).not.toContain('ping');
  const chunks = readChunks(lines);
  expect(chunks.map((chunk) => chunk.choices[0])).toEqual([
    choice({ role: 'assistant', content: '' }),
    choice({ content: 'Hel' }),
    choice({ content: 'lo' }),
    choice({}, 'stop'),
  ]);
});

it('says the same id, time and model in every chunk', () => {
  const chunks = readChunks(encode([start(), ...textEvents(0, 'a'), ...stop('end_turn')]));
  for (const chunk of chunks) {
    expect(chunk).toMatchObject({
      id: 'chatcmpl-01abc',
      object: 'chat.completion.chunk',
      created: 1_700_000_000,
      model: 'claude-sonnet-4-6',
    });
  }
});

it('P19 counts tool calls alone, and keeps thinking out of the content', () => {
  const thinking = block(
    0,
    { type: 'thinking', thinking: '', signature: '' },
    { type: 'thinking_delta', thinking: 'hm' },
    { type: 'signature_delta', signature: 'sig' },
  );
  const deltas = deltasOf([
    start(),
    ...thinking,
    ...textEvents(1, 'Let me look.'),
    ...toolEvents(2, 't1', 'f', '', '{"x"', ':1}'),
    ...toolEvents(3, 't2', 'g', '{}'),
    ...stop('tool_use'),
  ]);
  expect(deltas).toEqual([
    { role: 'assistant', content: '' },
    { reasoning_content: 'hm' },
    { content: 'Let me look.' },
    { tool_calls: [{ index: 0, id: 't1', type: 'function', function: { name: 'f', arguments: '' } }] },
    { tool_calls: [{ index: 0, function: { arguments: '{"x"' } }] },
    { tool_calls: [{ index: 0, function: { arguments: ':1}' } }] },
    { tool_calls: [{ index: 1, id: 't2', type: 'function', function: { name: 'g', arguments: '' } }] },
    { tool_calls: [{ index: 1, function: { arguments: '{}' } }] },
    {},
  ]);
});

it('gives {} as the arguments of a call that has none, and whole input that came without deltas', () => {
  const whole = block(1, { type: 'tool_use', id: 't2', name: 'g', input: { y: 2 } });
  const lines = encode([start(), ...toolEvents(0, 't1', 'f', ''), ...whole, ...stop('tool_use')]);
  const calls = readChunks(lines).flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? []);
  expect(calls.map((call) => [call.index, call.function?.arguments])).toEqual([
    [0, ''],
    [0, '{}'],
    [1, ''],
    [1, '{"y":2}'],
  ]);
});

it('P20 adds merged usage in a chunk of its own when asked, and null in the others', () => {
  const counts = { input_tokens: 10, cache_read_input_tokens: 90, cache_creation_input_tokens: 4, output_tokens: 1 };
  const events = [
    start(counts),
    ...textEvents(0, 'a'),
    ...stop('end_turn', { output_tokens: 7, cache_creation_input_tokens: 5, input_tokens: null }),
  ];
  const chunks = readChunks(encode(events, { stream_options: { include_usage: true } }));
  expect(chunks.slice(0, -1).map((chunk) => chunk.usage)).toEqual([null, null, null]);
  expect(chunks.at(-1)?.choices).toEqual([]);
  expect(chunks.at(-1)?.usage).toMatchObject({
    prompt_tokens: 105,
    completion_tokens: 7,
    total_tokens: 112,
    prompt_tokens_details: { cached_tokens: 90, cache_write_tokens: 5 },
  });
  for (const chunk of readChunks(encode(events))) expect(chunk).not.toHaveProperty('usage');
});

it('P21 ends with the provider’s error and no DONE', () => {
  const lines = encode([start(), ...textEvents(0, 'a', 'b', 'c').slice(0, 4), overloaded]);
  expect(lines).toHaveLength(5);
  expect(JSON.parse(lines.at(-1)?.slice('data: '.length) ?? '')).toEqual({
    error: { type: 'overloaded_error', message: 'Overloaded', param: null, code: 'overloaded' },
  });
});

it('names a conversation that is too long in OpenAI’s way', () => {
  const message = 'prompt is too long: 210000 tokens > 200000 maximum';
  const [line] = encode([{ type: 'error', error: { type: 'invalid_request_error', message } }]);
  expect(line).toContain('"code":"context_length_exceeded"');
});

it('ends a stream that breaks off with an error of its own', () => {
  const lines = encode([start(), ...textEvents(0, 'a')]);
  const { error } = JSON.parse(lines.at(-1)?.slice('data: '.length) ?? '');
  expect(error).toMatchObject({ type: 'upstream_error', param: null, code: 'stream_broken' });
  expect(error.message).toMatch(/^ccproxy: .*send the request again\.$/);
  expect(lines.join('')).not.toContain('[DONE]');
});

it('says nothing after the end, whichever it was', () => {
  const tail = [...stop('end_turn'), overloaded, ...textEvents(0, 'late')];
  const done = encode([start(), ...stop('end_turn'), ...tail]);
  expect(done).toEqual(encode([start(), ...stop('end_turn')]));
  expect(encode([start(), overloaded, ...tail])).toEqual(encode([start(), overloaded]));
});

it('finishes once when the end is told in two events', () => {
  const [delta, end] = stop('max_tokens') as [HubEvent, HubEvent];
  const [later] = stop('end_turn', { output_tokens: 9 }) as [HubEvent];
  const chunks = readChunks(encode([start(), delta, later, end], { stream_options: { include_usage: true } }));
  const reasons = chunks.map((chunk) => chunk.choices[0]?.finish_reason).filter(Boolean);
  expect(reasons).toEqual(['length']);
  expect(chunks.at(-1)?.usage?.completion_tokens).toBe(9);
});

it('finishes even when no reason was told', () => {
  const chunks = readChunks(encode([start(), ...stop(null)]));
  expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop');
});

it('lets blocks of the provider’s own tools, citations and unknown events pass in silence', () => {
  const deltas = deltasOf([
    start(),
    ...block(0, { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }, json('{"query":"x"}')),
    ...block(1, { type: 'web_search_tool_result', tool_use_id: 's', content: [] }),
    ...block(2, { type: 'text', text: '' }, { type: 'citations_delta', citation: {} }),
    ...block(3, { type: 'newer_block' }, { type: 'newer_delta' }),
    { type: 'newer_event' } as unknown as HubEvent,
    ...stop('end_turn'),
  ]);
  expect(deltas).toEqual([{ role: 'assistant', content: '' }, {}]);
});

it('streams a refusal’s explanation before the finish', () => {
  const [delta, end] = stop('refusal') as [HubEvent & { delta: object }, HubEvent];
  const details = { type: 'refusal', category: null, explanation: 'Not this.' };
  const refused = { ...delta, delta: { ...delta.delta, stop_details: details } } as HubEvent;
  const chunks = readChunks(encode([start(), ...textEvents(0, 'Well'), refused, end]));
  expect(chunks.slice(-2).map((chunk) => chunk.choices[0])).toEqual([
    choice({ refusal: 'Not this.' }),
    choice({}, 'content_filter'),
  ]);
});

it('streams the hidden tool’s input as content, without the words around it', () => {
  const events = [start(), ...textEvents(0, 'Sure: '), ...toolEvents(1, 't', 'json_output', '{"a"', ':1}')];
  const deltas = deltasOf([...events, ...stop('tool_use')], schema({ type: 'object', properties: {} }));
  expect(deltas).toEqual([{ role: 'assistant', content: '' }, { content: '{"a"' }, { content: ':1}' }, {}]);
  const chunks = readChunks(encode([...events, ...stop('tool_use')], schema({ type: 'object' })));
  expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop');
});

it('unwraps the hidden tool’s input once it is whole', () => {
  const events = [start(), ...toolEvents(0, 't', 'json_output', '{"value":', '[1,2]}'), ...stop('tool_use')];
  expect(deltasOf(events, schema({ type: 'array' }))).toEqual([
    { role: 'assistant', content: '' },
    { content: '[1,2]' },
    {},
  ]);
});

it('gives the words when the hidden tool was not called after all', () => {
  const events = [start(), ...textEvents(0, 'I can', 'not.'), ...stop('refusal')];
  expect(deltasOf(events, schema({ type: 'object' }))).toEqual([
    { role: 'assistant', content: '' },
    { content: 'I cannot.' },
    {},
  ]);
});

it('streams the older functions form in kind, and only the first call', () => {
  const events = [
    start(),
    ...toolEvents(0, 't1', 'f', '{"x":1}'),
    ...toolEvents(1, 't2', 'f', '{"x":2}'),
    ...stop('tool_use'),
  ];
  const body = { functions: [{ name: 'f' }] };
  expect(deltasOf(events, body)).toEqual([
    { role: 'assistant', content: '' },
    { function_call: { name: 'f', arguments: '' } },
    { function_call: { arguments: '{"x":1}' } },
    {},
  ]);
  expect(readChunks(encode(events, body)).at(-1)?.choices[0]?.finish_reason).toBe('function_call');
});

it('gives the text of custom tools as it comes, without its JSON', () => {
  const whole = block(2, { type: 'tool_use', id: 't3', name: 'apply_patch', input: { input: 'c\n' } });
  const parts = ['{"inp', 'ut":"*** a\\', 'n\\ud83d', '\\ude42', '"', '}'];
  const events = [
    start(),
    ...toolEvents(0, 't1', 'apply_patch', ...parts),
    ...toolEvents(1, 't2', 'f', '{"input":', '"a"}'),
    ...whole,
    ...toolEvents(3, 't4', 'apply_patch', '{"patch":', '"x"}'),
    ...toolEvents(4, 't5', 'apply_patch'),
    ...stop('tool_use'),
  ];
  const opened = (index: number, id: string): unknown => {
    return { tool_calls: [{ index, id, type: 'custom', custom: { name: 'apply_patch', input: '' } }] };
  };
  const grown = (index: number, input: string): unknown => ({ tool_calls: [{ index, custom: { input } }] });
  expect(deltasOf(events, { tools: [patchTool] })).toEqual([
    { role: 'assistant', content: '' },
    opened(0, 't1'),
    grown(0, '*** a'),
    grown(0, '\n'),
    grown(0, '🙂'),
    { tool_calls: [{ index: 1, id: 't2', type: 'function', function: { name: 'f', arguments: '' } }] },
    { tool_calls: [{ index: 1, function: { arguments: '{"input":' } }] },
    { tool_calls: [{ index: 1, function: { arguments: '"a"}' } }] },
    opened(2, 't3'),
    grown(2, 'c\n'),
    opened(3, 't4'),
    grown(3, '{"patch":"x"}'),
    opened(4, 't5'),
    {},
  ]);
});

function encode(events: readonly HubEvent[], body: Record<string, unknown> = {}): readonly string[] {
  const encoder = openAiChatDialect.streamEncoder(decode({ stream: true, ...body }), STAMP);
  let state = encoder.initial;
  const lines = events.flatMap((event) => {
    const [next, outputs] = encoder.step(state, event);
    state = next;
    return outputs;
  });
  return [...lines, ...encoder.end(state)];
}

function readChunks(lines: readonly string[]): readonly Chunk[] {
  return lines.filter((line) => line !== 'data: [DONE]\n\n').map((line) => JSON.parse(line.slice('data: '.length)));
}

function deltasOf(events: readonly HubEvent[], body?: Record<string, unknown>): readonly unknown[] {
  return readChunks(encode(events, body)).map((chunk) => chunk.choices[0]?.delta);
}

function choice(delta: unknown, finishReason: string | null = null): unknown {
  return { index: 0, delta, logprobs: null, finish_reason: finishReason };
}

function json(text: string): unknown {
  return { type: 'input_json_delta', partial_json: text };
}
