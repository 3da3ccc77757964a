/** The keys of single programs, as the management routes list them. Pure. */
import type { Question } from './questions.ts';
import { fieldsOf, listOf, numberOf, numberOrNull, textOf, textsOf, timeOf } from './read.ts';

export const clientKeyModes = ['both', 'api', 'web', 'claude-code'] as const;
export type ClientKeyMode = (typeof clientKeyModes)[number];

export const budgetPeriods = ['never', 'daily', 'weekly', 'monthly'] as const;
export type BudgetPeriod = (typeof budgetPeriods)[number];

export interface Budget {
  readonly limit: number;
  readonly left: number;
}

export interface ClientKey {
  readonly id: string;
  readonly name: string;
  readonly mode: ClientKeyMode;
  readonly createdAtMs: number | null;
  /** `null`: never. */
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
  readonly lastUsedAtMs: number | null;
  readonly isValid: boolean;
  readonly requests: number;
  readonly tokens: number;
  /** Empty: all. */
  readonly models: readonly string[];
  readonly requestBudget: Budget | null;
  readonly tokenBudget: Budget | null;
  readonly budgetPeriod: BudgetPeriod;
  readonly budgetResetsAtMs: number | null;
  readonly ratePerMinute: number | null;
}

export interface NewClientKey {
  readonly token: string;
  readonly name: string;
}

export const clientKeysQuestion: Question<readonly ClientKey[]> = {
  key: 'client-keys',
  path: () => '/api/token/list',
  read: (body) => listOf(fieldsOf(body)['tokens'], readKey),
};

export function readNewKey(body: unknown): NewClientKey {
  const { token, name } = fieldsOf(body);
  return { token: textOf(token), name: textOf(name) };
}

function readKey(value: unknown): ClientKey {
  const fields = fieldsOf(value);
  return {
    id: textOf(fields['id']),
    name: textOf(fields['name']),
    mode: clientKeyModes.find((mode) => mode === fields['mode']) ?? 'both',
    createdAtMs: timeOf(fields['created_at']),
    expiresAtMs: timeOf(fields['expires_at']),
    revokedAtMs: timeOf(fields['revoked_at']),
    lastUsedAtMs: timeOf(fields['last_used_at']),
    isValid: fields['is_valid'] === true,
    requests: numberOf(fields['total_requests']),
    tokens: numberOf(fields['total_tokens_used']),
    models: textsOf(fields['models']),
    requestBudget: readBudget(fields['request_budget'], fields['requests_left']),
    tokenBudget: readBudget(fields['token_budget'], fields['tokens_left']),
    budgetPeriod: budgetPeriods.find((period) => period === fields['budget_period']) ?? 'never',
    budgetResetsAtMs: timeOf(fields['budget_resets_at']),
    ratePerMinute: numberOrNull(fields['rate_per_minute']),
  };
}

function readBudget(limit: unknown, left: unknown): Budget | null {
  const most = numberOrNull(limit);
  return most === null ? null : { limit: most, left: numberOrNull(left) ?? most };
}
