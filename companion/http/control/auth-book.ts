/** Every credential there is, of all kinds, in one list: looked at, added, changed, renewed and taken away. */
import { providerIdOf } from '../../../shared/api-provider.ts';
import { scrub, Secret } from '../../../shared/redact.ts';
import { CompanionError } from '../../base/error.ts';
import { sessionProvider } from '../../router/look-at-sessions.ts';
import { changeKey, changeLogin, changeSession } from './auth-changes.ts';
import type { AuthChange } from './auth-changes.ts';
import { entryOfKey, entryOfLogin, entryOfSession } from './auth-entry.ts';
import type { AuthEntry, AuthFacts, AuthType } from './auth-entry.ts';
import { howToSignIn, invalid, namesOf, noRank, secretInAddress, severalAre, told } from './auth-errors.ts';
import { refreshOne } from './auth-refresh.ts';
import type { AuthRefresh } from './auth-refresh.ts';
import type { AuthServices } from './auth-services.ts';

export interface NewAuth {
  readonly provider: string;
  readonly type: AuthType;
  readonly token: string | undefined;
  readonly name: string | undefined;
  readonly priority: number | undefined;
  readonly organisationId: string | undefined;
}

export interface RefreshedAuth extends AuthRefresh {
  readonly auth: AuthEntry;
}

export interface RemovedAuth {
  readonly entry: AuthEntry;
  /** Where it stands besides, so that it goes on being used. */
  readonly remainsIn: readonly string[];
}

export class AuthBook {
  readonly #options: AuthServices;

  constructor(options: AuthServices) {
    this.#options = options;
  }

  /** Keys by provider, then logins, then sessions as they are preferred. */
  list(): readonly AuthEntry[] {
    const { keys, logins, sessions } = this.#options;
    const facts = this.#facts();
    return [
      ...keys.entries().map((entry) => entryOfKey(entry, facts)),
      ...logins.statuses().map((login) => entryOfLogin(login, facts)),
      ...sessions.list().map((session, rank) => entryOfSession(sessions.describe(session), rank, facts)),
    ];
  }

  /** Those of one provider, by any of its names. Errors: `NOT_FOUND` when there is none. */
  of(wanted: string): readonly AuthEntry[] {
    const provider = providerIdOf(wanted);
    const own = this.list().filter((entry) => entry.provider === provider);
    if (own.length > 0) return own;
    throw new CompanionError('NOT_FOUND', `No credentials for provider ${told(wanted)}`, {
      remedy: `Add one with \`companion keys add\` or \`companion auth login\`. Providers: ${this.#known().join(', ')}.`,
    });
  }

  /** Errors: `INVALID_REQUEST`, also for a login, which nobody adds with a token; those of the vault. */
  async add(wanted: NewAuth): Promise<AuthEntry> {
    const provider = providerIdOf(wanted.provider);
    const { token, name } = wanted;
    if (wanted.type === 'oauth') throw howToSignIn(provider);
    if (token === undefined)
      throw invalid('token', 'A `token` is wanted: the key itself, or the value of the cookie of a session.');
    if (wanted.type === 'session') return this.#addSession(provider, token, wanted);
    if (provider === sessionProvider) throw invalid('type', 'claude.ai is reached with a session: say `session`.');
    const { priority } = wanted;
    const key = await this.#options.keys.add({ providerId: provider, secret: new Secret(token), name, priority });
    this.#options.onChange();
    return this.#entry(key.id);
  }

