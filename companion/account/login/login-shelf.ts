/** Every login with who takes care of it: those in the vault, and those of the sources. */
import { join } from 'node:path';
import type { LoginProviderId } from '../../../shared/credential.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Vault } from '../../vault/vault.ts';
import type { RenewalEndpoint } from '../oauth/token-endpoint.ts';
import { CredentialManager } from './credential-manager.ts';
import { idOfLogin, isSameAccount, loginId, refreshTextOf } from './login-facts.ts';
import type { LoginSource } from './login-source.ts';
import { nameOfLogin } from './login-status.ts';
import type { StoredLogin } from './stored-login.ts';
import { VaultTokenStorage } from './vault-token-storage.ts';

export interface ShelfOptions {
  readonly vault: Vault;
  readonly sources: readonly LoginSource[];
  readonly endpoints: Readonly<Partial<Record<LoginProviderId, RenewalEndpoint | undefined>>>;
  readonly locksFolder: string;
  readonly leadMs: () => number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onChange: () => void;
  readonly random?: () => number;
}

export interface ShelfEntry {
  readonly manager: CredentialManager;
  id(): string;
}

/** `login/anthropic/claude-3f9a2c41`: in the vault the id is part of the name, and stays when the account is learned. */
const vaultPrefix = 'login/';
const vaultName = /^login\/(?<provider>anthropic|openai|copilot|kiro)\/(?<id>[a-z]+-[0-9a-f]{8})$/;

export class LoginShelf {
  readonly #options: ShelfOptions;
  readonly #shared: readonly ShelfEntry[];
  #own: readonly ShelfEntry[] = [];

  constructor(options: ShelfOptions) {
    this.#options = options;
    this.#shared = options.sources.map((source) => this.#shareEntry(source));
  }

  /** Those made here come first. */
  entries(): readonly ShelfEntry[] {
    return [...this.#own, ...this.#shared];
  }

  shared(): readonly ShelfEntry[] {
    return this.#shared;
  }

  /** Looks which logins there are in the vault. Errors: those of the vault. */
  async look(): Promise<void> {
    const names = await this.#options.vault.list(vaultPrefix);
    const found = names.flatMap((name) => {
      const { provider, id } = vaultName.exec(name)?.groups ?? {};
      return id === undefined ? [] : [this.#findOwn(id) ?? this.#ownEntry(provider as LoginProviderId, id)];
    });
    this.#own = found;
  }

  /** Where a login goes that was made here: in place of one of the same account, or to a new place. */
  placeOf(login: StoredLogin): ShelfEntry {
    const { provider, account } = login;
    const same = this.#own.find(({ manager: { current, source } }) => {
      return source.provider === provider && isSameAccount(current?.account ?? null, account) === true;
    });
    if (same !== undefined) return same;
    const first = idOfLogin(provider, 'companion', account, refreshTextOf(login) ?? login.accessToken.reveal());
    const taken = this.#findOwn(first);
    const isOther = taken !== undefined && isSameAccount(taken.manager.current?.account ?? null, account) === false;
    // The same person in another organisation.
    const id = isOther ? loginId(provider, `${account?.id}\0${account?.organisationId}`) : first;
    return this.#findOwn(id) ?? this.#ownEntry(provider, id);
  }

  /** `entry` holds a login from now on. */
  put(entry: ShelfEntry): void {
    if (!this.entries().includes(entry)) this.#own = [...this.#own, entry];
  }

  drop(entry: ShelfEntry): void {
    this.#own = this.#own.filter((one) => one !== entry);
  }

  #findOwn(wanted: string): ShelfEntry | undefined {
    return this.#own.find(({ id }) => id() === wanted);
  }

  #ownEntry(provider: LoginProviderId, id: string): ShelfEntry {
    const source: LoginSource = {
      provider,
      owner: 'companion',
      storage: new VaultTokenStorage(this.#options.vault, `${vaultPrefix}${provider}/${id}`, provider),
      mayRefresh: true,
      isEnabled: () => true,
      watch: () => () => undefined,
    };
    return this.#entry(source, `login-${id}.lock`, () => id);
  }

  #shareEntry(source: LoginSource): ShelfEntry {
    const { provider, owner } = source;
    return this.#entry(source, `login-${provider}-${owner}.lock`, stableId(source));
  }

  #entry(source: LoginSource, lock: string, idOf: (login: StoredLogin | undefined) => string): ShelfEntry {
    const { endpoints, locksFolder, logger, vault: _vault, sources: _sources, ...options } = this.#options;
    const id = (): string => idOf(manager.current);
    const manager: CredentialManager = new CredentialManager({
      ...options,
      source,
      endpoint: endpoints[source.provider] ?? null,
      lockPath: join(locksFolder, lock),
      logger: logger.child({ provider: source.provider, owner: source.owner }),
      name: () => nameOfLogin(manager.current, id()),
    });
    return { manager, id };
  }
}

/** The id of what rests in a shared place: another one only when it is another account's than before. */
function stableId({ provider, owner, storage }: LoginSource): (login: StoredLogin | undefined) => string {
  let id: string | undefined;
  let accountId: string | null = null;
  return (login) => {
    const account = login?.account ?? null;
    const isOther = accountId !== null && account?.id !== undefined && account.id !== null && account.id !== accountId;
    const now = id === undefined || isOther ? idOfLogin(provider, owner, account, storage.location) : id;
    if (login === undefined) return now;
    id = now;
    accountId = account?.id ?? accountId;
    return now;
  };
}
