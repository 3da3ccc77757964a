/** Responses streams as hub events. */
import { describe, expect, it, test } from 'vitest';
import { collectMessage } from '../../../../../companion/wire/hub/collect.ts';
import { findViolation } from '../../../../../companion/wire/hub/grammar.ts';
import { transcript } from '../../openai/upstream-support.ts';
import {
  added,
  args,
  call,
  completed,
  created,
  done,
  message,
  readEvents,
  reasoning,
  summary,
  thinkingAsked,
  toldCall,
  toldMessage,
  words,
} from './support.ts';
import type { ClientRequest } from '../../openai/upstream-support.ts';
import type { Event } from './support.ts';

async function linesOf(events: readonly (Event | string)[], asked?: ClientRequest): Promise<readonly string[]> {
  const read = await readEvents(events, asked);
  expect(findViolation(read)).toBeUndefined();
  return transcript(read);
}

test('words are one text block, under the name of the model that served', async () => {
  const events = await readEvents([created, ...toldMessage(0, '北京 🙂!'), completed()]);
  expect(transcript(events)).toEqual(['start', '0 text', '0 + 北京 ', '0 + 🙂!', '0 end', 'delta end_turn', 'stop']);
  expect(events[0]).toMatchObject({ message: { id: 'msg_stampid', model: 'gpt-5.5-2026' } });
});

test('nothing but the start is told before it is known what comes', async () => {
  expect(transcript(await readEvents([created, added(0, reasoning(0, []))])).slice(0, -1)).toEqual(['start']);
});

describe('reasoning', () => {
  const told = [
    created,
    added(0, reasoning(0, [], '')),
    summary(0, 'One '),
    summary(0, 'thought.'),
    summary(0, 'Another.', 1),
    done(0, reasoning(0, ['One thought.', 'Another.'])),
    ...toldMessage(1, 'So.'),
    completed(),
  ];

  it('is thinking, its parts paragraphs, with what proves it as the signature', async () => {
    expect(await linesOf(told, thinkingAsked)).toEqual([
      'start',
      '0 thinking',
      '0 + One ',
      '0 + thought.',
      '0 + \n\nAnother.',
      '0 + openai:gAAAAA0',
      '0 end',
      '1 text',
      '1 + So',
      '1 + .',
      '1 end',
      'delta end_turn',
      'stop',
    ]);
  });

  it('is not shown to those who did not ask for it: they expect words first', async () => {
    expect((await linesOf(told)).slice(0, 3)).toEqual(['start', '0 text', '0 + So']);
  });

  it('without words is an empty block with its signature', async () => {
    const events = [
      created,
      added(0, reasoning(0, [], '')),
      done(0, reasoning(0, [])),
      ...toldMessage(1, 'ab'),
      completed(),
    ];
    expect((await linesOf(events, thinkingAsked)).slice(0, 4)).toEqual([
      'start',
      '0 thinking',
      '0 + openai:gAAAAA0',
      '0 end',
    ]);
  });

  it('without words and without proof is nothing', async () => {
    const events = [created, done(0, reasoning(0, [], '')), ...toldMessage(1, 'ab'), completed()];
    expect((await linesOf(events, thinkingAsked))[1]).toBe('0 text');
  });

  it('told in full and summed up is told once', async () => {
    const raw = {
      type: 'response.reasoning_text.delta',
      output_index: 0,
      item_id: 'rs_0',
      content_index: 0,
      delta: 'raw',
    };
    const events = [created, raw, summary(0, 'sum'), done(0, reasoning(0, ['sum'])), completed()];
    expect((await linesOf(events, thinkingAsked)).slice(1, 4)).toEqual(['0 thinking', '0 + raw', '0 + openai:gAAAAA0']);
  });
});

