import { describe, expect, it } from 'vitest';
import type { HubEvent } from '../../../../companion/wire/hub/event.ts';
import { BUDGET_MODEL, block, start, stop, textEvents, toolEvents } from '../openai-chat/support.ts';
import { encode, finalResponse, freeformTool, stream, thinkingEvents, thinkingRequest } from './support.ts';
import type { StreamedEvent } from './support.ts';

const ping: HubEvent = { type: 'ping' };
const freeform = { tools: [freeformTool] };
const schemaRequest = (schema: unknown): Record<string, unknown> => {
  return { model: BUDGET_MODEL, text: { format: { type: 'json_schema', name: 'a', schema } } };
};

const types = (events: readonly StreamedEvent[]): readonly string[] => events.map((event) => event.type);

/** The events without what every stream has around them. */
function inner(events: readonly StreamedEvent[]): readonly StreamedEvent[] {
  expect(types(events).slice(0, 2)).toEqual(['response.created', 'response.in_progress']);
  return events.slice(2, -1);
}

describe('text', () => {
  it('comes in the order of the API', () => {
    const events = stream([start(), ping, ...textEvents(0, 'Hel', 'lo'), ping, ...stop('end_turn')]);
    const place = { item_id: 'msg_01abc_0', output_index: 0, content_index: 0 };
    const part = { type: 'output_text', text: 'Hello', annotations: [], logprobs: [] };
    const item = { id: 'msg_01abc_0', type: 'message', role: 'assistant' };
    expect(types(events).at(-1)).toBe('response.completed');
    expect(inner(events)).toEqual([
      {
        type: 'response.output_item.added',
        sequence_number: 2,
        output_index: 0,
        item: { ...item, status: 'in_progress', content: [] },
      },
      { type: 'response.content_part.added', sequence_number: 3, ...place, part: { ...part, text: '' } },
      { type: 'response.output_text.delta', sequence_number: 4, ...place, delta: 'Hel', logprobs: [] },
      { type: 'response.output_text.delta', sequence_number: 5, ...place, delta: 'lo', logprobs: [] },
      { type: 'response.output_text.done', sequence_number: 6, ...place, text: 'Hello', logprobs: [] },
      { type: 'response.content_part.done', sequence_number: 7, ...place, part },
      {
        type: 'response.output_item.done',
        sequence_number: 8,
        output_index: 0,
        item: { ...item, status: 'completed', content: [part] },
      },
    ]);
  });

  it('is one message for a run of blocks, with a part for each, whatever unseen stands between', () => {
    const search = block(1, { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} });
    const events = stream([start(), ...textEvents(0, 'a'), ...search, ...textEvents(2, 'b'), ...stop('end_turn')]);
    expect(finalResponse(events).output).toMatchObject([{ type: 'message', content: [{ text: 'a' }, { text: 'b' }] }]);
    const deltas = events.filter((event) => event.type === 'response.output_text.delta');
    expect(deltas.map((event) => [event['output_index'], event['content_index']])).toEqual([
      [0, 0],
      [0, 1],
    ]);
  });

  it('tells what it cites', () => {
    const citation = { type: 'web_search_result_location', url: 'https://x.test/', title: 'X', cited_text: 'c' };
    const cited = block(
      0,
      { type: 'text', text: '', citations: [] },
      { type: 'citations_delta', citation },
      { type: 'text_delta', text: 'as X says' },
    );
    const events = stream([start(), ...cited, ...stop('end_turn')]);
    const annotation = { type: 'url_citation', url: 'https://x.test/', title: 'X', start_index: 0, end_index: 9 };
    const told = events.find((event) => event.type === 'response.output_text.annotation.added');
    expect(told).toMatchObject({ annotation_index: 0, content_index: 0, annotation });
    expect(finalResponse(events).output).toMatchObject([{ content: [{ annotations: [annotation] }] }]);
  });

  it('gives no item when nothing was said', () => {
    const events = stream([start(), ...textEvents(0, ''), ...stop('end_turn')]);
    expect(types(events)).toEqual(['response.created', 'response.in_progress', 'response.completed']);
    expect(finalResponse(events)).toMatchObject({ status: 'completed', output: [] });
  });
});

