import { Secret } from '../../../shared/redact.ts';
import type { LoginProviderId } from '../../../shared/credential.ts';
import { keyringService } from '../../vault/keyring.ts';
import type { Vault } from '../../vault/vault.ts';
import { isSameTokens } from './login-facts.ts';
import { parseLoginRecord, writeLoginRecord } from './login-record.ts';
import type { StoredLogin } from './stored-login.ts';
import type { TokenStorage } from './token-storage.ts';

/** One entry of the vault, which compares and swaps across processes by itself. */
export class VaultTokenStorage implements TokenStorage {
  readonly location: string;
  readonly #vault: Vault;
  readonly #entry: string;
  readonly #provider: LoginProviderId;

  constructor(vault: Vault, entry: string, provider: LoginProviderId) {
    this.#vault = vault;
    this.#entry = entry;
    this.#provider = provider;
    this.location = locationOf(vault);
  }

  async load(): Promise<StoredLogin | undefined> {
    return this.#parse(await this.#vault.get(this.#entry));
  }

  async save(next: StoredLogin, expected: StoredLogin | undefined): Promise<boolean> {
    let isSaved = false;
    await this.#vault.update(this.#entry, (current) => {
      isSaved = isSameTokens(this.#parse(current), expected);
      return isSaved ? new Secret(writeLoginRecord(next, current?.reveal())) : undefined;
    });
    return isSaved;
  }

  async exists(): Promise<boolean> {
    return (await this.#vault.get(this.#entry)) !== undefined;
  }

  delete(): Promise<boolean> {
    return this.#vault.delete(this.#entry);
  }

  #parse(secret: Secret | undefined): StoredLogin | undefined {
    return secret && parseLoginRecord(secret.reveal(), this.#provider, `The entry ${this.#entry} of the vault`);
  }
}

/** For a person the keyring is the place: the file is of no use to anybody without it. */
function locationOf({ description: { kind, location } }: Vault): string {
  return kind === 'keyring' ? `OS keyring (service: ${keyringService})` : location;
}
