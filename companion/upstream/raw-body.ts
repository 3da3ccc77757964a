/** The body of an answer between undici, which pushes, and its one consumer, which sets the pace. */
import type { Dispatcher } from 'undici';
import { CompanionError } from '../base/error.ts';
import type { RawSink } from './raw-transport.ts';

/** Bytes that may wait for a consumer before the socket is told to. */
const waitingBytes = 64 * 1024;
/** What is left of a body that nobody wants is read to its end up to here: a new connection would cost more. */
const drainedBytes = 64 * 1024;

interface Consumer {
  /** Answers `false` when no more is to come for now; whoever does so resumes. */
  take(chunk: Buffer): boolean;
  end(): void;
  fail(error: CompanionError): void;
}

export class RawBody {
  readonly #controller: Dispatcher.DispatchController;
  readonly #onSettled: () => void;
  #consumer: Consumer | undefined;
  #waiting: Buffer[] = [];
  #waitingLength = 0;
  /** The consumer said that it wants no more for now. */
  #isFull = false;
  #isEnded = false;
  #isSettled = false;
  #error: CompanionError | undefined;

  /** `onSettled` is called once the consumer was told how the body ended. */
  constructor(controller: Dispatcher.DispatchController, onSettled: () => void) {
    this.#controller = controller;
    this.#onSettled = onSettled;
  }

  push(chunk: Buffer): void {
    // undici tells of nothing each time that it resumes a body which ends with its connection: for ever, taken as a chunk.
    if (chunk.length === 0) return;
    if (this.#consumer !== undefined && !this.#isFull && this.#waiting.length === 0) {
      this.#isFull = !this.#consumer.take(chunk);
      if (this.#isFull) this.#controller.pause();
      return;
    }
    this.#waiting.push(chunk);
    this.#waitingLength += chunk.length;
    if (this.#isFull || this.#waitingLength >= waitingBytes) this.#controller.pause();
  }

  end(): void {
    this.#isEnded = true;
    this.#settleIfDue();
  }

  /** The body was cut. What came before is handed over first, at the consumer's pace. */
  break(error: CompanionError): void {
    this.#error = error;
    this.#settleIfDue();
  }

  /** Nobody wants the rest any more. */
  abort(error: CompanionError): void {
    this.#error = error;
    this.#waiting = [];
    this.#settleIfDue();
  }

  pour(sink: RawSink): Promise<void> {
    return new Promise((resolve, reject) => {
      const resume = () => this.#resume();
      this.#attach({
        take(chunk) {
          if (sink.write(chunk)) return true;
          sink.onDrain(resume);
          return false;
        },
        end: resolve,
        fail: reject,
      });
    });
  }

  get isTaken(): boolean {
    return this.#consumer !== undefined;
  }

  /** One chunk at a time: the next one is let in when the last one was taken. */
  async *chunks(): AsyncGenerator<Buffer> {
    const queue: Buffer[] = [];
    let wake: (() => void) | undefined;
    let isDone = false;
    let error: CompanionError | undefined;
    const notify = () => {
      wake?.();
      wake = undefined;
    };
    this.#attach({
      take: (chunk) => {
        queue.push(chunk);
        notify();
        return false;
      },
      end: () => {
        isDone = true;
        notify();
      },
      fail: (cause) => {
        error = cause;
        notify();
      },
    });
    for (;;) {
      const chunk = queue.shift();
      if (chunk !== undefined) yield chunk;
      else if (error !== undefined) throw error;
      else if (isDone) return;
      else {
        const woken = new Promise<void>((resolve) => (wake = resolve));
        this.#resume();
        await woken;
      }
    }
  }

  /** Lets little be read to its end; `leave` is called for anything longer. */
  discard(leave: () => void): void {
    let length = 0;
    this.#attach({
      take(chunk) {
        length += chunk.length;
        // Not from within undici's parser, which is about to go on with the next chunk.
        if (length > drainedBytes) queueMicrotask(leave);
        return true;
      },
      end: () => undefined,
      fail: () => undefined,
    });
  }

  #attach(consumer: Consumer): void {
    if (this.#consumer !== undefined) throw new CompanionError('INTERNAL', 'The body of an answer was read twice.');
    this.#consumer = consumer;
    this.#flush();
  }

  #resume(): void {
    this.#isFull = false;
    this.#flush();
  }

  /** Hands over what waits, until the consumer has enough of it. */
  #flush(): void {
    while (!this.#isFull && this.#waiting.length > 0) {
      const chunk = this.#waiting.shift() as Buffer;
      this.#waitingLength -= chunk.length;
      this.#isFull = this.#consumer?.take(chunk) !== true;
    }
    this.#settleIfDue();
    if (!this.#isFull && !this.#isSettled) this.#controller.resume();
  }

  #settleIfDue(): void {
    const consumer = this.#consumer;
    if (this.#isSettled || consumer === undefined || this.#waiting.length > 0) return;
    if (this.#error === undefined && !this.#isEnded) return;
    this.#isSettled = true;
    this.#onSettled();
    if (this.#error === undefined) consumer.end();
    else consumer.fail(this.#error);
  }
}
