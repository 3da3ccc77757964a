import { describe, expect, it } from 'vitest';
import { ThinkingMemory } from '../../../companion/exchange/thinking-memory.ts';
import type { HubEvent } from '../../../companion/wire/hub/event.ts';
import { eventsOfMessage } from '../../../companion/wire/hub/expand.ts';
import { hubMessage, text, toolUse } from '../wire/openai-chat/support.ts';

const thought = (thinking: string): { type: 'thinking'; thinking: string; signature: string } => {
  return { type: 'thinking', thinking, signature: `S${thinking}` };
};
const answer = (id: string, thinking = 'hm'): ReturnType<typeof hubMessage> =>
  hubMessage({ content: [thought(thinking), text('a'), toolUse(id, 'f', { x: 1 })], stop_reason: 'tool_use' });
const roomy = { maxEntries: 100, maxBytes: 1_000_000 };

describe('ThinkingMemory', () => {
  it('recalls by the id of the call', () => {
    const memory = new ThinkingMemory(roomy);
    memory.remember('a', answer('t1'));
    expect(memory.recall('a', 't1')).toEqual([thought('hm')]);
    expect(memory.recall('a', 't2')).toBeUndefined();
  });

  it('never shares between scopes, not even when scope and id run together', () => {
    const memory = new ThinkingMemory(roomy);
    memory.remember('a', answer('bt1'));
    expect(memory.recall('b', 'bt1')).toBeUndefined();
    expect(memory.recall('ab', 't1')).toBeUndefined();
  });

  it('forgets what was used least recently when there are too many', () => {
    const memory = new ThinkingMemory({ ...roomy, maxEntries: 2 });
    memory.remember('a', answer('t1'));
    memory.remember('a', answer('t2'));
    memory.recall('a', 't1');
    memory.remember('a', answer('t3'));
    expect(memory.recall('a', 't2')).toBeUndefined();
    expect(memory.recall('a', 't1')).toBeDefined();
    expect(memory.recall('a', 't3')).toBeDefined();
    expect(memory.size).toBe(2);
  });

  it('keeps within its bytes, and gives up what alone is more', () => {
    const memory = new ThinkingMemory({ maxEntries: 100, maxBytes: 500 });
    for (const id of ['t1', 't2', 't3', 't4']) memory.remember('a', answer(id, 'x'.repeat(80)));
    expect(memory.bytes).toBeLessThanOrEqual(500);
    expect(memory.size).toBe(1);
    expect(memory.recall('a', 't4')).toBeDefined();
    memory.remember('a', answer('t5', 'x'.repeat(1000)));
    expect(memory.recall('a', 't5')).toBeUndefined();
    expect(memory.recall('a', 't4')).toBeDefined();
  });

  it('counts an entry once, however often it is remembered', () => {
    const memory = new ThinkingMemory(roomy);
    memory.remember('a', answer('t1'));
    const { bytes } = memory;
    memory.remember('a', answer('t1', 'mh'));
    expect(memory).toMatchObject({ bytes, size: 1 });
    expect(memory.recall('a', 't1')).toEqual([thought('mh')]);
  });
});

describe('ThinkingRecorder', () => {
  it('reads along and remembers the finished message', () => {
    const memory = new ThinkingMemory(roomy);
    const content = [
      thought('1'),
      { type: 'redacted_thinking' as const, data: 'DATA' },
      text('a'),
      toolUse('t1', 'f', { x: 1 }),
      thought('2'),
      toolUse('t2', 'f', {}),
    ];
    push(memory, eventsOfMessage(hubMessage({ content })));
    expect(memory.recall('a', 't1')).toEqual(content.slice(0, 2));
    expect(memory.recall('a', 't2')).toEqual([...content.slice(0, 2), thought('2')]);
  });

  it('joins thinking that came in pieces, and takes what a block began with', () => {
    const memory = new ThinkingMemory(roomy);
    const events = eventsOfMessage(answer('t1', 'hm')).flatMap((event): readonly HubEvent[] => {
      if (event.type === 'content_block_start' && event.content_block.type === 'thinking') {
        return [{ ...event, content_block: { ...event.content_block, thinking: 'oh ' } }];
      }
      if (event.type !== 'content_block_delta' || event.delta.type !== 'thinking_delta') return [event];
      const piece = (thinking: string): HubEvent => ({ ...event, delta: { type: 'thinking_delta', thinking } });
      return [piece('h'), piece('m')];
    });
    push(memory, events);
    expect(memory.recall('a', 't1')).toEqual([{ type: 'thinking', thinking: 'oh hm', signature: 'Shm' }]);
  });

  it('remembers nothing of a message that was not finished', () => {
    const memory = new ThinkingMemory(roomy);
    push(memory, eventsOfMessage(answer('t1')).slice(0, -1));
    expect(memory.size).toBe(0);
  });

  it('is not there for clients that keep the thinking themselves', () => {
    expect(new ThinkingMemory().recorder('a', 'anthropic')).toBeUndefined();
  });
});

function push(memory: ThinkingMemory, events: readonly HubEvent[]): void {
  const recorder = memory.recorder('a', 'openai-chat');
  for (const event of events) recorder?.push(event);
}
