/** Tool loops with thinking on, for a form that has no place for signatures. */
import { expect, it } from 'vitest';
import type { HubContentBlock } from '../../../../companion/wire/hub/request.ts';
import { openAiChatDialect } from '../../../../companion/wire/openai-chat/codec.ts';
import { ADAPTIVE_MODEL, assistantCalls, hello, toolResult } from './support.ts';

const thinking: HubContentBlock = { type: 'thinking', thinking: 'hm', signature: 'SIG' };
const body = {
  model: ADAPTIVE_MODEL,
  messages: [hello, assistantCalls('t1', 't2'), toolResult('t1', 'ok'), toolResult('t2', 'ok')],
};
const recall = (id: string): readonly HubContentBlock[] | undefined => (id === 't1' ? [thinking] : undefined);

it('puts the recalled thinking before the calls, and thinks on', () => {
  const { hub, warnings } = openAiChatDialect.decodeRequest({ ...body, reasoning_effort: 'high' }, undefined, recall);
  expect(hub.thinking).toEqual({ type: 'adaptive' });
  expect(hub.messages[1]?.content).toMatchObject([thinking, { id: 't1' }, { id: 't2' }]);
  expect(warnings).toEqual([]);
});

it('does not think when nothing is recalled, and leaves the history as it came', () => {
  const { hub, warnings } = openAiChatDialect.decodeRequest(
    { ...body, reasoning_effort: 'high' },
    undefined,
    () => undefined,
  );
  expect(hub).not.toHaveProperty('thinking');
  expect(hub.messages[1]?.content).toMatchObject([{ id: 't1' }, { id: 't2' }]);
  expect(warnings).toMatchObject([{ field: 'reasoning_effort' }]);
});

it('asks for nothing when thinking is not wanted', () => {
  const asked: string[] = [];
  const { hub } = openAiChatDialect.decodeRequest(body, undefined, (id) => {
    asked.push(id);
    return [thinking];
  });
  expect(asked).toEqual([]);
  expect(hub.messages[1]?.content).toHaveLength(2);
});

it('drops thinking at the end of a turn: the service refuses it', () => {
  const blocks = [{ type: 'thinking', thinking: 'hm', signature: 'SIG' }];
  const broken = { role: 'assistant', content: null, thinking_blocks: blocks };
  const { hub } = openAiChatDialect.decodeRequest({ model: ADAPTIVE_MODEL, messages: [hello, broken, hello] });
  expect(hub.messages).toMatchObject([{ role: 'user', content: [{ text: 'hi' }, { text: 'hi' }] }]);
});
