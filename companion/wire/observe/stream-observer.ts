/** An event stream going by. Native searches per chunk; only lines that may tell something are looked at. */
import { Draft } from './draft.ts';
import type { AnswerFacts, AnswerObserver } from './observer.ts';
import type { AnswerReader } from './reader.ts';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
/** A line that is longer is not kept; then nothing is said about completeness. */
const maxLineBytes = 4 * 1024 * 1024;

export class StreamObserver implements AnswerObserver {
  readonly #reader: AnswerReader;
  readonly #draft = new Draft();
  /** Copies of the line that is not finished yet. */
  #pieces: Buffer[] = [];
  #length = 0;
  #isTooLong = false;

  constructor(reader: AnswerReader) {
    this.#reader = reader;
  }

  push(chunk: Uint8Array): void {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const last = bytes.lastIndexOf(lineFeed);
    if (last < 0) return this.#keep(bytes);
    const first = this.#length === 0 && !this.#isTooLong ? 0 : this.#finishLine(bytes);
    const lines = bytes.subarray(first, last + 1);
    if (!this.#draft.hasBegun || this.#mayTell(lines)) this.#readLines(lines);
    if (last + 1 < bytes.length) this.#keep(bytes.subarray(last + 1));
  }

  end(): Promise<AnswerFacts> {
    const rest = Buffer.concat(this.#pieces);
    // Without its line end it counts only if it is whole.
    if (!this.#isTooLong && rest.length > 0) this.#readLine(rest, false);
    this.#pieces = [];
    return Promise.resolve(this.#draft.toFacts());
  }

  #mayTell(bytes: Buffer): boolean {
    return this.#reader.needles.some((needle) => bytes.includes(needle));
  }

  #keep(bytes: Buffer): void {
    this.#length += bytes.length;
    if (this.#length > maxLineBytes) {
      this.#isTooLong = true;
      this.#draft.isBlind = true;
      this.#pieces = [];
    }
    if (!this.#isTooLong) this.#pieces.push(Buffer.from(bytes));
  }

  /** Ends the kept line with its last part; where the next one begins. */
  #finishLine(bytes: Buffer): number {
    const end = bytes.indexOf(lineFeed);
    if (!this.#isTooLong) {
      const line = Buffer.concat([...this.#pieces, bytes.subarray(0, end)]);
      if (!this.#draft.hasBegun || this.#mayTell(line)) this.#readLine(line, true);
    }
    this.#pieces = [];
    this.#length = 0;
    this.#isTooLong = false;
    return end + 1;
  }

  #readLines(bytes: Buffer): void {
    for (let start = 0; start < bytes.length;) {
      const end = bytes.indexOf(lineFeed, start);
      this.#readLine(bytes.subarray(start, end), true);
      start = end + 1;
    }
  }

  /** Of a stream whose lines end in `\r` alone, this is many lines. */
  #readLine(line: Buffer, isWhole: boolean): void {
    let start = 0;
    for (let cut = line.indexOf(carriageReturn); cut >= 0; cut = line.indexOf(carriageReturn, start)) {
      if (cut > start) this.#readField(line.subarray(start, cut), true);
      start = cut + 1;
    }
    if (start < line.length) this.#readField(line.subarray(start), isWhole);
  }

  #readField(line: Buffer, isWhole: boolean): void {
    const start = line[0] === 0xef ? 3 : 0;
    if (line.toString('latin1', start, start + 5) !== 'data:') return;
    if (this.#draft.hasBegun && !this.#mayTell(line)) return;
    const data = line.subarray(start + (line[start + 5] === 0x20 ? 6 : 5));
    const isUnderstood = this.#reader.readFrame(data, this.#draft);
    if (!isUnderstood && isWhole && this.#draft.hasBegun) this.#draft.isBlind = true;
  }
}
