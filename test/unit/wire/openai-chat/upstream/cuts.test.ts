/** Streams cut anywhere, and calls interleaved in every order. */
import { array, assert, asyncProperty, dictionary, infiniteStream, integer, nat, oneof, string } from 'fast-check';
import { expect, it } from 'vitest';
import { collectMessage } from '../../../../../companion/wire/hub/collect.ts';
import { findViolation } from '../../../../../companion/wire/hub/grammar.ts';
import { bytewise, cutAt } from '../../bytes.ts';
import { DONE, bytesOf, calls, chunk, fragment, read, readData, usageChunk } from './support.ts';

const usage = { prompt_tokens: 7, completion_tokens: 3 };
const crlf = (bytes: Uint8Array): Uint8Array => {
  const text = new TextDecoder().decode(bytes).replaceAll('\n', '\r\n').replaceAll('data: ', 'data:');
  return new TextEncoder().encode(`: keep-alive\r\n\r\n${text}`);
};

const streams: Readonly<Record<string, Uint8Array>> = {
  words: bytesOf(
    chunk({ role: 'assistant', content: '' }),
    chunk({ content: '北京 ' }),
    chunk({ content: '🙂' }, 'stop'),
    usageChunk(usage),
    DONE,
  ),
  everything: bytesOf(
    chunk({ reasoning_content: 'Hm 🤔' }),
    chunk({ content: 'Ich schau’ ' }),
    calls(fragment(0, '{"wo"', { id: 'c1', name: 'look' })),
    calls(fragment(1, '{"q":"', { id: 'c2', name: 'find' }), fragment(0, ':"北京"')),
    calls(fragment(0, '}'), fragment(1, 'x"}')),
    chunk({}, 'tool_calls'),
    usageChunk(usage),
    DONE,
  ),
  truncated: bytesOf(chunk({ content: 'a' }), calls(fragment(0, '{"a', { id: 'c1', name: 'look' }))),
  failing: bytesOf(chunk({ content: 'é' }), { error: { message: 'Überlastet', code: 503 } }),
};

it.each(Object.keys(streams))('gives the same for %s, whole, byte by byte and at random cuts', async (name) => {
  const bytes = streams[name] ?? new Uint8Array();
  const whole = await read([bytes]);
  expect(findViolation(whole)).toBeUndefined();
  expect(await read(bytewise(bytes))).toEqual(whole);
  expect(await read(bytewise(crlf(bytes)))).toEqual(whole);
  const cuts = array(nat(bytes.length), { maxLength: 12 });
  await assert(
    asyncProperty(cuts, async (at) => {
      expect(await read(cutAt(bytes, ...at))).toEqual(whole);
    }),
    { numRuns: 60 },
  );
});

it('keeps every call whole however their fragments are interleaved, with words among them', async () => {
  const inputs = array(dictionary(string(), oneof(string(), integer(), dictionary(string(), string()))), {
    minLength: 1,
    maxLength: 4,
  });
  await assert(
    asyncProperty(
      inputs,
      infiniteStream(nat(5)),
      infiniteStream(integer({ min: 1, max: 6 })),
      async (wanted, picks, sizes) => {
        const left = wanted.map((input) => JSON.stringify(input));
        const begun = new Set<number>();
        const chunks: object[] = [];
        let words = '';
        for (const pick of picks) {
          if (left.every((text) => text === '')) break;
          const index = pick % wanted.length;
          const rest = left[index] ?? '';
          if (pick === 5) {
            words += 'w';
            chunks.push(chunk({ content: 'w' }));
          }
          if (rest === '') continue;
          const size = sizes.next().value ?? 1;
          const start = begun.has(index) ? {} : { id: `c${index}`, name: 'look' };
          begun.add(index);
          chunks.push(calls(fragment(index, rest.slice(0, size), start)));
          left[index] = rest.slice(size);
        }
        const events = await readData([...chunks, chunk({}, 'tool_calls'), DONE]);
        expect(findViolation(events)).toBeUndefined();
        const { content } = await collectMessage(events);
        const made = content.flatMap((block) => (block.type === 'tool_use' ? [[block.id, block.input] as const] : []));
        expect(Object.fromEntries(made)).toEqual(
          Object.fromEntries(wanted.map((input, index) => [`c${index}`, JSON.parse(JSON.stringify(input))])),
        );
        expect(content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('')).toBe(words);
      },
    ),
    { numRuns: 200 },
  );
});
