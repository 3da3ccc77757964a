import { expect, test } from 'vitest';
import { errorTable } from '../../../shared/error-code.ts';
import { isOwnState, troubleOf, troubleWords } from '../../../extension/ui/trouble.ts';
import { words } from './words.ts';

const codes = Object.keys(errorTable);

/** Of pairing itself, of API keys, logins and Claude Code: no sync and no session carries them. */
const ofNoSession: ReadonlySet<string> = new Set([
  'PAIRING_REFUSED',
  'NO_CREDENTIAL',
  'KEY_REJECTED',
  'QUOTA_EXHAUSTED',
  ...codes.filter((code) => /^(LOGIN|CLAUDE_CODE)_/.test(code)),
]);

test('every error of an account, a provider or the link is explained by more than a general fault', () => {
  const unexplained = Object.entries(errorTable)
    .filter(([, facts]) => ['account', 'upstream', 'link'].includes(facts.blame))
    .map(([code]) => code)
    .filter((code) => !ofNoSession.has(code) && troubleOf(code) === 'fault');
  expect(unexplained).toEqual([]);
});

test('every trouble is either a state of its own or has a title and a text', () => {
  for (const code of [...codes, 'no-permission', 'not-signed-in', 'offline', 'timeout']) {
    const trouble = troubleOf(code);
    if (isOwnState(trouble)) continue;
    expect(words(troubleWords(trouble).title)).not.toBe('');
    expect(words(troubleWords(trouble).body).length).toBeGreaterThan(40);
  }
});

test('a challenge never counts as an ended session', () => {
  expect(troubleOf('CHALLENGE')).toBe('challenge');
  expect(words(troubleWords('challenge').body)).toContain('Your session is still good');
});

test('names that every object has are no known codes', () => {
  expect(troubleOf('constructor')).toBe('fault');
  expect(troubleOf('')).toBe('fault');
});
