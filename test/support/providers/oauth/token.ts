/** The token endpoint: a code, or a refresh token, for the tokens of a login. */
import type { Call } from '../server/call.ts';
import { sendBody, sendJson } from '../server/send.ts';
import type { Mutable, TokenCall } from './call-book.ts';
import { GrantRefusal } from './ledger.ts';
import type { Family, GrantReason } from './ledger.ts';
import type { Trouble } from './scenario.ts';
import type { AuthPerson, AuthState } from './state.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Thrown by whatever serves a token request; `body` is sent as it is. */
export class TokenRefusal extends Error {
  override readonly name = 'TokenRefusal';
  readonly status: number;
  readonly body: JsonObject;

  constructor(status: number, body: JsonObject) {
    super(JSON.stringify(body));
    this.status = status;
    this.body = body;
  }
}

/** How one provider goes about it. */
export interface TokenRules<Person> {
  readonly exchangeForms: readonly TokenCall['form'][];
  readonly refreshForms: readonly TokenCall['form'][];
  /** The exchange must repeat the state. */
  readonly wantsState: boolean;
  /** What a caller that looks like a browser is told; `null` lets it in. */
  readonly turnsBrowsersAway: boolean;
  /** Of access tokens. */
  readonly usualLifeSeconds: number;
  readonly invalidRequest: (message: string) => TokenRefusal;
  readonly refuseGrant: (reason: GrantReason) => TokenRefusal;
  /** 429 and 5xx. */
  readonly fail: (status: number) => JsonObject;
  /** A new access token of the login. */
  readonly mintAccess: (family: Family<Person>, lifeSeconds: number) => string;
  readonly answer: (family: Family<Person>, minted: Minted) => JsonObject;
}

export interface Minted {
  readonly accessToken: string;
  readonly expiresInSeconds: number;
}

export async function serveToken<Person extends AuthPerson>(call: Call, state: AuthState<Person>): Promise<void> {
  const { form, body } = readBody(call);
  const entry: Mutable<TokenCall> = {
    grant: typeof body['grant_type'] === 'string' ? body['grant_type'] : '',
    form,
    fields: Object.keys(body),
    userAgent: call.record.headers['user-agent'],
    request: call.record,
    outcome: 'open',
    person: null,
  };
  state.calls.token.push(entry);
  await call.pause(state.scenario.tokenDelayMs);
  try {
    if (state.tokenRules.turnsBrowsersAway && looksLikeBrowser(call)) return await sendFailure(call, state, entry, 429);
    const trouble = state.troubles.take(entry.grant);
    if (trouble !== null && trouble !== 'lost-answer') return await makeTrouble(call, state, entry, trouble);
    const answer = grant(state, entry, body);
    entry.outcome = trouble === null ? 'granted' : 'lost';
    if (trouble === 'lost-answer') return call.cut('reset');
    await sendJson(call, 200, answer, { 'cache-control': 'no-store' });
  } catch (thrown) {
    const refusal = thrown instanceof GrantRefusal ? state.tokenRules.refuseGrant(thrown.reason) : thrown;
    if (!(refusal instanceof TokenRefusal)) throw thrown;
    entry.outcome = 'refused';
    await sendJson(call, refusal.status, refusal.body, { 'cache-control': 'no-store' });
  }
}

/** @throws TokenRefusal, GrantRefusal */
function grant<Person extends AuthPerson>(
  state: AuthState<Person>,
  entry: Mutable<TokenCall>,
  body: JsonObject,
): JsonObject {
  const family = openFamily(state, entry, body);
  entry.person = family.person.email;
  return issue(state, family);
}

/** A fresh access token of the login, in the provider's answer. */
export function issue<Person extends AuthPerson>(
  { tokenRules, ledger, scenario }: AuthState<Person>,
  family: Family<Person>,
): JsonObject {
  const expiresInSeconds = scenario.expiresInSeconds ?? tokenRules.usualLifeSeconds;
  const accessToken = tokenRules.mintAccess(family, expiresInSeconds);
  ledger.keepAccess(accessToken, family, expiresInSeconds);
  const answer = tokenRules.answer(family, { accessToken, expiresInSeconds });
  return Object.fromEntries(Object.entries(answer).filter(([name]) => !scenario.leavesOut.includes(name)));
}

