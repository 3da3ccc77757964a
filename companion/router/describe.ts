/** The router's words for a person. */
import type { ApiProvider } from '../../shared/api-provider.ts';
import type { RoutedCredential } from '../../shared/credential.ts';
import type { SessionRecord } from '../store/store.ts';

/** `OpenAI key work`, `Anthropic login ada@example.com`. */
export function nameOfKey(provider: ApiProvider | undefined, key: RoutedCredential): string {
  const name = provider?.name ?? key.providerId;
  return key.origin === 'client' ? `${name}, the client's own credential` : `${name} ${describeKey(key)}`;
}

/** `key work`, `login ada@example.com`. */
export function describeKey(key: RoutedCredential): string {
  return key.kind === 'oauth-login' ? `login ${key.name}` : `key ${key.name}`;
}

export const nameOfClaudeCode = 'Claude Code';

export function nameOfSession(session: SessionRecord): string {
  return `claude.ai session ${session.name}`;
}

/** `14:05` in local time; with its date when that is not within a day. */
export function describeMoment(momentMs: number, nowMs: number): string {
  const date = new Date(momentMs);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (Math.abs(momentMs - nowMs) < 20 * 3_600_000) return time;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}

/** Names come from clients and may be anything. */
export function quote(name: string): string {
  return `"${name.slice(0, 100)}"`;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
