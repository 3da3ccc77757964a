/** A whole hub message as a `chat.completion`. */
import type Anthropic from '@anthropic-ai/sdk';
import type OpenAI from 'openai';
import type { Stamp } from '../codec.ts';
import type { HubMessage } from '../hub/event.ts';
import { completionId, createdSeconds, encodeFinishReason } from './finish-reason.ts';
import type { ChatDecodedRequest, ChatMemo } from './memo.ts';
import { argumentsOf } from '../openai/call-arguments.ts';
import { unwrapFreeform } from '../openai/freeform.ts';
import { unwrapJson } from '../openai/response-format.ts';
import { noTokens, updateCounts } from '../openai/token-counts.ts';
import { encodeUsage } from './usage.ts';

/** Thinking has no place in OpenAI's own shape; this is where clients look for it. */
type ChatMessage = OpenAI.ChatCompletionMessage & { reasoning_content?: string };
type Annotation = NonNullable<OpenAI.ChatCompletionMessage['annotations']>[number];

export function encodeChatCompletion(
  message: HubMessage,
  { hub, memo }: ChatDecodedRequest,
  stamp: Stamp,
): OpenAI.ChatCompletion {
  const calls = message.content.filter((block) => isVisibleCall(block, memo));
  const seen = { hasCalls: calls.length > 0, usesFunctions: memo.usesFunctions };
  return {
    id: completionId(message.id, stamp),
    object: 'chat.completion',
    created: createdSeconds(stamp),
    model: message.model || hub.model,
    choices: [
      {
        index: 0,
        message: encodeAnswer(message, calls, memo),
        logprobs: null,
        finish_reason: encodeFinishReason(message.stop_reason, seen),
      },
    ],
    usage: encodeUsage(updateCounts(noTokens, message.usage)),
  };
}

function encodeAnswer(message: HubMessage, calls: readonly Anthropic.ToolUseBlock[], memo: ChatMemo): ChatMessage {
  const texts = message.content.filter((block) => block.type === 'text');
  const json = jsonAnswer(message, memo);
  const text = json ?? texts.map((block) => block.text).join('');
  const reasoning = message.content.flatMap((block) => (block.type === 'thinking' ? [block.thinking] : [])).join('');
  return {
    role: 'assistant',
    ...encodeContent(message, text, calls.length > 0),
    annotations: encodeAnnotations(json === undefined ? texts : []),
    ...(reasoning !== '' && { reasoning_content: reasoning }),
    ...encodeCalls(calls, memo),
  };
}

/** A refusal without an explanation is the text itself, which then is not repeated as content. */
function encodeContent(
  { stop_reason: reason, stop_details: details }: HubMessage,
  text: string,
  hasCalls: boolean,
): { content: string | null; refusal: string | null } {
  const explanation = details?.explanation || undefined;
  if (reason === 'refusal' && explanation === undefined && text !== '') return { content: null, refusal: text };
  const content = text === '' && hasCalls ? null : text;
  return { content, refusal: reason === 'refusal' ? (explanation ?? null) : null };
}

/** The hidden tool's input is the whole answer; words around it would break the JSON. */
function jsonAnswer({ content }: HubMessage, { jsonTool }: ChatMemo): string | undefined {
  if (jsonTool === undefined) return undefined;
  const block = content.find((one) => one.type === 'tool_use' && one.name === jsonTool.name);
  return block?.type === 'tool_use' ? unwrapJson(block.input, jsonTool) : undefined;
}

function isVisibleCall(block: Anthropic.ContentBlock, { jsonTool }: ChatMemo): block is Anthropic.ToolUseBlock {
  return block.type === 'tool_use' && block.name !== jsonTool?.name;
}

function encodeCalls(
  calls: readonly Anthropic.ToolUseBlock[],
  { usesFunctions, freeformNames }: ChatMemo,
): Pick<ChatMessage, 'tool_calls' | 'function_call'> {
  const [first] = calls;
  if (first === undefined) return {};
  if (usesFunctions) return { function_call: encodeFunction(first) };
  return {
    tool_calls: calls.map((call): OpenAI.ChatCompletionMessageToolCall => {
      const { id, name, input } = call;
      if (freeformNames.has(name)) return { id, type: 'custom', custom: { name, input: unwrapFreeform(input) } };
      return { id, type: 'function', function: encodeFunction(call) };
    }),
  };
}

function encodeFunction({ name, input }: Anthropic.ToolUseBlock): { name: string; arguments: string } {
  return { name, arguments: argumentsOf(input) };
}

/** Cited web addresses, each with the span of the content that it supports. */
function encodeAnnotations(texts: readonly Anthropic.TextBlock[]): Annotation[] {
  let start = 0;
  return texts.flatMap(({ text, citations }) => {
    const span = { start_index: start, end_index: start + text.length };
    start = span.end_index;
    return (citations ?? []).flatMap((citation): Annotation[] => {
      if (!('url' in citation)) return [];
      const { url, title } = citation;
      return [{ type: 'url_citation', url_citation: { url, title: title ?? '', ...span } }];
    });
  });
}
