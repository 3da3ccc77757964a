/** The answer of one run, read by one client. */
import type { QuotaWindow } from '../../../shared/quota.ts';
import { CompanionError } from '../../base/error.ts';
import { claudeCodeCodec } from '../../wire/claude-code/answer.ts';
import type { ClaudeCodeAnswerFacts } from '../../wire/claude-code/answer.ts';
import type { HubEvent } from '../../wire/hub/event.ts';
import type { ClaudeCodeRun } from './run.ts';

export interface AnswerEvents {
  readonly onQuota: ((window: QuotaWindow) => void) | undefined;
  /** The process is gone. */
  readonly onGone: () => void;
}

/** The answer of one run; whoever leaves it ends the run. */
export class ClaudeCodeAnswer {
  readonly #run: ClaudeCodeRun;
  readonly #facts: ClaudeCodeAnswerFacts;
  readonly #signal: AbortSignal;
  readonly #events: AnswerEvents;

  constructor(run: ClaudeCodeRun, facts: ClaudeCodeAnswerFacts, signal: AbortSignal, events: AnswerEvents) {
    this.#run = run;
    this.#facts = facts;
    this.#signal = signal;
    this.#events = events;
  }

  /** Resolves when the first event is there. */
  async begin(): Promise<AsyncIterable<HubEvent>> {
    const events = this.#read();
    const first = await events.next();
    return resume(first, events);
  }

  async *#read(): AsyncGenerator<HubEvent, void, undefined> {
    const codec = claudeCodeCodec(this.#facts);
    const abort = (): void => this.#end(abortError(this.#signal));
    this.#signal.addEventListener('abort', abort, { once: true });
    if (this.#signal.aborted) abort();
    try {
      let state = codec.initial;
      for (;;) {
        const message = await this.#run.next();
        const [next, outputs] = message === undefined ? [state, codec.end(state)] : codec.step(state, message);
        state = next;
        for (const output of outputs) {
          if (output.kind === 'done') return;
          if (output.kind === 'error') throw output.error;
          if (output.kind === 'quota') this.#events.onQuota?.(output.window);
          else {
            if (output.event.type === 'message_start') this.#run.prepareNext();
            yield output.event;
          }
        }
      }
    } finally {
      this.#signal.removeEventListener('abort', abort);
      this.#end(new CompanionError('CLIENT_GONE', 'The answer was left.'));
    }
  }

  #end(reason: CompanionError): void {
    void this.#run.end(reason).then(this.#events.onGone);
  }
}

/** Its `return` ends `events` even when nothing was read: a generator that has not begun would not notice. */
function resume(
  first: IteratorResult<HubEvent, void>,
  events: AsyncGenerator<HubEvent, void>,
): AsyncIterable<HubEvent> {
  let isFirst = true;
  const iterator: AsyncIterator<HubEvent, void> = {
    next: async () => {
      if (!isFirst) return events.next();
      isFirst = false;
      return first;
    },
    return: () => events.return(),
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

/** Why it ended: an abort that names no reason is a client that left. */
export function abortError({ reason }: AbortSignal): CompanionError {
  return reason instanceof CompanionError ? reason : new CompanionError('CLIENT_GONE', 'The client hung up.');
}