describe('calls', () => {
  it('keep their own ids and names, each in a block of its own', async () => {
    const events = [created, ...toldCall(0, 'look', '{"x":1}'), ...toldCall(1, 'find', '{}'), completed()];
    expect(await linesOf(events)).toEqual([
      'start',
      '0 tool_use call_0 look',
      '0 + {"x"',
      '0 + :1}',
      '0 end',
      '1 tool_use call_1 find',
      '1 + {',
      '1 + }',
      '1 end',
      'delta tool_use',
      'stop',
    ]);
  });

  it('that arrive interleaved come one after the other, whole', async () => {
    const events = [
      created,
      added(0, call(0, 'look', '')),
      added(1, call(1, 'find', '')),
      args(1, '{"q":'),
      args(0, '{"x":'),
      args(1, '"a"}'),
      done(1, call(1, 'find', '{"q":"a"}')),
      args(0, '1}'),
      done(0, call(0, 'look', '{"x":1}')),
      completed(),
    ];
    const read = await readEvents(events);
    expect(findViolation(read)).toBeUndefined();
    const { content, stop_reason: reason } = await collectMessage(read);
    expect(content).toMatchObject([
      { id: 'call_0', name: 'look', input: { x: 1 } },
      { id: 'call_1', name: 'find', input: { q: 'a' } },
    ]);
    expect(reason).toBe('tool_use');
  });

  it('without arguments have an empty input', async () => {
    const { content } = await collectMessage(await readEvents([created, ...toldCall(0, 'look', ''), completed()]));
    expect(content).toMatchObject([{ type: 'tool_use', input: {} }]);
  });

  it('of a tool that takes text are the text, whatever is in it', async () => {
    const text = 'a "quote"\n\\ and 🙂';
    const item = { id: 'ctc_0', type: 'custom_tool_call', call_id: 'call_0', name: 'patch', input: text };
    const pieces = [...text].map((delta) => ({
      type: 'response.custom_tool_call_input.delta',
      output_index: 0,
      item_id: 'ctc_0',
      delta,
    }));
    for (const events of [[...pieces, done(0, item)], [done(0, item)]]) {
      const read = await readEvents([created, added(0, { ...item, input: '' }), ...events, completed()]);
      const { content } = await collectMessage(read);
      expect(content).toMatchObject([{ type: 'tool_use', id: 'call_0', name: 'patch', input: { input: text } }]);
    }
  });

  it('with an id that an earlier call of the conversation has get another', async () => {
    const asked: ClientRequest = {
      messages: [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'call_0', name: 'look', input: {} }] },
      ],
    };
    const lines = await linesOf([created, ...toldCall(0, 'look', '{}'), completed()], asked);
    expect(lines[1]).toBe('0 tool_use call_0_stampid_0 look');
  });

  it('have the name that the client knows, where it had to be shortened', async () => {
    const name = `mcp__${'x'.repeat(80)}`;
    const asked: ClientRequest = { tools: [{ name, input_schema: { type: 'object' } }] };
    const { encode } = await import('./support.ts');
    const [tool] = (encode(asked).body as { tools: { name: string }[] }).tools;
    const lines = await linesOf([created, ...toldCall(0, tool?.name ?? '', '{}'), completed()], asked);
    expect(lines[1]).toBe(`0 tool_use call_0 ${name}`);
  });
});

describe('a sparse stream', () => {
  it('whose items are told only when done', async () => {
    const events = [
      created,
      done(0, reasoning(0, ['Hm.'])),
      done(1, message(1, 'Hi')),
      done(2, call(2, 'f', '{}')),
      completed(),
    ];
    expect(await linesOf(events, thinkingAsked)).toEqual([
      'start',
      '0 thinking',
      '0 + Hm.',
      '0 + openai:gAAAAA0',
      '0 end',
      '1 text',
      '1 + Hi',
      '1 end',
      '2 tool_use call_2 f',
      '2 + {}',
      '2 end',
      'delta tool_use',
      'stop',
    ]);
  });

  it('whose items are told only at the end', async () => {
    const events = [created, completed({ output: [message(0, 'Hi'), call(1, 'f', '{}')] })];
    const { content } = await collectMessage(await readEvents(events));
    expect(content).toMatchObject([{ text: 'Hi' }, { name: 'f' }]);
  });

  it('does not tell an item twice that the end repeats', async () => {
    const events = [created, ...toldMessage(0, 'Hi'), completed({ output: [message(0, 'Hi')] })];
    const { content } = await collectMessage(await readEvents(events));
    expect(content).toMatchObject([{ text: 'Hi' }]);
  });

  it('without numbers and ids goes by the order', async () => {
    const bare = (event: Event): Event => {
      const { output_index: _, item_id: __, item, ...rest } = event as Event & { item?: Record<string, unknown> };
      if (item === undefined) return rest as Event;
      const { id: ___, ...nameless } = item;
      return { ...rest, item: nameless } as Event;
    };
    const events = [created, ...[...toldMessage(0, 'Hi'), ...toldCall(1, 'f', '{}')].map(bare), completed()];
    const { content } = await collectMessage(await readEvents(events));
    expect(content).toMatchObject([{ text: 'Hi' }, { name: 'f', input: {} }]);
  });
});

