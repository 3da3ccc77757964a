/** What an answer must be for somebody to read it. Fields and kinds that are not named here pass as they came. */
import { z } from 'zod';
import { blankMessage, blankUsage } from '../../hub/blank.ts';
import type { HubEvent, HubMessage } from '../../hub/event.ts';

const knownBlock = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text'), text: z.string() }),
  z.looseObject({ type: z.literal('thinking'), thinking: z.string() }),
  z.looseObject({ type: z.literal('redacted_thinking'), data: z.string() }),
  z.looseObject({ type: z.literal('tool_use'), id: z.string().min(1), name: z.string().min(1) }),
  z.looseObject({ type: z.literal('server_tool_use'), id: z.string().min(1), name: z.string().min(1) }),
]);
const knownTypes: ReadonlySet<string> = new Set(knownBlock.options.map((option) => option.shape.type.value));
const block = z.union([
  knownBlock,
  z.looseObject({ type: z.string().refine((type) => !knownTypes.has(type), { abort: true }) }),
]);

const count = z.number().nonnegative().nullish();
const usage = z.looseObject({
  input_tokens: count,
  output_tokens: count,
  cache_creation_input_tokens: count,
  cache_read_input_tokens: count,
});

export const wholeMessage = z.looseObject({
  id: z.string(),
  type: z.literal('message'),
  role: z.literal('assistant'),
  model: z.string(),
  content: z.array(block),
  stop_reason: z.string().nullish(),
  usage: usage.nullish(),
});

const index = z.int().min(0);
const knownDelta = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text_delta'), text: z.string() }),
  z.looseObject({ type: z.literal('input_json_delta'), partial_json: z.string() }),
  z.looseObject({ type: z.literal('thinking_delta'), thinking: z.string() }),
  z.looseObject({ type: z.literal('signature_delta'), signature: z.string() }),
  z.looseObject({ type: z.literal('citations_delta'), citation: z.looseObject({}) }),
]);
const knownDeltas: ReadonlySet<string> = new Set(knownDelta.options.map((option) => option.shape.type.value));
const delta = z.union([
  knownDelta,
  z.looseObject({ type: z.string().refine((type) => !knownDeltas.has(type), { abort: true }) }),
]);

const shapes = {
  message_start: z.looseObject({ message: wholeMessage }),
  content_block_start: z.looseObject({ index, content_block: block }),
  content_block_delta: z.looseObject({ index, delta }),
  content_block_stop: z.looseObject({ index }),
  message_delta: z.looseObject({ delta: z.looseObject({ stop_reason: z.string().nullish() }), usage: usage.nullish() }),
  message_stop: z.looseObject({}),
  ping: z.looseObject({}),
} as const satisfies Partial<Record<HubEvent['type'], z.ZodType>>;

export type StreamKind = keyof typeof shapes;

export function isStreamKind(kind: string): kind is StreamKind {
  return Object.hasOwn(shapes, kind);
}

/** The event that `data` tells, or `undefined` when it is not what its kind has to be. */
export function readEvent(kind: StreamKind, data: unknown): HubEvent | undefined {
  if (!shapes[kind].safeParse(data).success) return undefined;
  const event = { ...(data as object), type: kind } as HubEvent;
  if (event.type === 'message_start') return { ...event, message: { ...fillMessage(event.message), content: [] } };
  if (event.type === 'message_delta') return { ...event, usage: event.usage ?? noDeltaUsage };
  return event;
}

/** Servers that only look like the API leave out what it never does; readers rely on it. */
export function fillMessage(message: HubMessage): HubMessage {
  return {
    ...blankMessage(message.id, message.model),
    ...message,
    stop_reason: message.stop_reason ?? null,
    stop_sequence: message.stop_sequence ?? null,
    usage: {
      ...blankUsage,
      ...message.usage,
      input_tokens: message.usage?.input_tokens ?? 0,
      output_tokens: message.usage?.output_tokens ?? 0,
    },
  };
}

/** Says nothing, so that what was known before stays. */
const noDeltaUsage = {} as Extract<HubEvent, { type: 'message_delta' }>['usage'];
