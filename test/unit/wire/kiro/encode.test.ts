/** What Kiro is asked: every conversation in a form that it takes, every loss told. */
import * as fc from 'fast-check';
import type Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it, test } from 'vitest';
import type { CompanionError } from '../../../../companion/base/error.ts';
import type { HubContentBlock, HubMessageParam } from '../../../../companion/wire/hub/request.ts';
import { createKiroUpstream } from '../../../../companion/wire/kiro/codec.ts';
import { kiroModelIds } from '../../../../shared/kiro-models.ts';
import { checkBody } from '../../../support/providers/kiro/check.ts';
import { request, warnedFields } from '../openai/upstream-support.ts';
import { encode, kiroUpstream, MODEL, stateOf } from './support.ts';

const png = 'iVBORw0KGgo=';
const image: Anthropic.ImageBlockParam = {
  type: 'image',
  source: { type: 'base64', media_type: 'image/png', data: png },
};
const look: Anthropic.Tool = {
  name: 'look',
  description: 'Looks around.',
  input_schema: { type: 'object', properties: { wo: { type: 'string' } }, required: ['wo'] },
};
const called: Anthropic.MessageParam = {
  role: 'assistant',
  content: [
    { type: 'text', text: 'I look.' },
    { type: 'tool_use', id: 't1', name: 'look', input: { wo: 'x' } },
  ],
};

function user(content: string) {
  return { userInputMessage: { content, modelId: 'claude-sonnet-4.5', origin: 'AI_EDITOR' } };
}

function thrownBy(act: () => unknown): CompanionError {
  try {
    act();
  } catch (thrown) {
    return thrown as CompanionError;
  }
  throw new Error('nothing was thrown');
}

describe('a conversation', () => {
  it('begins with the instructions, as something said and agreed to', () => {
    const state = stateOf({
      system: [
        { type: 'text', text: 'Be brief.' },
        { type: 'text', text: 'Be kind.' },
      ],
    });
    expect(state.history).toEqual([
      user('Be brief.\n\nBe kind.'),
      { assistantResponseMessage: { content: 'Understood.' } },
    ]);
    expect(state.currentMessage).toEqual(user('hi'));
  });

  it('is one user message without anything else, where that is all', () => {
    expect(stateOf({})).toMatchObject({ chatTriggerType: 'MANUAL', currentMessage: user('hi'), history: [] });
  });

  it('takes turns: neighbours are one turn, and a beginning or an end that lacks the user gets one', () => {
    const { history, currentMessage } = stateOf({
      messages: [
        { role: 'assistant', content: 'a' },
        { role: 'user', content: 'b' },
        { role: 'user', content: 'c' },
        { role: 'assistant', content: 'd' },
      ],
    });
    expect([...history, currentMessage]).toEqual([
      user('(continued)'),
      { assistantResponseMessage: { content: 'a' } },
      user('b\n\nc'),
      { assistantResponseMessage: { content: 'd' } },
      user('(continue)'),
    ]);
    expect(warnedFields(encode({ messages: [{ role: 'assistant', content: 'x' }] }))).toContain('messages');
  });

  it('has results where the next message answers calls, and images of results beside them', () => {
    const { history, currentMessage } = stateOf({
      tools: [look],
      messages: [
        { role: 'user', content: 'go' },
        called,
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'raining' }, image] },
            { type: 'text', text: 'and now?' },
          ],
        },
      ],
    });
    expect(history[1]).toEqual({
      assistantResponseMessage: {
        content: 'I look.',
        toolUses: [{ toolUseId: 't1', name: 'look', input: { wo: 'x' } }],
      },
    });
    expect(currentMessage.userInputMessage).toMatchObject({
      content: 'and now?',
      images: [{ format: 'png', source: { bytes: png } }],
      userInputMessageContext: {
        toolResults: [{ toolUseId: 't1', content: [{ text: 'raining' }], status: 'success' }],
        tools: [{ toolSpecification: { name: 'look', description: 'Looks around.' } }],
      },
    });
  });

  it('stands in for results that are missing, failed or of calls that are gone', () => {
    const results = (content: HubContentBlock[]) =>
      stateOf({ tools: [look], messages: [{ role: 'user', content: 'go' }, called, { role: 'user', content }] })
        .currentMessage.userInputMessage;
    expect(results([{ type: 'text', text: 'never mind' }]).userInputMessageContext?.toolResults).toEqual([
      { toolUseId: 't1', content: [{ text: '[no result]' }], status: 'error' },
    ]);
    const failed = { type: 'tool_result', tool_use_id: 't1', content: 'no', is_error: true } as const;
    expect(results([failed]).userInputMessageContext?.toolResults?.[0]).toMatchObject({ status: 'error' });
    expect(results([failed, { ...failed, tool_use_id: 'gone' }]).content).toBe('[tool result gone] no');
    expect(results([{ type: 'tool_result', tool_use_id: 't1' }]).userInputMessageContext?.toolResults).toEqual([
      { toolUseId: 't1', content: [{ text: '(no output)' }], status: 'success' },
    ]);
  });

  it('keeps its id from turn to turn, and two of them have two', () => {
    const first = { role: 'user', content: 'go' } as const;
    const longer = [first, { role: 'assistant', content: 'a' }, { role: 'user', content: 'b' }] as const;
    const idOf = (messages: readonly HubMessageParam[], system?: string) =>
      stateOf({ messages: [...messages], ...(system && { system }) }).conversationId;
    expect(idOf(longer, 'S')).toBe(idOf([first], 'S'));
    expect(idOf(longer)).toBe(idOf([first]));
    expect(idOf([{ role: 'user', content: 'come' }])).not.toBe(idOf([first]));
    expect(idOf([{ role: 'user', content: 'come' }], 'S')).not.toBe(idOf([first], 'S'));
  });
});

