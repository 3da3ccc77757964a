/** The translation from rim to rim: client body to provider body, provider answer to client answer. */
import { CompanionError } from '../../../companion/base/error.ts';
import { anthropicDialect } from '../../../companion/wire/anthropic/codec.ts';
import { anthropicUpstream } from '../../../companion/wire/anthropic/upstream/codec.ts';
import type { DecodedRequest, Dialect, EncodedRequest, Stamp, UpstreamCodec } from '../../../companion/wire/codec.ts';
import type { ThinkingRecall } from '../../../companion/wire/hub/thinking-memory.ts';
import { openAiChatDialect } from '../../../companion/wire/openai-chat/codec.ts';
import { createChatUpstream } from '../../../companion/wire/openai-chat/upstream/codec.ts';
import { codexUpstream } from '../../../companion/wire/openai-responses/upstream/codec.ts';
import { decodeStream } from '../../../companion/wire/sse.ts';
import type { StreamCodec } from '../../../companion/wire/codec.ts';
import { builtInProviders, compatibleQuirks } from '../../../shared/api-provider.ts';
import type { ChatQuirks } from '../../../shared/api-provider.ts';
import { anthropicModels, findModel } from '../../support/providers/anthropic/models.ts';
import { checkRules as checkMessagesRules } from '../../support/providers/anthropic/rules.ts';
import { checkShape } from '../../support/providers/anthropic/schema.ts';
import { checkRequest as checkBackendRequest } from '../../support/providers/chatgpt/check.ts';
import { chatGptModels } from '../../support/providers/chatgpt/models.ts';
import { calmDay } from '../../support/providers/chatgpt/scenario.ts';
import type { ChatGptState } from '../../support/providers/chatgpt/state.ts';
import { checkFields } from '../../support/providers/openai/chat/fields.ts';
import { checkQuirks } from '../../support/providers/openai/chat/quirks.ts';
import { checkRules as checkChatRules } from '../../support/providers/openai/chat/rules.ts';
import { flavourFacts } from '../../support/providers/openai/flavour.ts';
import type { Flavour } from '../../support/providers/openai/flavour.ts';
import { KeyRing } from '../../support/providers/openai/keys.ts';
import type { JsonObject } from '../../support/providers/openai/plan.ts';
import { calmDay as calmApiDay } from '../../support/providers/openai/scenario.ts';
import { PrefixCache } from '../../support/providers/openai/usage.ts';
import { bytewise, cutAt, gather, streamOf } from '../../unit/wire/bytes.ts';

export type Body = Record<string, unknown>;
/** A body whose insides a test reaches into; what is not there makes the test fail. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Loose = any;

export const STAMP: Stamp = { id: 'stampid', createdAtMs: 1_700_000_000_999 };

export interface Sent {
  readonly body: Loose;
  readonly decoded: DecodedRequest;
  readonly encoded: EncodedRequest;
  /** Fields of all warnings. */
  readonly warned: readonly string[];
}

function send(dialect: Dialect, codec: UpstreamCodec, body: Body, model: string, recall?: ThinkingRecall): Sent {
  const before = JSON.stringify(body);
  const decoded = dialect.decodeRequest(body, codec.factsOf(model), recall);
  const encoded = codec.encodeRequest(decoded, model);
  if (JSON.stringify(body) !== before) throw new Error("The client's body was changed.");
  const warned = [...decoded.warnings, ...encoded.warnings].map(({ field }) => field);
  // What goes out is JSON: a field of `undefined` is no field.
  return { body: JSON.parse(JSON.stringify(encoded.body)), decoded, encoded, warned };
}

const SONNET = 'claude-sonnet-4-6';

/** A Chat Completions request on its way to Anthropic; what the stand-in of its API refuses fails the test. */
export function chatToMessages(fields: Body, model = SONNET, recall?: ThinkingRecall): Sent {
  const sent = send(
    openAiChatDialect,
    anthropicUpstream,
    { model, messages: [{ role: 'user', content: 'hi' }], ...fields },
    model,
    recall,
  );
  const facts = findModel(anthropicModels, model);
  if (facts === undefined) throw new Error(`The stand-in has no ${model}.`);
  checkMessagesRules(checkShape('messages', sent.body, []), facts, { checksSignatures: false });
  return sent;
}

const defaultModels: Readonly<Record<Flavour, string>> = {
  openai: 'gpt-5',
  gemini: 'gemini-2.5-pro',
  mistral: 'mistral-large-latest',
  groq: 'llama-3.3-70b-versatile',
  deepseek: 'deepseek-v4-pro',
  local: 'llama3.2:latest',
};

