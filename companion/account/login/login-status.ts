/** A login as the router and a person see it. Holds no secret, asks nobody. */
import type { LoginProviderId, OAuthLogin, OAuthToken } from '../../../shared/credential.ts';
import type { QuotaWindow } from '../../../shared/quota.ts';
import type { LoginStatus } from '../../../shared/status.ts';
import type { CredentialManager } from './credential-manager.ts';
import { planWords } from './login-facts.ts';
import type { StoredLogin } from './stored-login.ts';

/** Before API keys, which have 100: what is paid for already is spent first. */
export const usualLoginPriority = 50;

const opens = {
  anthropic: 'anthropic',
  openai: 'codex',
  copilot: 'copilot',
  kiro: 'kiro',
} as const satisfies Record<LoginProviderId, string>;

/** The e-mail address; a GitHub user goes by the name there, and many show no address. */
export function nameOfLogin(login: StoredLogin | undefined, id: string): string {
  const account = login?.account ?? null;
  const userName = login?.provider === 'copilot' ? account?.displayName : undefined;
  return userName ?? account?.email ?? id;
}

export function toLoginStatus(id: string, manager: CredentialManager, quotas: readonly QuotaWindow[]): LoginStatus {
  const { current, source } = manager;
  const account = current?.account ?? null;
  return {
    id,
    provider: source.provider,
    owner: source.owner,
    name: nameOfLogin(current, id),
    email: account?.email ?? null,
    organisation: account?.organisation ?? null,
    plan: planWords(account),
    location: manager.location.slice(0, 1000),
    state: manager.state,
    expiresAtMs: current?.expiresAtMs ?? null,
    isRefreshable: manager.isRefreshable,
    refreshedAtMs: current?.refreshedAtMs ?? null,
    scopes: (current?.scopes ?? []).slice(0, 50),
    quotas: [...quotas],
    trouble: manager.trouble,
  };
}

export function toOAuthLogin(id: string, { current, source }: CredentialManager): OAuthLogin {
  return {
    kind: 'oauth-login',
    id,
    providerId: opens[source.provider],
    name: nameOfLogin(current, id),
    origin: source.owner,
    priority: usualLoginPriority,
  };
}

export function toOAuthToken(login: OAuthLogin, stored: StoredLogin): OAuthToken {
  const { provider, accessToken, account, copilot, kiro } = stored;
  const accountId = provider === 'openai' ? (account?.id ?? null) : null;
  return {
    ...login,
    kind: 'oauth-token',
    secret: accessToken,
    accountId,
    ...(copilot !== undefined && { apiUrl: copilot.apiUrl }),
    ...(kiro !== undefined && { kiro: { region: kiro.region, profileArn: kiro.profileArn } }),
  };
}
