/**
 * A conversation as the SDK's input: turns that were said are put in place one by one, and only the last asks.
 *
 * A user turn of the past is a message that must not be answered (`shouldQuery: false`); Claude Code acknowledges it with an
 * empty result. An assistant's is put in place at once, so it must wait for that, or the order is lost. Tried with 2.1.248
 * and 2.1.330. Claude Code itself keeps no session for later (`persistSession`), so that there is nothing to resume.
 */
import { randomUUID } from 'node:crypto';
import { asObject } from '../../wire/hub/fields.ts';
import type { ClaudeCodeTurn } from '../../wire/claude-code/content.ts';

export class ConversationInput implements AsyncIterable<unknown> {
  readonly #turns: readonly ClaudeCodeTurn[];
  readonly #model: string;
  readonly #closed = Promise.withResolvers<void>();
  #awaited: { readonly id: string; readonly arrived: PromiseWithResolvers<void> } | undefined;
  #isClosed = false;

  constructor(turns: readonly ClaudeCodeTurn[], model: string) {
    this.#turns = turns;
    this.#model = model;
  }

  /** Whether `message` acknowledges a turn of the past, and is no part of the answer. */
  acknowledge(message: unknown): boolean {
    const { type, is_error: isError, num_turns: turns, user_message_uuid: of } = asObject(message);
    if (type !== 'result' || isError === true || turns !== 0 || this.#awaited === undefined) return false;
    const { id, arrived } = this.#awaited;
    if (of !== undefined && of !== id) return false;
    this.#awaited = undefined;
    arrived.resolve();
    return true;
  }

  /** Ends the input; before that it stays open, since its end is the end of the process. */
  close(): void {
    this.#isClosed = true;
    this.#closed.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<unknown> {
    const last = this.#turns.length - 1;
    for (const [index, turn] of this.#turns.entries()) {
      if (this.#isClosed) return;
      if (turn.role === 'assistant') yield this.#answered(turn);
      else if (index === last) yield asked(turn, randomUUID());
      else yield* this.#askedBefore(turn);
    }
    await this.#closed.promise;
  }

  async *#askedBefore(turn: ClaudeCodeTurn): AsyncGenerator<unknown> {
    const id = randomUUID();
    const arrived = Promise.withResolvers<void>();
    this.#awaited = { id, arrived };
    yield { ...asked(turn, id), shouldQuery: false };
    await Promise.race([arrived.promise, this.#closed.promise]);
  }

  #answered({ content }: ClaudeCodeTurn): unknown {
    const message = {
      id: `msg_${randomUUID().replaceAll('-', '')}`,
      type: 'message',
      role: 'assistant',
      model: this.#model,
      content,
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 0, output_tokens: 0 },
    };
    return { type: 'assistant', message, parent_tool_use_id: null, uuid: randomUUID(), session_id: '' };
  }
}

function asked({ content }: ClaudeCodeTurn, uuid: string): object {
  return { type: 'user', message: { role: 'user', content }, parent_tool_use_id: null, uuid };
}
