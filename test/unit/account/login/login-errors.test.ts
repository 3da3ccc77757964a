/** The tree of exceptions that the logins come from, and the rows of the error table that stand for it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorFacts, errorTable } from '../../../../shared/error-code.ts';
import type { ErrorCode } from '../../../../shared/error-code.ts';

const codesOf: Readonly<Record<string, readonly ErrorCode[]>> = {
  AuthenticationRequiredError: ['CLIENT_KEY_MISSING', 'LOGIN_REQUIRED'],
  InvalidTokenError: ['CLIENT_KEY_INVALID'],
  InsufficientPermissionsError: ['PROVIDER_REFUSED'],
  CredentialsNotFoundError: ['LOGIN_REQUIRED'],
  CredentialsExpiredError: ['LOGIN_EXPIRED'],
  CredentialsInvalidError: ['LOGIN_UNREADABLE'],
  CredentialsStorageError: ['STORE_UNAVAILABLE', 'VAULT_LOCKED'],
  OAuthCallbackError: ['LOGIN_DENIED', 'LOGIN_MISMATCH'],
  OAuthLoginError: ['LOGIN_REFUSED'],
  OAuthTokenRefreshError: ['LOGIN_REFRESH_FAILED'],
};

const decision = readFileSync(join(import.meta.dirname, '../../../../docs/decisions/0012-logins.md'), 'utf8');
const chapter = decision.slice(decision.indexOf('**One class of errors.**'));

describe('one class of errors', () => {
  it.each(Object.entries(codesOf))('PY-4: %s is %j, and the decision says so', (_name, codes) => {
    for (const code of codes) expect(chapter).toContain(`\`${code}\``);
  });

  it('PY-4: every code that the decision names is in the table, and no two of a kind are the same', () => {
    const named = [...decision.matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)].map(([, code = '']) => code);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((code) => !Object.hasOwn(errorTable, code))).toEqual([]);
    const told = Object.values(codesOf).map((codes) => codes.join());
    expect(new Set(told).size).toBe(told.length);
  });

  it('PY-4: what only signing in mends is a 401 where it is certain, and none where it may pass', () => {
    const statusOf = (code: ErrorCode) => errorFacts(code).status;
    expect((['LOGIN_REQUIRED', 'LOGIN_EXPIRED'] as const).map(statusOf)).toEqual([401, 401]);
    expect((['LOGIN_REFRESH_FAILED', 'STORE_UNAVAILABLE'] as const).map(statusOf)).toEqual([503, 500]);
  });
});
