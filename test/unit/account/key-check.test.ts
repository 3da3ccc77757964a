/** What a provider's answer to "which models?" says about a key. */
import { describe, expect, test } from 'vitest';
import { builtInProviders } from '../../../shared/api-provider.ts';
import type { ApiKey } from '../../../shared/credential.ts';
import type { ErrorCode } from '../../../shared/error-code.ts';
import { Secret } from '../../../shared/redact.ts';
import { testKey } from '../../../companion/account/key-check.ts';
import { CompanionError } from '../../../companion/base/error.ts';

const [provider] = builtInProviders;
const key: ApiKey = {
  kind: 'api-key',
  id: 'anthropic-00000000',
  providerId: 'anthropic',
  name: 'work',
  secret: new Secret('canary-without-a-pattern'),
  origin: 'vault',
  priority: 100,
};
const failing = (reason: Error) => async (): Promise<never> => {
  throw reason;
};

test('a key that gets a list works, and the list is counted', async () => {
  expect(await testKey(provider, key, () => Promise.resolve(['a', 'b']))).toEqual({
    verdict: 'works',
    models: 2,
    message: null,
    remedy: null,
  });
});

test.each([
  ['KEY_REJECTED', 'rejected'],
  ['INVALID_REQUEST', 'rejected'],
  ['PROVIDER_REFUSED', 'limited'],
  ['RATE_LIMITED', 'limited'],
  ['QUOTA_EXHAUSTED', 'limited'],
  ['OVERLOADED', 'unreachable'],
  ['UPSTREAM_UNREACHABLE', 'unreachable'],
  ['UPSTREAM_ERROR', 'unreachable'],
  ['UPSTREAM_UNREADABLE', 'unreachable'],
  ['CONNECT_TIMEOUT', 'unreachable'],
] satisfies readonly (readonly [ErrorCode, string])[])('%s means %s, in the words that came', async (code, verdict) => {
  const result = await testKey(provider, key, failing(new CompanionError(code, 'These were the words.')));
  expect(result).toMatchObject({ verdict, message: 'These were the words.', models: null });
  expect(result.remedy).toMatch(/\.$/);
});

describe('the key', () => {
  test.each([
    'Incorrect API key provided: canary-without-a-pattern.',
    `x${'canary-without-a-pattern'.repeat(40)}`,
    'Authorization: Bearer canary-without-a-pattern',
  ])('is taken out of the words of a provider that repeats it', async (words) => {
    const result = await testKey(provider, key, failing(new CompanionError('KEY_REJECTED', words)));
    expect(JSON.stringify(result)).not.toContain('canary');
  });

  test('is not shown by a failure of our own either', async () => {
    const result = await testKey(provider, key, failing(new Error('canary-without-a-pattern')));
    expect(result.verdict).toBe('unreachable');
    expect(JSON.stringify(result)).not.toContain('canary');
  });
});

test('whoever gives up waiting gets no verdict', async () => {
  const controller = new AbortController();
  const asked = testKey(
    provider,
    key,
    (_provider, _key, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      }),
    controller.signal,
  );
  controller.abort(new Error('gone'));
  await expect(asked).rejects.toThrow('gone');
});
