import { array, assert, asyncProperty, constantFrom, dictionary, jsonValue, oneof, record, string } from 'fast-check';
import { expect, it } from 'vitest';
import { blankMessage } from '../../../../companion/wire/hub/blank.ts';
import { collectMessage } from '../../../../companion/wire/hub/collect.ts';
import type { HubMessage } from '../../../../companion/wire/hub/event.ts';
import { eventsOfMessage } from '../../../../companion/wire/hub/expand.ts';
import { findViolation } from '../../../../companion/wire/hub/grammar.ts';

type Block = HubMessage['content'][number];

const citation = {
  type: 'web_search_result_location',
  url: 'https://x',
  title: 'X',
  cited_text: 'x',
  encrypted_index: 'e',
};
const blocks = oneof(
  record({ type: constantFrom('text'), text: string(), citations: constantFrom(null, [citation]) }),
  record({ type: constantFrom('thinking'), thinking: string(), signature: string() }),
  record({ type: constantFrom('redacted_thinking'), data: string() }),
  record({
    type: constantFrom('tool_use', 'server_tool_use'),
    id: constantFrom('toolu_1'),
    name: constantFrom('look'),
    input: dictionary(string(), jsonValue()),
  }),
  record({ type: constantFrom('web_search_tool_result'), tool_use_id: constantFrom('s'), content: constantFrom([]) }),
);

function message(content: readonly unknown[]): HubMessage {
  return {
    ...blankMessage('msg_1', 'm'),
    content: content as Block[],
    stop_reason: 'stop_sequence',
    stop_sequence: 'END',
    usage: { ...blankMessage('', '').usage, input_tokens: 3, output_tokens: 5, cache_read_input_tokens: 2 },
  };
}

it('tells any message so that it can be collected again', async () => {
  await assert(
    asyncProperty(array(blocks, { maxLength: 5 }), async (content) => {
      const whole = JSON.parse(JSON.stringify(message(content))) as HubMessage;
      const events = eventsOfMessage(whole);
      expect(findViolation(events)).toBeUndefined();
      expect(await collectMessage(events)).toEqual(whole);
    }),
  );
});

it('starts with nothing said and no reason to stop', () => {
  const [start] = eventsOfMessage(message([{ type: 'text', text: 'a', citations: null }]));
  expect(start).toMatchObject({ message: { content: [], stop_reason: null, stop_sequence: null } });
});

it('has no empty deltas', () => {
  const events = eventsOfMessage(
    message([
      { type: 'text', text: '', citations: null },
      { type: 'thinking', thinking: '', signature: 's' },
      { type: 'tool_use', id: 't', name: 'n', input: {} },
    ]),
  );
  const deltas = events.flatMap((event) => (event.type === 'content_block_delta' ? [event.delta.type] : []));
  expect(deltas).toEqual(['signature_delta']);
});
