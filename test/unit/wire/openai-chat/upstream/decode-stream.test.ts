import { describe, expect, it } from 'vitest';
import { collectMessage } from '../../../../../companion/wire/hub/collect.ts';
import { findViolation } from '../../../../../companion/wire/hub/grammar.ts';
import { transcript } from '../../openai/upstream-support.ts';
import { DONE, bodyOf, calls, chunk, fragment, quirksOf, readData, usageChunk } from './support.ts';
import type { Reading } from './support.ts';

const usage = { prompt_tokens: 100, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 80 } };
const opening = { id: 'c1', name: 'look' };

/** The transcript of a stream that keeps the hub's grammar. */
async function told(data: readonly (object | string)[], reading?: Reading): Promise<readonly string[]> {
  const events = await readData(data, reading);
  expect(findViolation(events)).toBeUndefined();
  return transcript(events);
}

const ended = (reason: string): readonly string[] => [`delta ${reason}`, 'stop'];

it('P28 opens with the call itself, without a text block before it', async () => {
  const events = await readData([
    calls(fragment(0, '', opening)),
    calls(fragment(0, '{"x"')),
    calls(fragment(0, ':')),
    calls(fragment(0, '1}')),
    chunk({}, 'tool_calls'),
    usageChunk(usage),
    DONE,
  ]);
  expect(findViolation(events)).toBeUndefined();
  expect(transcript(events)).toEqual([
    'start',
    '0 tool_use c1 look',
    '0 + {"x"',
    '0 + :',
    '0 + 1}',
    '0 end',
    ...ended('tool_use'),
  ]);
  expect(events.at(-2)).toMatchObject({ usage: { input_tokens: 20, cache_read_input_tokens: 80, output_tokens: 5 } });
});

it.each(['reasoning_content', 'reasoning'] as const)('P29 loses no token between %s and words', async (field) => {
  expect(
    await told([
      chunk({ role: 'assistant', content: '' }),
      chunk({ [field]: 'Hm' }),
      chunk({ [field]: ', so' }),
      chunk({ content: 'It ' }),
      chunk({ content: 'is.' }),
      chunk({}, 'stop'),
      DONE,
    ]),
  ).toEqual([
    'start',
    '0 thinking',
    '0 + Hm',
    '0 + , so',
    '0 end',
    '1 text',
    '1 + It ',
    '1 + is.',
    '1 end',
    ...ended('end_turn'),
  ]);
});

it('P30 takes counts on every chunk for no end, and the last ones for the truth', async () => {
  const counted = (data: object, tokens: number): object => ({
    ...data,
    usage: { prompt_tokens: 10, completion_tokens: tokens },
  });
  const events = await readData([
    counted(calls(fragment(0, '{"a', opening)), 1),
    counted(calls(fragment(0, '":1')), 2),
    counted(chunk({}, 'tool_calls'), 3),
    counted(calls(fragment(0, '}')), 4),
    DONE,
  ]);
  expect(findViolation(events)).toBeUndefined();
  expect(events.filter(({ type }) => type === 'message_delta')).toMatchObject([{ usage: { output_tokens: 4 } }]);
  const message = await collectMessage(events);
  expect(message.content).toMatchObject([{ type: 'tool_use', input: { a: 1 } }]);
});

