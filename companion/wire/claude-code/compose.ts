/** A hub request as what one asks of Claude Code: a system prompt, turns, and what its program is started with. */
import { CompanionError } from '../../base/error.ts';
import type { Warning } from '../codec.ts';
import { schemaInstruction } from '../hub/json-instruction.ts';
import type { HubRequest } from '../hub/request.ts';
import { readTurns } from './content.ts';
import type { ClaudeCodeTurn } from './content.ts';
import { notInClaudeCodeMode, refuseUnavailable, warnDropped } from './refuse.ts';

export type ClaudeCodeThinking =
  | { readonly type: 'disabled' }
  | { readonly type: 'adaptive'; readonly display: ThinkingDisplay }
  | { readonly type: 'enabled'; readonly budgetTokens: number; readonly display: ThinkingDisplay };

export type ThinkingDisplay = 'summarized' | 'omitted';

export interface ClaudeCodePlan {
  /** A full name or one of Claude Code's own aliases: `opus`, `sonnet[1m]`. */
  readonly model: string;
  /** Takes the place of Claude Code's own; empty when the client gave none. */
  readonly systemPrompt: string;
  /** What was said before, and last what is asked now: at least one turn, the last from the user. */
  readonly turns: readonly ClaudeCodeTurn[];
  readonly thinking: ClaudeCodeThinking;
  readonly effort: string | undefined;
  readonly maxOutputTokens: number;
  /** To be found in the answer by us; Claude Code knows none. */
  readonly stopSequences: readonly string[];
  readonly warnings: readonly Warning[];
}

/**
 * Throws `NOT_AVAILABLE_IN_MODE` with `details.field` for what this mode cannot do, `MODEL_NOT_FOUND` for a name that can be
 * none, and warns of what it drops. `model` is Claude Code's name for it.
 */
export function composeClaudeCodePlan(request: HubRequest, model: string): ClaudeCodePlan {
  refuseUnavailable(request);
  if (!modelName.test(model)) throw new CompanionError('MODEL_NOT_FOUND', 'Claude Code has no model of this name.');
  const { turns, warnings } = readTurns(request.messages);
  if (turns.at(-1)?.role !== 'user') {
    const last = request.messages.length - 1;
    throw notInClaudeCodeMode(['messages', last, 'content'], 'A last message without content');
  }
  return {
    model,
    systemPrompt: systemText(request),
    turns,
    thinking: thinkingOf(request),
    effort: request.output_config?.effort ?? undefined,
    maxOutputTokens: request.max_tokens,
    stopSequences: (request.stop_sequences ?? []).filter((sequence) => sequence !== ''),
    warnings: [...warnDropped(request), ...warnings],
  };
}

/** It becomes part of a command line. */
const modelName = /^[A-Za-z0-9][\w.:@/[\]-]{0,199}$/;

/** Claude Code's first system block when it is the client: accounts of the API, which its twin here adds anew. */
const billingLine = /^x-anthropic-billing-header:[^\n]*$/;

function systemText({ system, output_config: output }: HubRequest): string {
  const blocks = typeof system === 'string' ? [system] : (system ?? []).map(({ text }) => text);
  const schema = output?.format?.schema;
  const instruction = schema === undefined || schema === null ? [] : [schemaInstruction(schema)];
  return [...blocks.filter((text) => !billingLine.test(text)), ...instruction]
    .filter((text) => text.trim() !== '')
    .join('\n\n');
}

/** Without a word about thinking there is none, as on the API; models that always think do so all the same. */
function thinkingOf({ thinking }: HubRequest): ClaudeCodeThinking {
  switch (thinking?.type) {
    case 'enabled':
      return { type: 'enabled', budgetTokens: thinking.budget_tokens, display: thinking.display ?? 'summarized' };
    case 'adaptive':
      return { type: 'adaptive', display: thinking.display ?? 'summarized' };
    default:
      return { type: 'disabled' };
  }
}
