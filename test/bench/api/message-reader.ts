/** HTTP/1.1 messages from a socket, with so little work that the bench is not what is measured. */

export interface MessageListener {
  /** Start line and headers, as latin1. */
  onHead?(head: string): void;
  /** A piece of the body; of a chunked one without its chunk sizes. */
  onData?(bytes: Buffer): void;
  onEnd(): void;
}

type Place = 'head' | 'length' | 'chunk-size' | 'chunk' | 'trailer';

const empty = Buffer.alloc(0);
const headEnd = Buffer.from('\r\n\r\n');
const lineEnd = Buffer.from('\r\n');

/** Reads one message after the other. Bodies have a length, are chunked, or there is none. */
export class MessageReader {
  readonly #listener: MessageListener;
  #rest: Buffer = empty;
  #place: Place = 'head';
  #remaining = 0;

  constructor(listener: MessageListener) {
    this.#listener = listener;
  }

  push(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length > 0 && this.#advance());
  }

  /** `false` when more bytes are needed. */
  #advance(): boolean {
    switch (this.#place) {
      case 'head':
        return this.#readHead();
      case 'length':
        return this.#readLength();
      case 'chunk-size':
        return this.#readChunkSize();
      case 'chunk':
        return this.#readChunk();
      case 'trailer':
        return this.#readTrailer();
    }
  }

  #readHead(): boolean {
    const end = this.#rest.indexOf(headEnd);
    if (end < 0) return false;
    const head = this.#take(end + headEnd.length).toString('latin1');
    this.#listener.onHead?.(head);
    if (/\r\ntransfer-encoding: *chunked/i.test(head)) this.#place = 'chunk-size';
    else this.#expect(Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0));
    return true;
  }

  #expect(length: number): void {
    this.#remaining = length;
    this.#place = 'length';
    if (length === 0) this.#end();
  }

  #readLength(): boolean {
    this.#deliver();
    if (this.#remaining > 0) return false;
    this.#end();
    return true;
  }

  #readChunkSize(): boolean {
    const end = this.#rest.indexOf(lineEnd);
    if (end < 0) return false;
    this.#remaining = Number.parseInt(this.#take(end + lineEnd.length).toString('latin1'), 16);
    this.#place = this.#remaining === 0 ? 'trailer' : 'chunk';
    return true;
  }

  #readChunk(): boolean {
    if (this.#remaining > 0) this.#deliver();
    if (this.#remaining > 0 || this.#rest.length < lineEnd.length) return false;
    this.#take(lineEnd.length);
    this.#place = 'chunk-size';
    return true;
  }

  #readTrailer(): boolean {
    const end = this.#rest.indexOf(lineEnd);
    if (end < 0) return false;
    this.#take(end + lineEnd.length);
    if (end === 0) this.#end();
    return true;
  }

  #deliver(): void {
    const bytes = this.#take(Math.min(this.#remaining, this.#rest.length));
    this.#remaining -= bytes.length;
    this.#listener.onData?.(bytes);
  }

  #end(): void {
    this.#place = 'head';
    this.#listener.onEnd();
  }

  #take(length: number): Buffer {
    const taken = this.#rest.subarray(0, length);
    this.#rest = length === this.#rest.length ? empty : this.#rest.subarray(length);
    return taken;
  }
}
