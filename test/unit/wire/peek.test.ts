/** Reading members out of bytes: what `JSON.parse` would say, without parsing. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { peekMembers, replaceMember } from '../../../companion/wire/peek.ts';

const names = ['model', 'stream'];

function peek(text: string | Buffer) {
  const { strings, booleans } = peekMembers(Buffer.from(text), names);
  return { model: strings.get('model')?.value, stream: booleans.get('stream') };
}

const nothing = { model: undefined, stream: undefined };

describe('finds', () => {
  test.each<[string, string, string | undefined, boolean | undefined]>([
    ['members in any place', '{"a":[1,{"model":"inner"}],"stream":true,"model":"m"}', 'm', true],
    ['members between blanks', ' \r\n\t{ "model" : "m" ,\n"stream":\tfalse } ', 'm', false],
    ['escapes in a value', String.raw`{"model":"a\"b\\\u00e9/","x":1}`, 'a"b\\é/', undefined],
    ['escapes in a key', String.raw`{"mod\u0065l":"m"}`, 'm', undefined],
    ['text beyond ASCII', '{"ключ":"日本","model":"модель"}', 'модель', undefined],
    ['the last of two', '{"model":"a","model":"b"}', 'b', undefined],
    ['the last of two, whatever it is', '{"model":"a","model":7}', undefined, undefined],
    [
      'nothing that only looks like it',
      String.raw`{"text":"\"model\":\"x\"","model":null,"stream":"yes"}`,
      undefined,
      undefined,
    ],
    ['strings that end in backslashes', String.raw`{"a":"\\","b":"\\\"","model":"m"}`, 'm', undefined],
  ])('%s', (_name, text, model, stream) => {
    expect(peek(text)).toEqual({ model, stream });
  });
});

test('reads no further than the last name', () => {
  expect(peek('{"model":"m","stream":true, and then nothing that is JSON')).toEqual({ model: 'm', stream: true });
});

test.each([
  '',
  ' ',
  'null',
  '[{"model":"m"}]',
  '"model"',
  '{"model":"m"',
  '{"model":"m",',
  '{"model":"m" "stream":true}',
  '{"model":"m",}',
  '{model:"m"}',
  '{"model"',
  '{"model":',
  '{"model":tru}',
  '{"model":"m","stream":truely,"x":1}',
  '{"model":"m","n":01}',
  '{"model":"unfinished',
  '{"model":"m","a":[[[',
  '{"model":"m","a":"\\"}',
  '{{"model":"m"}}',
])('finds nothing in %s', (text) => {
  expect(peek(text)).toEqual(nothing);
});

test('finds nothing in a value that is no string of JSON', () => {
  expect(peek('{"model":"line\nend"}')).toEqual(nothing);
  expect(peek('{"model":"\\x"}')).toEqual(nothing);
});

/** Objects with our names among others, values of every kind, strings full of quotes and backslashes. */
const trickyText = fc.string({ unit: fc.constantFrom('"', '\\', 'm', '{', '}', '[', ',', ':', 'é', '\n', 'model') });
const anyObject = fc.dictionary(
  fc.oneof(fc.constantFrom('model', 'stream', 'mode'), trickyText),
  fc.oneof(trickyText, fc.boolean(), fc.jsonValue({ maxDepth: 4 }), fc.constantFrom('a"'.repeat(100), '\\'.repeat(99))),
);

test('agrees with JSON.parse on every object', () => {
  fc.assert(
    fc.property(anyObject, fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      const parsed = JSON.parse(text) as { model?: unknown; stream?: unknown };
      expect(peek(text)).toEqual({
        model: typeof parsed.model === 'string' ? parsed.model : undefined,
        stream: typeof parsed.stream === 'boolean' ? parsed.stream : undefined,
      });
    }),
    { numRuns: 2_000 },
  );
});

test('puts another name in and leaves every other byte alone', () => {
  fc.assert(
    fc.property(anyObject, trickyText, trickyText, (value, before, after) => {
      const text = Buffer.from(JSON.stringify({ ...value, model: before }, undefined, 1));
      const range = peekMembers(text, names).strings.get('model')?.range;
      if (range === undefined) throw new Error('no model found');
      const replaced = replaceMember(text, range, after);
      expect(JSON.parse(replaced.toString())).toEqual({ ...(JSON.parse(text.toString()) as object), model: after });
      expect(replaced.subarray(0, range.start)).toEqual(text.subarray(0, range.start));
      expect(replaced.subarray(range.start + Buffer.byteLength(JSON.stringify(after)))).toEqual(
        text.subarray(range.end),
      );
    }),
  );
});

test('never throws, whatever the bytes are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      peekMembers(Buffer.from(bytes), names);
      peekMembers(Buffer.concat([Buffer.from('{"'), bytes]), names);
    }),
    { numRuns: 2_000 },
  );
});

describe('looks about once at each byte of', () => {
  const size = 1 << 20;
  const hostile: Readonly<Record<string, (scale: number) => string>> = {
    'deep nesting': (scale) => `{"a":${'['.repeat(scale)}${']'.repeat(scale)}}`,
    'nesting that never ends': (scale) => `{"a":${'{"b":['.repeat(scale / 6)}`,
    'backslashes before a quote': (scale) => `{"a":"${'\\'.repeat(scale)}"}`,
    'escaped quotes': (scale) => `{"a":"${'\\"'.repeat(scale / 2)}"}`,
    'tiny strings': (scale) => `{"a":[${'"",'.repeat(scale / 3)}""]}`,
    'many members': (scale) => `{${'"a":"b",'.repeat(scale / 8)}"z":1}`,
    'one key, again and again': (scale) => `{${'"model":"b",'.repeat(scale / 12)}"z":1}`,
    digits: (scale) => `{"a":${'1'.repeat(scale)}}`,
    blanks: (scale) => `{${' '.repeat(scale)}"a":1}`,
  };

  /** Reading is counted, not timed: a proxy would change what is measured, so the slope of the time is taken, generously. */
  test.each(Object.keys(hostile))('%s', (name) => {
    const cost = (scale: number) => {
      const body = Buffer.from(hostile[name]?.(scale) ?? '');
      const times = Array.from({ length: 5 }, () => {
        const startedAtMs = performance.now();
        peekMembers(body, names);
        return performance.now() - startedAtMs;
      });
      return Math.min(...times);
    };
    cost(size / 16);
    // Sixteen times the bytes: about sixteen times the time. Quadratic work would be 256 times.
    expect(cost(size) / Math.max(cost(size / 16), 0.05)).toBeLessThan(100);
  });
});
