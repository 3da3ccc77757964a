/** A JSON answer going by: a copy is kept, up to a bound, and read at its end. */
import { Draft } from './draft.ts';
import type { AnswerFacts, AnswerObserver } from './observer.ts';
import type { AnswerReader } from './reader.ts';

const maxBytes = 8 * 1024 * 1024;

export class WholeObserver implements AnswerObserver {
  readonly #reader: AnswerReader;
  #chunks: Buffer[] = [];
  #length = 0;

  constructor(reader: AnswerReader) {
    this.#reader = reader;
  }

  push(chunk: Uint8Array): void {
    this.#length += chunk.length;
    if (this.#length <= maxBytes) this.#chunks.push(Buffer.from(chunk));
    else this.#chunks = [];
  }

  end(): Promise<AnswerFacts> {
    const draft = new Draft();
    const [first = Buffer.alloc(0)] = this.#chunks;
    const body = this.#chunks.length < 2 ? first : Buffer.concat(this.#chunks);
    this.#chunks = [];
    if (body.length > 0) this.#reader.readWhole(body, draft);
    return Promise.resolve(draft.toFacts());
  }
}
