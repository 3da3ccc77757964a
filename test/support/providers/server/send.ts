/** Sends an answer, as it should be or as the faults want it. */
import type { Call, Headers } from './call.ts';
import { chooseEncoding, compress, createFrameCompressor } from './compress.ts';
import { noFaults } from './fault.ts';
import type { Ending, Faults, Point, StreamError } from './fault.ts';

/** One frame of a stream, with `\n` for line ends. */
export type Frame = string;

export interface StreamForm {
  readonly headers?: Headers;
  /** The API's way to break off a stream that has begun. */
  readonly errorFrame: (error: StreamError) => Frame;
}

export function event(name: string, value: unknown): Frame {
  return `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`;
}

export function dataFrame(value: unknown): Frame {
  return `data: ${JSON.stringify(value)}\n\n`;
}

export function sendJson(call: Call, status: number, value: unknown, headers: Headers = {}): Promise<void> | void {
  return sendBody(call, status, JSON.stringify(value), { 'content-type': 'application/json', ...headers });
}

export function sendBody(call: Call, status: number, body: string | Buffer, headers: Headers): Promise<void> | void {
  if (call.faults !== noFaults) return sendFaultyBody(call, status, Buffer.from(body), headers);
  call.begin(status, { ...headers, 'content-length': String(Buffer.byteLength(body)) });
  call.finish(body);
}

async function sendFaultyBody(call: Call, status: number, body: Buffer, headers: Headers): Promise<void> {
  const { faults } = call;
  const encoding = chooseEncoding(faults, call.record.headers['accept-encoding']);
  const encoded = compress(encoding, body);
  const isWhole = faults.ending.kind === 'whole' || faults.ending.kind === 'error';
  const hasLength = faults.delimiter === 'usual' && faults.ending.kind !== 'truncated';
  call.begin(
    status,
    {
      ...headers,
      ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }),
      ...(hasLength ? { 'content-length': String(encoded.length) } : {}),
    },
    { isLengthUnknown: !isWhole },
  );
  const wire = new Wire(call, isWhole ? { ...faults, ending: { kind: 'whole' } } : faults);
  await wire.write(encoded);
  await wire.end();
}

/** 200 and the frames; they are made while they are sent. */
export async function sendStream(call: Call, frames: Iterable<Frame>, form: StreamForm): Promise<void> {
  const { faults } = call;
  const encoding = chooseEncoding(faults, call.record.headers['accept-encoding']);
  const headers = {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    ...form.headers,
    ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }),
  };
  call.begin(200, headers, { isLengthUnknown: true });
  if (faults === noFaults) return sendCalmly(call, frames);
  const wire = new Wire(call, faults);
  const compressor = encoding === 'identity' ? null : createFrameCompressor(encoding);
  const push = async (text: string) => wire.write(compressor === null ? text : await compressor.push(text));
  await pushFrames(call, wire, frames, push);
  if (wire.isOver) return;
  if (wire.isErrorDue) await push(toLineEnding(form.errorFrame(wire.error), faults));
  if (compressor !== null) await wire.write(await compressor.end());
  await wire.end();
}

async function sendCalmly(call: Call, frames: Iterable<Frame>): Promise<void> {
  for (const frame of frames) {
    await call.write(frame);
    if (!call.isOpen) return;
  }
  call.finish();
}

async function pushFrames(
  call: Call,
  wire: Wire,
  frames: Iterable<Frame>,
  push: (text: string) => Promise<void>,
): Promise<void> {
  const { faults } = call;
  let sent = 0;
  for (const frame of frames) {
    for (const insertion of faults.insertions) if (insertion.afterFrames === sent) await push(insertion.text);
    if (await wire.meetFrame(sent)) return;
    if (sent > 0 && faults.frameDelayMs > 0) await call.pause(faults.frameDelayMs);
    await push(toLineEnding(frame, faults));
    if (wire.isOver || wire.isErrorDue) return;
    sent += 1;
  }
  for (const insertion of faults.insertions) if (insertion.afterFrames >= sent) await push(insertion.text);
  await wire.meetFrame(sent);
}

function toLineEnding(frame: Frame, faults: Faults): string {
  return faults.lineEnding === '\n' ? frame : frame.replaceAll('\n', faults.lineEnding);
}

/** The body on its way: cut into slices, and broken off where the ending says so. */
class Wire {
  isOver = false;
  isErrorDue = false;
  readonly #call: Call;
  readonly #faults: Faults;
  #offset = 0;

  constructor(call: Call, faults: Faults) {
    this.#call = call;
    this.#faults = faults;
  }

  get error(): StreamError {
    const { ending } = this.#faults;
    return ending.kind === 'error' ? (ending.error ?? {}) : {};
  }

  /** Breaks the stream off when so many frames were to be its last; resolves to whether that is so. */
  async meetFrame(sent: number): Promise<boolean> {
    const { ending } = this.#faults;
    if (ending.kind === 'whole' || !('afterFrames' in ending) || sent < ending.afterFrames) return this.isOver;
    await this.#breakOff(ending);
    return true;
  }

  async write(body: string | Buffer): Promise<void> {
    const { ending } = this.#faults;
    const bytes = Buffer.from(body);
    const limit =
      this.isErrorDue || ending.kind === 'whole' || !('afterBytes' in ending) ? Infinity : ending.afterBytes;
    const isPast = this.#offset + bytes.length >= limit;
    await this.#writeSlices(isPast ? bytes.subarray(0, Math.max(0, limit - this.#offset)) : bytes);
    if (isPast && ending.kind !== 'whole') await this.#breakOff(ending);
  }

  async end(): Promise<void> {
    if (this.isOver) return;
    this.#call.finish();
  }

  async #writeSlices(bytes: Buffer): Promise<void> {
    for (const slice of cutInto(bytes, this.#offset, this.#faults.slices)) {
      if (!this.#call.isOpen) break;
      await this.#call.write(slice);
      if (this.#faults.sliceDelayMs > 0) await this.#call.pause(this.#faults.sliceDelayMs);
      // A turn of the event loop between slices, so that they leave as packets of their own.
      else if (this.#faults.slices !== 'whole') await new Promise((resolve) => setImmediate(resolve));
    }
    this.#offset += bytes.length;
    if (!this.#call.isOpen) this.isOver = true;
  }

  async #breakOff(ending: Exclude<Ending, { readonly kind: 'whole' }> & Point): Promise<void> {
    if (ending.kind === 'error') {
      this.isErrorDue = true;
      return;
    }
    this.isOver = true;
    if (ending.kind === 'truncated') return this.#call.finish();
    if (ending.kind === 'stall') return this.#call.pause(2 ** 31 - 1);
    // Let what was written reach the client first: the point is a body that breaks in its middle.
    await this.#call.pause(20);
    this.#call.cut(ending.kind);
  }
}

function* cutInto(bytes: Buffer, offset: number, slices: Faults['slices']): Iterable<Buffer> {
  if (slices === 'whole') return yield bytes;
  const cuts = typeof slices === 'number' ? everyNth(offset, bytes.length, slices) : slices;
  let from = 0;
  for (const cut of cuts) {
    const to = cut - offset;
    if (to <= from || to >= bytes.length) continue;
    yield bytes.subarray(from, to);
    from = to;
  }
  yield bytes.subarray(from);
}

function* everyNth(offset: number, length: number, step: number): Iterable<number> {
  for (let cut = offset + step; cut < offset + length; cut += step) yield cut;
}
