/** What the model says: planned by a test, sent as a message or as a stream. */
import { createHmac } from 'node:crypto';
import type { RecordedRequest } from '../server/record.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export type AnswerPart =
  | TextPart
  | ThinkingPart
  | { readonly kind: 'redacted-thinking'; readonly data: string }
  | ToolPart
  /** Sent as it is, whole, without deltas: results of server tools, blocks nobody knows yet. */
  | { readonly kind: 'block'; readonly block: JsonObject };

export interface TextPart {
  readonly kind: 'text';
  readonly text: string;
  readonly citations?: readonly JsonObject[];
  /** The deltas, where the usual cutting is not meant. */
  readonly fragments?: readonly string[];
}

export interface ThinkingPart {
  readonly kind: 'thinking';
  /** Empty as with `display: "omitted"`. */
  readonly thinking: string;
  /** A valid one without it. */
  readonly signature?: string;
  readonly fragments?: readonly string[];
}

export interface ToolPart {
  readonly kind: 'tool-use' | 'server-tool-use';
  readonly name: string;
  readonly input: JsonObject;
  readonly id?: string;
  /** Slices of the input's JSON text; empty ones are sent too. By default `""` first, then slices of 12 characters. */
  readonly fragments?: readonly string[];
}

export type StopReason =
  | 'end_turn'
  | 'max_tokens'
  | 'stop_sequence'
  | 'tool_use'
  | 'pause_turn'
  | 'refusal'
  | 'model_context_window_exceeded';

export interface AnswerPlan {
  readonly parts: readonly AnswerPart[];
  /** `tool_use` beside a tool, else `end_turn`, without it. */
  readonly stopReason?: StopReason;
  readonly stopSequence?: string;
  readonly stopDetails?: JsonObject;
  /** Takes the place of what the stand-in would count. */
  readonly usage?: Partial<Usage>;
  readonly model?: string;
  /** Characters in a text or thinking delta; 8 without it. */
  readonly fragmentCharacters?: number;
  /** Opens all tool blocks, then sends their fragments in turn: more than the real API was ever seen to do. */
  readonly interleavesTools?: boolean;
  /** Numbers of events after which a ping is sent; after the first by default. */
  readonly pingsAfter?: readonly number[];
}

export interface Usage {
  readonly input_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly cache_creation: {
    readonly ephemeral_5m_input_tokens: number;
    readonly ephemeral_1h_input_tokens: number;
  };
  readonly output_tokens: number;
  readonly output_tokens_details: JsonObject | null;
  readonly server_tool_use: JsonObject | null;
  readonly service_tier: string;
  readonly inference_geo: string | null;
}

/** What a planner sees of a request that was found valid. */
export interface MessagesRequest {
  readonly record: RecordedRequest;
  readonly body: JsonObject;
  readonly model: string;
  readonly messages: readonly JsonObject[];
  readonly isStream: boolean;
  /** Text of the last user message, without tool results. */
  readonly lastText: string;
  /** The tool results of the last message. */
  readonly toolResults: readonly JsonObject[];
}

/** A plain string is one text part. */
export type Planner = (request: MessagesRequest) => AnswerPlan | string;

/** Repeats what it was told; calls a tool when it is forced to. */
export function echo(request: MessagesRequest): AnswerPlan {
  const choice = request.body['tool_choice'] as JsonObject | undefined;
  const tools = (request.body['tools'] ?? []) as readonly JsonObject[];
  const forced = choice?.['type'] === 'tool' ? choice['name'] : choice?.['type'] === 'any' ? tools[0]?.['name'] : null;
  if (typeof forced === 'string') return { parts: [{ kind: 'tool-use', name: forced, input: {} }] };
  return { parts: [{ kind: 'text', text: `You said: ${request.lastText}` }] };
}

const signingKey = 'stand-in for a provider';

/** A signature that the stand-in takes back: for this thinking, or for a block whose text was left out. */
export function signThinking(thinking: string): string {
  const digest = hash(thinking);
  return Buffer.from(`${digest}${hash(`seal ${digest}`)}`).toString('base64');
}

/** Whether the signature was given by a stand-in, and for this text (an empty one passes with any). */
export function isSignatureValid(thinking: string, signature: string): boolean {
  const text = Buffer.from(signature, 'base64').toString('latin1');
  const digest = text.slice(0, 64);
  if (text.slice(64) !== hash(`seal ${digest}`)) return false;
  return thinking === '' || digest === hash(thinking);
}

function hash(text: string): string {
  return createHmac('sha256', signingKey).update(text).digest('hex');
}
