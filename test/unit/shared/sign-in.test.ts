import { describe, expect, test } from 'vitest';
import { errorFacts, errorTable } from '../../../shared/error-code.ts';
import type { ErrorCode } from '../../../shared/error-code.ts';
import { signInCommand, signInRemedy } from '../../../shared/sign-in.ts';

const codes = Object.keys(errorTable) as ErrorCode[];
const ofLogins = codes.filter(
  (code) => code.startsWith('LOGIN_') && errorFacts(code).remedy.includes('companion auth login'),
);

describe('the remedy of a login error', () => {
  test.each(ofLogins)('%s names the command of its provider and no other', (code) => {
    const words = (['anthropic', 'openai'] as const).map((provider) => signInRemedy(code, provider) ?? '');
    expect(words[0]).toContain(`\`${signInCommand('anthropic')}\``);
    expect(words[1]).toContain(`\`${signInCommand('openai')}\``);
    expect(words[1]).toBe(words[0]?.replace('auth login', 'auth login-openai'));
    // Where the table speaks of both, one of them is left.
    const told = errorFacts(code).remedy.replace(' (Claude) or `companion auth login-openai` (ChatGPT)', '');
    expect(words[0]).toBe(told);
  });

  test('is the table’s own where that names no command', () => {
    const others = codes.filter((code) => !ofLogins.includes(code));
    expect(others.filter((code) => signInRemedy(code, 'openai') !== undefined)).toEqual([]);
    expect(ofLogins).toHaveLength(6);
  });
});
