import { expect, it } from 'vitest';
import { encodeChatCompletion } from '../../../../companion/wire/openai-chat/encode-message.ts';
import type { HubMessage } from '../../../../companion/wire/hub/event.ts';
import { STAMP, decode, hubMessage, patchTool, text, toolUse } from './support.ts';

it('P15 gives text, two calls and counts that include the cache', () => {
  const completion = encode({
    content: [text('Look: '), toolUse('t1', 'f', { x: 1 }), toolUse('t2', 'g', {})],
    stop_reason: 'tool_use',
    usage: {
      input_tokens: 10,
      cache_read_input_tokens: 90,
      cache_creation_input_tokens: 5,
      output_tokens: 7,
      output_tokens_details: { thinking_tokens: 3 },
    },
  });
  expect(completion.choices[0]).toMatchObject({
    finish_reason: 'tool_calls',
    message: {
      role: 'assistant',
      content: 'Look: ',
      tool_calls: [
        { id: 't1', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
        { id: 't2', type: 'function', function: { name: 'g', arguments: '{}' } },
      ],
    },
  });
  expect(completion.usage).toMatchObject({
    prompt_tokens: 105,
    completion_tokens: 7,
    total_tokens: 112,
    prompt_tokens_details: { cached_tokens: 90, cache_write_tokens: 5 },
    completion_tokens_details: { reasoning_tokens: 3 },
  });
});

it('P16 gives null content when there are only calls', () => {
  const [choice] = encode({ content: [toolUse('t1', 'f', {})], stop_reason: 'tool_use' }).choices;
  expect(choice?.message.content).toBeNull();
});

it('gives empty content when there is nothing at all', () => {
  const [choice] = encode({}).choices;
  expect(choice?.message.content).toBe('');
  expect(choice?.message.refusal).toBeNull();
  expect(choice?.message).not.toHaveProperty('tool_calls');
});

it.each([
  ['end_turn', 'stop'],
  ['max_tokens', 'length'],
  ['stop_sequence', 'stop'],
  ['tool_use', 'tool_calls'],
  ['pause_turn', 'stop'],
  ['refusal', 'content_filter'],
  ['model_context_window_exceeded', 'length'],
  [null, 'stop'],
  ['a_newer_reason', 'stop'],
])('P17 ends %s as %s, calls or not', (stopReason, finishReason) => {
  const content = [toolUse('t1', 'f', {})];
  const [choice] = encode({ content, stop_reason: stopReason as HubMessage['stop_reason'] }).choices;
  expect(choice?.finish_reason).toBe(finishReason);
});

it('never says tool_calls without a call', () => {
  expect(encode({ content: [text('x')], stop_reason: 'tool_use' }).choices[0]?.finish_reason).toBe('stop');
});

it('carries the id without its prefix, the time in seconds, and the model', () => {
  expect(encode({})).toMatchObject({
    id: 'chatcmpl-01abc',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'claude-sonnet-4-6',
  });
  expect(encode({ id: '', model: '' })).toMatchObject({ id: 'chatcmpl-stampid', model: 'claude-sonnet-4-0' });
});

it('joins texts without anything between, and keeps thinking out of the content', () => {
  const thinking = { type: 'thinking', thinking: 'secret plan', signature: 's' } as HubMessage['content'][number];
  const [choice] = encode({ content: [thinking, text('a'), text('b')] }).choices;
  expect(choice?.message).toMatchObject({ content: 'ab', reasoning_content: 'secret plan' });
});

it('skips what the provider’s own tools did', () => {
  const server = { type: 'server_tool_use', id: 's1', name: 'web_search', input: {} } as HubMessage['content'][number];
  const [choice] = encode({ content: [server, text('found')] }).choices;
  expect(choice?.message.content).toBe('found');
  expect(choice?.message).not.toHaveProperty('tool_calls');
});

it('points at the words that a web address supports', () => {
  const citation = { type: 'web_search_result_location', url: 'https://x/', title: 'X', cited_text: 'c' };
  const page = { type: 'page_location', cited_text: 'c' };
  const [choice] = encode({ content: [text('See '), text('here', [citation, page])] }).choices;
  expect(choice?.message.annotations).toEqual([
    { type: 'url_citation', url_citation: { url: 'https://x/', title: 'X', start_index: 4, end_index: 8 } },
  ]);
});

it('gives a refusal in the words of its explanation, else in its own, which are then not said twice', () => {
  const details = { type: 'refusal', category: null, explanation: 'Not this.' } as const;
  const explained = encode({ content: [text('Well')], stop_reason: 'refusal', stop_details: details });
  expect(explained.choices[0]?.message).toMatchObject({ content: 'Well', refusal: 'Not this.' });
  const plain = encode({ content: [text('I will not.')], stop_reason: 'refusal' });
  expect(plain.choices[0]?.message).toMatchObject({ content: null, refusal: 'I will not.' });
});

it('answers the older functions form in kind', () => {
  const request = decode({ functions: [{ name: 'f' }] });
  const message = hubMessage({ content: [toolUse('t1', 'f', { x: 1 })], stop_reason: 'tool_use' });
  const [choice] = encodeChatCompletion(message, request, STAMP).choices;
  expect(choice?.finish_reason).toBe('function_call');
  expect(choice?.message.function_call).toEqual({ name: 'f', arguments: '{"x":1}' });
  expect(choice?.message).not.toHaveProperty('tool_calls');
});

it('gives calls of custom tools their text', () => {
  const request = decode({ tools: [patchTool, { type: 'function', function: { name: 'f' } }] });
  const patch = '*** Begin "Patch"\n+🙂';
  const content = [
    toolUse('t1', 'apply_patch', { input: patch }),
    toolUse('t2', 'f', { input: 'x' }),
    toolUse('t3', 'apply_patch', { patch: 'x' }),
  ];
  const [choice] = encodeChatCompletion(hubMessage({ content, stop_reason: 'tool_use' }), request, STAMP).choices;
  expect(choice?.finish_reason).toBe('tool_calls');
  expect(choice?.message.tool_calls).toEqual([
    { id: 't1', type: 'custom', custom: { name: 'apply_patch', input: patch } },
    { id: 't2', type: 'function', function: { name: 'f', arguments: '{"input":"x"}' } },
    { id: 't3', type: 'custom', custom: { name: 'apply_patch', input: '{"patch":"x"}' } },
  ]);
});

function encode(fields: Parameters<typeof hubMessage>[0]): ReturnType<typeof encodeChatCompletion> {
  return encodeChatCompletion(hubMessage(fields), decode({}), STAMP);
}
