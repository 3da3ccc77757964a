/** The keys of single clients: made, listed, revoked, and checked with each request that brings one. */
import { randomBytes } from 'node:crypto';
import { Secret } from '../../shared/redact.ts';
import { called } from '../base/called.ts';
import { CompanionError } from '../base/error.ts';
import type { ClientKeyCounts, ClientKeyRecord, ClientKeyStore } from '../store/client-keys.ts';
import { Allowance } from './allowance.ts';
import type { AllowanceParts, Reservation } from './allowance.ts';
import { readTokenId, signToken } from './client-key-token.ts';
import { defaultExpiry, parseExpiry } from './expiry.ts';
import type { Permit } from './permit.ts';
import { VerifiedTokens } from './verified-tokens.ts';

export interface ClientKeysOptions extends AllowanceParts {
  readonly store: ClientKeyStore;
  /** What keys are signed with; asked for when the first one is made or presented. */
  readonly secret: () => Promise<Secret>;
}

/** What a person says of a new key. */
export interface ClientKeyWish extends Pick<
  ClientKeyRecord,
  'name' | 'mode' | 'models' | 'requestBudget' | 'tokenBudget' | 'budgetPeriod' | 'ratePerMinute'
> {
  /** `720h`, `30d`, an RFC 3339 time or `never`; `undefined` for the usual one. */
  readonly expiresIn: string | undefined;
}

export interface ClientKeyStatus extends ClientKeyRecord {
  /** Neither revoked nor expired. */
  readonly isValid: boolean;
  /** `null` where there is no such budget. */
  readonly requestsLeft: number | null;
  readonly tokensLeft: number | null;
  /** When the budgets begin anew; `null` if never. */
  readonly resetsAtMs: number | null;
}

/** A key that was presented, and is ours. */
export interface RecognisedKey {
  /** Throws `CLIENT_KEY_REVOKED` or `CLIENT_KEY_EXPIRED`. */
  check(): void;
  /** Counts one request against rate and budget. Errors: those of `check`, `CLIENT_BUDGET_SPENT`, `CLIENT_RATE_LIMITED`. */
  admit(): Permit;
}

export class ClientKeys {
  readonly #options: ClientKeysOptions;
  readonly #verified = new VerifiedTokens();
  #held: Map<string, HeldKey> | undefined;

  constructor(options: ClientKeysOptions) {
    this.#options = options;
  }

  /** The token is told here and never again. Errors: `INVALID_REQUEST` (its end), `STORE_UNAVAILABLE`, those of the vault. */
  async create(wish: ClientKeyWish): Promise<{ readonly token: Secret; readonly key: ClientKeyStatus }> {
    const { store, secret } = this.#options;
    const record = this.#recordOf(wish);
    const token = await signToken(record, await secret());
    store.addClientKey(record);
    const key = new HeldKey(record, this.#options);
    this.#keys().set(record.id, key);
    return { token: new Secret(token), key: key.status() };
  }

  hasValid(): boolean {
    return this.list().some(({ isValid }) => isValid);
  }

  /** The oldest first. */
  list(): readonly ClientKeyStatus[] {
    return Array.from(this.#keys().values(), (key) => key.status());
  }

  /**
   * By id, name, or the beginning of an id; counts from the very next request on. One that was revoked before stays so.
   * Errors: `NOT_FOUND` for none and for several, `STORE_UNAVAILABLE`.
   */
  revoke(wanted: string): ClientKeyStatus {
    const key = this.#find(wanted);
    key.revoke();
    return key.status();
  }

  /** At once for a token that was seen before. Errors: `CLIENT_KEY_INVALID`; those of the vault. */
  recognise(token: string): RecognisedKey | Promise<RecognisedKey> {
    const id = this.#verified.idOf(token);
    return id === undefined ? this.#verify(token) : this.#keyOf(id);
  }

  async #verify(token: string): Promise<RecognisedKey> {
    const { secret, clock } = this.#options;
    // Without any key there is nothing to compare with, and no secret has to be made for a stranger.
    const id = this.#keys().size === 0 ? undefined : await readTokenId(token, await secret(), clock.nowMs());
    if (id === undefined) throw invalid();
    const key = this.#keyOf(id);
    this.#verified.keep(token, id);
    return key;
  }

  #keyOf(id: string): HeldKey {
    const key = this.#keys().get(id);
    if (key === undefined) throw invalid();
    return key;
  }

