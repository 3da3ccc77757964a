/** The client's side of `token-server.ts`, as small as can be. */
import type { StoredLogin } from '../../../companion/account/login/stored-login.ts';
import type { TokenEndpoint } from '../../../companion/account/oauth/token-endpoint.ts';
import { CompanionError } from '../../../companion/base/error.ts';
import { Secret } from '../../../shared/redact.ts';

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
}

export function httpEndpoint(url: string): TokenEndpoint {
  return {
    exchange: () => Promise.reject(new Error('nobody signs in here')),
    profile: async () => undefined,
    refresh: async (login, signal) => {
      const body = JSON.stringify({ grant_type: 'refresh_token', refresh_token: login.refreshToken?.reveal() });
      const response = await fetch(url, { method: 'POST', body, signal });
      const text = await response.text();
      if (!response.ok) throw refusal(response.status, text);
      return { ...login, ...read(text) };
    },
  };
}

function read(text: string): Pick<StoredLogin, 'accessToken' | 'refreshToken' | 'expiresAtMs'> {
  try {
    const { access_token, refresh_token, expires_in } = JSON.parse(text) as Tokens;
    return {
      accessToken: new Secret(access_token),
      refreshToken: new Secret(refresh_token),
      expiresAtMs: Date.now() + expires_in * 1000,
    };
  } catch {
    throw new CompanionError('UPSTREAM_UNREADABLE', 'The login server answered without tokens.');
  }
}

function refusal(status: number, text: string): CompanionError {
  const details = { upstreamStatus: status };
  if (text.includes('invalid_grant')) return new CompanionError('LOGIN_EXPIRED', 'invalid_grant', { details });
  if (status !== 429) return new CompanionError('UPSTREAM_ERROR', `It answered with status ${status}.`, { details });
  return new CompanionError('RATE_LIMITED', 'Too many.', { details: { ...details, retryAtMs: Date.now() + 7000 } });
}
