/** The page on which a person allows or denies, and the way back from it. */
import { randomUUID } from 'node:crypto';
import type { Call } from '../server/call.ts';
import { sendBody } from '../server/send.ts';
import type { AuthorizeCall, Mutable } from './call-book.ts';
import type { AuthorizeRequest } from './ledger.ts';
import { PageRefusal, sendConsentPage, sendErrorPage, sendLeavingPage } from './page.ts';
import type { AuthPerson, AuthState } from './state.ts';

/** What one provider asks of a program that sends somebody. */
export interface AuthorizeRules<Person> {
  readonly provider: string;
  /** By client id, what the page calls the program. */
  readonly clients: ReadonlyMap<string, string>;
  readonly mayReturnTo: (redirectUri: string) => boolean;
  readonly scopes: ReadonlySet<string>;
  /** Without these there is no login. */
  readonly neededScopes: readonly string[];
  /** Whether this person may not have it, whatever they click. */
  readonly refuses?: (request: AuthorizeRequest, person: Person) => Denial | null;
}

/** Somebody who looks at a consent page. */
export interface Ticket {
  readonly request: AuthorizeRequest;
  readonly call: Mutable<AuthorizeCall>;
}

/** A decision that the provider makes itself, whatever the person clicks. */
export interface Denial {
  readonly error: string;
  readonly description: string;
}

export function showConsent<Person extends AuthPerson>(call: Call, state: AuthState<Person>): Promise<void> | void {
  const query = queryOf(call);
  const entry: Mutable<AuthorizeCall> = { query, outcome: 'open' };
  state.calls.authorize.push(entry);
  try {
    const request = readAuthorizeRequest(query, state.rules);
    const ticket = randomUUID();
    state.tickets.set(ticket, { request, call: entry });
    const application = state.rules.clients.get(request.clientId) ?? '';
    const { provider } = state.rules;
    return sendConsentPage(call, {
      provider,
      application,
      person: state.visitor.email,
      scopes: request.scopes,
      ticket,
    });
  } catch (thrown) {
    if (!(thrown instanceof PageRefusal)) throw thrown;
    entry.outcome = 'refused';
    return sendErrorPage(call, 400, thrown.message);
  }
}

export function decide<Person extends AuthPerson>(call: Call, state: AuthState<Person>): Promise<void> | void {
  const form = new URLSearchParams(call.record.body.toString('utf8'));
  const ticket = state.tickets.get(form.get('ticket') ?? '');
  const decision = form.get('decision');
  if (ticket === undefined || (decision !== 'allow' && decision !== 'deny')) {
    return sendErrorPage(call, 400, 'This authorization request is no longer valid.');
  }
  state.tickets.delete(form.get('ticket') ?? '');
  const { request } = ticket;
  const denial =
    state.denials.shift() ?? state.rules.refuses?.(request, state.visitor) ?? (decision === 'deny' ? declined : null);
  ticket.call.outcome = denial === null ? 'allowed' : 'denied';
  const answer: Record<string, string | null> =
    denial === null
      ? { code: state.ledger.issueCode(request, state.visitor) }
      : { error: denial.error, error_description: denial.description };
  return sendBack(call, state, request, answer);
}

const declined: Denial = { error: 'access_denied', description: 'The user denied the request.' };

function sendBack<Person extends AuthPerson>(
  call: Call,
  state: AuthState<Person>,
  request: AuthorizeRequest,
  answer: Readonly<Record<string, string | null>>,
): Promise<void> | void {
  const target = new URL(request.redirectUri);
  for (const [name, value] of Object.entries({ ...answer, state: request.state, ...state.scenario.callback })) {
    if (value !== null) target.searchParams.set(name, value);
  }
  if (state.scenario.redirectBy === 'page') return sendLeavingPage(call, target.href);
  return sendBody(call, 303, '', { location: target.href, 'cache-control': 'no-store' });
}

export function queryOf(call: Call): URLSearchParams {
  return new URL(call.record.path, 'http://stand-in').searchParams;
}

/** @throws PageRefusal */
function readAuthorizeRequest(query: URLSearchParams, rules: Omit<AuthorizeRules<never>, 'refuses'>): AuthorizeRequest {
  for (const name of new Set(query.keys())) {
    if (query.getAll(name).length > 1) throw new PageRefusal(`Duplicate parameter: ${name}`);
  }
  const clientId = needed(query, 'client_id');
  if (!rules.clients.has(clientId)) throw new PageRefusal('Invalid client_id');
  const redirectUri = needed(query, 'redirect_uri');
  if (!rules.mayReturnTo(redirectUri)) {
    throw new PageRefusal(`Redirect URI ${redirectUri} is not supported by client.`);
  }
  if (needed(query, 'response_type') !== 'code') throw new PageRefusal('Unsupported response_type');
  if (needed(query, 'code_challenge_method') !== 'S256') throw new PageRefusal('code_challenge_method must be S256');
  const challenge = needed(query, 'code_challenge');
  if (!/^[\w-]{43}$/.test(challenge)) throw new PageRefusal('Invalid code_challenge');
  const state = needed(query, 'state');
  if (state.length < 16) throw new PageRefusal('state is too short to be safe');
  return { clientId, redirectUri, scopes: readScopes(query, rules), state, challenge, query };
}

/** @throws PageRefusal */
function readScopes(query: URLSearchParams, rules: Omit<AuthorizeRules<never>, 'refuses'>): readonly string[] {
  const scopes = needed(query, 'scope').split(' ');
  const strange = scopes.find((scope) => !rules.scopes.has(scope));
  if (strange !== undefined) throw new PageRefusal(`Invalid scope: ${strange}`);
  const lacking = rules.neededScopes.find((scope) => !scopes.includes(scope));
  if (lacking !== undefined) throw new PageRefusal(`Missing scope: ${lacking}`);
  return scopes;
}

/** @throws PageRefusal */
function needed(query: URLSearchParams, name: string): string {
  const value = query.get(name);
  if (value === null || value === '') throw new PageRefusal(`Missing ${name} parameter`);
  return value;
}