describe('what nobody here knows', () => {
  it('is skipped: events, items, comments and words that keep the line open', async () => {
    const search = { id: 'ws_1', type: 'web_search_call', status: 'completed' };
    const events = [
      ': keep-alive\n\n',
      created,
      { type: 'codex.rate_limits', rate_limits: { primary: { used_percent: 5 } } },
      added(0, search),
      { type: 'response.web_search_call.searching', output_index: 0, item_id: 'ws_1' },
      { type: 'response.web_search_call.delta', output_index: 0, item_id: 'ws_1', delta: 'no' },
      done(0, search),
      'data: ping\n\n',
      ...toldMessage(1, 'ab'),
      completed(),
      'data: [DONE]\n\n',
    ];
    expect(await linesOf(events)).toEqual(['start', '0 text', '0 + a', '0 + b', '0 end', 'delta end_turn', 'stop']);
  });

  it('but what was meant as JSON must be JSON', async () => {
    expect((await linesOf([created, 'data: {"type":"resp\n\n', completed()])).at(-1)).toMatch(
      /^error api_error: .*read/,
    );
  });
});

describe('the end', () => {
  it.each<[string, Event, string]>([
    [
      'the token limit',
      { ...completed({ incomplete_details: { reason: 'max_output_tokens' } }), type: 'response.incomplete' },
      'max_tokens',
    ],
    [
      'the filter',
      { ...completed({ incomplete_details: { reason: 'content_filter' } }), type: 'response.incomplete' },
      'refusal',
    ],
    ['no reason', { ...completed(), type: 'response.incomplete' }, 'max_tokens'],
  ])('by %s', async (_name, event, expected) => {
    expect((await linesOf([created, ...toldMessage(0, 'ab'), event])).at(-2)).toBe(`delta ${expected}`);
  });

  it('by the token limit wins over calls, and leaves out those that have no block yet', async () => {
    const events = [
      created,
      added(0, call(0, 'look', '')),
      args(0, '{"x'),
      added(1, call(1, 'find', '')),
      args(1, '{"'),
      { ...completed({ incomplete_details: { reason: 'max_output_tokens' } }), type: 'response.incomplete' },
    ];
    expect(await linesOf(events)).toEqual([
      'start',
      '0 tool_use call_0 look',
      '0 + {"x',
      '0 end',
      'delta max_tokens',
      'stop',
    ]);
  });

  it('with a refusal is its words and the reason', async () => {
    const delta = (text: string) => ({
      type: 'response.refusal.delta',
      output_index: 0,
      item_id: 'msg_0',
      content_index: 0,
      delta: text,
    });
    const item = { ...message(0, ''), content: [{ type: 'refusal', refusal: 'I will not.' }] };
    const streamed = [created, added(0, message(0, '')), delta('I will'), delta(' not.'), done(0, item), completed()];
    expect(await linesOf(streamed)).toEqual([
      'start',
      '0 text',
      '0 + I will',
      '0 +  not.',
      '0 end',
      'delta refusal',
      'stop',
    ]);
    expect(await linesOf([created, done(0, item), completed()])).toEqual([
      'start',
      '0 text',
      '0 + I will not.',
      '0 end',
      'delta refusal',
      'stop',
    ]);
  });

  it('of nothing is an empty message', async () => {
    expect(await linesOf([created, completed()])).toEqual(['start', 'delta end_turn', 'stop']);
  });

  it('is final', async () => {
    expect((await linesOf([created, completed(), ...toldMessage(0, 'more'), completed()])).length).toBe(3);
  });

  it('that never comes is an error', async () => {
    const lines = await linesOf([created, ...toldMessage(0, 'ab')]);
    expect(lines.at(-1)).toBe('error upstream_error: The stream ended before the answer was complete.');
  });
});

