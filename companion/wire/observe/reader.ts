/** What one wire says about an answer, and where. */
import type { Draft } from './draft.ts';

export interface AnswerReader {
  /** A line of a stream that holds none of these tells nothing that is wanted, once the stream has begun. */
  readonly needles: readonly Buffer[];
  /** Reads the data of one frame. `false`: it is not what this wire sends. */
  readFrame(data: Buffer, draft: Draft): boolean;
  /** Reads a whole answer. */
  readWhole(body: Buffer, draft: Draft): void;
}
