import { describe, expect, it } from 'vitest';
import type { HubContentBlock, HubMessageParam } from '../../../../companion/wire/hub/request.ts';
import { reattachThinking, thinkingToRemember } from '../../../../companion/wire/hub/thinking-memory.ts';
import { hubMessage, text, toolUse } from '../openai-chat/support.ts';

const thought = (
  thinking: string,
  signature = `S${thinking}`,
): { type: 'thinking'; thinking: string; signature: string } => {
  return { type: 'thinking', thinking, signature };
};
const redacted = { type: 'redacted_thinking' as const, data: 'DATA' };
const call = (id: string): HubContentBlock => ({ type: 'tool_use', id, name: 'f', input: {} });
const words = (value: string): HubContentBlock => ({ type: 'text', text: value });
const assistant = (...content: HubContentBlock[]): HubMessageParam => ({ role: 'assistant', content });

describe('what is remembered', () => {
  it('is all thinking before each call, verbatim and in order', () => {
    const content = [
      thought('1'),
      text('a'),
      redacted,
      toolUse('t1', 'f', {}),
      thought('', 'S2'),
      toolUse('t2', 'f', {}),
    ];
    expect(thinkingToRemember(hubMessage({ content }))).toEqual([
      { toolUseId: 't1', blocks: [thought('1'), redacted] },
      { toolUseId: 't2', blocks: [thought('1'), redacted, thought('', 'S2')] },
    ]);
  });

  it('is nothing without a call, without thinking, or of thinking that nobody signed', () => {
    expect(thinkingToRemember(hubMessage({ content: [thought('1'), text('a')] }))).toEqual([]);
    expect(thinkingToRemember(hubMessage({ content: [toolUse('t', 'f', {})] }))).toEqual([]);
    expect(thinkingToRemember(hubMessage({ content: [thought('1', ''), toolUse('t', 'f', {})] }))).toEqual([]);
  });
});

describe('what is put back', () => {
  const known = new Map<string, readonly HubContentBlock[]>([
    ['t1', [thought('1'), redacted]],
    ['t2', [thought('1'), redacted, thought('2')]],
    ['u1', [thought('3')]],
  ]);
  const reattach = (...messages: HubMessageParam[]): readonly HubMessageParam[] =>
    reattachThinking(messages, (id) => known.get(id));

  it('stands before the words of the turn, and between calls where it stood', () => {
    expect(reattach(assistant(words('a'), call('t1'), call('t2')))).toEqual([
      assistant(thought('1'), redacted, words('a'), call('t1'), thought('2'), call('t2')),
    ]);
  });

  it('is whole when the first call is gone', () => {
    expect(reattach(assistant(call('t2')))).toEqual([assistant(thought('1'), redacted, thought('2'), call('t2'))]);
  });

  it('goes to each turn that lacks it', () => {
    const result: HubMessageParam = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1' }] };
    expect(reattach(assistant(call('t1')), result, assistant(call('u1')))).toEqual([
      assistant(thought('1'), redacted, call('t1')),
      result,
      assistant(thought('3'), call('u1')),
    ]);
  });

  it('leaves alone turns that have thinking, that are forgotten, or that are words', () => {
    const messages = [
      assistant(thought('own'), call('t1')),
      assistant(call('unknown')),
      assistant(words('a')),
      { role: 'assistant' as const, content: 'b' },
    ];
    expect(reattach(...messages)).toEqual(messages);
  });

  it('gives again what was remembered of a message', () => {
    const content = [thought('1'), toolUse('t1', 'f', {}), thought('2'), redacted, toolUse('t2', 'f', {})];
    const memory = new Map(
      thinkingToRemember(hubMessage({ content })).map((entry) => [entry.toolUseId, entry.blocks] as const),
    );
    const [turn] = reattachThinking([assistant(call('t1'), call('t2'))], (id) => memory.get(id));
    expect(turn).toEqual(assistant(thought('1'), call('t1'), thought('2'), redacted, call('t2')));
  });
});
