/** Credentials as the management routes list them. Pure. */
import type { Question } from './questions.ts';
import { fieldsOf, listOf, numberOrNull, textOf, textOrNull, timeOf } from './read.ts';

/** What the person allows a credential to use in a period. */
export interface OwnLimit {
  /** `null`: as much as the provider gives. */
  readonly limit: number | null;
  readonly used: number;
  readonly remaining: number | null;
}

export interface Auth {
  readonly id: string;
  readonly provider: string;
  readonly type: string;
  readonly name: string;
  readonly priority: number | null;
  readonly quota: OwnLimit | null;
  /** `active`, or a word for why not. */
  readonly status: string;
  readonly reason: string | null;
  readonly untilMs: number | null;
  /** When what is used begins anew. */
  readonly resetsAtMs: number | null;
}

export const authsQuestion: Question<readonly Auth[]> = {
  key: 'auths',
  path: () => '/v0/management/auths',
  read: (body) => listOf(fieldsOf(body)['auths'], readAuth),
};

export function isApiKey({ type }: Auth): boolean {
  return type.replace('-', '_') === 'api_key';
}

function readAuth(value: unknown): Auth {
  const fields = fieldsOf(value);
  const quota = fieldsOf(fields['quota']);
  const used = numberOrNull(quota['used']);
  return {
    id: textOf(fields['id']),
    provider: textOf(fields['provider']),
    type: textOf(fields['type']),
    name: textOf(fields['name']),
    priority: numberOrNull(fields['priority']),
    quota:
      used === null ? null : { limit: numberOrNull(quota['limit']), used, remaining: numberOrNull(quota['remaining']) },
    status: textOf(fields['status']),
    reason: textOrNull(fields['status_reason']),
    untilMs: timeOf(fields['until']),
    resetsAtMs: timeOf(quota['resets_at']),
  };
}
