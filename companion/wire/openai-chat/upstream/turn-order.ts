/** Servers that let nobody but the assistant speak after results, and want to know whether to continue a last message. */
import type { ChatMessage } from './body.ts';

/** The messages as such a server takes them: a word of the assistant before the user's, and `prefix` on a last one. */
export function keepStrictTurns(messages: readonly ChatMessage[]): ChatMessage[] {
  const ordered = messages.flatMap((message, index): ChatMessage[] => {
    const follows = messages[index - 1]?.role === 'tool' && message.role !== 'tool' && message.role !== 'assistant';
    return follows ? [{ role: 'assistant', content: '(continued)' }, message] : [message];
  });
  const last = ordered.at(-1);
  return last?.role === 'assistant' ? [...ordered.slice(0, -1), { ...last, prefix: true }] : ordered;
}
