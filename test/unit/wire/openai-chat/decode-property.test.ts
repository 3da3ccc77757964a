import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { CompanionError } from '../../../../companion/base/error.ts';
import { decodeChatRequest } from '../../../../companion/wire/openai-chat/decode-request.ts';
import type { HubContentBlock, HubMessageParam } from '../../../../companion/wire/hub/request.ts';
import { ADAPTIVE_MODEL, BUDGET_MODEL } from './support.ts';

/** Few ids and words, so that duplicates, orphans, gaps and blanks are common. */
const toolId = fc.constantFrom('a', 'b', 'a:b', 'a b', '');
const words = fc.constantFrom('', ' ', 'hi', '北京 🙂');
const textParts = fc.array(fc.record({ type: fc.constant('text'), text: words }), { maxLength: 3 });
const content = fc.oneof(words, textParts);
const name = fc.constantFrom('look', 'find');
const args = fc.constantFrom('', '{}', '{"x":1}', '[', 'null');

const message = fc.oneof(
  fc.record({ role: fc.constantFrom('system', 'developer'), content }),
  fc.record({ role: fc.constant('user'), content }),
  fc.record(
    {
      role: fc.constant('assistant'),
      content: fc.option(content),
      refusal: fc.option(words),
      tool_calls: fc.option(
        fc.array(
          fc.oneof(
            fc.record({ id: toolId, type: fc.constant('function'), function: fc.record({ name, arguments: args }) }),
            fc.record({ id: toolId, type: fc.constant('custom'), custom: fc.record({ name, input: args }) }),
          ),
          { maxLength: 3 },
        ),
      ),
      function_call: fc.option(fc.record({ name, arguments: args })),
    },
    { requiredKeys: ['role'] },
  ),
  fc.record({ role: fc.constant('tool'), tool_call_id: toolId, content }),
  fc.record({ role: fc.constant('function'), name, content: fc.option(content) }),
);

const conversation = fc.array(message, { minLength: 1, maxLength: 14 });

it('makes a legal conversation of any message list, or refuses it as one of ours', () => {
  let legal = 0;
  fc.assert(
    fc.property(conversation, (messages) => {
      const turns = decodeTurns(messages);
      if (turns === undefined) return;
      legal += 1;
      expect(findFault(turns)).toBeUndefined();
    }),
    { numRuns: 1500 },
  );
  expect(legal).toBeGreaterThan(1000);
});

it('leaves the turns before a new answer as they were, so that caches stay warm', () => {
  fc.assert(
    fc.property(conversation, (messages) => {
      const before = [...messages, { role: 'user', content: 'and then' }];
      const earlier = decodeTurns(before) ?? [];
      const later = decodeTurns([...before, { role: 'assistant', content: 'so' }]) ?? [];
      expect(later.slice(0, earlier.length)).toEqual(earlier);
    }),
  );
});

it('throws nothing but its own errors, whatever the body', () => {
  const fields = fc.constantFrom(
    'messages',
    'model',
    'tools',
    'tool_choice',
    'stop',
    'response_format',
    'reasoning_effort',
    'temperature',
    'max_tokens',
  );
  const body = fc.oneof(
    fc.anything(),
    fc.dictionary(fields, fc.jsonValue()),
    fc.tuple(fields, fc.jsonValue()).map(([field, value]) => {
      return { model: 'm', messages: [{ role: 'user', content: 'hi' }], [field]: value };
    }),
  );
  fc.assert(
    fc.property(body, (value) => {
      const refusal = attempt(() => decodeChatRequest(value));
      expect(refusal === undefined || refusal.code === 'INVALID_REQUEST').toBe(true);
    }),
    { numRuns: 500 },
  );
});

it('keeps max_tokens above any thinking budget, and thinking apart from sampling and forced tools', () => {
  const options = fc.record(
    {
      model: fc.constantFrom(BUDGET_MODEL, ADAPTIVE_MODEL, 'claude-opus-4-0', 'claude-3-5-haiku-latest'),
      reasoning_effort: fc.constantFrom('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'),
      max_tokens: fc.integer({ min: 1, max: 32_000 }),
      temperature: fc.double({ min: 0, max: 2, noNaN: true }),
      tools: fc.constant([{ type: 'function', function: { name: 'look' } }]),
      tool_choice: fc.constantFrom('none', 'auto', 'required'),
      response_format: fc.constant({ type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object' } } }),
    },
    { requiredKeys: ['model', 'tools'] },
  );
  fc.assert(
    fc.property(options, (fields) => {
      const { hub } = decodeChatRequest({ ...fields, messages: [{ role: 'user', content: 'hi' }] });
      const budget = hub.thinking?.type === 'enabled' ? hub.thinking.budget_tokens : 0;
      expect(hub.max_tokens).toBeGreaterThan(budget);
      expect(hub.temperature ?? 0).toBeLessThanOrEqual(1);
      if (hub.thinking === undefined) return;
      expect(hub.temperature).toBeUndefined();
      expect(['any', 'tool']).not.toContain(hub.tool_choice?.type);
    }),
  );
});

function decodeTurns(messages: readonly unknown[]): readonly HubMessageParam[] | undefined {
  let turns: readonly HubMessageParam[] | undefined;
  attempt(() => {
    turns = decodeChatRequest({ model: BUDGET_MODEL, messages }).hub.messages;
  });
  return turns;
}

/** Our own error, if there was one; any other one fails the test. */
function attempt(work: () => void): CompanionError | undefined {
  try {
    work();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof CompanionError) return thrown;
    throw thrown;
  }
}

/** The first thing that the service would refuse, in words. */
function findFault(turns: readonly HubMessageParam[]): string | undefined {
  const ids = turns.flatMap((turn) => callIds(turn));
  if (new Set(ids).size < ids.length) return 'two calls have one id';
  if (ids.some((id) => !/^[a-zA-Z0-9_-]+$/.test(id))) return 'an id is invalid';
  for (const [index, turn] of turns.entries()) {
    const expected = index % 2 === 0 ? 'user' : 'assistant';
    if (turn.role !== expected) return `turn ${index} is not the ${expected}'s`;
    const fault = findBlockFault(blocksOf(turn), callIds(turns[index - 1]));
    if (fault !== undefined) return `turn ${index}: ${fault}`;
  }
  return callIds(turns.at(-1)).length > 0 ? 'the last calls are not answered' : undefined;
}

function findBlockFault(blocks: readonly HubContentBlock[], calls: readonly string[]): string | undefined {
  const results = blocks.flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : []));
  if (blocks.length === 0) return 'is empty';
  if (blocks.some((block) => block.type === 'text' && block.text.trim() === '')) return 'has a blank text';
  if (results.toSorted().join() !== calls.toSorted().join()) return `answers ${results.join()} to ${calls.join()}`;
  if (blocks.slice(0, results.length).some((block) => block.type !== 'tool_result')) return 'has results after words';
  return undefined;
}

function callIds(turn: HubMessageParam | undefined): readonly string[] {
  return blocksOf(turn).flatMap((block) => (block.type === 'tool_use' ? [block.id] : []));
}

function blocksOf(turn: HubMessageParam | undefined): readonly HubContentBlock[] {
  return typeof turn?.content === 'object' ? turn.content : [];
}
