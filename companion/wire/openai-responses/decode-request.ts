/** A Responses body as a hub request. */
import type { HubRequest } from '../hub/request.ts';
import type { ModelFacts } from '../model-facts.ts';
import { modelFacts } from '../model-facts.ts';
import { systemField, withInstruction } from '../openai/conversation.ts';
import { isNativeJson, thinkingFields, toolFields, userField } from '../openai/output-fields.ts';
import type { OpenAiDecodeOptions } from '../openai/output-fields.ts';
import { decodeAnswerFormat } from '../openai/response-format.ts';
import type { AnswerFormat } from '../openai/response-format.ts';
import { decodeSampling, defaultMaxTokens } from '../openai/sampling.ts';
import { decodeThinking } from '../openai/thinking.ts';
import type { Thinking } from '../openai/thinking.ts';
import { createWarnings } from '../openai/warnings.ts';
import type { Warn } from '../openai/warnings.ts';
import { decodeInput } from './items.ts';
import type { ResponsesDecodedRequest, ResponsesMemo } from './memo.ts';
import { refuseUnservable } from './refuse-unservable.ts';
import { readResponsesRequest } from './request-schema.ts';
import type { ResponsesRequest } from './request-schema.ts';
import { askedSummary, echoRequest } from './response.ts';
import { decodeTools } from './tools.ts';
import { SEALED_REASONING, warnOfLosses } from './warnings.ts';

/** Throws `INVALID_REQUEST` with `details.field`; everything else that is not carried over is in the warnings. */
export function decodeResponsesRequest(body: unknown, options: OpenAiDecodeOptions = {}): ResponsesDecodedRequest {
  const request = readResponsesRequest(body);
  refuseUnservable(request);
  const { warn, list } = createWarnings();
  warnOfLosses(request, warn);
  const { hub, memo } = translate(request, options, warn);
  return {
    hub,
    isStream: request.stream === true,
    warnings: list(),
    hasDefaultMaxTokens: (request.max_output_tokens ?? null) === null,
    memo,
  };
}

/** Each step may rest on the ones before: a forced tool rules out thinking, thinking rules out a hidden tool. */
function translate(
  request: ResponsesRequest,
  options: OpenAiDecodeOptions,
  warn: Warn,
): { readonly hub: HubRequest; readonly memo: ResponsesMemo } {
  const facts = (options.modelFacts ?? modelFacts)(request.model);
  const { system, messages } = decodeInput(request, warn);
  const { use: tools, names: toolNames, note } = decodeTools(request, messages, warn);
  const context = {
    facts,
    maxTokens: request.max_output_tokens ?? defaultMaxTokens(facts),
    messages,
    toolChoice: tools.tool_choice,
    field: 'reasoning.effort',
    recall: options.recall,
  };
  const thinking = showThinking(decodeThinking(request.reasoning?.effort, context, warn), request, facts);
  const json = decodeAnswerFormat(answerFormat(request), {
    isNative: isNativeJson(facts, options),
    mayForceTool: thinking.thinking === undefined && tools.tools === undefined,
  });
  const hub: HubRequest = {
    model: request.model,
    max_tokens: thinking.max_tokens,
    ...systemField(withInstruction(withInstruction(system, note), json.instruction)),
    messages: [...thinking.messages],
    ...toolFields(tools, json),
    ...thinkingFields(thinking, json),
    ...decodeSampling(request, facts, thinking.thinking !== undefined, warn),
    ...userField(request),
  };
  const includesSealedReasoning = request.include?.includes(SEALED_REASONING) === true;
  return { hub, memo: { echo: echoRequest(request), includesSealedReasoning, toolNames, jsonTool: json.jsonTool } };
}

/** Newer models think in silence unless asked to show it. */
function showThinking(thinking: Thinking, request: ResponsesRequest, facts: ModelFacts): Thinking {
  if (thinking.thinking === undefined || facts.thinking !== 'adaptive') return thinking;
  if (askedSummary(request) === null) return thinking;
  return { ...thinking, thinking: { ...thinking.thinking, display: 'summarized' } };
}

function answerFormat({ text }: ResponsesRequest): AnswerFormat {
  const format = text?.format;
  if (!format) return { type: 'text' };
  if (format.type !== 'json_schema') return { type: format.type };
  return { type: 'json_schema', schema: format.schema, description: format.description };
}