describe('the beginning', () => {
  it('is message_start with no counts, the served model and an id of ours', async () => {
    const [start] = await readData([chunk({ content: 'a' }), DONE]);
    expect(start).toMatchObject({
      type: 'message_start',
      message: {
        id: 'msg_stampid',
        model: 'served-model-1',
        content: [],
        usage: { input_tokens: 0, output_tokens: 0 },
      },
    });
  });

  it('names the model that was asked for where the server names none', async () => {
    const [start] = await readData([{ choices: [{ index: 0, delta: { content: 'a' } }] }, DONE]);
    expect(start).toMatchObject({ message: { model: 'served-model' } });
  });

  it('waits with the first block until its kind is known', async () => {
    const events = await told([
      chunk({ role: 'assistant', content: '' }),
      chunk({ content: null }),
      chunk({ content: '' }),
      DONE,
    ]);
    expect(events).toEqual(['start', ...ended('end_turn')]);
  });

  it('drops white space that no word follows, and keeps what a word follows', async () => {
    expect(
      await told([chunk({ content: '\n\n' }), calls(fragment(0, '{}', opening)), chunk({}, 'stop'), DONE]),
    ).toEqual(['start', '0 tool_use c1 look', '0 + {}', '0 end', ...ended('tool_use')]);
    expect(await told([chunk({ content: ' ' }), chunk({ content: 'a' }), chunk({ content: ' ' }), DONE])).toEqual([
      'start',
      '0 text',
      '0 +  a',
      '0 +  ',
      '0 end',
      ...ended('end_turn'),
    ]);
  });

  it('does not put white space of before a call in front of words after it', async () => {
    const call = calls(fragment(0, '{}', opening));
    const events = await told([chunk({ content: '\n\n' }), call, chunk({ content: 'a' }), DONE]);
    expect(events).toContain('1 + a');
  });
});

