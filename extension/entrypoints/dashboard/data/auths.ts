/** Credentials as the management routes list them. Pure. */
import type { Question } from './questions.ts';
import { fieldsOf, listOf, numberOrNull, textOf, textOrNull, timeOf } from './read.ts';
import { encodeStrictly, queryOf } from './usage.ts';

/** What the person allows a credential to use in a period. */
export interface OwnLimit {
  /** `null`: as much as the provider gives. */
  readonly limit: number | null;
  readonly used: number;
  readonly remaining: number | null;
}

export interface Auth {
  readonly id: string;
  /** `anthropic`, `codex`, `claude-web`, ... */
  readonly provider: string;
  readonly type: 'api_key' | 'oauth' | 'session' | 'other';
  readonly name: string;
  readonly priority: number | null;
  readonly quota: OwnLimit | null;
  /** `active`, or a word for why not. */
  readonly status: string;
  readonly reason: string | null;
  readonly untilMs: number | null;
  /** `vault`, `environment`, `config`, ... */
  readonly source: string;
  /** The last characters of a key. */
  readonly ending: string | null;
  readonly lastUsedAtMs: number | null;
}

const types = ['api_key', 'oauth', 'session'] as const;

export const authsQuestion: Question<readonly Auth[]> = {
  key: 'auths',
  path: () => '/v0/management/auths',
  read: (body) => listOf(fieldsOf(body)['auths'], readAuth),
};

export function isApiKey({ type }: Auth): boolean {
  return type === 'api_key';
}

/** Where one credential is changed, removed (`''`) or asked about (`/refresh`). */
export function authPath({ provider, id }: Pick<Auth, 'provider' | 'id'>, verb = ''): string {
  return `/v0/management/auths/${encodeStrictly(provider)}${verb}?${queryOf({ id })}`;
}

function readAuth(value: unknown): Auth {
  const fields = fieldsOf(value);
  return {
    id: textOf(fields['id']),
    provider: textOf(fields['provider']),
    type: types.find((type) => type === fields['type']) ?? 'other',
    name: textOf(fields['name']),
    priority: numberOrNull(fields['priority']),
    quota: readLimit(fields['quota']),
    status: textOf(fields['status']),
    reason: textOrNull(fields['status_reason']),
    untilMs: timeOf(fields['until']),
    source: textOf(fields['source']),
    ending: textOrNull(fields['ending']),
    lastUsedAtMs: timeOf(fields['last_used_at']),
  };
}

function readLimit(value: unknown): OwnLimit | null {
  const { limit, used, remaining } = fieldsOf(value);
  const count = numberOrNull(used);
  return count === null ? null : { limit: numberOrNull(limit), used: count, remaining: numberOrNull(remaining) };
}
