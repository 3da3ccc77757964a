import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  finishFreeform,
  freeformTool,
  newFreeform,
  readFreeform,
  unwrapFreeform,
  wrapFreeform,
} from '../../../../companion/wire/openai/freeform.ts';

/** The text that each fragment gives, what is owed at the end last. */
function read(...fragments: readonly string[]): readonly string[] {
  let reader = newFreeform;
  const texts = fragments.map((fragment) => {
    const [next, text] = readFreeform(reader, fragment);
    reader = next;
    return text;
  });
  return [...texts, finishFreeform(reader)];
}

/** JSON as other writers make it: every character an escape, so that some are two. */
function escaped(text: string): string {
  const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at).toString(16).padStart(4, '0'));
  return `{ "input" :\n"${units.map((unit) => `\\u${unit}`).join('')}" }`;
}

describe('a text that streams', () => {
  it('comes as it is written, without its escapes', () => {
    expect(read('{"in', 'put":"*** Beg', 'in\\n+\\"a\\"', '\\\\d 北京', '"}')).toEqual([
      '',
      '*** Beg',
      'in\n+"a"',
      '\\d 北京',
      '',
      '',
    ]);
  });

  it('is whole at every cut, and no fragment ends inside a character', () => {
    const text = '"\\/\b\f\n\r\t\u0000 {"input":"x"} 北京 🙂';
    for (const json of [JSON.stringify({ input: text }), escaped(text)]) {
      for (let cut = 0; cut <= json.length; cut += 1) {
        const texts = read(json.slice(0, cut), json.slice(cut));
        expect(texts.join('')).toBe(text);
        expect(texts.filter((one) => !one.isWellFormed())).toEqual([]);
      }
    }
  });

  it('is what any JSON of it says, in any fragments', () => {
    const text = fc.string({ unit: 'binary' });
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 });
    fc.assert(
      fc.property(text, sizes, fc.boolean(), (input, lengths, isEscaped) => {
        const json = isEscaped ? escaped(input) : JSON.stringify(wrapFreeform(input));
        const fragments: string[] = [];
        for (let at = 0, turn = 0; at < json.length; turn += 1) {
          const size = lengths[turn % lengths.length] ?? 1;
          fragments.push(json.slice(at, at + size));
          at += size;
        }
        expect(read(...fragments).join('')).toBe(input);
      }),
    );
  });

  it.each([
    ['half an escape', ['{"input":"ab\\', ''], 'ab'],
    ['half a code', ['{"input":"ab\\u00'], 'ab'],
    ['half a pair', ['{"input":"ab\\ud83d'], 'ab'],
    ['no end', ['{"input":"ab'], 'ab'],
  ])('that the limit cuts off is what came: %s', (_name, fragments, expected) => {
    expect(read(...fragments).join('')).toBe(expected);
  });

  it.each([
    ['a broken escape', '{"input":"\\d+\\u12g"}', '\\d+\\u12g'],
    ['a raw line break', '{"input":"a\nb"}', 'a\nb'],
    ['other fields after it', '{"input":"a","why":"\\"b"}', 'a'],
    ['other fields before it', '{"why":"b","input":"a\\n"}', 'a\n'],
    ['much space before it', `{${' '.repeat(200)}"input":"a\\n"}`, 'a\n'],
    ['another name', '{"patch":"x"}', '{"patch":"x"}'],
    ['no string', '{"input":5}', '{"input":5}'],
    ['no JSON', '*** Begin\n', '*** Begin\n'],
    ['what another wire kept of no JSON', '{"_raw_arguments":"*** Begin\\n"}', '*** Begin\n'],
    ['an empty object', '{}', ''],
    ['nothing', ' ', ''],
  ])('is read from %s', (_name, json, expected) => {
    expect(read(...json).join('')).toBe(expected);
    expect(read(json).join('')).toBe(expected);
  });

  it('of a megabyte in one fragment is read', () => {
    const input = '"\\x\n🙂'.repeat(200_000);
    expect(read(JSON.stringify({ input })).join('') === input).toBe(true);
  });
});

it.each([
  [wrapFreeform('a\n'), 'a\n'],
  [{ patch: 'x' }, '{"patch":"x"}'],
  [{ input: 5 }, '{"input":5}'],
  [{ _raw_arguments: 'x', why: 'y' }, '{"_raw_arguments":"x","why":"y"}'],
  [['a'], '["a"]'],
  [{ _raw_arguments: '*** Begin' }, '*** Begin'],
  [{ _raw_arguments: '{"input":"cut o' }, 'cut o'],
  [{}, ''],
  [null, ''],
  [undefined, ''],
])('gives the text of the whole input %j', (input, expected) => {
  expect(unwrapFreeform(input)).toBe(expected);
});

it.each([
  ['Edits.', { syntax: 'regex', definition: 'a+' }, 'Edits.\n\nThe input must match this regex grammar:\na+'],
  [null, { definition: 'a+' }, 'The input must match this grammar:\na+'],
  ['Edits.', undefined, 'Edits.'],
  ['Edits.', { syntax: 'lark', definition: '' }, 'Edits.'],
])('describes a tool as %j with the grammar %j', (description, grammar, expected) => {
  expect(freeformTool({ name: 't', description, grammar }).description).toBe(expected);
});

it('describes nothing where nothing was said', () => {
  expect(freeformTool({ name: 't', description: '', grammar: null })).not.toHaveProperty('description');
});