describe('calls', () => {
  const block = (index: number, id: string, ...parts: readonly string[]): readonly string[] => [
    `${index} tool_use ${id} look`,
    ...parts.map((part) => `${index} + ${part}`),
    `${index} end`,
  ];

  it('one after the other stream both', async () => {
    expect(
      await told([
        calls(fragment(0, '{"a":', opening)),
        calls(fragment(0, '1}')),
        calls(fragment(1, '', { id: 'c2', name: 'look' })),
        calls(fragment(1, '{"b"')),
        calls(fragment(1, ':2}')),
        chunk({}, 'tool_calls'),
        DONE,
      ]),
    ).toEqual(['start', ...block(0, 'c1', '{"a":', '1}'), ...block(1, 'c2', '{"b"', ':2}'), ...ended('tool_use')]);
  });

  it('interleaved stream the first and keep the others until it is whole', async () => {
    expect(
      await told([
        calls(fragment(0, '{"a"', opening), fragment(1, '{"b"', { id: 'c2', name: 'look' })),
        calls(fragment(2, '{"c":3}', { id: 'c3', name: 'look' })),
        calls(fragment(1, ':2}'), fragment(0, ':1}')),
        chunk({}, 'tool_calls'),
        DONE,
      ]),
    ).toEqual([
      'start',
      ...block(0, 'c1', '{"a"', ':1}'),
      ...block(1, 'c2', '{"b":2}'),
      ...block(2, 'c3', '{"c":3}'),
      ...ended('tool_use'),
    ]);
  });

  it('that wait come in the order of their index', async () => {
    const events = await told([
      calls(fragment(0, '{', opening)),
      calls(fragment(2, '{}', { id: 'c3', name: 'look' }), fragment(1, '{}', { id: 'c2', name: 'look' })),
      calls(fragment(0, '}')),
      DONE,
    ]);
    expect(events.filter((line) => line.includes('tool_use '))).toEqual([
      '0 tool_use c1 look',
      '1 tool_use c2 look',
      '2 tool_use c3 look',
    ]);
  });

  it('keep their input when words arrive between the fragments', async () => {
    expect(
      await told([
        calls(fragment(0, '{"a"', opening)),
        chunk({ content: 'Look' }),
        chunk({ content: 'ing' }),
        calls(fragment(0, ':1}')),
        DONE,
      ]),
    ).toEqual(['start', ...block(0, 'c1', '{"a"', ':1}'), '1 text', '1 + Looking', '1 end', ...ended('tool_use')]);
  });

  it('end where words follow a whole call', async () => {
    expect(
      await told([calls(fragment(0, '{}', opening)), chunk({ content: 'a' }), chunk({ content: 'b' }), DONE]),
    ).toEqual(['start', ...block(0, 'c1', '{}'), '1 text', '1 + a', '1 + b', '1 end', ...ended('tool_use')]);
  });

  it('are not opened anew by a server that repeats id and name', async () => {
    expect(
      await told([
        calls(fragment(0, '{"a"', opening)),
        calls(fragment(0, ':1}', opening)),
        calls(fragment(0, '', opening)),
        DONE,
      ]),
    ).toEqual(['start', ...block(0, 'c1', '{"a"', ':1}'), ...ended('tool_use')]);
  });

  it('are told apart by id where the index is missing, and go on where nothing is said', async () => {
    expect(
      await told([
        calls(fragment(undefined, '{"a"', opening)),
        calls(fragment(undefined, ':1}')),
        calls(fragment(undefined, '{"b":2}', { id: 'c2', name: 'look' })),
        DONE,
      ]),
    ).toEqual(['start', ...block(0, 'c1', '{"a"', ':1}'), ...block(1, 'c2', '{"b":2}'), ...ended('tool_use')]);
  });

  it('are told apart where a server gives each of them index 0', async () => {
    const whole = (id: string): unknown => fragment(0, '{}', { id, name: 'look' });
    expect(await told([calls(whole('c1'), whole('c2')), calls(whole('c3')), chunk({}, 'stop'), DONE])).toEqual([
      'start',
      ...block(0, 'c1', '{}'),
      ...block(1, 'c2', '{}'),
      ...block(2, 'c3', '{}'),
      ...ended('tool_use'),
    ]);
  });

  it('of several choices that count alike are told apart', async () => {
    const choice = (index: number | undefined, ...fragments: readonly unknown[]): object => {
      return { ...(index !== undefined && { index }), delta: { tool_calls: fragments }, finish_reason: null };
    };
    const choices = (...all: readonly object[]): object => chunk({}, null, { choices: all });
    const other = { id: 'c2', name: 'look' };
    const expected = (second: readonly string[], third: readonly string[]): readonly string[] => [
      'start',
      ...block(0, 'c1', '{"a"', ':1}'),
      ...block(1, 'c2', ...second),
      ...block(2, 'c3', ...third),
      ...ended('tool_use'),
    ];
    const last = [chunk({}, 'tool_calls'), DONE];
    expect(
      await told([
        choices(choice(0, fragment(0, '{"a"', opening)), choice(1, fragment(0, '{"b"', other))),
        choices(choice(1, fragment(1, '{"c"', { id: 'c3', name: 'look' }))),
        choices(choice(1, fragment(0, ':2}'))),
        choices(choice(0, fragment(0, ':1}'))),
        choices(choice(1, fragment(1, ':3}'))),
        ...last,
      ]),
    ).toEqual(expected(['{"b":2}'], ['{"c"', ':3}']));
    // Without numbers of choices or of calls, their places tell.
    expect(
      await told([
        choices(
          choice(undefined, fragment(undefined, '{"a"', opening)),
          choice(undefined, fragment(undefined, '{"b"', other)),
        ),
        choices(choice(undefined, fragment(undefined, ':1}')), choice(undefined, fragment(undefined, ':2}'))),
        calls(fragment(5, '{"c":3}', { id: 'c3', name: 'look' })),
        ...last,
      ]),
    ).toEqual(expected(['{"b"', ':2}'], ['{"c":3}']));
  });

  it('of a second choice come after those of the first that wait', async () => {
    const one = (index: number, delta: object): object => chunk({}, null, { choices: [{ index, delta }] });
    const events = await told([
      calls(fragment(0, '{', opening)),
      one(1, { tool_calls: [fragment(0, '{}', { id: 'c3', name: 'look' })] }),
      calls(fragment(1, '{}', { id: 'c2', name: 'look' })),
      calls(fragment(0, '}')),
      DONE,
    ]);
    expect(events.filter((line) => line.includes('tool_use '))).toEqual([
      '0 tool_use c1 look',
      '1 tool_use c2 look',
      '2 tool_use c3 look',
    ]);
  });

  it('wait for their name, and get an id where there is none', async () => {
    expect(
      await told([
        calls(fragment(0, '{"a"')),
        calls(fragment(0, ':1', { name: 'look' })),
        calls(fragment(0, '}')),
        DONE,
      ]),
    ).toEqual(['start', ...block(0, 'call_stampid_0', '{"a":1', '}'), ...ended('tool_use')]);
  });

  it('without a name are none', async () => {
    expect(
      await told([chunk({ content: 'a' }), calls(fragment(0, '{}', { id: 'c1' })), chunk({}, 'tool_calls'), DONE]),
    ).toEqual(['start', '0 text', '0 + a', '0 end', ...ended('end_turn')]);
  });

  it('without arguments have an empty input and no delta', async () => {
    const events = await readData([calls(fragment(0, '', opening)), chunk({}, 'tool_calls'), DONE]);
    expect(transcript(events)).toEqual(['start', ...block(0, 'c1'), ...ended('tool_use')]);
    expect((await collectMessage(events)).content).toMatchObject([{ input: {} }]);
  });

  it('take arguments that come as an object, and the form with one function', async () => {
    const asObject = { index: 0, id: 'c1', function: { name: 'look', arguments: { a: 1 } } };
    expect(await told([calls(asObject), DONE])).toContain('0 + {"a":1}');
    const legacy = chunk({ function_call: { name: 'look', arguments: '{}' } }, 'function_call');
    expect(await told([legacy, DONE])).toEqual(['start', ...block(0, 'call_stampid_0', '{}'), ...ended('tool_use')]);
  });

  it('that waited with arguments that are no object keep them under a name of their own', async () => {
    const events = await readData([
      calls(fragment(0, '{', opening), fragment(1, 'oops', { id: 'c2', name: 'look' })),
      DONE,
    ]);
    expect((await collectMessage(events)).content.at(-1)).toMatchObject({ input: { _raw_arguments: 'oops' } });
  });

  it('that the token limit cut off before they began to stream are left out', async () => {
    expect(
      await told([
        calls(fragment(0, '{"a"', opening), fragment(1, '{"b', { id: 'c2', name: 'look' })),
        chunk({}, 'length'),
        DONE,
      ]),
    ).toEqual(['start', ...block(0, 'c1', '{"a"'), ...ended('max_tokens')]);
  });

  it('get valid ids that no earlier call of the conversation has', async () => {
    const asked = {
      messages: [
        { role: 'user' as const, content: 'hi' },
        { role: 'assistant' as const, content: [{ type: 'tool_use' as const, id: 'call_0', name: 'look', input: {} }] },
        { role: 'user' as const, content: [{ type: 'tool_result' as const, tool_use_id: 'call_0', content: 'x' }] },
      ],
    };
    const events = await told([calls(fragment(0, '{}', { id: 'call_0', name: 'look' })), DONE], { asked });
    expect(events[1]).toBe('0 tool_use call_0_stampid_0 look');
    const invalid = await told([calls(fragment(0, '{}', { id: 'functions.look:0', name: 'look' })), DONE]);
    expect(invalid[1]).toMatch(/^0 tool_use functions_look_0_[0-9a-f]{8} look$/);
  });

  it('have the client’s name again where it was too long for the server', async () => {
    const name = `mcp__${'x'.repeat(80)}`;
    const asked = { tools: [{ name, input_schema: { type: 'object' as const } }] };
    const sent = bodyOf(asked).tools?.[0]?.function.name ?? '';
    const events = await told([calls(fragment(0, '{}', { id: 'c1', name: sent })), DONE], { asked });
    expect(events[1]).toBe(`0 tool_use c1 ${name}`);
  });
});

