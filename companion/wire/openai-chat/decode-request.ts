/** A Chat Completions body as a hub request. */
import type Anthropic from '@anthropic-ai/sdk';
import type { HubRequest } from '../hub/request.ts';
import { modelFacts } from '../model-facts.ts';
import type { ModelFacts, ModelFactsLookup } from '../model-facts.ts';
import { limitCacheMarks } from './cache-control.ts';
import { invalidField } from './invalid-field.ts';
import type { ChatDecodedRequest, HiddenJsonTool } from './memo.ts';
import { decodeMessages, withInstruction } from './messages.ts';
import { readChatRequest } from './request-schema.ts';
import type { ChatRequest } from './request-schema.ts';
import { decodeResponseFormat } from './response-format.ts';
import type { JsonOutput } from './response-format.ts';
import { decodeMaxTokens, decodeSampling, decodeStop, namesNoLimit } from './sampling.ts';
import { decodeThinking } from './thinking.ts';
import type { Thinking } from './thinking.ts';
import { decodeTools, usesFunctions } from './tools.ts';
import type { ToolUse } from './tools.ts';
import { createWarnings, warnOfIgnoredFields, warnOfIgnoredMessageFields } from './warnings.ts';
import type { Warn } from './warnings.ts';

export interface ChatDecodeOptions {
  /** What the named model takes; read off its name unless given. */
  readonly modelFacts?: ModelFactsLookup;
  /**
   * How a JSON schema reaches the upstream: as `output_config.format`, or as a hidden forced tool. By default the former
   * for models that take it, the latter for others.
   */
  readonly jsonOutput?: 'by-model' | 'native' | 'tool';
}

/** Throws `INVALID_REQUEST` with `details.field`; everything else that is not carried over is in the warnings. */
export function decodeChatRequest(body: unknown, options: ChatDecodeOptions = {}): ChatDecodedRequest {
  const request = readChatRequest(body);
  refuseUnservable(request);
  const { warn, list } = createWarnings();
  warnOfIgnoredFields(request, warn);
  warnOfIgnoredMessageFields(request.messages, warn);
  const { hub, jsonTool } = translate(request, options, warn);
  const memo = {
    includesUsage: request.stream_options?.include_usage === true,
    usesFunctions: usesFunctions(request),
    jsonTool,
  };
  return {
    hub: limitCacheMarks(hub, warn),
    isStream: request.stream === true,
    warnings: list(),
    hasDefaultMaxTokens: namesNoLimit(request),
    memo,
  };
}

/** Each step may rest on the ones before: a forced tool rules out thinking, thinking rules out a hidden tool. */
function translate(
  request: ChatRequest,
  options: ChatDecodeOptions,
  warn: Warn,
): { readonly hub: HubRequest; readonly jsonTool: HiddenJsonTool | undefined } {
  const facts = (options.modelFacts ?? modelFacts)(request.model);
  const { system, messages } = decodeMessages(request.messages);
  const tools = decodeTools(request, messages, warn);
  const context = { facts, maxTokens: decodeMaxTokens(request, facts), messages, toolChoice: tools.tool_choice };
  const thinking = decodeThinking(request.reasoning_effort, context, warn);
  const json = decodeResponseFormat(request.response_format, {
    isNative: isNative(facts, options),
    mayForceTool: thinking.thinking === undefined && tools.tools === undefined,
  });
  const hub: HubRequest = {
    model: request.model,
    max_tokens: thinking.max_tokens,
    ...systemField(withInstruction(system, json.instruction)),
    messages,
    ...toolFields(tools, json),
    ...thinkingFields(thinking, json),
    ...decodeSampling(request, facts, thinking.thinking !== undefined, warn),
    ...decodeStop(request.stop, warn),
    ...userField(request),
  };
  return { hub, jsonTool: json.jsonTool };
}

function refuseUnservable({ n, modalities }: ChatRequest): void {
  if ((n ?? 1) > 1) throw invalidField('n', "Invalid 'n': one answer for each request is what can be given.");
  if (modalities?.includes('audio')) throw invalidField('modalities', 'Audio output is not supported.');
}

function isNative(facts: ModelFacts, { jsonOutput = 'by-model' }: ChatDecodeOptions): boolean {
  return jsonOutput === 'by-model' ? facts.hasNativeJsonSchema : jsonOutput === 'native';
}

function systemField(system: readonly Anthropic.TextBlockParam[]): { system?: Anthropic.TextBlockParam[] } {
  return system.length === 0 ? {} : { system: [...system] };
}

function toolFields(tools: ToolUse, { tool }: JsonOutput): ToolUse {
  if (tool === undefined) return tools;
  return {
    tools: [tool],
    tool_choice: { type: 'tool', name: tool.name, disable_parallel_tool_use: true },
  };
}

function thinkingFields(
  { thinking, effort }: Thinking,
  { format }: JsonOutput,
): Pick<HubRequest, 'thinking' | 'output_config'> {
  const config = { ...(effort && { effort }), ...(format && { format }) };
  return {
    ...(thinking && { thinking }),
    ...(Object.keys(config).length > 0 && { output_config: config }),
  };
}

function userField({ user, safety_identifier: safetyIdentifier }: ChatRequest): Pick<HubRequest, 'metadata'> {
  const id = user || safetyIdentifier;
  return id ? { metadata: { user_id: id } } : {};
}