describe('calls', () => {
  it('come in the order of the API, by two ids that are not the same', () => {
    const events = stream([start(), ...toolEvents(0, 'toolu_1', 'look', '', '{"x"', ':1}'), ...stop('tool_use')]);
    const place = { item_id: 'fc_toolu_1', output_index: 0 };
    const item = { id: 'fc_toolu_1', status: 'in_progress', call_id: 'toolu_1', name: 'look', type: 'function_call' };
    expect(inner(events)).toEqual([
      { type: 'response.output_item.added', sequence_number: 2, output_index: 0, item: { ...item, arguments: '' } },
      { type: 'response.function_call_arguments.delta', sequence_number: 3, ...place, delta: '{"x"' },
      { type: 'response.function_call_arguments.delta', sequence_number: 4, ...place, delta: ':1}' },
      {
        type: 'response.function_call_arguments.done',
        sequence_number: 5,
        ...place,
        name: 'look',
        arguments: '{"x":1}',
      },
      {
        type: 'response.output_item.done',
        sequence_number: 6,
        output_index: 0,
        item: { ...item, arguments: '{"x":1}', status: 'completed' },
      },
    ]);
  });

  it('stand beside text and each other at their own index', () => {
    const events = stream([
      start(),
      ...textEvents(0, 'Let me look.'),
      ...toolEvents(1, 't1', 'f', '{"x":1}'),
      ...toolEvents(2, 't2', 'g'),
      ...stop('tool_use'),
    ]);
    expect(finalResponse(events).output).toMatchObject([
      { type: 'message', status: 'completed' },
      { type: 'function_call', call_id: 't1', name: 'f', arguments: '{"x":1}' },
      { type: 'function_call', call_id: 't2', name: 'g', arguments: '{}' },
    ]);
    const added = events.filter((event) => event.type === 'response.output_item.added');
    expect(added.map((event) => event['output_index'])).toEqual([0, 1, 2]);
    // The message is done before the next item begins.
    const order = types(events).filter((type) => type.startsWith('response.output_item'));
    expect(order.slice(0, 3)).toEqual([
      'response.output_item.added',
      'response.output_item.done',
      'response.output_item.added',
    ]);
  });

  it('give {} or whole input as one delta when no JSON came', () => {
    const whole = block(1, { type: 'tool_use', id: 't2', name: 'g', input: { y: 2 } });
    const events = stream([start(), ...toolEvents(0, 't1', 'f', ''), ...whole, ...stop('tool_use')]);
    const deltas = events.filter((event) => event.type === 'response.function_call_arguments.delta');
    expect(deltas.map((event) => event['delta'])).toEqual(['{}', '{"y":2}']);
  });

  it('of freeform tools give their text', () => {
    const json = JSON.stringify({ input: '*** Begin Patch\n"x" 🙂' });
    const events = stream(
      [start(), ...toolEvents(0, 'toolu_1', 'apply_patch', json.slice(0, 9), json.slice(9)), ...stop('tool_use')],
      freeform,
    );
    const place = { item_id: 'ctc_toolu_1', output_index: 0 };
    const input = '*** Begin Patch\n"x" 🙂';
    const item = { id: 'ctc_toolu_1', call_id: 'toolu_1', name: 'apply_patch', type: 'custom_tool_call' };
    expect(inner(events)).toEqual([
      {
        type: 'response.output_item.added',
        sequence_number: 2,
        output_index: 0,
        item: { ...item, status: 'in_progress', input: '' },
      },
      { type: 'response.custom_tool_call_input.delta', sequence_number: 3, ...place, delta: input },
      { type: 'response.custom_tool_call_input.done', sequence_number: 4, ...place, input },
      {
        type: 'response.output_item.done',
        sequence_number: 5,
        output_index: 0,
        item: { ...item, status: 'completed', input },
      },
    ]);
  });

  it('of freeform tools give their text as it comes', () => {
    const parts = ['{"inp', 'ut":"a\\', 'n\\ud83d', '\\ude42b', '"}'];
    const events = stream([start(), ...toolEvents(0, 't', 'apply_patch', ...parts), ...stop('tool_use')], freeform);
    const deltas = events.filter((event) => event.type === 'response.custom_tool_call_input.delta');
    expect(deltas.map((event) => event['delta'])).toEqual(['a', '\n', '🙂b']);
    expect(finalResponse(events).output).toMatchObject([{ status: 'completed', input: 'a\n🙂b' }]);
  });

  it('of freeform tools keep the text that came before the limit cut them off', () => {
    const json = '{"input":"ab\\';
    const events = stream([start(), ...toolEvents(0, 't', 'apply_patch', json), ...stop('max_tokens')], freeform);
    expect(finalResponse(events).output).toMatchObject([{ status: 'incomplete', input: 'ab' }]);
  });

  it('of freeform tools give other JSON as it is', () => {
    const events = stream(
      [start(), ...toolEvents(0, 't', 'apply_patch', '{"patch":"x"}'), ...stop('tool_use')],
      freeform,
    );
    expect(finalResponse(events).output).toMatchObject([{ input: '{"patch":"x"}' }]);
  });

  it('of a namespace give the client’s own names', () => {
    const tools = [{ type: 'namespace', name: 'files', tools: [{ type: 'function', name: 'look' }] }];
    const events = stream([start(), ...toolEvents(0, 't', 'files__look', '{}'), ...stop('tool_use')], { tools });
    expect(finalResponse(events).output).toMatchObject([{ name: 'look', namespace: 'files' }]);
  });

  it('are incomplete when the limit cut them off', () => {
    const events = stream([start(), ...toolEvents(0, 't', 'f', '{"x":"ab'), ...stop('max_tokens')]);
    expect(finalResponse(events)).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output: [{ status: 'incomplete', arguments: '{"x":"ab' }],
    });
  });

  it('have ids that the API takes back, however long and odd the upstream’s are', () => {
    const odd = `call:${'x'.repeat(80)}`;
    const events = stream([start(), ...toolEvents(0, odd, 'f', '{}'), ...stop('tool_use')]);
    const [item] = finalResponse(events).output;
    expect(item).toMatchObject({ call_id: odd });
    expect(item?.id).toMatch(/^fc_[a-zA-Z0-9_-]{1,61}$/);
  });
});