describe('the end', () => {
  it.each([
    [['stop'], 'end_turn'],
    [['length'], 'max_tokens'],
    [['model_length'], 'max_tokens'],
    [['content_filter'], 'refusal'],
    [['content_filter: SAFETY'], 'refusal'],
    [['eos'], 'end_turn'],
    [['tool_calls'], 'end_turn'],
    [['length', 'stop'], 'max_tokens'],
    [['content_filter', 'stop'], 'refusal'],
    [[], 'end_turn'],
  ])('after words and %j is %s', async (reasons, expected) => {
    const finishes = reasons.map((reason) => chunk({}, reason));
    expect((await told([chunk({ content: 'a' }), ...finishes, DONE])).at(-2)).toBe(`delta ${expected}`);
  });

  it.each([
    [['stop'], 'tool_use'],
    [['tool_calls', 'stop'], 'tool_use'],
    [['length', 'tool_calls'], 'max_tokens'],
    [['tool_calls', 'length'], 'max_tokens'],
    [[], 'tool_use'],
  ])('after a call and %j is %s', async (reasons, expected) => {
    const finishes = reasons.map((reason) => chunk({}, reason));
    expect((await told([calls(fragment(0, '{}', opening)), ...finishes, DONE])).at(-2)).toBe(`delta ${expected}`);
  });

  it('after a refusal keeps its words', async () => {
    expect(await told([chunk({ refusal: 'I ' }), chunk({ refusal: 'won’t.' }), chunk({}, 'stop'), DONE])).toEqual([
      'start',
      '0 text',
      '0 + I ',
      '0 + won’t.',
      '0 end',
      ...ended('refusal'),
    ]);
  });

  it('without anything is an empty message', async () => {
    expect(await told([DONE])).toEqual(['start', ...ended('end_turn')]);
  });

  it('may come without DONE once a reason or the last counts were there', async () => {
    expect((await told([chunk({ content: 'a' }), chunk({}, 'stop')])).slice(-2)).toEqual(ended('end_turn'));
    expect((await told([chunk({ content: 'a' }), usageChunk(usage)])).slice(-2)).toEqual(ended('end_turn'));
  });

  it.each([[[]], [[chunk({ content: 'a' })]], [[calls(fragment(0, '{', opening))]]])(
    'before there was any reason for it is an error and nothing else: %#',
    async (data) => {
      const events = await readData(data);
      expect(transcript(events).at(-1)).toBe('error upstream_error: The stream ended before the answer was complete.');
      expect(findViolation(events)).toBeUndefined();
    },
  );

  it('lets nothing follow', async () => {
    const events = await told([chunk({ content: 'a' }, 'stop'), DONE, chunk({ content: 'b' }), DONE]);
    expect(events.filter((line) => line === 'stop')).toHaveLength(1);
    expect(events).not.toContain('0 + b');
  });
});

