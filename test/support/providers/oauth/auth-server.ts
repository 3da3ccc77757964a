/** An authorization server as a test holds it; what is the same at every provider. */
import type { Certificate } from '../../browser/certificate.ts';
import type { Call } from '../server/call.ts';
import { RouteTable } from '../server/routes.ts';
import type { Route } from '../server/routes.ts';
import { sendJson } from '../server/send.ts';
import { startServer } from '../server/server.ts';
import type { RunningServer, ServerOptions } from '../server/server.ts';
import { StandIn } from '../server/stand-in.ts';
import type { AuthorizeRules } from './authorize.ts';
import { decide, showConsent } from './authorize.ts';
import { CallBook } from './call-book.ts';
import { Ledger } from './ledger.ts';
import type { FoundToken } from './ledger.ts';
import { calmDay, TroubleList } from './scenario.ts';
import type { AuthScenario, Trouble } from './scenario.ts';
import type { AuthPerson, AuthState } from './state.ts';
import { issue, serveToken, TokenRefusal } from './token.ts';
import type { JsonObject, TokenRules } from './token.ts';

export interface AuthOptions<Person> extends ServerOptions {
  /** The first one sits at the browser. */
  readonly people?: readonly [Person, ...Person[]];
  readonly scenario?: Partial<AuthScenario>;
  /** Programs that may ask, by client id, besides the provider's own. */
  readonly clients?: Readonly<Record<string, string>>;
  /** For tests that move time themselves. */
  readonly nowMs?: () => number;
  readonly certificate?: Certificate;
}

/** What makes it one provider's. */
export interface ProviderFacts<Person extends AuthPerson> {
  readonly people: readonly [Person, ...Person[]];
  readonly rules: AuthorizeRules<Person>;
  readonly tokenRules: TokenRules<Person>;
  readonly tokenPath: string;
  readonly refreshPrefix: string;
  readonly refreshLifeMs: number;
  readonly moreRoutes: readonly Route<AuthState<Person>>[];
}

export interface Started<Person extends AuthPerson> {
  readonly server: RunningServer;
  readonly state: AuthState<Person>;
  readonly facts: ProviderFacts<Person>;
}

export async function startAuthServer<Person extends AuthPerson>(
  facts: ProviderFacts<Person>,
  options: AuthOptions<Person>,
): Promise<Started<Person>> {
  const people = options.people ?? facts.people;
  const state: AuthState<Person> = {
    rules: facts.rules,
    tokenRules: facts.tokenRules,
    ledger: new Ledger({
      refreshPrefix: facts.refreshPrefix,
      refreshLifeMs: facts.refreshLifeMs,
      nowMs: options.nowMs ?? (() => Date.now()),
    }),
    tickets: new Map(),
    denials: [],
    troubles: new TroubleList(),
    calls: new CallBook(),
    people,
    visitor: people[0],
    scenario: calmDay,
  };
  const table = new RouteTable<AuthState<Person>>([
    { method: 'GET', path: '/oauth/authorize', serve: showConsent },
    { method: 'POST', path: '/oauth/authorize', serve: decide },
    { method: 'POST', path: facts.tokenPath, serve: serveToken },
    ...facts.moreRoutes,
  ]);
  const server = await startServer(
    {
      commonHeaders: () => ({}),
      nameKey: () => null,
      errorEnvelope: ({ status }) => facts.tokenRules.fail(status),
      serve: (call) => serve(call, table, state),
    },
    options,
  );
  return { server, state, facts };
}

async function serve<Person extends AuthPerson>(
  call: Call,
  table: RouteTable<AuthState<Person>>,
  state: AuthState<Person>,
): Promise<void> {
  const match = table.match(call.record.method, call.record.pathname);
  if (match.kind !== 'route') {
    return sendJson(call, match.kind === 'no-route' ? 404 : 405, state.tokenRules.fail(404));
  }
  try {
    await match.route.serve(call, state, match.parameters);
  } catch (thrown) {
    if (!(thrown instanceof TokenRefusal)) throw thrown;
    await sendJson(call, thrown.status, thrown.body);
  }
}

