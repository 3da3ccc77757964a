import { describe, expect, it } from 'vitest';
import { decodeChatRequest } from '../../../../companion/wire/openai-chat/decode-request.ts';
import {
  ADAPTIVE_MODEL,
  BUDGET_MODEL,
  assistantCalls,
  decode,
  hello,
  refusalOf,
  toolResult,
  warnedFields,
} from './support.ts';

const look = { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } };

describe('limits', () => {
  it('P08 drops blank stop sequences', () => {
    const request = decode({ stop: ['\n', 'END', ''] });
    expect(request.hub.stop_sequences).toEqual(['END']);
    expect(warnedFields(request)).toEqual(['stop']);
  });

  it('takes one stop sequence as a string, and omits the field when none is left', () => {
    expect(decode({ stop: 'END' }).hub.stop_sequences).toEqual(['END']);
    expect(decode({ stop: [' '] }).hub).not.toHaveProperty('stop_sequences');
    expect(decode({ stop: null }).hub).not.toHaveProperty('stop_sequences');
  });

  it('P09 prefers max_completion_tokens, and else takes what the model can, up to 32,000', () => {
    expect(decode({}).hub.max_tokens).toBe(32_000);
    expect(decode({ model: 'claude-3-5-haiku-20241022' }).hub.max_tokens).toBe(8192);
    expect(decode({ max_completion_tokens: 50, max_tokens: 99 }).hub.max_tokens).toBe(50);
    expect(decode({ max_completion_tokens: null, max_tokens: 99 }).hub.max_tokens).toBe(99);
  });

  it('takes facts of models from the caller', () => {
    const facts = {
      maxOutputTokens: 777,
      thinking: 'none',
      efforts: [],
      hasNativeJsonSchema: false,
      sampling: 'both',
      maxTemperature: 1,
    } as const;
    expect(decode({ model: 'own' }, { modelFacts: () => facts }).hub.max_tokens).toBe(777);
  });
});

describe('sampling', () => {
  it('clamps the temperature to 1 and says so', () => {
    const request = decode({ temperature: 1.7 });
    expect(request.hub.temperature).toBe(1);
    expect(warnedFields(request)).toEqual(['temperature']);
  });

  it('keeps a temperature of 0 and passes top_p', () => {
    expect(decode({ temperature: 0, top_p: 0.5 }).hub).toMatchObject({ temperature: 0, top_p: 0.5 });
  });

  it('keeps only the temperature on models that refuse both', () => {
    const request = decode({ model: ADAPTIVE_MODEL, temperature: 0.3, top_p: 0.5 });
    expect(request.hub.temperature).toBe(0.3);
    expect(request.hub).not.toHaveProperty('top_p');
    expect(warnedFields(request)).toEqual(['top_p']);
    expect(decode({ model: ADAPTIVE_MODEL, top_p: 0.5 }).hub.top_p).toBe(0.5);
  });

  it('drops both on models that take neither', () => {
    const request = decode({ model: 'claude-opus-4-8', temperature: 0.3, top_p: 0.5 });
    expect(request.hub).not.toHaveProperty('temperature');
    expect(request.hub).not.toHaveProperty('top_p');
    expect(warnedFields(request)).toEqual(['temperature', 'top_p']);
    expect(decode({ model: 'claude-opus-4-8', temperature: 1 }).warnings).toEqual([]);
  });
});