describe('reasoning', () => {
  it('comes as a summary in the order of the API, and is sealed when asked', () => {
    const events = stream(
      [start(), ...thinkingEvents(0, 'SIG', 'h', 'm'), ...textEvents(1, 'a'), ...stop('end_turn')],
      {
        ...thinkingRequest,
      },
    );
    const place = { item_id: 'rs_01abc_0', output_index: 0, summary_index: 0 };
    const part = { type: 'summary_text', text: 'hm' };
    expect(inner(events).slice(0, 7)).toEqual([
      {
        type: 'response.output_item.added',
        sequence_number: 2,
        output_index: 0,
        item: { id: 'rs_01abc_0', type: 'reasoning', summary: [] },
      },
      { type: 'response.reasoning_summary_part.added', sequence_number: 3, ...place, part: { ...part, text: '' } },
      { type: 'response.reasoning_summary_text.delta', sequence_number: 4, ...place, delta: 'h' },
      { type: 'response.reasoning_summary_text.delta', sequence_number: 5, ...place, delta: 'm' },
      { type: 'response.reasoning_summary_text.done', sequence_number: 6, ...place, text: 'hm' },
      { type: 'response.reasoning_summary_part.done', sequence_number: 7, ...place, part },
      {
        type: 'response.output_item.done',
        sequence_number: 8,
        output_index: 0,
        item: { id: 'rs_01abc_0', type: 'reasoning', summary: [part], encrypted_content: 'anthropic:SIG' },
      },
    ]);
    expect(finalResponse(events).output).toMatchObject([{ type: 'reasoning' }, { id: 'msg_01abc_1' }]);
  });

  it('is not sealed unless asked', () => {
    const events = stream([start(), ...thinkingEvents(0, 'SIG', 'hm'), ...stop('end_turn')]);
    expect(finalResponse(events).output[0]).not.toHaveProperty('encrypted_content');
  });

  it('may be unreadable, or have no words', () => {
    const redacted = block(0, { type: 'redacted_thinking', data: 'DATA' });
    const events = stream([start(), ...redacted, ...thinkingEvents(1, 'SIG'), ...stop('end_turn')], thinkingRequest);
    expect(types(inner(events))).toEqual([
      'response.output_item.added',
      'response.output_item.done',
      'response.output_item.added',
      'response.output_item.done',
    ]);
    expect(finalResponse(events).output).toMatchObject([
      { summary: [], encrypted_content: 'anthropic:redacted:DATA' },
      { summary: [], encrypted_content: 'anthropic:SIG' },
    ]);
  });

  it('that was cut off has nothing to be replayed with', () => {
    const events = stream([start(), ...thinkingEvents(0, '', 'hm'), ...stop('max_tokens')], thinkingRequest);
    expect(finalResponse(events)).toMatchObject({ status: 'incomplete' });
    expect(finalResponse(events).output[0]).not.toHaveProperty('encrypted_content');
  });
});

