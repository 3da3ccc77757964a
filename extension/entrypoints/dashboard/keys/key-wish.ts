/** What the form of a new client key holds, and what of it is sent. Pure. */
import { readTokens } from '../accounts/read-tokens.ts';

/** As typed and chosen. */
export interface KeyWish {
  readonly name: string;
  /** `30d`, `never`. */
  readonly lifetime: string;
  readonly mode: string;
  readonly requests: string;
  readonly tokens: string;
  readonly period: string;
  readonly rate: string;
  /** Names, parted by commas. */
  readonly models: string;
}

export const startWish: KeyWish = {
  name: '',
  lifetime: '90d',
  mode: 'both',
  requests: '',
  tokens: '',
  period: 'monthly',
  rate: '',
  models: '',
};

/** `null` while a field holds what cannot be sent. */
export function wishBody(wish: KeyWish): Readonly<Record<string, unknown>> | null {
  const requests = readTokens(wish.requests);
  const tokens = readTokens(wish.tokens);
  const rate = readTokens(wish.rate);
  const name = wish.name.trim();
  if (requests === undefined || tokens === undefined || rate === undefined || name === '') return null;
  const models = wish.models
    .split(/[,\s]+/)
    .map((model) => model.trim())
    .filter((model) => model !== '');
  const hasBudget = requests !== null || tokens !== null;
  return {
    name,
    expires_in: wish.lifetime,
    mode: wish.mode,
    ...(models.length > 0 && { models }),
    ...(requests !== null && { request_budget: requests }),
    ...(tokens !== null && { token_budget: tokens }),
    ...(hasBudget && { budget_period: wish.period }),
    ...(rate !== null && { rate_per_minute: rate }),
  };
}