describe('thinking', () => {
  it('P13 gives low effort a legal budget, room for the answer, and no temperature', () => {
    const request = decode({ reasoning_effort: 'low', max_tokens: 500, temperature: 0.5 });
    expect(request.hub.thinking).toEqual({ type: 'enabled', budget_tokens: 1024 });
    expect(request.hub.max_tokens).toBe(1024 + 4096);
    expect(request.hub).not.toHaveProperty('temperature');
    expect(warnedFields(request)).toEqual(['temperature']);
  });

  it.each([
    ['minimal', 1024],
    ['low', 1024],
    ['medium', 8192],
    ['high', 16_384],
    ['xhigh', 32_000],
    ['max', 32_000],
  ])('gives %s effort %i tokens and max_tokens above them', (effort, budget) => {
    const { hub } = decode({ reasoning_effort: effort });
    expect(hub.thinking).toEqual({ type: 'enabled', budget_tokens: budget });
    expect(hub.max_tokens).toBe(Math.max(32_000, budget + 4096));
  });

  it('stays within what a small model may put out', () => {
    const { hub } = decode({ model: 'claude-opus-4-0', reasoning_effort: 'max' });
    expect(hub.thinking).toEqual({ type: 'enabled', budget_tokens: 32_000 - 4096 });
    expect(hub.max_tokens).toBe(32_000);
  });

  it('asks a model with effort for adaptive thinking', () => {
    const { hub } = decode({ model: ADAPTIVE_MODEL, reasoning_effort: 'medium', max_tokens: 500 });
    expect(hub.thinking).toEqual({ type: 'adaptive' });
    expect(hub.output_config).toEqual({ effort: 'medium' });
    expect(hub.max_tokens).toBe(500);
  });

  it('takes the strongest effort below the wanted one that the model has', () => {
    const { hub } = decode({ model: ADAPTIVE_MODEL, reasoning_effort: 'xhigh' });
    expect(hub.output_config).toEqual({ effort: 'high' });
  });

  it.each(['none', null])('does not think for %s', (effort) => {
    const { hub } = decode({ model: ADAPTIVE_MODEL, reasoning_effort: effort });
    expect(hub).not.toHaveProperty('thinking');
    expect(hub).not.toHaveProperty('output_config');
  });

  it('drops thinking when a tool is forced, and does not raise max_tokens for it', () => {
    const body = { reasoning_effort: 'high', tools: [look], tool_choice: 'required', max_tokens: 500 };
    const request = decode(body);
    expect(request.hub).not.toHaveProperty('thinking');
    expect(request.hub.max_tokens).toBe(500);
    expect(warnedFields(request)).toEqual(['reasoning_effort']);
    expect(decode({ ...body, model: ADAPTIVE_MODEL }).hub.output_config).toEqual({ effort: 'high' });
  });

  it('drops thinking after tool calls whose thinking is not in the history', () => {
    const messages = [hello, assistantCalls('c1'), toolResult('c1', 'ok')];
    const request = decode({ messages, reasoning_effort: 'high', tools: [look] });
    expect(request.hub).not.toHaveProperty('thinking');
    expect(warnedFields(request)).toEqual(['reasoning_effort']);
  });

  it('keeps thinking after tool calls that come with their thinking', () => {
    const thinking = [{ type: 'thinking', thinking: 'hm', signature: 'sig' }];
    const messages = [hello, { ...assistantCalls('c1'), thinking_blocks: thinking }, toolResult('c1', 'ok')];
    const request = decode({ messages, reasoning_effort: 'low', tools: [look] });
    expect(request.hub.thinking).toEqual({ type: 'enabled', budget_tokens: 1024 });
  });

  it('says so when the model does not think', () => {
    const request = decode({ model: 'claude-3-5-sonnet-latest', reasoning_effort: 'low' });
    expect(request.hub).not.toHaveProperty('thinking');
    expect(warnedFields(request)).toEqual(['reasoning_effort']);
  });
});

describe('what has no counterpart', () => {
  it('names ignored and unknown fields, and stays silent about those that ask for nothing', () => {
    const request = decode({ seed: 7, logprobs: true, verbosity: 'low', store: true, madeUp: 1 });
    expect(warnedFields(request)).toEqual(['seed', 'logprobs', 'verbosity', 'store', 'madeUp']);
    const silent = { seed: null, logprobs: false, frequency_penalty: 0, n: 1, service_tier: 'auto', stream: false };
    expect(decode(silent).warnings).toEqual([]);
  });

  it('never forwards them', () => {
    const { hub } = decode({ seed: 7, store: true, madeUp: 1, stream_options: { include_usage: true } });
    expect(Object.keys(hub).sort()).toEqual(['max_tokens', 'messages', 'model']);
  });

  it.each([
    ['n', { n: 2 }, 'n'],
    ['audio output', { modalities: ['text', 'audio'] }, 'modalities'],
  ])('refuses %s', (_name, body, field) => {
    expect(refusalOf(() => decode(body)).details.field).toBe(field);
  });
});

it('names the end user', () => {
  expect(decode({ user: 'u1', safety_identifier: 's1' }).hub.metadata).toEqual({ user_id: 'u1' });
  expect(decode({ safety_identifier: 's1' }).hub.metadata).toEqual({ user_id: 's1' });
});

it('remembers whether a stream is wanted, and whether its usage is', () => {
  const request = decode({ stream: true, stream_options: { include_usage: true } });
  expect(request.isStream).toBe(true);
  expect(request.memo.includesUsage).toBe(true);
  expect(decode({}).isStream).toBe(false);
  expect(decode({ stream: true }).memo.includesUsage).toBe(false);
});

