/** What an authorization server remembers: who allowed what, which code was given for it, and the tokens that followed. */
import { createHash } from 'node:crypto';
import { createId } from '../server/ids.ts';

/** What a program asked for when it sent the person here. */
export interface AuthorizeRequest {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly state: string;
  /** S256. */
  readonly challenge: string;
  /** The whole query, for what only one provider knows. */
  readonly query: URLSearchParams;
}

/** Why a grant is of no use. */
export type GrantReason =
  | 'code-unknown'
  | 'code-used'
  | 'code-expired'
  | 'client-mismatch'
  | 'redirect-mismatch'
  | 'verifier-mismatch'
  | 'state-mismatch'
  | 'refresh-unknown'
  | 'refresh-used'
  | 'refresh-expired'
  | 'refresh-revoked';

export class GrantRefusal extends Error {
  override readonly name = 'GrantRefusal';
  readonly reason: GrantReason;

  constructor(reason: GrantReason) {
    super(reason);
    this.reason = reason;
  }
}

/** One login of one person: all the tokens that came from one code. */
export interface Family<Person> {
  readonly person: Person;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly query: URLSearchParams;
  isRevoked: boolean;
  /** The one that works now. */
  refreshToken: string;
  readonly refreshExpiresAtMs: number;
  /** How often a new one was given. */
  rotations: number;
}

export type TokenState = 'live' | 'expired' | 'revoked';

export interface FoundToken<Person> {
  readonly family: Family<Person>;
  readonly state: TokenState;
}

interface Code<Person> {
  readonly request: AuthorizeRequest;
  readonly person: Person;
  readonly expiresAtMs: number;
  /** What it was traded for. */
  family: Family<Person> | null;
}

interface AccessToken<Person> {
  readonly family: Family<Person>;
  expiresAtMs: number;
}

export interface CodeOffer {
  readonly code: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly verifier: string;
  /** `null` where the provider does not ask for it. */
  readonly state: string | null;
}

export interface LedgerOptions {
  readonly refreshPrefix: string;
  readonly refreshLifeMs: number;
  readonly nowMs: () => number;
}

const codeLifeMs = 10 * 60_000;

export class Ledger<Person> {
  readonly #options: LedgerOptions;
  readonly #codes = new Map<string, Code<Person>>();
  readonly #access = new Map<string, AccessToken<Person>>();
  /** Every refresh token ever given, with the login that it belongs to. */
  readonly #refresh = new Map<string, Family<Person>>();

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  /** Every code and token ever given. */
  get secrets(): readonly string[] {
    return [...this.#codes.keys(), ...this.#access.keys(), ...this.#refresh.keys()];
  }

  get families(): readonly Family<Person>[] {
    return [...new Set(this.#refresh.values())];
  }

  issueCode(request: AuthorizeRequest, person: Person): string {
    const code = createId('', 43);
    this.#codes.set(code, { request, person, expiresAtMs: this.#options.nowMs() + codeLifeMs, family: null });
    return code;
  }

  /** @throws GrantRefusal; a code that comes a second time takes with it what the first time gave. */
  redeem(offer: CodeOffer): Family<Person> {
    const code = this.#codes.get(offer.code);
    if (code === undefined) throw new GrantRefusal('code-unknown');
    if (code.family !== null) {
      code.family.isRevoked = true;
      throw new GrantRefusal('code-used');
    }
    if (this.#options.nowMs() >= code.expiresAtMs) throw new GrantRefusal('code-expired');
    const { request } = code;
    if (offer.clientId !== request.clientId) throw new GrantRefusal('client-mismatch');
    if (offer.redirectUri !== request.redirectUri) throw new GrantRefusal('redirect-mismatch');
    if (offer.state !== null && offer.state !== request.state) throw new GrantRefusal('state-mismatch');
    if (challengeOf(offer.verifier) !== request.challenge) throw new GrantRefusal('verifier-mismatch');
    code.family = this.open(code.person, request);
    return code.family;
  }

  open(person: Person, request: Pick<AuthorizeRequest, 'clientId' | 'scopes' | 'query'>): Family<Person> {
    const { clientId, scopes, query } = request;
    const family: Family<Person> = {
      person,
      clientId,
      scopes,
      query,
      isRevoked: false,
      refreshToken: createId(this.#options.refreshPrefix, 64),
      refreshExpiresAtMs: this.#options.nowMs() + this.#options.refreshLifeMs,
      rotations: 0,
    };
    this.#refresh.set(family.refreshToken, family);
    return family;
  }

  /** @throws GrantRefusal; a refresh token that comes a second time was stolen from somebody: its whole login ends. */
  takeRefresh(refreshToken: string, clientId: string): Family<Person> {
    const family = this.#refresh.get(refreshToken);
    if (family === undefined) throw new GrantRefusal('refresh-unknown');
    if (family.clientId !== clientId) throw new GrantRefusal('client-mismatch');
    if (family.refreshToken !== refreshToken) {
      family.isRevoked = true;
      throw new GrantRefusal('refresh-used');
    }
    if (family.isRevoked) throw new GrantRefusal('refresh-revoked');
    if (this.#options.nowMs() >= family.refreshExpiresAtMs) throw new GrantRefusal('refresh-expired');
    return family;
  }

  rotate(family: Family<Person>): void {
    family.refreshToken = createId(this.#options.refreshPrefix, 64);
    family.rotations += 1;
    this.#refresh.set(family.refreshToken, family);
  }

  keepAccess(token: string, family: Family<Person>, lifeSeconds: number): void {
    this.#access.set(token, { family, expiresAtMs: this.#options.nowMs() + lifeSeconds * 1000 });
  }

  find(accessToken: string): FoundToken<Person> | undefined {
    const token = this.#access.get(accessToken);
    if (token === undefined) return undefined;
    const { family, expiresAtMs } = token;
    const state = family.isRevoked ? 'revoked' : this.#options.nowMs() >= expiresAtMs ? 'expired' : 'live';
    return { family, state };
  }

  /** Access tokens of all logins that `which` names end now; their refresh tokens go on. */
  expireAccess(which: (person: Person) => boolean): void {
    for (const token of this.#access.values()) if (which(token.family.person)) token.expiresAtMs = 0;
  }

  /** Whole logins end now. */
  revoke(which: (person: Person) => boolean): void {
    for (const family of this.#refresh.values()) if (which(family.person)) family.isRevoked = true;
  }

  /** `false` for a token that was never given. */
  revokeToken(token: string): boolean {
    const family = this.#refresh.get(token) ?? this.#access.get(token)?.family;
    if (family !== undefined) family.isRevoked = true;
    return family !== undefined;
  }
}

function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}
