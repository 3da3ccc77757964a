/** Hub events added up to the message that they tell. */
import { CompanionError } from '../../base/error.ts';
import type { HubEvent, HubMessage } from './event.ts';
import { errorOfEvent } from './failure.ts';
import { isObject, parseJson } from './fields.ts';
import { advanceGrammar, initialGrammar } from './grammar.ts';

type BlockStart = Extract<HubEvent, { type: 'content_block_start' }>;
type MessageDelta = Extract<HubEvent, { type: 'message_delta' }>;
type Delta = Extract<HubEvent, { type: 'content_block_delta' }>['delta'];
type HubBlock = BlockStart['content_block'];

/**
 * Takes the events of one stream, one by one. `push` throws what an `error` event means, and `UPSTREAM_UNREADABLE` when
 * the events are out of order; `message` throws `STREAM_BROKEN` before `message_stop`.
 */
export class MessageCollector {
  #grammar = initialGrammar;
  #message: HubMessage | undefined;
  readonly #blocks: HubBlock[] = [];
  /** The open block's text, thinking or tool input, joined when it closes. */
  #pieces: string[] = [];

  push(event: HubEvent): void {
    if (event.type === 'error') throw errorOfEvent(event);
    const verdict = advanceGrammar(this.#grammar, event);
    if (!verdict.isValid) throw outOfOrder(verdict.violation);
    this.#grammar = verdict.state;
    this.#apply(event);
  }

  message(): HubMessage {
    if (this.#message === undefined || this.#grammar.phase !== 'done') throw brokenStream();
    return isCutOff(this.#message) ? withoutHalfCalls(this.#message) : this.#message;
  }

  #apply(event: Exclude<HubEvent, { type: 'error' }>): void {
    switch (event.type) {
      case 'message_start':
        this.#message = { ...event.message, content: this.#blocks };
        return;
      case 'content_block_start':
        this.#blocks.push({ ...event.content_block });
        this.#pieces = [initialText(event.content_block)];
        return;
      case 'content_block_delta':
        return this.#addDelta(event.delta);
      case 'content_block_stop':
        return this.#closeBlock();
      case 'message_delta':
        this.#message = this.#message && withDelta(this.#message, event);
        return;
      default:
    }
  }

  #addDelta(delta: Delta): void {
    const block = this.#blocks.at(-1);
    switch (delta.type) {
      case 'text_delta':
        this.#pieces.push(delta.text);
        return;
      case 'thinking_delta':
        this.#pieces.push(delta.thinking);
        return;
      case 'input_json_delta':
        this.#pieces.push(delta.partial_json);
        return;
      case 'signature_delta':
        if (block?.type === 'thinking') block.signature = delta.signature;
        return;
      case 'citations_delta':
        if (block?.type === 'text') block.citations = [...(block.citations ?? []), delta.citation];
        return;
      default:
    }
  }

  #closeBlock(): void {
    const block = this.#blocks.at(-1);
    const text = this.#pieces.join('');
    if (block?.type === 'text') block.text = text;
    if (block?.type === 'thinking') block.thinking = text;
    if (block?.type === 'tool_use' || block?.type === 'server_tool_use') block.input = toolInput(text, block.input);
  }
}

/** The message of a whole stream; throws like `MessageCollector`. */
export async function collectMessage(events: AsyncIterable<HubEvent> | Iterable<HubEvent>): Promise<HubMessage> {
  const collector = new MessageCollector();
  for await (const event of events) collector.push(event);
  return collector.message();
}

function initialText(block: HubBlock): string {
  if (block.type === 'text') return block.text;
  return block.type === 'thinking' ? block.thinking : '';
}

/**
 * A tool without arguments streams `""` or nothing: then what the block started with stands, which is `{}`. Text that is
 * no JSON object is kept as it is, under a name that no tool has.
 */
function toolInput(text: string, initial: unknown): unknown {
  if (text.trim() === '') return initial ?? {};
  const input = parseJson(text);
  return isObject(input) ? input : { _raw_arguments: text };
}

function isCutOff({ stop_reason: reason }: HubMessage): boolean {
  return reason === 'max_tokens' || reason === 'model_context_window_exceeded';
}

/** Nobody can carry out a call that the token limit cut off. */
function withoutHalfCalls(message: HubMessage): HubMessage {
  const isHalf = (block: HubBlock): boolean =>
    block.type === 'tool_use' && isObject(block.input) && '_raw_arguments' in block.input;
  return { ...message, content: message.content.filter((block) => !isHalf(block)) };
}

/** Usage is cumulative: what the event carries overwrites, what it leaves out or sets to null stays. */
function withDelta(message: HubMessage, event: MessageDelta): HubMessage {
  const told = Object.entries(event.usage ?? {}).filter(([, value]) => value !== null && value !== undefined);
  return {
    ...message,
    stop_reason: event.delta.stop_reason,
    stop_sequence: event.delta.stop_sequence ?? null,
    stop_details: event.delta.stop_details ?? null,
    container: event.delta.container ?? message.container,
    usage: { ...message.usage, ...Object.fromEntries(told) },
  };
}

function outOfOrder(violation: string): CompanionError {
  return new CompanionError('UPSTREAM_UNREADABLE', `The provider's stream was out of order: ${violation}.`);
}

function brokenStream(): CompanionError {
  return new CompanionError('STREAM_BROKEN', 'The stream ended before the answer was complete.');
}
