/** Pieces of a hub request that come out of OpenAI's two forms in the same way. */
import type { HubRequest } from '../hub/request.ts';
import type { ThinkingRecall } from '../hub/thinking-memory.ts';
import type { ModelFacts, ModelFactsLookup } from '../model-facts.ts';
import type { JsonOutput } from './response-format.ts';
import type { Thinking } from './thinking.ts';
import type { ToolUse } from './tool-choice.ts';

export interface OpenAiDecodeOptions {
  /** What the named model takes; read off its name unless given. */
  readonly modelFacts?: ModelFactsLookup;
  /**
   * How a JSON schema reaches the upstream: as `output_config.format`, or as a hidden forced tool. By default the former
   * for models that take it, the latter for others.
   */
  readonly jsonOutput?: 'by-model' | 'native' | 'tool';
  /** The thinking of earlier calls, which clients of these forms do not keep. */
  readonly recall?: ThinkingRecall;
}

/** The options of a dialect with what is known for one request alone. */
export function withKnowledge(
  options: OpenAiDecodeOptions,
  facts: ModelFacts | undefined,
  recall: ThinkingRecall | undefined,
): OpenAiDecodeOptions {
  return { ...options, ...(facts && { modelFacts: () => facts }), ...(recall && { recall }) };
}

export function isNativeJson(facts: ModelFacts, { jsonOutput = 'by-model' }: OpenAiDecodeOptions): boolean {
  return jsonOutput === 'by-model' ? facts.hasNativeJsonSchema : jsonOutput === 'native';
}

/** The client's tools and choice, or the hidden tool that is forced in their place. */
export function toolFields(tools: ToolUse, { tool }: JsonOutput): ToolUse {
  if (tool === undefined) return tools;
  return {
    tools: [tool],
    tool_choice: { type: 'tool', name: tool.name, disable_parallel_tool_use: true },
  };
}

export function thinkingFields(
  { thinking, effort }: Thinking,
  { format }: JsonOutput,
): Pick<HubRequest, 'thinking' | 'output_config'> {
  const config = { ...(effort && { effort }), ...(format && { format }) };
  return {
    ...(thinking && { thinking }),
    ...(Object.keys(config).length > 0 && { output_config: config }),
  };
}

interface UserFields {
  readonly user?: string | null | undefined;
  readonly safety_identifier?: string | null | undefined;
}

export function userField({ user, safety_identifier: safetyIdentifier }: UserFields): Pick<HubRequest, 'metadata'> {
  const id = user || safetyIdentifier;
  return id ? { metadata: { user_id: id } } : {};
}