export function quirksOf(flavour: Flavour): ChatQuirks {
  const provider = builtInProviders.find(({ id }) => id === flavour);
  return provider?.quirks ?? compatibleQuirks;
}

/** A Messages request on its way to an OpenAI-compatible server; what the stand-in of that server refuses fails the test. */
export function messagesToChat(fields: Body, flavour: Flavour = 'openai', model = defaultModels[flavour]): Sent {
  const body = { model: 'claude-asked', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }], ...fields };
  const sent = send(anthropicDialect, createChatUpstream(quirksOf(flavour)), body, model);
  checkChat(sent.body, flavour);
  return sent;
}

/** In this order the stand-in looks at a request. */
function checkChat(body: JsonObject, flavour: Flavour): void {
  const facts = flavourFacts(flavour);
  checkFields(flavour, body);
  checkChatRules(facts, body);
  checkQuirks(facts, body);
}

/** What the stand-in of the ChatGPT backend goes by when it looks at a request. */
function backendState(): ChatGptState {
  const models = chatGptModels;
  return {
    auth: { find: () => undefined },
    models,
    api: {
      facts: { ...flavourFacts('openai'), models, reasoningModels: models },
      models,
      keys: new KeyRing('openai', true, []),
      cache: new PrefixCache(),
      files: new Map(),
      responses: new Map(),
      scenario: calmApiDay,
    },
    thoughts: new Set(),
    scenario: { ...calmDay, checksThoughts: false },
    refusalsLeft: 0,
  };
}

const GPT = 'gpt-5.5';

/** A request on its way to the ChatGPT backend; what the stand-in of it refuses fails the test. */
export function toBackend(client: 'messages' | 'chat', fields: Body, model = GPT): Sent {
  const start = { model: 'asked', messages: [{ role: 'user', content: 'hi' }] };
  const body = client === 'chat' ? { ...start, ...fields } : { ...start, max_tokens: 100, ...fields };
  const sent = send(client === 'chat' ? openAiChatDialect : anthropicDialect, codexUpstream, body, model);
  checkBackendRequest(backendState(), sent.body as JsonObject);
  return sent;
}

/** Events of the backend as the client gets them, at every cut. */
export async function fromBackend(
  client: 'messages' | 'chat',
  events: readonly Body[],
  asked: Body = {},
): Promise<readonly Loose[]> {
  const sent = toBackend(client, { stream: true, ...asked });
  const bytes = bytesOf(events.map((event) => `event: ${String(event['type'])}\ndata: ${JSON.stringify(event)}`));
  const dialect = client === 'chat' ? openAiChatDialect : anthropicDialect;
  const text = await atEveryCut(bytes, (pieces) => translate(pieces, { dialect, codec: codexUpstream, sent }));
  return readFrames(text).map(({ data }) => data);
}

/** What `work` throws, which must be one of our errors. */
export function refusalOf(work: () => unknown): CompanionError {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof CompanionError) return thrown;
    throw thrown;
  }
  throw new Error('Nothing was refused.');
}

/** A whole Messages answer as the client of Chat Completions gets it. */
export function messageToChat(message: Body, asked: Body = {}, model = SONNET): Loose {
  const { decoded, encoded } = chatToMessages(asked, model);
  const hub = anthropicUpstream.decodeMessage(messageOf(message), encoded, STAMP);
  return JSON.parse(JSON.stringify(openAiChatDialect.encodeMessage(hub, decoded, STAMP)));
}

export function messageOf(fields: Body): Body {
  return {
    id: 'msg_01abc',
    type: 'message',
    role: 'assistant',
    model: SONNET,
    content: [],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 1, output_tokens: 1 },
    ...fields,
  };
}

/** A whole completion as the client of Messages gets it. */
export function chatToMessage(
  completion: unknown,
  asked: Body = {},
  flavour: Flavour = 'openai',
  model?: string,
): Loose {
  const { decoded, encoded } = messagesToChat(asked, flavour, model);
  const hub = createChatUpstream(quirksOf(flavour)).decodeMessage(completion, encoded, STAMP);
  return JSON.parse(JSON.stringify(anthropicDialect.encodeMessage(hub, decoded, STAMP)));
}

export function completionOf(message: Body, finishReason: string | null = 'stop', more: Body = {}): Body {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'served-1',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finishReason, logprobs: null }],
    usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
    ...more,
  };
}

