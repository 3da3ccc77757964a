/** Whose Claude login it is, from `GET /api/oauth/profile`. */
import { asObject, asText } from '../../wire/hub/fields.ts';
import type { JsonObject } from '../../wire/hub/fields.ts';
import type { LoginAccount } from '../login/stored-login.ts';

/** `null` for an answer that names no account. */
export function readAnthropicProfile(body: unknown): LoginAccount | null {
  const account = asObject(asObject(body)['account']);
  const organisation = asObject(asObject(body)['organization']);
  const id = asText(account['uuid']) ?? null;
  const email = asText(account['email']) ?? asText(account['email_address']) ?? null;
  if (id === null && email === null) return null;
  return {
    id,
    email,
    displayName: asText(account['display_name']) ?? asText(account['full_name']) ?? null,
    organisationId: asText(organisation['uuid']) ?? null,
    organisation: asText(organisation['name']) ?? null,
    subscriptionType: planOf(account, asText(organisation['organization_type'])),
    rateLimitTier: asText(organisation['rate_limit_tier']) ?? null,
  };
}

const plans: ReadonlyMap<string, string> = new Map([
  ['claude_max', 'max'],
  ['claude_pro', 'pro'],
  ['claude_team', 'team'],
  ['claude_enterprise', 'enterprise'],
]);

/** `max` for `claude_max`; every kind that is no plan is `free`. */
export function planOfOrganisation(type: string): string {
  return plans.get(type) ?? 'free';
}

/**
 * The kind of organisation decides: `has_claude_max` is about personal plans, and false for a seat in a team. The flags
 * count only where the kind is not told; `null` when nothing is.
 */
function planOf(account: JsonObject, organisationType: string | undefined): string | null {
  if (organisationType !== undefined) return planOfOrganisation(organisationType);
  if (account['has_claude_max'] === true) return 'max';
  if (account['has_claude_pro'] === true) return 'pro';
  return account['has_claude_max'] === false && account['has_claude_pro'] === false ? 'free' : null;
}
