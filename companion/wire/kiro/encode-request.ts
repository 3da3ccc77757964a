/** A hub request as a request to Kiro, which has no system prompt, no roles beyond two and no knobs. */
import { createHash } from 'node:crypto';
import type { DecodedRequest, EncodedRequest } from '../codec.ts';
import { estimateRequestTokens } from '../hub/estimate.ts';
import { schemaInstruction } from '../hub/json-instruction.ts';
import type { HubRequest } from '../hub/request.ts';
import { warnDropped } from '../openai/dropped-fields.ts';
import { joinTexts, systemText } from '../openai/hub-turns.ts';
import { createTargetIds } from '../openai/target-tool-id.ts';
import { targetToolName } from '../openai/target-tool-name.ts';
import { createWarnings } from '../openai/warnings.ts';
import type { Warn } from '../openai/warnings.ts';
import type { KiroBody, KiroTurn, KiroUserMessage } from './body.ts';
import { encodeConversation } from './conversation.ts';
import type { AssistantSide, UserSide } from './conversation.ts';
import type { KiroMemo } from './memo.ts';
import { CHAT_TRIGGER, GENERATE_PATH, ORIGIN } from './model-ids.ts';
import { encodeTools } from './tools.ts';
import type { EncodedTools } from './tools.ts';

/** What the settings say. */
export interface KiroSettings {
  /** From a name that people know to the id that is sent. */
  readonly modelIds: ReadonlyMap<string, string>;
  /** For logins that name none. */
  readonly profileArn: string | null;
}

/** Throws `INVALID_REQUEST` for content that this wire has no form for; what else is lost is in the warnings. */
export function encodeKiroRequest(request: DecodedRequest, model: string, settings: KiroSettings): EncodedRequest {
  const { hub } = request;
  const { warn, list } = createWarnings();
  const sides = encodeConversation(hub.messages, { targetId: createTargetIds('any'), warn });
  const tools = encodeTools(hub, namesUsed(sides), warn);
  const modelId = settings.modelIds.get(model) ?? model;
  const instructions = systemText(hub.system, warn);
  const pair = systemPair(joinTexts([instructions, tools.instruction, formatInstruction(hub, warn)]), modelId);
  const turns = [...pair, ...sides.map((side) => encodeSide(side, modelId))];
  const body: KiroBody = {
    ...(settings.profileArn !== null && { profileArn: settings.profileArn }),
    conversationState: {
      conversationId: uuidOf(JSON.stringify([instructions, sides[0]])),
      chatTriggerType: CHAT_TRIGGER,
      currentMessage: { userInputMessage: withTools(turns.at(-1), tools) },
      history: turns.slice(0, -1),
    },
  };
  warnOfLosses(request, warn);
  return { path: GENERATE_PATH, headers, body, warnings: list(), memo: memoFor(hub, model) };
}

const headers = {
  accept: 'application/vnd.amazon.eventstream',
  // Not for training, and not for anybody to read.
  'x-amzn-codewhisperer-optout': 'true',
};

function namesUsed(sides: readonly (UserSide | AssistantSide)[]): ReadonlySet<string> {
  return new Set(sides.flatMap((side) => (side.role === 'assistant' ? side.toolUses.map(({ name }) => name) : [])));
}

const AGREED = 'Understood.';

function formatInstruction(hub: HubRequest, warn: Warn): string {
  const schema = hub.output_config?.format?.schema;
  if (!schema) return '';
  warn('output_config.format', 'asked for in words and not enforced');
  return schemaInstruction(schema);
}

/** There is no place for instructions: they come first, as something that was said and agreed to. */
function systemPair(content: string, modelId: string): readonly KiroTurn[] {
  if (content.trim() === '') return [];
  return [
    { userInputMessage: { content, modelId, origin: ORIGIN } },
    { assistantResponseMessage: { content: AGREED } },
  ];
}

function encodeSide(side: UserSide | AssistantSide, modelId: string): KiroTurn {
  if (side.role === 'assistant') {
    const { text: content, toolUses } = side;
    return { assistantResponseMessage: { content, ...(toolUses.length > 0 && { toolUses }) } };
  }
  const { text: content, images, results } = side;
  return {
    userInputMessage: {
      content,
      modelId,
      origin: ORIGIN,
      ...(images.length > 0 && { images }),
      ...(results.length > 0 && { userInputMessageContext: { toolResults: results } }),
    },
  };
}

function withTools(turn: KiroTurn | undefined, { tools }: EncodedTools): KiroUserMessage {
  if (turn === undefined || !('userInputMessage' in turn)) throw new Error('A conversation ends with the user.');
  const { userInputMessage: message } = turn;
  if (tools.length === 0) return message;
  return { ...message, userInputMessageContext: { ...message.userInputMessageContext, tools } };
}

/** Made from how a conversation begins, so that every turn of it names the same one. */
function uuidOf(beginning: string): string {
  const digest = createHash('sha256').update(beginning).digest('hex');
  const variant = ((parseInt(digest.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  const parts = [digest.slice(0, 8), digest.slice(8, 12), `8${digest.slice(13, 16)}`, variant + digest.slice(17, 20)];
  return [...parts, digest.slice(20, 32)].join('-');
}

/** Fields that have a place here, or are told about where they are left out. */
const placed: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'stop_sequences',
  'output_config',
  'tools',
  'tool_choice',
  'max_tokens',
  'thinking',
]);

function warnOfLosses({ hub, hasDefaultMaxTokens }: DecodedRequest, warn: Warn): void {
  if (!hasDefaultMaxTokens) warn('max_tokens', 'this provider takes no limit');
  if (hub.thinking && hub.thinking.type !== 'disabled') warn('thinking', 'has no counterpart');
  if (hub.output_config?.effort) warn('output_config.effort', 'has no counterpart');
  warnDropped(hub, placed, warn);
  warn('usage', 'estimated since this provider counts no tokens');
}

function memoFor(hub: HubRequest, model: string): KiroMemo {
  const blocks = hub.messages.flatMap(({ content }) => (typeof content === 'string' ? [] : content));
  const names = [
    ...(hub.tools ?? []).flatMap((tool) => ('name' in tool ? [tool.name] : [])),
    ...blocks.flatMap((block) => (block.type === 'tool_use' ? [block.name] : [])),
  ];
  return {
    model,
    localStops: [...new Set(hub.stop_sequences ?? [])].filter((sequence) => sequence !== ''),
    toolNames: new Map(names.map((name) => [targetToolName(name), name])),
    takenIds: new Set(blocks.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []))),
    inputTokenEstimate: estimateRequestTokens(hub),
  };
}
