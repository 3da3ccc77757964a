/** Logins with invented tokens, and a provider's side of them that does as a test says. */
import type { TokenEndpoint } from '../../companion/account/oauth/token-endpoint.ts';
import type { LoginAccount, StoredLogin } from '../../companion/account/login/stored-login.ts';
import { CompanionError } from '../../companion/base/error.ts';
import { Secret } from '../../shared/redact.ts';

export const adaAccount: LoginAccount = {
  id: '0c7b0b3e-0000-4000-8000-00000000ada0',
  email: 'ada@example.com',
  displayName: 'Ada',
  organisationId: '0c7b0b3e-0000-4000-8000-0000000000a1',
  organisation: "Ada's Organization",
  subscriptionType: 'max',
  rateLimitTier: 'default_claude_max_20x',
};

export const bobAccount: LoginAccount = {
  ...adaAccount,
  id: '0c7b0b3e-0000-4000-8000-00000000b0b0',
  email: 'bob@example.com',
  displayName: 'Bob',
  organisationId: '0c7b0b3e-0000-4000-8000-0000000000b1',
  organisation: 'Example GmbH',
  subscriptionType: 'pro',
  rateLimitTier: 'default_claude_pro',
};

export interface LoginFacts extends Partial<Omit<StoredLogin, 'accessToken' | 'refreshToken'>> {
  readonly access?: string;
  readonly refresh?: string | null;
}

/** A login of Ada's that tells no end, unless said otherwise. */
export function makeLogin({
  access = 'CANARY-access-0',
  refresh = 'CANARY-refresh-0',
  ...rest
}: LoginFacts = {}): StoredLogin {
  return {
    provider: 'anthropic',
    accessToken: new Secret(access),
    refreshToken: refresh === null ? null : new Secret(refresh),
    idToken: null,
    expiresAtMs: null,
    refreshExpiresAtMs: null,
    scopes: ['user:profile', 'user:inference'],
    account: adaAccount,
    refreshedAtMs: null,
    ...rest,
  };
}

export function accessOf(login: StoredLogin | undefined): string | undefined {
  return login?.accessToken.reveal();
}

type Refresh = (login: StoredLogin, signal: AbortSignal) => Promise<StoredLogin>;

/** Hands out tokens that last eight hours, numbered; each refresh token works once. */
export class FakeEndpoint implements TokenEndpoint {
  readonly #nowMs: () => number;
  /** The refresh tokens that came. */
  readonly asked: string[] = [];
  profiles = 0;
  account: LoginAccount | undefined = adaAccount;
  /** In place of what it usually does. */
  behaviour: Refresh | undefined;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  exchange(): Promise<StoredLogin> {
    return Promise.reject(new Error('not part of these tests'));
  }

  async refresh(login: StoredLogin, signal: AbortSignal): Promise<StoredLogin> {
    const token = login.refreshToken?.reveal() ?? '';
    const isUsedUp = this.asked.includes(token);
    this.asked.push(token);
    if (this.behaviour !== undefined) return this.behaviour(login, signal);
    if (isUsedUp) throw invalidGrant();
    return this.next(login);
  }

  /** The next tokens of a login. */
  next(login: StoredLogin): StoredLogin {
    const number = Number(/\d+$/.exec(login.accessToken.reveal())?.[0] ?? 0) + 1;
    return {
      ...login,
      accessToken: new Secret(`CANARY-access-${number}`),
      refreshToken: new Secret(`CANARY-refresh-${number}`),
      expiresAtMs: this.#nowMs() + 8 * 3_600_000,
    };
  }

  async profile(): Promise<LoginAccount | undefined> {
    this.profiles += 1;
    return this.account;
  }
}

export function invalidGrant(): CompanionError {
  return new CompanionError('LOGIN_EXPIRED', 'Refresh token not found or invalid', {
    details: { upstreamType: 'invalid_grant', upstreamStatus: 400 },
  });
}

export function serverTrouble(): CompanionError {
  return new CompanionError('UPSTREAM_ERROR', 'Anthropic answered with status 500.', {
    details: { upstreamStatus: 500 },
  });
}
