/** The hub stream that is rebuilt from claude.ai's: what is open, what was counted, what is held back. */
import type { HubEvent, HubStopReason } from '../hub/event.ts';
import { blankMessage, blankUsage } from '../hub/blank.ts';
import { tokensOfBytes } from '../hub/estimate.ts';
import { scanForStop } from '../hub/stop-sequence.ts';

export type BlockKind = 'text' | 'thinking';

/** What a rebuilt stream says about itself, since claude.ai's own fields are empty or private. */
export interface AnswerFacts {
  /** The model that the client asked for. */
  readonly model: string;
  /** With its `msg_` prefix. */
  readonly messageId: string;
  readonly inputTokenEstimate: number;
  readonly stopSequences: readonly string[];
}

/** The block that pieces go to. It opens with its first visible piece, so that no block is empty. */
interface Block {
  readonly kind: BlockKind;
  /** The number that claude.ai gave it. */
  readonly source: number;
  readonly isOpen: boolean;
}

export interface Answer {
  readonly facts: AnswerFacts;
  readonly isStarted: boolean;
  /** Index of the open block, or of the next one. */
  readonly index: number;
  readonly block: Block | undefined;
  /** Text in which a stop sequence may have begun. */
  readonly held: string;
  /** UTF-8 bytes of text and thinking that went out. */
  readonly outputBytes: number;
}

/** The answer after a step, the events that the step made, and the stop sequence if it met one. */
export interface Growth {
  readonly answer: Answer;
  readonly events: readonly HubEvent[];
  readonly found?: string | undefined;
}

export interface AnswerEnd {
  readonly reason: HubStopReason;
  readonly sequence: string | null;
  readonly details: RefusalDetails | null;
}
export type RefusalDetails = NonNullable<Extract<HubEvent, { type: 'message_delta' }>['delta']['stop_details']>;

export function newAnswer(facts: AnswerFacts): Answer {
  return { facts, isStarted: false, index: 0, block: undefined, held: '', outputBytes: 0 };
}

/** Opens the message if that is still to be done. */
export function startAnswer(answer: Answer): Growth {
  if (answer.isStarted) return { answer, events: [] };
  const { messageId, model, inputTokenEstimate } = answer.facts;
  const event: HubEvent = {
    type: 'message_start',
    message: {
      ...blankMessage(messageId, model),
      usage: { ...blankUsage, input_tokens: inputTokenEstimate },
    },
  };
  return { answer: { ...answer, isStarted: true }, events: [event] };
}

/** Adds a piece to the block that claude.ai numbers `source`; a piece for another block than the last closes that first. */
export function addPiece(answer: Answer, kind: BlockKind, source: number, piece: string): Growth {
  if (piece === '') return { answer, events: [] };
  const { block, facts } = answer;
  if (block === undefined) return addPiece({ ...answer, block: { kind, source, isOpen: false } }, kind, source, piece);
  if (block.source !== source || block.kind !== kind) {
    return chain(answer, closeBlock, (closed) => addPiece(closed, kind, source, piece));
  }
  if (kind === 'thinking' || facts.stopSequences.length === 0) return emit(answer, block, piece);
  const scan = scanForStop(answer.held, piece, facts.stopSequences);
  return { ...emit({ ...answer, held: scan.held }, block, scan.text), found: scan.found };
}

/** Lets out what was held back and closes the block, if any. */
export function closeBlock(answer: Answer): Growth {
  const { block, held } = answer;
  if (block === undefined) return { answer, events: [] };
  if (held !== '') return chain({ ...answer, held: '' }, (full) => emit(full, block, held), closeBlock);
  if (!block.isOpen) return { answer: { ...answer, block: undefined }, events: [] };
  const event: HubEvent = { type: 'content_block_stop', index: answer.index };
  return { answer: { ...answer, block: undefined, index: answer.index + 1 }, events: [event] };
}

/** The rest of the stream, from closing the block to `message_stop`. */
export function endAnswer(answer: Answer, end: AnswerEnd): readonly HubEvent[] {
  const { answer: closed, events } = chain(answer, startAnswer, closeBlock);
  const { reason: stop_reason, sequence: stop_sequence, details: stop_details } = end;
  return [
    ...events,
    {
      type: 'message_delta',
      delta: { stop_reason, stop_sequence, stop_details, container: null },
      usage: {
        output_tokens: tokensOfBytes(closed.outputBytes),
        output_tokens_details: null,
        input_tokens: closed.facts.inputTokenEstimate,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        server_tool_use: null,
      },
    },
    { type: 'message_stop' },
  ];
}

/** Runs steps one after the other and gathers their events. */
export function chain(answer: Answer, ...steps: readonly ((answer: Answer) => Growth)[]): Growth {
  return steps.reduce<Growth>(
    (grown, step) => {
      const next = step(grown.answer);
      return { ...next, events: [...grown.events, ...next.events] };
    },
    { answer, events: [] },
  );
}

function emit(answer: Answer, block: Block, piece: string): Growth {
  if (piece === '') return { answer, events: [] };
  return chain(
    answer,
    startAnswer,
    (started) => openBlock(started, block),
    (opened) => ({
      answer: { ...opened, outputBytes: opened.outputBytes + Buffer.byteLength(piece) },
      events: [deltaEvent(block.kind, opened.index, piece)],
    }),
  );
}

function openBlock(answer: Answer, block: Block): Growth {
  if (block.isOpen) return { answer, events: [] };
  const event: HubEvent = {
    type: 'content_block_start',
    index: answer.index,
    content_block:
      block.kind === 'text'
        ? { type: 'text', text: '', citations: null }
        : { type: 'thinking', thinking: '', signature: '' },
  };
  return { answer: { ...answer, block: { ...block, isOpen: true } }, events: [event] };
}

function deltaEvent(kind: BlockKind, index: number, piece: string): HubEvent {
  const delta =
    kind === 'text'
      ? { type: 'text_delta' as const, text: piece }
      : { type: 'thinking_delta' as const, thinking: piece };
  return { type: 'content_block_delta', index, delta };
}
