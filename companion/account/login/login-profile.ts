/** Whose login it is, as the provider tells: asked for in the background, never in the way of anything. */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { RenewalEndpoint } from '../oauth/token-endpoint.ts';
import type { LoginAccount, StoredLogin } from './stored-login.ts';

const anthropicScope = 'user:profile';

const limitMs = 10_000;

export interface Asking {
  readonly login: StoredLogin;
  readonly endpoint: RenewalEndpoint;
  readonly logger: Logger;
  readonly clock: Clock;
}

export function isProfileKnown({ account, provider }: StoredLogin): boolean {
  if (account === null || account.subscriptionType === null) return false;
  // Not everybody tells an address.
  if (provider === 'kiro') return account.id !== null;
  return account.email !== null || (provider === 'copilot' && account.displayName !== null);
}

/** The account with what the profile tells; `undefined` when that cannot be had. Never throws. */
export async function fetchProfile({ login, endpoint, logger, clock }: Asking): Promise<LoginAccount | undefined> {
  const { provider, scopes } = login;
  if (provider === 'anthropic' && scopes.length > 0 && !scopes.includes(anthropicScope)) {
    logger.debug({ event: 'profile_fetch_skipped', reason: 'no_scope' }, 'the login may not read its profile');
    return undefined;
  }
  const limit = new AbortController();
  const timer = clock.setTimer(() => limit.abort(), limitMs);
  const asked = endpoint.profile(login, limit.signal).catch(() => undefined);
  const profile = await asked.finally(() => timer.cancel());
  if (profile === undefined) {
    logger.info({ event: 'profile_fetch_failed' }, 'the profile of a login could not be fetched');
    return undefined;
  }
  const account = merge(login.account, profile);
  if (account.subscriptionType !== (login.account?.subscriptionType ?? null)) {
    const { subscriptionType, rateLimitTier } = account;
    logger.info({ event: 'subscription_type_set', subscriptionType, rateLimitTier }, 'the plan of a login is known');
  }
  return account;
}

/** What the profile leaves open stays as it was known. */
function merge(known: LoginAccount | null, profile: LoginAccount): LoginAccount {
  const told = Object.entries(profile).filter(([, value]) => value !== null);
  return { ...(known ?? profile), ...Object.fromEntries(told) };
}