  /** Read once: nobody else writes while this process holds the home's lock. */
  #keys(): Map<string, HeldKey> {
    return (this.#held ??= new Map(
      this.#options.store.clientKeys().map((record) => [record.id, new HeldKey(record, this.#options)]),
    ));
  }

  #recordOf({ expiresIn = defaultExpiry, ...wish }: ClientKeyWish): ClientKeyRecord {
    const { clock, periods } = this.#options;
    const nowMs = clock.nowMs();
    return {
      ...wish,
      id: `ck_${randomBytes(8).toString('hex')}`,
      createdAtMs: nowMs,
      expiresAtMs: parseExpiry(expiresIn, nowMs),
      revokedAtMs: null,
      lastUsedAtMs: null,
      totalRequests: 0,
      totalTokens: 0,
      periodBeganMs: periods.startOf(wish.budgetPeriod, nowMs),
      periodRequests: 0,
      periodTokens: 0,
    };
  }

  /** A name that was used again means the key that still holds. */
  #find(wanted: string): HeldKey {
    const keys = [...this.#keys().values()];
    const named = called(wanted, keys, ({ record }) => [record.id, record.name]);
    const holding = named.filter((key) => key.status().isValid);
    const [found, another] = named.length > 1 && holding.length > 0 ? holding : named;
    const remedy = '`companion token list` shows them, with their ids.';
    if (found === undefined) throw new CompanionError('NOT_FOUND', 'No client key has this id or name.', { remedy });
    if (another === undefined) return found;
    throw new CompanionError('NOT_FOUND', 'Several client keys could be meant: say the id of one.', { remedy });
  }
}

class HeldKey implements RecognisedKey {
  record: ClientKeyRecord;
  readonly #options: ClientKeysOptions;
  readonly #allowance: Allowance;

  constructor(record: ClientKeyRecord, options: ClientKeysOptions) {
    this.record = record;
    this.#options = options;
    this.#allowance = new Allowance(record, options);
  }

  status(): ClientKeyStatus {
    const counts = this.#allowance.counts();
    return {
      ...this.record,
      ...counts,
      isValid: this.#invalidity() === undefined,
      requestsLeft: leftOf(this.record.requestBudget, counts.periodRequests),
      tokensLeft: leftOf(this.record.tokenBudget, counts.periodTokens),
      resetsAtMs: this.#allowance.resetsAtMs(),
    };
  }

  /** Holds here even where the disk fails; asked for again, it is written again. */
  revoke(): void {
    const { store, clock } = this.#options;
    const revokedAtMs = this.record.revokedAtMs ?? clock.nowMs();
    this.record = { ...this.record, revokedAtMs };
    store.revokeClientKey(this.record.id, revokedAtMs);
  }

  check(): void {
    const error = this.#invalidity();
    if (error !== undefined) throw error;
  }

  admit(): Permit {
    this.check();
    const { id, mode, models, tokenBudget } = this.record;
    const held = new HeldReservation(this.#allowance);
    return {
      keyId: id,
      mode,
      models,
      hasTokenBudget: tokenBudget !== null,
      begin: (atMs) => held.begin(atMs),
      end: (use) => held.end(use),
      release: () => held.release(),
    };
  }

  #invalidity(): CompanionError | undefined {
    const { name, revokedAtMs, expiresAtMs } = this.record;
    if (revokedAtMs !== null) return new CompanionError('CLIENT_KEY_REVOKED', `The client key "${name}" was revoked.`);
    if (expiresAtMs === null || this.#options.clock.nowMs() < expiresAtMs) return undefined;
    const when = new Date(expiresAtMs).toISOString().replace('.000Z', 'Z');
    return new CompanionError('CLIENT_KEY_EXPIRED', `The client key "${name}" was valid until ${when}.`);
  }
}

/** One request: reserved, then taken over by an exchange or given back, then over. */
class HeldReservation {
  readonly #allowance: Allowance;
  #reservation: Reservation | undefined;
  #hasBegun = false;

  constructor(allowance: Allowance) {
    this.#allowance = allowance;
    this.#reservation = allowance.reserve();
  }

  begin(atMs: number): void {
    const held = this.#reservation;
    if (held === undefined) return;
    // Until it is made anew, there is nothing that could be given back.
    this.#reservation = undefined;
    this.#reservation = this.#allowance.renew(held, atMs);
    this.#hasBegun = true;
  }

  end(use: Parameters<Permit['end']>[0]): void {
    const held = this.#reservation;
    if (held === undefined) return;
    this.#reservation = undefined;
    if (use === undefined) this.#allowance.release(held);
    else this.#allowance.count(held, use);
  }

  release(): void {
    if (!this.#hasBegun) this.end(undefined);
  }
}

function leftOf(budget: number | null, used: ClientKeyCounts['periodRequests']): number | null {
  return budget === null ? null : Math.max(0, budget - used);
}

function invalid(): CompanionError {
  return new CompanionError('CLIENT_KEY_INVALID', 'This is not a client key of this companion.', {
    remedy: 'Use a key that `companion token create` printed, or the settings that `companion env` prints.',
  });
}