describe('the end', () => {
  it.each([
    ['end_turn', 'response.completed', null],
    ['stop_sequence', 'response.completed', null],
    ['tool_use', 'response.completed', null],
    ['pause_turn', 'response.completed', null],
    ['newer_reason', 'response.completed', null],
    [null, 'response.completed', null],
    ['max_tokens', 'response.incomplete', 'max_output_tokens'],
    ['model_context_window_exceeded', 'response.incomplete', 'max_output_tokens'],
    ['refusal', 'response.incomplete', 'content_filter'],
  ])('for %s is %s', (reason, type, incomplete) => {
    const events = stream([start(), ...textEvents(0, 'a'), ...stop(reason)]);
    const status = type.replace('response.', '');
    expect(types(events).at(-1)).toBe(type);
    expect(finalResponse(events)).toMatchObject({
      status,
      incomplete_details: incomplete === null ? null : { reason: incomplete },
      output: [{ status }],
    });
  });

  it('explains a refusal in a part of its own', () => {
    const delta = { stop_reason: 'refusal', stop_sequence: null, stop_details: { explanation: 'No.' } };
    const refused = [{ type: 'message_delta', delta, usage: { output_tokens: 1 } }, { type: 'message_stop' }];
    const events = stream([start(), ...textEvents(0, 'a'), ...(refused as HubEvent[])]);
    const place = { item_id: 'msg_01abc_0', output_index: 0, content_index: 1 };
    expect(inner(events).slice(-5)).toMatchObject([
      { type: 'response.content_part.added', ...place, part: { type: 'refusal', refusal: '' } },
      { type: 'response.refusal.delta', ...place, delta: 'No.' },
      { type: 'response.refusal.done', ...place, refusal: 'No.' },
      { type: 'response.content_part.done', ...place, part: { type: 'refusal', refusal: 'No.' } },
      { type: 'response.output_item.done', item: { status: 'incomplete' } },
    ]);
    const alone = stream([start(), ...(refused as HubEvent[])]);
    expect(finalResponse(alone).output).toMatchObject([{ content: [{ type: 'refusal', refusal: 'No.' }] }]);
  });

  it('counts what came from and went into a cache as input', () => {
    const usage = { input_tokens: 10, cache_read_input_tokens: 90, cache_creation_input_tokens: 5 };
    const told = { output_tokens: 7, output_tokens_details: { thinking_tokens: 3 } };
    const events = stream([start(usage), ...textEvents(0, 'a'), ...stop('end_turn', told)]);
    expect(finalResponse(events).usage).toEqual({
      input_tokens: 105,
      input_tokens_details: { cached_tokens: 90, cache_write_tokens: 5 },
      output_tokens: 7,
      output_tokens_details: { reasoning_tokens: 3 },
      total_tokens: 112,
    });
    expect(events[0]?.response?.usage).toBeNull();
  });

  it('is the last event: nothing follows it, and no [DONE]', () => {
    const lines = encode([start(), ...textEvents(0, 'a'), ...stop('end_turn'), ...textEvents(1, 'late')]);
    expect(lines.join('')).not.toContain('late');
    expect(lines.join('')).not.toContain('[DONE]');
  });
});