describe('counts', () => {
  it('leave out of the input what came from and went into the cache', async () => {
    const usage = {
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 80, cache_write_tokens: 5 },
      output_tokens: 9,
      output_tokens_details: { reasoning_tokens: 4 },
    };
    const { usage: counted } = await collectMessage(await readEvents([created, completed({ usage })]));
    expect(counted).toMatchObject({
      input_tokens: 15,
      cache_read_input_tokens: 80,
      cache_creation_input_tokens: 5,
      output_tokens: 9,
      output_tokens_details: { thinking_tokens: 4 },
    });
  });

  it('are zero where none are told, and never below', async () => {
    const odd = { input_tokens: 1, input_tokens_details: { cached_tokens: 5 }, output_tokens: -1 };
    for (const usage of [null, 'x', odd]) {
      const { usage: counted } = await collectMessage(await readEvents([created, completed({ usage })]));
      expect(counted).toMatchObject({ input_tokens: 0, output_tokens: 0 });
    }
  });
});

describe('a stop sequence', () => {
  it('ends the answer, wherever it is cut', async () => {
    const asked: ClientRequest = { stop_sequences: ['END'] };
    const events = [created, words(0, 'one E'), words(0, 'N'), words(0, 'D two'), completed()];
    const {
      content,
      stop_reason: reason,
      stop_sequence: sequence,
    } = await collectMessage(await readEvents(events, asked));
    expect(content).toMatchObject([{ text: 'one ' }]);
    expect([reason, sequence]).toEqual(['stop_sequence', 'END']);
  });

  it('ends it before the provider counted, so that the counts are an estimate', async () => {
    const asked: ClientRequest = { stop_sequences: ['END'], messages: [{ role: 'user', content: 'x'.repeat(4000) }] };
    const told = [created, ...toldCall(0, 'f', '{"a":1}'), words(1, '北京 ab'), words(1, 'cEND two'), completed()];
    const { usage } = await collectMessage(await readEvents(told, asked));
    // 7 bytes of JSON and 10 of words.
    expect(usage.output_tokens).toBe(5);
    expect(usage.input_tokens).toBeGreaterThan(1000);
    expect(usage.input_tokens).toBeLessThan(1020);
    const { usage: counted } = await collectMessage(await readEvents([created, words(0, 'one'), completed()], asked));
    expect(counted).toMatchObject({ input_tokens: 7, output_tokens: 3 });
  });

  it('that only began is told after all', async () => {
    const asked: ClientRequest = { stop_sequences: ['END'] };
    const events = [created, ...toldMessage(0, 'one EN'), ...toldCall(1, 'f', '{}'), completed()];
    const { content } = await collectMessage(await readEvents(events, asked));
    expect(content).toMatchObject([{ text: 'one EN' }, { name: 'f' }]);
  });
});

describe('a failure', () => {
  const failed = (error: object): Event => ({ type: 'response.failed', response: { status: 'failed', error } });
  it.each<[string, Event, string]>([
    [
      'of a limit',
      failed({ code: 'rate_limit_exceeded', message: 'Try again in 1.5s' }),
      'rate_limit_error: Try again in 1.5s',
    ],
    [
      'of the plan',
      failed({ type: 'usage_limit_reached', message: 'Limit reached' }),
      'rate_limit_error: Limit reached',
    ],
    ['of load', failed({ code: 'server_is_overloaded', message: 'Busy' }), 'overloaded_error: Busy'],
    ['of load, in its other word', failed({ code: 'slow_down', message: 'Slow down' }), 'overloaded_error: Slow down'],
    ['of quota', failed({ code: 'insufficient_quota', message: 'Empty' }), 'billing_error: Empty'],
    ['of a plan without it', failed({ code: 'usage_not_included', message: 'Upgrade' }), 'billing_error: Upgrade'],
    ['of policy', failed({ code: 'cyber_policy', message: 'Flagged' }), 'permission_error: Flagged'],
    [
      'of length',
      failed({ code: 'context_length_exceeded', message: 'Too much.' }),
      'invalid_request_error: prompt is too long: Too much.',
    ],
    ['of the server', failed({ code: 'server_error', message: 'Oops' }), 'api_error: Oops'],
    ['of nothing that is told', failed({}), 'api_error: The provider failed.'],
    ['as a flat event', { type: 'error', code: 'slow_down', message: 'Slow', param: null }, 'overloaded_error: Slow'],
    ['as a nested event', { type: 'error', error: { code: 'slow_down', message: 'Slow' } }, 'overloaded_error: Slow'],
  ])('%s keeps its words and has its type', async (_name, event, expected) => {
    const lines = await linesOf([created, words(0, 'a'), event, completed()]);
    expect(lines.at(-1)).toBe(`error ${expected}`);
  });
});
