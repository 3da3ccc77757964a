/** Whose ChatGPT login it is, from the claims of its tokens. */
import type { JsonObject } from '../../wire/hub/fields.ts';
import { asArray, asObject, asText } from '../../wire/hub/fields.ts';
import type { LoginAccount, StoredLogin } from '../login/stored-login.ts';
import { readJwt } from './jwt.ts';

const authClaim = 'https://api.openai.com/auth';
const profileClaim = 'https://api.openai.com/profile';

/** `null` when neither token tells anything. What the id token leaves out is taken from the access token. */
export function readOpenAiAccount(idToken: string | null, accessToken: string | null): LoginAccount | null {
  const sources = [idToken, accessToken].flatMap((token) => (token === null ? [] : (readJwt(token) ?? [])));
  const accounts = sources.map(({ claims }) => accountOf(claims));
  const pick = (part: keyof LoginAccount) => accounts.find((account) => account[part] !== null)?.[part] ?? null;
  const account: LoginAccount = {
    id: pick('id'),
    email: pick('email'),
    displayName: pick('displayName'),
    organisationId: pick('organisationId'),
    organisation: pick('organisation'),
    subscriptionType: pick('subscriptionType'),
    rateLimitTier: null,
  };
  return Object.values(account).some((value) => value !== null) ? account : null;
}

/** `user-...`: the person, who may be a member of several accounts. */
export function readOpenAiUserId({ idToken, accessToken }: StoredLogin): string | null {
  for (const token of [idToken, accessToken]) {
    const auth = asObject(readJwt(token?.reveal() ?? '')?.claims[authClaim]);
    const id = asText(auth['chatgpt_user_id']) ?? asText(auth['user_id']);
    if (id !== undefined) return id;
  }
  return null;
}

/** `undefined` for what is no id: it goes into a header of every request. */
export function readAccountId(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\x21-\x7e]{1,200}$/.test(value) ? value : undefined;
}

function accountOf(claims: JsonObject): LoginAccount {
  const auth = asObject(claims[authClaim]);
  const organisations = asArray(auth['organizations']).map(asObject);
  const organisation = organisations.find((entry) => entry['is_default'] === true) ?? organisations[0];
  return {
    id: readAccountId(auth['chatgpt_account_id']) ?? null,
    email: asText(claims['email']) ?? asText(asObject(claims[profileClaim])['email']) ?? null,
    displayName: asText(claims['name']) ?? null,
    organisationId: asText(organisation?.['id']) ?? asText(auth['organization_id']) ?? null,
    organisation: asText(organisation?.['title']) ?? null,
    subscriptionType: asText(auth['chatgpt_plan_type']) ?? null,
    rateLimitTier: null,
  };
}
