/** What the one list of credentials refuses, and what to do then. */
import { scrub } from '../../../shared/redact.ts';
import { CompanionError } from '../../base/error.ts';
import type { AuthEntry } from './auth-entry.ts';

/** Whatever stands in the address is shown only where it can be nothing but a name. */
export function told(provider: string): string {
  const name = provider.trim();
  return /^[A-Za-z][\w.-]{0,39}$/.test(name) && scrub(name) === name && !/^(?:sk|gsk)[-_]/i.test(name)
    ? name
    : 'of that name';
}

export function namesOf(entries: readonly AuthEntry[]): string {
  const names = entries.map(({ id, name }) => (name === id ? id : `${id} (${name})`));
  return `${names.length === 1 ? 'is' : 'are'}: ${names.slice(0, 20).join(', ')}`;
}

export function severalAre(own: readonly AuthEntry[]): CompanionError {
  return new CompanionError('INVALID_REQUEST', `Which credential is meant? There ${namesOf(own)}.`, {
    details: { field: 'id' },
    remedy: 'Name it in the address: `?id=` with one of these ids.',
  });
}

export function secretInAddress(own: readonly AuthEntry[]): CompanionError {
  const message = `This looks like a secret, which does not belong in an address: addresses end up in logs. There ${namesOf(own)}.`;
  return new CompanionError('INVALID_REQUEST', message, {
    details: { field: 'id' },
    remedy: 'Use one of these ids. If that was a real key, replace it at its provider.',
  });
}

export function invalid(field: string, message: string, remedy?: string): CompanionError {
  return new CompanionError('INVALID_REQUEST', message, {
    details: { field },
    ...(remedy === undefined ? {} : { remedy }),
  });
}

export function noRank(): CompanionError {
  return invalid('priority', 'Sessions have no priority.', '`companion session use` makes one the first.');
}

export function howToSignIn(provider: string): CompanionError {
  const ways: Readonly<Record<string, string>> = {
    anthropic: 'companion auth login',
    openai: 'companion auth login-openai',
    codex: 'companion auth login-openai',
    copilot: 'companion auth login-copilot',
    kiro: 'companion auth login-kiro',
  };
  const way = Object.hasOwn(ways, provider) ? ways[provider] : undefined;
  const remedy = way === undefined ? 'Say `api_key` as the type.' : `Run \`${way}\`, or sign in from the extension.`;
  return invalid('type', 'A login is not added with a token: you sign in at its provider.', remedy);
}