  async #addSession(provider: string, token: string, wanted: NewAuth): Promise<AuthEntry> {
    if (provider !== sessionProvider && provider !== 'anthropic') {
      throw invalid('provider', 'Only claude.ai has sessions: the provider is `claude-web`.');
    }
    if (wanted.priority !== undefined) throw noRank();
    const { name, organisationId } = wanted;
    const handed = { sessionKey: new Secret(token), name, organisationId, validUntilMs: null };
    const { id } = await this.#options.sessions.addByHand(handed);
    this.#options.pool.forget(id);
    return this.#entry(id);
  }

  /** Without an id the one that there is. Errors: `NOT_FOUND`; `INVALID_REQUEST` where there are several, or it cannot be. */
  async change(provider: string, id: string | undefined, change: AuthChange): Promise<AuthEntry> {
    const entry = this.find(provider, id);
    const changed = await this.#changeByType(entry, change);
    this.#options.onChange();
    return this.#entry(changed);
  }

  #changeByType(entry: AuthEntry, change: AuthChange): Promise<string> {
    switch (entry.type) {
      case 'api_key':
        return changeKey(entry, change, this.#options);
      case 'oauth':
        return changeLogin(entry, change, this.#options);
      case 'session':
        return changeSession(entry, change, this.#options);
    }
  }

  /** Errors: `NOT_FOUND`; `INVALID_REQUEST` for what is not ours to delete, with where it stands. */
  async remove(provider: string, id: string | undefined): Promise<RemovedAuth> {
    const { keys, logins, sessions, traits, pool, onChange } = this.#options;
    if (id === undefined) throw severalAre(this.of(provider));
    const entry = this.find(provider, id);
    let remainsIn: readonly string[] = [];
    if (entry.type === 'api_key') ({ remainsIn } = await keys.remove(entry.id));
    else if (entry.type === 'oauth') await logins.remove(entry.id);
    else await sessions.remove(entry.id);
    if (remainsIn.length === 0) {
      traits.move(entry.id, undefined);
      pool.forget(entry.id);
    }
    onChange();
    return { entry, remainsIn };
  }

  /** Renews logins, asks providers about keys, and claude.ai about sessions; what came of each. */
  async refresh(provider: string, id: string | undefined, signal: AbortSignal): Promise<readonly RefreshedAuth[]> {
    const wanted = id === undefined ? this.of(provider) : [this.find(provider, id)];
    const refreshed = wanted.map(async (before) => {
      const { outcome, message } = await refreshOne(before, this.#options, signal);
      // A session may turn out to be one of an account that has another record.
      const auth = this.list().find((entry) => entry.id === before.id) ?? before;
      return { id: before.id, outcome, message, auth };
    });
    const results = await Promise.all(refreshed);
    this.#options.onChange();
    return results;
  }

  /** By id, or by a name that one alone has. Errors: as `change`. */
  find(provider: string, id: string | undefined): AuthEntry {
    const own = this.of(provider);
    const [first] = own;
    if (id === undefined) {
      if (first === undefined || own.length > 1) throw severalAre(own);
      return first;
    }
    const named = own.filter((entry) => entry.name === id);
    const found = own.find((entry) => entry.id === id) ?? (named.length === 1 ? named[0] : undefined);
    if (found !== undefined) return found;
    if (this.#isSecret(id)) throw secretInAddress(own);
    const message = `No credential of ${told(provider)} has this id. There ${namesOf(own)}.`;
    throw new CompanionError('NOT_FOUND', message, { remedy: 'Use one of these ids.' });
  }

  #isSecret(text: string): boolean {
    const isKey = this.#options.keys.entries().some(({ key }) => key.secret?.reveal() === text.trim());
    return isKey || text.length > 80 || scrub(text) !== text || /^(?:sk|gsk|key|rk|pk)[-_]|^AIza/i.test(text);
  }

  #entry(id: string): AuthEntry {
    const found = this.list().find((entry) => entry.id === id);
    if (found === undefined) throw new CompanionError('NOT_FOUND', 'The credential was removed meanwhile.');
    return found;
  }

  #known(): readonly string[] {
    return [...this.#options.providers.map(({ id }) => id), sessionProvider];
  }

  #facts(): AuthFacts {
    const { traits, standing, quotaOf, totals, pool } = this.#options;
    const ledger = new Map(totals().map(({ credential, lastAtMs }) => [credential, lastAtMs]));
    return {
      isOff: (id) => traits.isOff(id),
      priorityOf: (id) => traits.priorityOf(id),
      standing,
      coolingModels: (id) => pool.health(id)?.coolingModels ?? [],
      quotaOf,
      lastUsedAtMs: (id) => latest(ledger.get(id), pool.health(id)?.lastUsedAtMs),
    };
  }
}

function latest(one: number | undefined, other: number | null | undefined): number | undefined {
  if (one === undefined || other === undefined || other === null) return one ?? other ?? undefined;
  return Math.max(one, other);
}
