/** Byte streams in every form that providers give them, each cut everywhere. */
import { describe, expect, it } from 'vitest';
import { SseParser } from '../../../companion/wire/sse.ts';
import type { SseFrame } from '../../../companion/wire/sse.ts';
import { bytewise, cutAt } from '../../unit/wire/bytes.ts';

const BOM = '\uFEFF';
const frame = (data: string, event?: string): SseFrame => ({ event, data });

function parse(pieces: Iterable<Uint8Array>): readonly SseFrame[] {
  const parser = new SseParser();
  const frames: SseFrame[] = [];
  for (const piece of pieces) frames.push(...parser.push(piece));
  return [...frames, ...parser.end()];
}

describe('frames are the same for every cut', () => {
  it.each<[string, string, readonly SseFrame[]]>([
    ['LF', 'event: a\ndata: {"x":"北京 🙂"}\n\ndata: [DONE]\n\n', [frame('{"x":"北京 🙂"}', 'a'), frame('[DONE]')]],
    [
      'CRLF',
      'event: a\r\ndata: {"x":"北京 🙂"}\r\n\r\ndata: [DONE]\r\n\r\n',
      [frame('{"x":"北京 🙂"}', 'a'), frame('[DONE]')],
    ],
    ['CR', 'event: a\rdata: {"x":1}\r\rdata: [DONE]\r\r', [frame('{"x":1}', 'a'), frame('[DONE]')]],
    ['mixed ends', 'event: a\r\ndata: 1\n\r\ndata: 2\r\n\n', [frame('1', 'a'), frame('2')]],
    ['no space', 'event:a\ndata:{"x":1}\n\n', [frame('{"x":1}', 'a')]],
    ['two spaces', 'data:  x\n\n', [frame(' x')]],
    ['several data lines', 'data: a\ndata:\ndata: b\n\n', [frame('a\n\nb')]],
    ['comments, ids and retries', ': hi\nid: 5\nretry: 9\n:\ndata: x\n: bye\n\n', [frame('x')]],
    ['a comment between frames', 'data: a\n\n: keep-alive\n\ndata: b\n\n', [frame('a'), frame('b')]],
    ['an event without data', 'event: a\n\ndata: x\n\n', [frame('x')]],
    ['a byte order mark', `${BOM}data: x\n\n`, [frame('x')]],
    ['a colon in data', 'data: a:b: c\n\n', [frame('a:b: c')]],
    ['a field without a colon', 'data\ndata: x\n\n', [frame('\nx')]],
    ['blank lines', '\n\n\r\n\ndata: x\n\n\n\n', [frame('x')]],
    ['a whole object at the end', 'data: {"x":1}', [frame('{"x":1}')]],
    ['half an object at the end', 'data: {"x":', []],
    ['a bare word at the end', 'data: hello', []],
    ['nothing', '', []],
  ])('%s', (_name, text, expected) => {
    const bytes = new TextEncoder().encode(text);
    expect(parse([bytes])).toEqual(expected);
    expect(parse(bytewise(bytes))).toEqual(expected);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      for (let second = cut; second <= bytes.length; second += 1)
        expect(parse(cutAt(bytes, cut, second))).toEqual(expected);
    }
  });
});

it('an event that outgrows the limit is refused, one that just fits is not', () => {
  const parser = (): SseParser => new SseParser(20);
  expect(parser().push(new TextEncoder().encode(`data: ${'x'.repeat(14)}\n\n`))).toEqual([frame('x'.repeat(14))]);
  expect(() => parser().push(new TextEncoder().encode(`data: ${'x'.repeat(60)}`))).toThrow(/20 characters/);
  expect(() => parser().push(new TextEncoder().encode('data: 123456789\n'.repeat(4)))).toThrow(/20 characters/);
});
