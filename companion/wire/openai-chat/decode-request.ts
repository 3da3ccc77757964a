/** A Chat Completions body as a hub request. */
import type { HubRequest } from '../hub/request.ts';
import { modelFacts } from '../model-facts.ts';
import { systemField, withInstruction } from '../openai/conversation.ts';
import { invalidField } from '../openai/invalid-field.ts';
import type { OpenAiDecodeOptions } from '../openai/output-fields.ts';
import { isNativeJson, thinkingFields, toolFields, userField } from '../openai/output-fields.ts';
import { decodeAnswerFormat } from '../openai/response-format.ts';
import type { AnswerFormat } from '../openai/response-format.ts';
import { decodeSampling } from '../openai/sampling.ts';
import { decodeThinking } from '../openai/thinking.ts';
import { createWarnings, warnOfIgnoredFields } from '../openai/warnings.ts';
import type { Warn } from '../openai/warnings.ts';
import { limitCacheMarks } from './cache-control.ts';
import type { ChatDecodedRequest, ChatMemo } from './memo.ts';
import { decodeMessages } from './messages.ts';
import { knownFields, readChatRequest } from './request-schema.ts';
import type { ChatRequest, ResponseFormat } from './request-schema.ts';
import { decodeMaxTokens, decodeStop, namesNoLimit } from './sampling.ts';
import { decodeTools, usesFunctions } from './tools.ts';
import { ignoredFields, warnOfIgnoredMessageFields } from './warnings.ts';

/** Throws `INVALID_REQUEST` with `details.field`; everything else that is not carried over is in the warnings. */
export function decodeChatRequest(body: unknown, options: OpenAiDecodeOptions = {}): ChatDecodedRequest {
  const request = readChatRequest(body);
  refuseUnservable(request);
  const { warn, list } = createWarnings();
  warnOfIgnoredFields(request, knownFields, ignoredFields, warn);
  warnOfIgnoredMessageFields(request.messages, warn);
  const { hub, jsonTool, freeformNames } = translate(request, options, warn);
  const memo = {
    includesUsage: request.stream_options?.include_usage === true,
    usesFunctions: usesFunctions(request),
    freeformNames,
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
  options: OpenAiDecodeOptions,
  warn: Warn,
): { readonly hub: HubRequest } & Pick<ChatMemo, 'jsonTool' | 'freeformNames'> {
  const facts = (options.modelFacts ?? modelFacts)(request.model);
  const { system, messages } = decodeMessages(request.messages);
  const { use: tools, freeformNames } = decodeTools(request, messages, warn);
  const context = {
    facts,
    maxTokens: decodeMaxTokens(request, facts),
    messages,
    toolChoice: tools.tool_choice,
    field: 'reasoning_effort',
    recall: options.recall,
  };
  const thinking = decodeThinking(request.reasoning_effort, context, warn);
  const json = decodeAnswerFormat(answerFormat(request.response_format), {
    isNative: isNativeJson(facts, options),
    mayForceTool: thinking.thinking === undefined && tools.tools === undefined,
  });
  const hub: HubRequest = {
    model: request.model,
    max_tokens: thinking.max_tokens,
    ...systemField(withInstruction(system, json.instruction)),
    messages: [...thinking.messages],
    ...toolFields(tools, json),
    ...thinkingFields(thinking, json),
    ...decodeSampling(request, facts, thinking.thinking !== undefined, warn),
    ...decodeStop(request.stop, warn),
    ...userField(request),
  };
  return { hub, jsonTool: json.jsonTool, freeformNames };
}

function refuseUnservable({ n, modalities }: ChatRequest): void {
  if ((n ?? 1) > 1) throw invalidField('n', "Invalid 'n': one answer for each request is what can be given.");
  if (modalities?.includes('audio')) throw invalidField('modalities', 'Audio output is not supported.');
}

function answerFormat(format: ResponseFormat | null | undefined): AnswerFormat {
  if (!format) return { type: 'text' };
  if (format.type !== 'json_schema') return { type: format.type };
  return { type: 'json_schema', schema: format.json_schema.schema, description: format.json_schema.description };
}