export class AuthServer<Person extends AuthPerson> extends StandIn {
  /** Origin, without a slash. */
  readonly url: string;
  /** Port of the TLS door; `null` without a certificate. */
  readonly httpsPort: number | null;
  readonly tokenUrl: string;
  readonly authorizeUrl: string;
  protected readonly state: AuthState<Person>;

  constructor({ server, state, facts }: Started<Person>, scenario: Partial<AuthScenario>) {
    super(server);
    this.state = state;
    this.url = server.url;
    this.httpsPort = server.httpsPort;
    this.tokenUrl = `${server.url}${facts.tokenPath}`;
    this.authorizeUrl = `${server.url}/oauth/authorize`;
    this.scenario = scenario;
  }

  get scenario(): AuthScenario {
    return this.state.scenario;
  }

  /** Takes a part; what it leaves out is as on a calm day, whatever was set before. */
  set scenario(part: Partial<AuthScenario>) {
    this.state.scenario = { ...calmDay, ...part };
    this.server.setFaults(this.state.scenario.faults);
  }

  /** What was asked, in order, told without a secret. */
  get calls(): CallBook {
    return this.state.calls;
  }

  /** Every code and token handed out so far. */
  get secrets(): readonly string[] {
    return this.state.ledger.secrets;
  }

  /** Who sits at the browser and would be signed in there: an e-mail address. */
  set visitor(email: string) {
    this.state.visitor = this.person(email);
  }

  get visitor(): string {
    return this.state.visitor.email;
  }

  /** The next refreshes fail, in the order of the calls; `Infinity` times until `reset`. */
  failRefresh(trouble: Trouble, times = 1): void {
    this.state.troubles.add('refresh_token', trouble, times);
  }

  /** The next trades of a code fail. */
  failExchange(trouble: Trouble, times = 1): void {
    this.state.troubles.add('authorization_code', trouble, times);
  }

  /** The provider says no to the next consent, whatever the person clicks. */
  denyNext(error = 'access_denied', description = 'The user denied the request.'): void {
    this.state.denials.push({ error, description });
  }

  /** A login without a browser: the answer of the token endpoint, as if everything had been clicked. */
  signIn(options: SignInOptions = {}): JsonObject {
    const { rules, ledger } = this.state;
    const [ownClient = ''] = rules.clients.keys();
    const family = ledger.open(this.person(options.email ?? this.visitor), {
      clientId: options.clientId ?? ownClient,
      scopes: options.scopes ?? [...rules.scopes],
      query: new URLSearchParams(options.query ?? { id_token_add_organizations: 'true' }),
    });
    return issue(this.state, family);
  }

  /** `undefined` for an access token that was never given. */
  find(accessToken: string): FoundToken<Person> | undefined {
    return this.state.ledger.find(accessToken);
  }

  /** Whether the refresh token is the one that a login may be renewed with now. */
  isRenewable(refreshToken: string): boolean {
    return this.state.ledger.families.some((one) => !one.isRevoked && one.refreshToken === refreshToken);
  }

  /** Access tokens end now, of one person or all; they can be renewed. */
  expireAccess(email?: string): void {
    this.state.ledger.expireAccess((person) => email === undefined || person.email === email);
  }

  /** Logins end now, of one person or all, as when they are removed in the provider's settings. */
  revoke(email?: string): void {
    this.state.ledger.revoke((person) => email === undefined || person.email === email);
  }

  /** Back to a calm day with an empty record; logins live on. */
  reset(): void {
    this.scenario = {};
    this.state.troubles.clear();
    this.state.denials.length = 0;
    this.state.calls.forget();
    this.server.forget();
  }

  protected person(email: string): Person {
    const person = this.state.people.find((one) => one.email === email);
    if (person === undefined) throw new Error(`the stand-in has no account for ${email}`);
    return person;
  }
}

export interface SignInOptions {
  readonly email?: string;
  readonly clientId?: string;
  /** All that there are, without it. */
  readonly scopes?: readonly string[];
  /** Of the authorize page; as the usual programs ask without it. */
  readonly query?: Readonly<Record<string, string>>;
}