describe('cache marks', () => {
  const mark = { cache_control: { type: 'ephemeral', ttl: '1h' } };

  it('pass on parts, messages and tools', () => {
    const { hub } = decode({
      messages: [
        { role: 'system', content: 'rules', ...mark },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'a', ...mark },
            { type: 'text', text: 'b' },
          ],
        },
      ],
      tools: [{ ...look, ...mark }],
    });
    expect(hub.tools?.[0]).toMatchObject(mark);
    expect(hub.system).toEqual([{ type: 'text', text: 'rules', ...mark }]);
    expect(hub.messages[0]?.content).toEqual([
      { type: 'text', text: 'a', ...mark },
      { type: 'text', text: 'b' },
    ]);
  });

  it('of a result’s part move to the result, where they are counted', () => {
    const result = { role: 'tool', tool_call_id: 'c1', content: [{ type: 'text', text: 'ok', ...mark }] };
    const { hub } = decode({ messages: [hello, assistantCalls('c1'), result] });
    expect(hub.messages[2]?.content).toEqual([
      { type: 'tool_result', tool_use_id: 'c1', content: [{ type: 'text', text: 'ok' }], ...mark },
    ]);
  });

  it('are the last four when there are more', () => {
    const parts = ['1', '2', '3'].map((words) => Object.assign({ type: 'text', text: words }, mark));
    const request = decode({
      messages: [
        { role: 'system', content: 'rules', ...mark },
        { role: 'user', content: parts },
      ],
      tools: [
        { ...look, ...mark },
        { ...look, function: { name: 'find' }, ...mark },
      ],
    });
    const { hub } = request;
    expect(hub.tools?.map((tool) => 'cache_control' in tool)).toEqual([false, false]);
    expect(hub.system).toEqual([{ type: 'text', text: 'rules', ...mark }]);
    expect(JSON.stringify(hub.messages).match(/cache_control/g)).toHaveLength(3);
    expect(warnedFields(request)).toEqual(['cache_control']);
  });
});

describe('a body of the wrong shape', () => {
  it.each([
    ['no object', 'text', undefined, 'The body must be a JSON object.'],
    ['no model', { messages: [hello] }, 'model', "Missing required parameter: 'model'."],
    ['no messages', { model: 'm' }, 'messages', "Missing required parameter: 'messages'."],
    ['empty messages', { model: 'm', messages: [] }, 'messages', "Invalid 'messages': expected at least 1."],
    [
      'an unknown role',
      { model: 'm', messages: [{ role: 'bot', content: '' }] },
      'messages[0].role',
      "Invalid value for 'messages[0].role'. Supported values are: system, developer, user, assistant, tool, function.",
    ],
    [
      'a number as content',
      { model: 'm', messages: [{ role: 'user', content: 5 }] },
      'messages[0].content',
      "Invalid type for 'messages[0].content': it may not be a number.",
    ],
    [
      'a part without text',
      { model: 'm', messages: [{ role: 'user', content: [{ type: 'text' }] }] },
      'messages[0].content[0].text',
      "Missing required parameter: 'messages[0].content[0].text'.",
    ],
    [
      'an unknown part',
      { model: 'm', messages: [{ role: 'user', content: [{ type: 'video' }] }] },
      'messages[0].content[0].type',
      "Invalid value for 'messages[0].content[0].type'. Supported values are: text, image_url, input_audio, file.",
    ],
    [
      'a temperature above 2',
      { model: 'm', messages: [hello], temperature: 3 },
      'temperature',
      "Invalid 'temperature': expected at most 2.",
    ],
    [
      'a tool of another API',
      { model: 'm', messages: [hello], tools: [{ type: 'web_search' }] },
      'tools[0].type',
      "Invalid value for 'tools[0].type'. Supported values are: function, custom.",
    ],
    [
      'a custom tool in the form of Responses',
      { model: 'm', messages: [hello], tools: [{ type: 'custom', name: 'x' }] },
      'tools[0].custom',
      "Missing required parameter: 'tools[0].custom'.",
    ],
    [
      'a grammar without a definition',
      {
        model: 'm',
        messages: [hello],
        tools: [{ type: 'custom', custom: { name: 'x', format: { type: 'grammar', grammar: { syntax: 'lark' } } } }],
      },
      'tools[0].custom.format.grammar.definition',
      "Missing required parameter: 'tools[0].custom.format.grammar.definition'.",
    ],
    [
      'a custom call without its input',
      {
        model: 'm',
        messages: [{ role: 'assistant', tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'x' } }] }],
      },
      'messages[0].tool_calls[0].custom.input',
      "Missing required parameter: 'messages[0].tool_calls[0].custom.input'.",
    ],
    [
      'a tool name with a dot',
      { model: 'm', messages: [hello], tools: [{ type: 'function', function: { name: 'a.b' } }] },
      'tools[0].function.name',
      "Invalid 'tools[0].function.name': expected 1 to 128 letters, digits, underscores and hyphens.",
    ],
    [
      'fractional tokens',
      { model: 'm', messages: [hello], max_tokens: 1.5 },
      'max_tokens',
      "Invalid type for 'max_tokens': expected int, but got a number instead.",
    ],
    [
      'an unknown tool choice',
      { model: 'm', messages: [hello], tool_choice: 'sometimes' },
      'tool_choice',
      "Invalid value for 'tool_choice'.",
    ],
  ])('is refused with its field: %s', (_name, body, field, message) => {
    const refusal = refusalOf(() => decodeChatRequest(body));
    expect(refusal.code).toBe('INVALID_REQUEST');
    expect(refusal.details.field).toBe(field);
    expect(refusal.message).toBe(message);
  });
});

it('speaks of the model as the client named it', () => {
  expect(decode({ model: BUDGET_MODEL }).hub.model).toBe(BUDGET_MODEL);
});
