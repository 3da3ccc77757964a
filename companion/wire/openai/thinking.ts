/** OpenAI's reasoning effort as thinking, and when a request that asks for it cannot have it. */
import type Anthropic from '@anthropic-ai/sdk';
import type { Effort, ModelFacts } from '../model-facts.ts';
import type { HubMessageParam } from '../hub/request.ts';
import { isThinking, reattachThinking } from '../hub/thinking-memory.ts';
import type { ThinkingRecall } from '../hub/thinking-memory.ts';
import { isForced } from './tool-choice.ts';
import type { Warn } from './warnings.ts';

export const reasoningEfforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
export type ReasoningEffort = (typeof reasoningEfforts)[number];

/** The service's own minimum is 1,024. */
const budgetTokens: Readonly<Record<Effort, number>> = {
  low: 1024,
  medium: 8192,
  high: 16_384,
  xhigh: 32_000,
  max: 32_000,
};

/** Left for the answer itself when thinking has a budget. */
const ANSWER_TOKENS = 4096;
const weakestFirst: readonly Effort[] = ['low', 'medium', 'high', 'xhigh', 'max'];

export interface Thinking {
  readonly thinking?: Anthropic.ThinkingConfigEnabled | Anthropic.ThinkingConfigAdaptive;
  readonly effort?: Effort;
  readonly max_tokens: number;
  /** The conversation, with the thinking that had to be put back into it. */
  readonly messages: readonly HubMessageParam[];
}

export interface ThinkingContext {
  readonly facts: ModelFacts;
  readonly maxTokens: number;
  readonly messages: readonly HubMessageParam[];
  readonly toolChoice: Anthropic.ToolChoice | undefined;
  /** The field that asks for thinking, for the warning that it is not to be had. */
  readonly field: string;
  readonly recall: ThinkingRecall | undefined;
}

/**
 * Thinking, the effort that goes with it, `max_tokens` with room for both, and the messages: where thinking is asked for
 * and the client could not keep that of earlier calls, it is recalled.
 */
export function decodeThinking(
  effort: ReasoningEffort | null | undefined,
  context: ThinkingContext,
  warn: Warn,
): Thinking {
  const { facts, maxTokens, messages, recall } = context;
  if (!effort || effort === 'none') return { max_tokens: maxTokens, messages };
  const wanted = effort === 'minimal' ? 'low' : effort;
  const recalled = recall === undefined ? messages : reattachThinking(messages, recall);
  const obstacle = findObstacle(context, recalled);
  if (obstacle !== undefined) warn(context.field, obstacle);
  const kept = obstacle === undefined ? recalled : messages;
  if (facts.thinking === 'adaptive') {
    const level = { effort: supportedEffort(wanted, facts.efforts), max_tokens: maxTokens, messages: kept };
    return obstacle === undefined ? { ...level, thinking: { type: 'adaptive' } } : level;
  }
  if (obstacle !== undefined) return { max_tokens: maxTokens, messages: kept };
  return { ...withBudget(budgetTokens[wanted], facts, maxTokens), messages: kept };
}

function findObstacle(
  { facts, toolChoice }: ThinkingContext,
  messages: readonly HubMessageParam[],
): string | undefined {
  if (facts.thinking === 'none') return 'this model does not think';
  if (isForced(toolChoice)) return 'no thinking when a tool call is forced';
  if (lacksThinking(messages)) return 'no thinking after tool calls whose thinking is not in the history';
  return undefined;
}

/** With thinking on, the last assistant turn that called tools must begin with its thinking. */
function lacksThinking(messages: readonly HubMessageParam[]): boolean {
  const turn = messages.findLast(({ content }) => {
    return typeof content !== 'string' && content.some((block) => block.type === 'tool_use');
  });
  const first = typeof turn?.content === 'object' ? turn.content[0] : undefined;
  return first !== undefined && !isThinking(first);
}

/** The wanted level, or the strongest one below it that the model has. */
function supportedEffort(wanted: Effort, supported: readonly Effort[]): Effort {
  const upTo = weakestFirst.slice(0, weakestFirst.indexOf(wanted) + 1);
  return upTo.findLast((effort) => supported.includes(effort)) ?? supported[0] ?? wanted;
}

function withBudget(wanted: number, facts: ModelFacts, maxTokens: number): Omit<Thinking, 'messages'> {
  const budget = Math.max(budgetTokens.low, Math.min(wanted, facts.maxOutputTokens - ANSWER_TOKENS));
  return {
    thinking: { type: 'enabled', budget_tokens: budget },
    max_tokens: Math.max(maxTokens, budget + ANSWER_TOKENS),
  };
}
