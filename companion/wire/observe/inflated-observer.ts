/** A compressed answer going by: a copy is undone behind the scenes, bounded, and then observed. */
import type { Transform } from 'node:stream';
import { createDecoder } from '../../base/content-encoding.ts';
import { Draft } from './draft.ts';
import type { AnswerFacts, AnswerObserver } from './observer.ts';

/** Compressed bytes that may wait to be undone, and undone ones in all: beyond either, nothing is told. */
const maxWaitingBytes = 4 * 1024 * 1024;
const maxInflatedBytes = 64 * 1024 * 1024;

/** `undefined` for an encoding, or a chain of them, that is not undone. */
export function observeInflated(encoding: string, inner: AnswerObserver): AnswerObserver | undefined {
  const decoder = createDecoder(encoding);
  return decoder === undefined ? undefined : new InflatedObserver(decoder, inner);
}

class InflatedObserver implements AnswerObserver {
  readonly #decoder: Transform;
  readonly #inner: AnswerObserver;
  readonly #done: Promise<void>;
  #inflated = 0;
  #hasGivenUp = false;

  constructor(decoder: Transform, inner: AnswerObserver) {
    this.#decoder = decoder;
    this.#inner = inner;
    this.#done = new Promise((resolve) => {
      decoder.on('close', resolve);
      // Cut or damaged: what came before it counts.
      decoder.on('error', () => resolve());
    });
    decoder.on('data', (chunk: Buffer) => this.#take(chunk));
  }

  push(chunk: Uint8Array): void {
    if (this.#hasGivenUp || this.#decoder.destroyed) return;
    if (this.#decoder.writableLength + chunk.length > maxWaitingBytes) return this.#giveUp();
    this.#decoder.write(Buffer.from(chunk));
  }

  async end(): Promise<AnswerFacts> {
    if (!this.#hasGivenUp) this.#decoder.end();
    await this.#done;
    return this.#hasGivenUp ? new Draft().toFacts() : this.#inner.end();
  }

  #take(chunk: Buffer): void {
    this.#inflated += chunk.length;
    if (this.#inflated > maxInflatedBytes) this.#giveUp();
    else this.#inner.push(chunk);
  }

  #giveUp(): void {
    this.#hasGivenUp = true;
    this.#decoder.destroy();
  }
}