describe('tools', () => {
  const specOf = (tool: Anthropic.Tool) =>
    stateOf({ tools: [tool] }).currentMessage.userInputMessage.userInputMessageContext?.tools?.[0]?.toolSpecification;

  it('have a description, a short name and a plain schema', () => {
    const schema = { $schema: 'http://x', type: 'object', required: null, properties: { a: { required: null } } };
    expect(specOf({ name: 'n'.repeat(90), input_schema: schema as never })).toEqual({
      name: expect.stringMatching(/^n{55}_[\da-f]{8}$/),
      description: `The tool ${'n'.repeat(90)}.`,
      inputSchema: { json: { type: 'object', properties: { a: {} } } },
    });
    expect(specOf({ ...look, description: 'x'.repeat(20_000) })?.description).toHaveLength(10_000);
  });

  it('that were called and are offered no more are told as such, since the history names them', () => {
    const { currentMessage } = stateOf({ messages: [{ role: 'user', content: 'go' }, called] });
    expect(currentMessage.userInputMessage.userInputMessageContext?.tools).toMatchObject([
      { toolSpecification: { name: 'look', description: expect.stringContaining('cannot be called any more') } },
    ]);
  });

  test.each([
    [{ type: 'any' }, 'call one of the tools', ['tool_choice']],
    [{ type: 'tool', name: 'look' }, 'call the tool look', ['tool_choice']],
    [{ type: 'auto', disable_parallel_tool_use: true }, undefined, ['tool_choice.disable_parallel_tool_use']],
    [{ type: 'none' }, undefined, []],
  ] as const)('are chosen as %j says, in words', (tool_choice, words, warned) => {
    const encoded = encode({ tools: [look], tool_choice });
    const text = JSON.stringify(encoded.body);
    if (words !== undefined) expect(text).toContain(words);
    expect(text.includes('toolSpecification')).toBe(tool_choice.type !== 'none');
    expect(warnedFields(encoded).filter((field) => field.startsWith('tool'))).toEqual(warned);
  });

  it('of Anthropic alone are left out with a warning', () => {
    const encoded = encode({ tools: [{ type: 'web_search_20250305', name: 'web_search' }] });
    expect(warnedFields(encoded)).toContain('tools[].web_search_20250305');
  });
});

