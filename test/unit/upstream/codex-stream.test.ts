import { describe, expect, it } from 'vitest';
import { CompanionError } from '../../../companion/base/error.ts';
import { withOutputAtEnd } from '../../../companion/upstream/codex-stream.ts';
import type { RawReply, RawSink } from '../../../companion/upstream/raw-transport.ts';

const event = (type: string, rest: object, lineEnd = '\n') =>
  [`event: ${type}`, `data: ${JSON.stringify({ type, ...rest })}`, '', ''].join(lineEnd);
const item = (text: string) => ({ id: `msg_${text}`, type: 'message', content: [{ type: 'output_text', text }] });
const done = (text: string, index: number) =>
  event('response.output_item.done', { output_index: index, item: item(text) });
const delta = event('response.output_text.delta', { delta: 'a word of 北京 that names response.completed' });
const end = (output: readonly object[], type = 'response.completed') =>
  event(type, {
    sequence_number: 9,
    response: { id: 'resp_1', status: 'completed', output, usage: { total_tokens: 3 } },
  });

interface Told {
  readonly headers?: Readonly<Record<string, string>>;
  readonly cut?: boolean;
}

/** A reply whose body comes in these pieces. The transport uses the memory of a piece again. */
function replyOf(pieces: readonly Uint8Array[], { headers = {}, cut = false }: Told = {}): RawReply {
  return {
    status: 200,
    headers: Object.entries(headers).flat(),
    header: (name) => headers[name],
    async pour(sink) {
      for (const piece of pieces) {
        const shared = Buffer.from(piece);
        sink.write(shared);
        shared.fill('x');
      }
      if (cut) throw new CompanionError('STREAM_BROKEN', 'cut');
    },
    read: () => Promise.reject(new Error('not asked for')),
    chunks: () => {
      throw new Error('not asked for');
    },
    discard: () => undefined,
  };
}

function sinkTo(written: string[], hasRoom = true): RawSink {
  return {
    write(chunk) {
      written.push(chunk.toString('latin1'));
      return hasRoom;
    },
    onDrain: () => undefined,
  };
}

async function pour(pieces: readonly Uint8Array[], told?: Told): Promise<string> {
  const written: string[] = [];
  await withOutputAtEnd(replyOf(pieces, told)).pour(sinkTo(written));
  return Buffer.from(written.join(''), 'latin1').toString('utf8');
}

const bytes = (text: string) => Buffer.from(text);

describe('a stream of the ChatGPT backend', () => {
  const before = delta + done('second', 1) + done('first', 0);

  it('ends with the items that were said, in their order, and is the same before', async () => {
    const got = await pour([bytes(before + end([]))]);
    expect(got.startsWith(before)).toBe(true);
    expect(got).toBe(before + end([item('first'), item('second')]));
  });

  it('is the same wherever it is cut into pieces', async () => {
    const whole = bytes(before + end([]));
    const expected = before + end([item('first'), item('second')]);
    for (let at = 1; at < whole.length; at += 1) {
      expect(await pour([whole.subarray(0, at), whole.subarray(at)]), `cut at ${at}`).toBe(expected);
    }
    expect(await pour(Array.from(whole, (byte) => Uint8Array.of(byte)))).toBe(expected);
  });

  it.each(['\n', '\r\n'])('is understood with lines that end in %j', async (lineEnd) => {
    const lines = (text: string) => text.replaceAll('\n', lineEnd);
    const whole = bytes(lines(before + end([])));
    expect(await pour(Array.from(whole, (byte) => Uint8Array.of(byte)))).toBe(
      lines(before) + end([item('first'), item('second')]),
    );
  });

  it.each(['response.incomplete', 'response.done'])('is whole at the end of %s, too', async (type) => {
    expect(await pour([bytes(done('a', 0) + end([], type))])).toBe(done('a', 0) + end([item('a')], type));
  });

  it('may lack the blank line at its end', async () => {
    expect(await pour([bytes(done('a', 0) + end([]).trimEnd())])).toBe(done('a', 0) + end([item('a')]));
  });

  it.each([
    ['tells its output itself', done('a', 0) + end([item('a')])],
    ['said nothing', end([])],
    ['failed', done('a', 0) + event('response.failed', { response: { status: 'failed', error: { message: 'no' } } })],
    ['is given up', done('a', 0) + event('error', { error: { message: 'no' } })],
    ['is none', 'this is no stream: response.completed'],
    ['holds what is no JSON', 'data: response.completed\n\n: a comment\n\n'],
  ])('is left alone when it %s', async (_how, text) => {
    expect(await pour([bytes(text)])).toBe(text);
  });

  it.each(['content-encoding', 'content-length'])('is left alone with a %s', async (name) => {
    const text = done('a', 0) + end([]);
    expect(await pour([bytes(text)], { headers: { [name]: '1' } })).toBe(text);
  });

  it('that is cut keeps its whole events, and tells of the cut', async () => {
    const written: string[] = [];
    const reply = withOutputAtEnd(replyOf([bytes(done('a', 0) + delta.slice(0, 20))], { cut: true }));
    await expect(reply.pour(sinkTo(written))).rejects.toMatchObject({ code: 'STREAM_BROKEN' });
    expect(written.join('')).toBe(done('a', 0));
  });

  it('waits while the client has no room', async () => {
    const told: boolean[] = [];
    const reply = replyOf([]);
    const pouring: RawReply = {
      ...reply,
      async pour(sink) {
        told.push(sink.write(bytes(delta)), sink.write(bytes('data: ')), sink.write(bytes('{}\n\ndata:')));
      },
    };
    await withOutputAtEnd(pouring).pour(sinkTo([], false));
    expect(told).toEqual([false, true, false]);
  });
});
