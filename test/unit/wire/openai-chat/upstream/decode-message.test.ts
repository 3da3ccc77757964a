import { expect, it } from 'vitest';
import { collectMessage } from '../../../../../companion/wire/hub/collect.ts';
import { refusalOf } from '../support.ts';
import { DONE, chunk, completion, decodeBody, quirksOf, readData } from './support.ts';

const call = (id: string, args: unknown, name = 'look'): object => ({
  id,
  type: 'function',
  function: { name, arguments: args },
});

it('P26 takes a call that ends with stop for a tool use', () => {
  const message = decodeBody(completion({ content: null, tool_calls: [call('c1', '{"x":1}')] }));
  expect(message).toMatchObject({
    id: 'msg_stampid',
    model: 'served-model-1',
    stop_reason: 'tool_use',
    stop_sequence: null,
  });
  expect(message.content).toEqual([
    { type: 'tool_use', id: 'c1', name: 'look', input: { x: 1 }, caller: { type: 'direct' } },
  ]);
});

it('P27 takes cached tokens out of the input', () => {
  const usage = {
    prompt_tokens: 100,
    completion_tokens: 5,
    total_tokens: 105,
    prompt_tokens_details: { cached_tokens: 80 },
  };
  expect(decodeBody(completion({ content: 'a' }, 'stop', { usage })).usage).toMatchObject({
    input_tokens: 20,
    cache_read_input_tokens: 80,
    cache_creation_input_tokens: 0,
    output_tokens: 5,
  });
});

it('gives thinking, words and calls in this order, and a refusal as words', () => {
  const message = decodeBody(
    completion({ reasoning_content: 'Hm', content: 'So', refusal: ' no', tool_calls: [call('c1', '')] }, 'tool_calls'),
  );
  expect(message.content).toMatchObject([
    { type: 'thinking', thinking: 'Hm', signature: '' },
    { type: 'text', text: 'So no' },
    { type: 'tool_use', input: {} },
  ]);
  expect(message.stop_reason).toBe('refusal');
});

it.each([
  ['stop', 'end_turn'],
  ['length', 'max_tokens'],
  ['content_filter', 'refusal'],
  [null, 'end_turn'],
])('ends %s as %s', (reason, expected) => {
  expect(decodeBody(completion({ content: 'a' }, reason)).stop_reason).toBe(expected);
});

it.each([
  ['oops', { _raw_arguments: 'oops' }],
  ['[1]', { _raw_arguments: '[1]' }],
  [null, {}],
  [{ a: 1 }, { a: 1 }],
])('keeps arguments %j as %j', (args, input) => {
  expect(decodeBody(completion({ tool_calls: [call('c1', args)] })).content).toMatchObject([{ input }]);
});

it('leaves out a call that the token limit cut off, and only that', () => {
  const message = decodeBody(completion({ tool_calls: [call('c1', '{}'), call('c2', '{"a')] }, 'length'));
  expect(message.content).toMatchObject([{ id: 'c1' }]);
  expect(message.stop_reason).toBe('max_tokens');
});

it('merges several choices', () => {
  const [choice] = completion({ content: 'Look: ' })['choices'] as object[];
  const [other] = completion({ tool_calls: [call('c1', '{}')] }, 'tool_calls')['choices'] as object[];
  const message = decodeBody({ model: 'm', choices: [choice, other] });
  expect(message.content.map(({ type }) => type)).toEqual(['text', 'tool_use']);
  expect(message.stop_reason).toBe('tool_use');
});

it('tells calls with the same id, or none, apart', () => {
  const message = decodeBody(
    completion({ tool_calls: [call('c', '{}'), call('c', '{}'), call('', '{}'), call('', '{}')] }),
  );
  const ids = message.content.map((block) => (block.type === 'tool_use' ? block.id : ''));
  expect(new Set(ids).size).toBe(4);
  expect(ids.every((id) => /^[\w-]+$/.test(id))).toBe(true);
});

it('cuts the words at a stop sequence of ours, and drops what comes after', () => {
  const asked = { asked: { stop_sequences: ['END'] }, quirks: { takesStop: false } };
  const message = decodeBody(completion({ content: 'one END two', tool_calls: [call('c1', '{}')] }), asked);
  expect(message.content).toMatchObject([{ type: 'text', text: 'one ' }]);
  expect(message).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'END' });
  expect(decodeBody(completion({ content: 'END' }), asked).content).toEqual([]);
});

it('reads Mistral’s list of parts', () => {
  const content = [
    { type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] },
    { type: 'text', text: 'So' },
    { type: 'reference', reference_ids: [1] },
  ];
  expect(decodeBody(completion({ content }), { quirks: quirksOf('mistral') }).content).toMatchObject([
    { type: 'thinking', thinking: 'Hm' },
    { type: 'text', text: 'So' },
  ]);
});

it('says the same of an answer whether it streamed or not', async () => {
  const delta = { reasoning_content: 'Hm', content: 'So', tool_calls: [{ index: 0, ...call('c1', '{"x":1}') }] };
  const usage = { prompt_tokens: 9, completion_tokens: 2 };
  const streamed = await collectMessage(await readData([chunk(delta, 'tool_calls', { usage }), DONE]));
  expect(decodeBody(completion(delta, 'tool_calls', { usage }))).toEqual(streamed);
});

it.each([null, 'text', {}, { choices: [] }, { choices: [{ text: 'legacy' }] }])(
  'does not take %j for a completion',
  (body) => {
    expect(refusalOf(() => decodeBody(body)).code).toBe('UPSTREAM_UNREADABLE');
  },
);

it('throws an error that came under a status of success', () => {
  const body = { error: { message: 'Busy', code: 503 } };
  expect(refusalOf(() => decodeBody(body))).toMatchObject({ code: 'OVERLOADED', message: 'Busy' });
  expect(refusalOf(() => decodeBody(completion({ content: 'a' }, 'error'))).code).toBe('UPSTREAM_ERROR');
});
