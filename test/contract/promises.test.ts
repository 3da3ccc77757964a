/** `test/promises.md` and the tests that it names say the same. */
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const folder = join(import.meta.dirname, '..');
const lists = { CCP: 20, PY: 19, CPP: 20, GO: 14 } as const;
const numbers = Object.entries(lists).flatMap(([list, count]) =>
  Array.from({ length: count }, (_, index) => `${list}-${index + 1}`),
);

interface Row {
  readonly number: string;
  readonly what: string;
  readonly files: readonly string[];
}

const rows: readonly Row[] = readFileSync(join(folder, 'promises.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| [A-Z]+-\d/.test(line))
  .map((line) => {
    const [number = '', what = '', , tests = ''] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    return { number, what, files: [...tests.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file) };
  });

const heads = '((?:[A-Z]+-\\d+, )*[A-Z]+-\\d+): ';
/** `it('PY-8, PY-12: is renewed once'`, the same after the table of an `each`, and on a line of its own. */
const namePatterns = [
  `\\b(?:describe|it|test)\\b[^\n]*\\(['"\`]${heads}`,
  `^ *\\]\\)\\(['"\`]${heads}`,
  `^ +['"\`]${heads}`,
];

/** The numbers that names of tests begin with. */
function numbersIn(source: string): ReadonlySet<string> {
  const names = namePatterns.flatMap((pattern) => Array.from(source.matchAll(new RegExp(pattern, 'gm'))));
  return new Set(names.flatMap(([, numbersOfName = '']) => numbersOfName.split(', ')));
}

describe('the table', () => {
  test('has every row of the lists, in order, once', () => {
    expect(rows.map(({ number }) => number)).toEqual(numbers);
  });

  test.each(rows)('says what $number is, and where its tests are', ({ number, what, files }) => {
    expect(what.length).toBeGreaterThan(10);
    expect(files.length).toBeGreaterThan(0);
    const without = files.filter((file) => !numbersIn(readFileSync(join(folder, file), 'utf8')).has(number));
    expect(without).toEqual([]);
  });
});

test('no test claims a row that there is not', async () => {
  const claims: string[] = [];
  for await (const file of glob('**/*.test.ts', { cwd: folder })) {
    const known = [...numbersIn(readFileSync(join(folder, file), 'utf8'))].filter((number) => isListed(number));
    claims.push(...known.filter((number) => !numbers.includes(number)).map((number) => `${file}: ${number}`));
  }
  expect(claims).toEqual([]);
});

/** Others count their own lists in the same way. */
function isListed(number: string): boolean {
  return Object.hasOwn(lists, number.replace(/-\d+$/, ''));
}