describe('counts', () => {
  const deltaUsage = async (data: object, reading?: Reading): Promise<unknown> => {
    const events = await readData([chunk({ content: 'a' }, 'stop', data), DONE], reading);
    return events.find(({ type }) => type === 'message_delta');
  };

  it.each([
    [
      'OpenAI’s',
      {
        usage: {
          prompt_tokens: 9,
          completion_tokens: 2,
          prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 3 },
        },
      },
      [2, 4, 3, 2],
    ],
    ['Groq’s', { x_groq: { usage: { prompt_tokens: 9, completion_tokens: 2 } } }, [9, 0, 0, 2]],
    ['DeepSeek’s', { usage: { prompt_tokens: 9, prompt_cache_hit_tokens: 4, completion_tokens: 2 } }, [5, 4, 0, 2]],
    [
      'counts that do not add up',
      { usage: { prompt_tokens: 1, prompt_tokens_details: { cached_tokens: 4 } } },
      [0, 4, 0, 0],
    ],
    ['none', {}, [0, 0, 0, 0]],
  ])('are read from %s', async (_name, data, [input, read, write, output]) => {
    expect(await deltaUsage(data)).toMatchObject({
      usage: {
        input_tokens: input,
        cache_read_input_tokens: read,
        cache_creation_input_tokens: write,
        output_tokens: output,
      },
    });
  });

  it('tell the tokens of thinking', async () => {
    const usageWith = { completion_tokens: 9, completion_tokens_details: { reasoning_tokens: 6 } };
    expect(await deltaUsage({ usage: usageWith })).toMatchObject({
      usage: { output_tokens: 9, output_tokens_details: { thinking_tokens: 6 } },
    });
  });
});