describe('the response', () => {
  it('repeats what was asked, in every state the same', () => {
    const tools = [{ type: 'function', name: 'f', parameters: null, strict: false }];
    const asked = {
      instructions: 'Be brief.',
      tools,
      tool_choice: 'auto',
      parallel_tool_calls: false,
      max_output_tokens: 99,
      temperature: 0.5,
      top_p: 0.9,
      text: { format: { type: 'json_object' }, verbosity: 'low' },
      reasoning: { effort: 'low', summary: 'auto' },
      metadata: { a: 'b' },
      prompt_cache_key: 'k',
      user: 'u',
      store: true,
    };
    const events = stream([start(), ...textEvents(0, 'a'), ...stop('end_turn')], asked);
    for (const { response } of [events[0], events[1], events.at(-1)].map((event) => event ?? ({} as StreamedEvent))) {
      expect(response).toMatchObject({ ...asked, store: false, id: 'resp_01abc', object: 'response' });
      expect(response).toMatchObject({ created_at: 1_700_000_000, model: 'claude-sonnet-4-6', error: null });
    }
    expect(events[0]?.response).toMatchObject({ status: 'in_progress', output: [] });
  });

  it('has the API’s defaults for what was not asked', () => {
    expect(finalResponse(stream([start(), ...stop('end_turn')]))).toMatchObject({
      background: false,
      instructions: null,
      max_output_tokens: null,
      metadata: {},
      parallel_tool_calls: true,
      previous_response_id: null,
      reasoning: { effort: null, summary: null },
      temperature: 1,
      text: { format: { type: 'text' } },
      tool_choice: 'auto',
      tools: [],
      top_p: 1,
      truncation: 'disabled',
    });
  });
});

describe('structured output through the hidden tool', () => {
  const object = { type: 'object', properties: { a: {} } };

  it('is text, as it comes', () => {
    const events = stream(
      [
        start(),
        ...textEvents(0, 'Sure:'),
        ...toolEvents(1, 't', 'json_output', '{"a"', ':1}'),
        ...textEvents(2, 'There.'),
        ...stop('tool_use'),
      ],
      schemaRequest(object),
    );
    const deltas = events.filter((event) => event.type === 'response.output_text.delta');
    expect(deltas.map((event) => event['delta'])).toEqual(['{"a"', ':1}']);
    expect(finalResponse(events)).toMatchObject({
      status: 'completed',
      output: [{ type: 'message', content: [{ text: '{"a":1}' }] }],
    });
  });

  it('is taken out of its wrapping once it is whole', () => {
    const events = stream(
      [start(), ...toolEvents(0, 't', 'json_output', '{"value":[1', ',2]}'), ...stop('tool_use')],
      schemaRequest({ type: 'array' }),
    );
    expect(finalResponse(events).output).toMatchObject([{ content: [{ text: '[1,2]' }] }]);
  });

  it('is the words when the tool was not called', () => {
    const events = stream([start(), ...textEvents(0, 'I ', 'cannot'), ...stop('end_turn')], schemaRequest(object));
    expect(finalResponse(events).output).toMatchObject([{ content: [{ text: 'I cannot' }] }]);
  });
});
