/** The hub's conversation on its way to one of OpenAI's wires: what each of them makes of it in the same way. */
import type { HubContentBlock, HubMessageParam, HubRequest } from '../hub/request.ts';
import type { Warn } from './warnings.ts';

export type Path = readonly PropertyKey[];

/** A block and where the client put it. */
export interface Placed<Block> {
  readonly block: Block;
  readonly path: Path;
}

export interface Turn {
  readonly role: HubMessageParam['role'];
  readonly blocks: Placed<HubContentBlock>[];
}

/** The API takes turns of one role in a row for one turn. */
export function mergeTurns(messages: readonly HubMessageParam[]): readonly Turn[] {
  const turns: Turn[] = [];
  for (const [position, { role, content }] of messages.entries()) {
    const path = ['messages', position, 'content'];
    const list: readonly HubContentBlock[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
    const blocks = list.map((block, index) => ({ block, path: [...path, index] }));
    const last = turns.at(-1);
    if (last?.role === role && role !== 'system') last.blocks.push(...blocks);
    else turns.push({ role, blocks });
  }
  return turns;
}

/** The hub's ids of the calls in a turn. */
export function callsOf({ blocks }: Turn): readonly string[] {
  return blocks.flatMap(({ block }) => (block.type === 'tool_use' ? [block.id] : []));
}

/** Claude Code's note to Anthropic about billing differs on every call, and so would spoil other providers' caches. */
const BILLING_NOTE = /^x-anthropic-billing-header:.*\n*/;

export function systemText(system: HubRequest['system'], warn: Warn): string {
  const blocks = typeof system === 'string' ? [system] : (system ?? []).map(({ text }) => text);
  const kept = blocks.map((text) => text.replace(BILLING_NOTE, ''));
  if (kept.some((text, index) => text !== blocks[index])) warn('system', 'the billing note for Anthropic is left out');
  return joinTexts(kept);
}

export function joinTexts(texts: readonly (string | null | undefined)[]): string {
  return texts.filter(Boolean).join('\n\n');
}