it('reads thinking out of Mistral’s list of parts', async () => {
  const parts = [
    { type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] },
    { type: 'text', text: 'So' },
  ];
  expect(await told([chunk({ content: parts }, 'stop'), DONE], { quirks: quirksOf('mistral') })).toEqual([
    'start',
    '0 thinking',
    '0 + Hm',
    '0 end',
    '1 text',
    '1 + So',
    '1 end',
    ...ended('end_turn'),
  ]);
});

describe('errors', () => {
  it.each<[string, object | string, string]>([
    [
      'OpenAI’s',
      { error: { message: 'Overloaded', type: 'server_error', code: 'server_is_overloaded' } },
      'overloaded_error: Overloaded',
    ],
    ['Gemini’s', '[{"error":{"code":503,"message":"Busy","status":"UNAVAILABLE"}}]', 'overloaded_error: Busy'],
    ['one with a number', { error: { message: 'Slow down', code: 429 } }, 'rate_limit_error: Slow down'],
    ['a mere sentence', { error: 'It broke' }, 'api_error: It broke'],
    [
      'a long conversation',
      { error: { code: 'context_length_exceeded', message: 'Too much.' } },
      'invalid_request_error: prompt is too long: Too much.',
    ],
    ['Mistral’s', { object: 'error', message: 'No', type: 'invalid_request_error' }, 'invalid_request_error: No'],
    [
      'a finish that is none',
      chunk({}, 'insufficient_system_resource'),
      'overloaded_error: The provider broke the answer off: it has not enough capacity.',
    ],
    [
      'a broken chunk',
      '{"choices":[{"delta":{"content":"b',
      'api_error: The provider sent a chunk that cannot be read.',
    ],
  ])('in the middle end the stream: %s', async (_name, data, expected) => {
    const events = await readData([chunk({ content: 'a' }), data, chunk({ content: 'b' }), DONE]);
    expect(transcript(events)).toEqual(['start', '0 text', '0 + a', `error ${expected}`]);
    expect(findViolation(events)).toBeUndefined();
  });

  it('are no words that keep the line open, and no chunks that nobody knows', async () => {
    const events = await told(['ping', { object: 'other' }, chunk({ content: 'a' }, 'stop'), DONE]);
    expect(events).toEqual(['start', '0 text', '0 + a', '0 end', ...ended('end_turn')]);
  });
});

describe('stop sequences that are enforced here', () => {
  const reading: Reading = { asked: { stop_sequences: ['END', 'HALT'] }, quirks: { takesStop: false } };

  it('cut the words, also where one comes in pieces', async () => {
    const events = await readData(
      [chunk({ content: 'one E' }), chunk({ content: 'N' }), chunk({ content: 'D two' }), DONE],
      reading,
    );
    expect(transcript(events)).toEqual(['start', '0 text', '0 + one ', '0 end', ...ended('stop_sequence')]);
    expect(events.at(-2)).toMatchObject({ delta: { stop_sequence: 'END' } });
    expect(findViolation(events)).toBeUndefined();
  });

  it('give back what only looked like one', async () => {
    expect(
      await told(
        [chunk({ content: 'E' }), chunk({ content: 'N!' }), chunk({ content: ' HAL' }, 'stop'), DONE],
        reading,
      ),
    ).toEqual(['start', '0 text', '0 + EN!', '0 +  ', '0 + HAL', '0 end', ...ended('end_turn')]);
  });

  it('let out what is held before a call, and look for nothing in arguments or thinking', async () => {
    expect(
      await told(
        [
          chunk({ reasoning_content: 'END' }),
          chunk({ content: 'aE' }),
          calls(fragment(0, '{"x":"END"}', opening)),
          DONE,
        ],
        reading,
      ),
    ).toEqual([
      'start',
      '0 thinking',
      '0 + END',
      '0 end',
      '1 text',
      '1 + a',
      '1 + E',
      '1 end',
      '2 tool_use c1 look',
      '2 + {"x":"END"}',
      '2 end',
      ...ended('tool_use'),
    ]);
  });

  it('leave no block where nothing came before', async () => {
    expect(await told([chunk({ content: 'ENDless' }), DONE], reading)).toEqual(['start', ...ended('stop_sequence')]);
  });
});
