import { expect, test } from 'vitest';
import { CompanionError } from '../../../companion/base/error.ts';
import { withoutNames } from '../../../companion/http/without-names.ts';

const told = (message: string, ...names: readonly string[]) =>
  withoutNames(new CompanionError('RATE_LIMITED', message, { details: { retryAtMs: 7 } }), names);

test('names are hidden as whole words, the longest first, and not even counted', () => {
  const message = 'Anthropic login ada@example.com rests; key a (b) rests; There are: ada, a (b), c and 2 more.';
  const error = told(message, 'ada', 'a (b)', 'ada@example.com', 'c');
  expect(error.message).toBe('Anthropic login *** rests; key *** rests; There are: ***.');
  expect(error.details).toEqual({ retryAtMs: 7 });
});

test('an error without names stays the very same, and a short name leaves other words alone', () => {
  const error = new CompanionError('RATE_LIMITED', 'claude.ai rests.');
  expect(withoutNames(error, ['a', '', 'work'])).toBe(error);
});

test.each([
  'anthropic-cda86628',
  'a.b/c-d',
  '(x)[y]{z}',
  'p|q+r*s?t^u$v',
  String.raw`w\x`,
  'ada-l@ex-ample.com',
  "o'neil #1 & co",
])('a name with any signs is hidden: %s', (name) => {
  expect(told(`The key ${name} was refused.`, name).message).toBe('The key *** was refused.');
  expect(told(`The key x${name}x was refused.`, name).message).toMatch(/x.*x was refused/);
});

test('a name of any letters is hidden', () => {
  expect(told('The key 日本$1 was refused.', '日本$1').message).toBe('The key *** was refused.');
});
