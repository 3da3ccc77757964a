/** A client's instructions and items as the hub's `system` and `messages`. */
import type Anthropic from '@anthropic-ai/sdk';
import type { HubMessageParam } from '../hub/request.ts';
import { invalidField } from './invalid-field.ts';
import { textBlocks } from './media.ts';
import type { TurnItem } from './turn-item.ts';
import { buildTurns } from './turns.ts';

/** The text of one instruction, in as many blocks as it had parts. */
export type Instruction = readonly Anthropic.TextBlockParam[];

export interface Conversation {
  readonly system: readonly Anthropic.TextBlockParam[];
  readonly messages: HubMessageParam[];
}

/**
 * Instructions alone: the last one is what the user says. Throws `INVALID_REQUEST` for `field` when nothing is left to
 * answer.
 */
export function buildConversation(
  instructions: readonly Instruction[],
  items: readonly TurnItem[],
  field: string,
): Conversation {
  const turns = buildTurns(items);
  if (turns.length > 0) return { system: instructions.flat(), messages: turns };
  const said = instructions.filter((blocks) => blocks.length > 0);
  const last = said.at(-1);
  if (last === undefined) throw invalidField(field, `Invalid '${field}': there is nothing in it to answer.`);
  return { system: said.slice(0, -1).flat(), messages: [{ role: 'user', content: [...last] }] };
}

/** Adds one more instruction after the client's own. */
export function withInstruction(
  system: readonly Anthropic.TextBlockParam[],
  text: string | undefined,
): readonly Anthropic.TextBlockParam[] {
  return text === undefined ? system : [...system, ...textBlocks(text)];
}

export function systemField(system: readonly Anthropic.TextBlockParam[]): { system?: Anthropic.TextBlockParam[] } {
  return system.length === 0 ? {} : { system: [...system] };
}