describe('losses', () => {
  it('are told, each by its field', () => {
    const encoded = encode({
      temperature: 0.5,
      top_p: 0.9,
      top_k: 5,
      metadata: { user_id: 'u' },
      thinking: { type: 'enabled', budget_tokens: 2048 },
      max_tokens: 4096,
      service_tier: 'standard_only',
      system: [{ type: 'text', text: 's', cache_control: { type: 'ephemeral' } }],
      messages: [
        { role: 'user', content: 'x' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 't', signature: 's' },
            { type: 'text', text: 'a' },
          ],
        },
        { role: 'user', content: 'y' },
      ],
      output_config: { format: { type: 'json_schema', schema: { type: 'object' } } },
    });
    expect(warnedFields(encoded).toSorted()).toEqual([
      'cache_control',
      'max_tokens',
      'messages[].content[].thinking',
      'metadata',
      'output_config.format',
      'service_tier',
      'temperature',
      'thinking',
      'top_k',
      'top_p',
      'usage',
    ]);
    expect(JSON.stringify(encoded.body)).toContain('valid against this JSON Schema');
  });

  it('of a plain request are the limit that it must name, and the count of tokens', () => {
    expect(warnedFields(encode({}))).toEqual(['max_tokens', 'usage']);
  });

  test.each([
    [{ type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }, 'source'],
    [{ type: 'image', source: { type: 'file', file_id: 'file_1' } }, 'source'],
    [{ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: png } }, 'source'],
    [{ type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } }, 'source'],
  ] as const)('that would change the question are refused: %j', (block, field) => {
    const error = thrownBy(() => encode({ messages: [{ role: 'user', content: [block as never] }] }));
    expect([error.code, error.status, error.details.field]).toEqual([
      'INVALID_REQUEST',
      400,
      `messages[0].content[0].${field}`,
    ]);
  });
});

it('asks for the id that the settings give a model, and for any other name as it is', () => {
  const idOf = (model: string) =>
    (encode({}, model).body as { conversationState: { currentMessage: { userInputMessage: { modelId: string } } } })
      .conversationState.currentMessage.userInputMessage.modelId;
  expect([idOf(MODEL), idOf('CLAUDE_SONNET_4_20250514_V1_0')]).toEqual([
    'claude-sonnet-4.5',
    'CLAUDE_SONNET_4_20250514_V1_0',
  ]);
});

it('names the profile of the settings, and no identity of an editor', () => {
  const profileArn = 'arn:aws:codewhisperer:us-east-1:123456789012:profile/EXAMPLE';
  const encoded = createKiroUpstream({ modelIds: kiroModelIds, profileArn }).encodeRequest(request({}), MODEL);
  expect(encoded.body).toMatchObject({ profileArn });
  expect(encoded.headers).toEqual({
    accept: 'application/vnd.amazon.eventstream',
    'x-amzn-codewhisperer-optout': 'true',
  });
  expect(encode({}).body).not.toHaveProperty('profileArn');
});

/** Few ids and words, so that duplicates, orphans, gaps and blanks are common. */
const toolId = fc.constantFrom('a', 'b', 'a:b', 'c'.repeat(80));
const words = fc.constantFrom('', ' ', 'hi', '北京 🙂');
const name = fc.constantFrom('look', 'find', 'long'.repeat(20));
const text = fc.record({ type: fc.constant('text' as const), text: words });
const anyBlock = fc.oneof(
  text,
  fc.constant(image),
  fc.record({ type: fc.constant('tool_use' as const), id: toolId, name, input: fc.constantFrom({}, { x: 1 }) }),
  fc.record(
    {
      type: fc.constant('tool_result' as const),
      tool_use_id: toolId,
      content: fc.oneof(words, fc.array(fc.oneof(text, fc.constant(image)), { maxLength: 2 })),
      is_error: fc.boolean(),
    },
    { requiredKeys: ['type', 'tool_use_id'] },
  ),
  fc.record({ type: fc.constant('thinking' as const), thinking: words, signature: words }),
);
const messages = fc.array(
  fc.record({
    role: fc.constantFrom('user', 'assistant', 'system'),
    content: fc.oneof(words, fc.array(anyBlock, { maxLength: 4 })),
  }),
  { minLength: 1, maxLength: 10 },
);
const tools = fc.uniqueArray(
  fc.record({ name, input_schema: fc.constantFrom({}, { required: null }, { type: 'string', properties: null }) }),
  { selector: (tool) => tool.name, maxLength: 3 },
);
const choice = fc.constantFrom(undefined, { type: 'any' }, { type: 'none' }, { type: 'tool', name: 'look' });

it('makes of every conversation a body that the service takes', () => {
  fc.assert(
    fc.property(messages, tools, choice, fc.constantFrom('', ' ', 'S'), (list, offered, tool_choice, system) => {
      const hub = { model: 'm', max_tokens: 9, messages: list, tools: offered, tool_choice, system };
      const decoded = { hub: hub as never, isStream: true, warnings: [], hasDefaultMaxTokens: false, memo: undefined };
      const { body } = kiroUpstream.encodeRequest(decoded, MODEL);
      expect(checkBody(JSON.parse(JSON.stringify(body)))).toHaveProperty('body');
    }),
    { numRuns: 1500 },
  );
});