/** Reads `bytes` through decoder and encoder; all of what the client gets as one text. */
async function translate(
  pieces: Iterable<Uint8Array>,
  { dialect, codec, sent }: { dialect: Dialect; codec: UpstreamCodec; sent: Sent },
): Promise<string> {
  const encoder: StreamCodec<unknown, Loose, string> = dialect.streamEncoder(sent.decoded, STAMP);
  let state = encoder.initial;
  const written: string[] = [];
  for (const event of await gather(decodeStream(streamOf(pieces), codec.streamDecoder(sent.encoded, STAMP)))) {
    const [next, outputs] = encoder.step(state, event);
    state = next;
    written.push(...outputs);
  }
  return [...written, ...encoder.end(state)].join('');
}

/** The same client text for the whole, for single bytes and for every cut in two; anything else fails the test. */
async function atEveryCut(bytes: Uint8Array, run: (pieces: Iterable<Uint8Array>) => Promise<string>): Promise<string> {
  const whole = await run([bytes]);
  if ((await run(bytewise(bytes))) !== whole) throw new Error('Single bytes give another stream.');
  for (let cut = 1; cut < bytes.length; cut += 1) {
    if ((await run(cutAt(bytes, cut))) !== whole) throw new Error(`A cut at byte ${cut} gives another stream.`);
  }
  return whole;
}

export interface ClientFrame {
  readonly event: string | undefined;
  readonly data: Loose;
}

/** What a client reads, strictly: `event:` at most once, then one `data:` line, then a blank line. */
function readFrames(text: string): readonly ClientFrame[] {
  if (text !== '' && !text.endsWith('\n\n')) throw new Error('The last frame is not closed.');
  return text
    .split('\n\n')
    .slice(0, -1)
    .map((frame) => {
      const match = /^(?:event: ([a-z_]+)\n)?data: (.*)$/.exec(frame);
      if (match === null) throw new Error(`No frame: ${frame}`);
      const data = match[2] ?? '';
      return { event: match[1], data: data === '[DONE]' ? data : JSON.parse(data) };
    });
}

/** A Messages stream as chunks for the client of Chat Completions. */
export async function eventsToChunks(
  events: readonly (Body | string)[],
  asked: Body = {},
  model = SONNET,
): Promise<readonly Loose[]> {
  const sent = chatToMessages({ stream: true, ...asked }, model);
  const bytes = bytesOf(
    events.map((event) =>
      typeof event === 'string' ? event : `event: ${String(event['type'])}\ndata: ${JSON.stringify(event)}`,
    ),
  );
  const text = await atEveryCut(bytes, (pieces) => {
    return translate(pieces, { dialect: openAiChatDialect, codec: anthropicUpstream, sent });
  });
  return readFrames(text).map(({ event, data }) => {
    if (event !== undefined) throw new Error(`A chunk has the name ${event}.`);
    return data;
  });
}

/** Chunks as the events that the client of Messages gets, each named as its data says. */
export async function chunksToEvents(
  chunks: readonly (Body | string)[],
  asked: Body = {},
  flavour: Flavour = 'openai',
  model?: string,
): Promise<readonly Loose[]> {
  const sent = messagesToChat({ stream: true, ...asked }, flavour, model);
  const bytes = bytesOf(chunks.map((chunk) => (typeof chunk === 'string' ? chunk : `data: ${JSON.stringify(chunk)}`)));
  const text = await atEveryCut(bytes, (pieces) => {
    return translate(pieces, { dialect: anthropicDialect, codec: createChatUpstream(quirksOf(flavour)), sent });
  });
  return readFrames(text).map(({ event, data }) => {
    if (event !== data.type) throw new Error(`The frame ${String(event)} holds ${String(data.type)}.`);
    return data;
  });
}

function bytesOf(frames: readonly string[]): Uint8Array {
  return new TextEncoder().encode(frames.map((frame) => `${frame}\n\n`).join(''));
}

/** Events as short lines, so that tests read like transcripts. */
export function linesOf(events: readonly Loose[]): readonly string[] {
  return events.map((event: Loose) => {
    switch (event.type) {
      case 'content_block_start': {
        const { type, id, name } = event.content_block;
        return `${event.index} ${[type, id, name].filter((word) => word !== undefined).join(' ')}`;
      }
      case 'content_block_delta':
        return `${event.index} + ${Object.values(event.delta).slice(1).join('')}`;
      case 'content_block_stop':
        return `${event.index} end`;
      case 'message_delta':
        return `delta ${event.delta.stop_reason}`;
      case 'error':
        return `error ${event.error.type}: ${event.error.message}`;
      default:
        return String(event.type).replace('message_', '');
    }
  });
}
