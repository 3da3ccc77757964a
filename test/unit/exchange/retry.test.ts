import { describe, expect, test } from 'vitest';
import { builtInProviders } from '../../../shared/api-provider.ts';
import type { ApiProvider } from '../../../shared/api-provider.ts';
import { errorTable } from '../../../shared/error-code.ts';
import type { ErrorCode } from '../../../shared/error-code.ts';
import { CompanionError } from '../../../companion/base/error.ts';
import { mayReplace, mayTryNext } from '../../../companion/exchange/retry.ts';
import type { ApiCandidate, WebCandidate } from '../../../companion/router/plan.ts';
import type { SessionRecord } from '../../../companion/store/store.ts';

function api(providerId: string, keyId: string): ApiCandidate {
  const provider: ApiProvider | undefined = builtInProviders.find(({ id }) => id === providerId);
  if (provider === undefined) throw new Error(providerId);
  const key = {
    kind: 'api-key',
    id: keyId,
    providerId,
    name: keyId,
    secret: null,
    origin: 'vault',
    priority: 0,
  } as const;
  return { kind: 'api', provider, key, model: 'm', isSameWire: true };
}

const web: WebCandidate = { kind: 'web', session: {} as SessionRecord, model: 'm' };
const one = api('openai', 'one');
const other = api('openai', 'other');
const elsewhere = api('groq', 'elsewhere');
const codes = Object.keys(errorTable) as ErrorCode[];

describe('after an error', () => {
  test('another account is tried only when this one or its way is at fault, never for what the request holds', () => {
    expect(codes.filter((code) => mayTryNext(new CompanionError(code, 'x'), web, web)).sort()).toEqual([
      'ACCOUNT_DISABLED',
      'CHALLENGE',
      'KEY_REJECTED',
      'LOGIN_EXPIRED',
      'LOGIN_REFRESH_FAILED',
      'LOGIN_UNREADABLE',
      'ORGANISATION_UNUSABLE',
      'QUOTA_EXHAUSTED',
      'RATE_LIMITED',
      'SEAT_OFFLINE',
      'SESSION_EXPIRED',
      'SESSION_SIGNED_OUT',
      'TOKEN_LIMIT_REACHED',
      'VERIFICATION_REQUIRED',
    ]);
  });

  test('another key is also tried when the provider failed, and another provider when this one is too busy', () => {
    const tried = (next: ApiCandidate) => codes.filter((code) => mayTryNext(new CompanionError(code, 'x'), one, next));
    expect(tried(other)).toEqual(
      expect.arrayContaining(['UPSTREAM_ERROR', 'UPSTREAM_UNREACHABLE', 'CONNECT_TIMEOUT', 'STREAM_BROKEN']),
    );
    expect(tried(other)).not.toContain('OVERLOADED');
    expect(tried(elsewhere)).toContain('OVERLOADED');
    for (const code of ['INVALID_REQUEST', 'CLIENT_GONE', 'FIRST_BYTE_TIMEOUT', 'MODEL_NOT_FOUND', 'STOPPED_BY_USER']) {
      expect(tried(elsewhere)).not.toContain(code);
    }
  });
});

test('an answer is kept from the client only where another credential may do better', () => {
  const replaced = (next: ApiCandidate) =>
    [200, 204, 400, 401, 402, 403, 404, 409, 413, 422, 429, 500, 501, 502, 503, 504, 529].filter((status) =>
      mayReplace(status, one, next),
    );
  expect(replaced(other)).toEqual([401, 402, 403, 429, 500, 502, 503, 504]);
  expect(replaced(elsewhere)).toEqual([401, 402, 403, 429, 500, 502, 503, 504, 529]);
});