/** @throws TokenRefusal, GrantRefusal */
function openFamily<Person extends AuthPerson>(
  state: AuthState<Person>,
  entry: TokenCall,
  body: JsonObject,
): Family<Person> {
  const { ledger, tokenRules, scenario } = state;
  const field = (name: string) => needed(tokenRules, body, name);
  switch (field('grant_type')) {
    case 'authorization_code':
      checkForm(tokenRules, tokenRules.exchangeForms, entry.form);
      return ledger.redeem({
        code: field('code'),
        clientId: field('client_id'),
        redirectUri: field('redirect_uri'),
        verifier: checkVerifier(tokenRules, field('code_verifier')),
        state: tokenRules.wantsState ? field('state') : null,
      });
    case 'refresh_token': {
      checkForm(tokenRules, tokenRules.refreshForms, entry.form);
      const family = ledger.takeRefresh(field('refresh_token'), field('client_id'));
      checkScope(tokenRules, family, body['scope']);
      if (!scenario.leavesOut.includes('refresh_token')) ledger.rotate(family);
      return family;
    }
    default:
      throw tokenRules.invalidRequest(`Unsupported grant_type: ${entry.grant}`);
  }
}

function needed<Person>(rules: TokenRules<Person>, body: JsonObject, name: string): string {
  const value = body[name];
  if (typeof value !== 'string' || value === '') throw rules.invalidRequest(`Missing or invalid parameter: ${name}`);
  return value;
}

function checkForm<Person>(rules: TokenRules<Person>, forms: readonly string[], form: TokenCall['form']): void {
  if (!forms.includes(form)) throw rules.invalidRequest(`Unsupported content type`);
}

/** RFC 7636: 43 to 128 unreserved characters. */
function checkVerifier<Person>(rules: TokenRules<Person>, verifier: string): string {
  if (!/^[\w.~-]{43,128}$/.test(verifier)) throw rules.invalidRequest('Invalid code_verifier');
  return verifier;
}

/** A refresh may ask for less, never for more. */
function checkScope<Person>(rules: TokenRules<Person>, family: Family<Person>, scope: unknown): void {
  if (scope === undefined) return;
  const more = String(scope)
    .split(' ')
    .find((one) => !family.scopes.includes(one));
  if (more !== undefined) throw rules.invalidRequest(`Invalid scope: ${more}`);
}

async function makeTrouble<Person extends AuthPerson>(
  call: Call,
  state: AuthState<Person>,
  entry: Mutable<TokenCall>,
  trouble: Exclude<Trouble, 'lost-answer'>,
): Promise<void> {
  entry.outcome = 'failed';
  switch (trouble) {
    case '500':
    case '429':
      return sendFailure(call, state, entry, Number(trouble));
    case 'hang':
      return call.pause(2 ** 31 - 1);
    case 'reset':
      return call.cut('reset');
    case 'garbage':
      return sendBody(call, 200, '{"access_token": "sk-', { 'content-type': 'application/json' });
    case 'html':
      return sendBody(call, 502, '<html><body>Bad gateway</body></html>', { 'content-type': 'text/html' });
    case 'empty':
      return sendBody(call, 200, '{}', { 'content-type': 'application/json' });
    case 'invalid_grant':
      throw new GrantRefusal(entry.grant === 'refresh_token' ? 'refresh-unknown' : 'code-unknown');
    case 'refresh_token_expired':
      throw new GrantRefusal('refresh-expired');
    case 'refresh_token_reused':
      throw new GrantRefusal('refresh-used');
    case 'refresh_token_invalidated':
      throw new GrantRefusal('refresh-revoked');
  }
}

async function sendFailure<Person extends AuthPerson>(
  call: Call,
  { tokenRules, scenario }: AuthState<Person>,
  entry: Mutable<TokenCall>,
  status: number,
): Promise<void> {
  entry.outcome = 'failed';
  const headers = status === 429 ? { 'retry-after': String(scenario.retryAfterSeconds) } : {};
  await sendJson(call, status, tokenRules.fail(status), headers);
}

function looksLikeBrowser(call: Call): boolean {
  const { origin, 'user-agent': userAgent = '' } = call.record.headers;
  return origin !== undefined || /mozilla|webkit|chrome|safari|firefox/i.test(userAgent);
}

export function readBody(call: Call): { readonly form: TokenCall['form']; readonly body: JsonObject } {
  const type = call.record.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'application/json') {
    const { json } = call.record;
    return { form: 'json', body: typeof json === 'object' && json !== null ? (json as JsonObject) : {} };
  }
  if (type !== 'application/x-www-form-urlencoded') return { form: 'other', body: {} };
  const fields = new URLSearchParams(call.record.body.toString('utf8'));
  const isOnce = new Set(fields.keys()).size === fields.size;
  return { form: 'form', body: isOnce ? Object.fromEntries(fields) : {} };
}
