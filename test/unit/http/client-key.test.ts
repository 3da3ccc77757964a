import { describe, expect, it } from 'vitest';
import { CompanionError } from '../../../companion/base/error.ts';
import type { ClientKeyCheck } from '../../../companion/http/client-key.ts';
import { Secret } from '../../../shared/redact.ts';
import { ownKeyCheck } from '../../support/client-keys.ts';

const lengths = [1, 8, 253, 254, 255, 256, 5_000];

function verdict(expected: string, presented: string): string | undefined {
  return codeOf(
    ownKeyCheck(new Secret(expected), () => 0),
    presented,
  );
}

/** `undefined` for the right one. */
function codeOf(check: ClientKeyCheck, presented: string): string | undefined {
  const admission = check.check({ 'x-api-key': presented });
  return admission instanceof CompanionError ? admission.code : undefined;
}

describe('the client key', () => {
  it.each(lengths)('is right whole and alone, at %d characters', (length) => {
    const key = 'k'.repeat(length);
    expect(verdict(key, key)).toBeUndefined();
    const wrong = [`${key}k`, `${key}\0`, `${key.slice(1)}x`, `x${key.slice(1)}`, 'k'.repeat(length - 1) || 'x'];
    for (const presented of wrong) expect(verdict(key, presented), presented.slice(0, 9)).toBe('CLIENT_KEY_INVALID');
  });

  it('is checked anew each time: what was presented before leaves nothing behind', () => {
    const check = ownKeyCheck(new Secret('right'), () => 0);
    const present = (key: string) => codeOf(check, key);
    expect([present('right'), present('rig'), present('rightly'), present('righ'), present('right')]).toEqual([
      undefined,
      'CLIENT_KEY_INVALID',
      'CLIENT_KEY_INVALID',
      'CLIENT_KEY_INVALID',
      undefined,
    ]);
  });
});
