/** The models of a plan, in the form in which Codex is told of them. */
import type { JsonObject } from '../openai/plan.ts';

export const chatGptModels: readonly string[] = ['gpt-5.5', 'gpt-5.4', 'gpt-5.4-mini', 'gpt-5.3-codex'];

const efforts = [
  { effort: 'low', description: 'Fast responses with lighter reasoning' },
  { effort: 'medium', description: 'Balances speed and reasoning depth' },
  { effort: 'high', description: 'Greater reasoning depth for complex problems' },
];

export function describeModel(slug: string, priority: number): JsonObject {
  return {
    slug,
    display_name: slug,
    description: 'A model of the stand-in.',
    default_reasoning_level: 'medium',
    supported_reasoning_levels: efforts,
    shell_type: 'shell_command',
    visibility: 'list',
    supported_in_api: true,
    priority,
    upgrade: null,
    base_instructions: 'You are a coding agent.',
    supports_reasoning_summaries: true,
    support_verbosity: true,
    default_verbosity: 'low',
    apply_patch_tool_type: 'freeform',
    truncation_policy: { mode: 'tokens', limit: 10_000 },
    supports_parallel_tool_calls: true,
    context_window: 272_000,
    experimental_supported_tools: [],
  };
}
