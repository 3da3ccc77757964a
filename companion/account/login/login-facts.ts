/** What can be said of a login without asking anybody: whether it lasts, what it is called, how its plan is written. */
import { createHash } from 'node:crypto';
import type { LoginOwner, LoginProviderId } from '../../../shared/credential.ts';
import type { LoginAccount, StoredLogin } from './stored-login.ts';

/** The same tokens: nobody renewed it, or signed in anew, in between. */
export function isSameTokens(one: StoredLogin | undefined, other: StoredLogin | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.accessToken.reveal() === other.accessToken.reveal() && refreshTextOf(one) === refreshTextOf(other);
}

export function refreshTextOf(login: StoredLogin): string | null {
  return login.refreshToken?.reveal() ?? null;
}

export function isExpired({ expiresAtMs }: StoredLogin, nowMs: number): boolean {
  return expiresAtMs !== null && expiresAtMs <= nowMs;
}

/** It ends within `leadMs`. */
export function endsSoon({ expiresAtMs }: StoredLogin, nowMs: number, leadMs: number): boolean {
  return expiresAtMs !== null && expiresAtMs - leadMs <= nowMs;
}

/**
 * Of one person in one organisation: an Anthropic account may have a plan of its own and a seat in a team, which are two
 * logins. `undefined` while one of them is unknown.
 */
export function isSameAccount(one: LoginAccount | null, other: LoginAccount | null): boolean | undefined {
  if (one === null || other === null || one.id === null || other.id === null) return undefined;
  if (one.id !== other.id) return false;
  const isKnown = one.organisationId !== null && other.organisationId !== null;
  return !isKnown || one.organisationId === other.organisationId;
}

/**
 * `claude-3f9a2c41`, made from the account: a new login of the same account is called the same. Where the account is not
 * known, `fallback` stands for it: something that lasts as long as the login rests where it does. A login that is only read
 * elsewhere may be one of an account that is signed in here too, so its name is made from that besides.
 */
export function idOfLogin(
  provider: LoginProviderId,
  owner: LoginOwner,
  account: LoginAccount | null,
  fallback: string,
): string {
  const known = account?.id ?? null;
  const text = known === null ? `unknown account\0${fallback}` : known;
  return loginId(provider, isOnlyRead(owner) ? `${owner}\0${text}` : text);
}

const idPrefixes: Readonly<Record<LoginProviderId, string>> = {
  anthropic: 'claude',
  openai: 'chatgpt',
  copilot: 'copilot',
  kiro: 'kiro',
};

export function loginId(provider: LoginProviderId, text: string): string {
  return `${idPrefixes[provider]}-${digestOf(text).slice(0, 8)}`;
}

/** SHA-256 in hex: tells texts apart without telling them. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

const knownPlans: Readonly<Record<string, string>> = {
  hc: 'Enterprise',
  edu: 'Education',
  prolite: 'Pro Lite',
};

/** As a person reads it: `Max 20×`, `Pro`, `Plus`; `null` while unknown. */
export function planWords(account: LoginAccount | null): string | null {
  const type = account?.subscriptionType?.trim() ?? '';
  if (type === '') return null;
  const [multiple] = /(?<=_)\d+(?=x$)/.exec(account?.rateLimitTier ?? '') ?? [];
  const words = knownPlans[type.toLowerCase()] ?? capitalised(type);
  return type === 'max' && multiple !== undefined ? `${words} ${multiple}×` : words;
}

function capitalised(text: string): string {
  const words = text.split(/[_\s-]+/).filter((word) => word !== '');
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ');
}

function isOnlyRead(owner: LoginOwner): boolean {
  return owner !== 'companion' && owner !== 'codex';
}
