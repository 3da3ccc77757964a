import { isSameTokens } from './login-facts.ts';
import type { StoredLogin } from './stored-login.ts';
import type { TokenStorage } from './token-storage.ts';

/** A storage that forgets with the process, for tests. */
export class MemoryTokenStorage implements TokenStorage {
  readonly location: string;
  #login: StoredLogin | undefined;

  constructor(location = 'memory', login?: StoredLogin) {
    this.location = location;
    this.#login = login;
  }

  async load(): Promise<StoredLogin | undefined> {
    return this.#login;
  }

  async save(next: StoredLogin, expected: StoredLogin | undefined): Promise<boolean> {
    if (!isSameTokens(this.#login, expected)) return false;
    this.#login = next;
    return true;
  }

  async exists(): Promise<boolean> {
    return this.#login !== undefined;
  }

  async delete(): Promise<boolean> {
    const hadLogin = this.#login !== undefined;
    this.#login = undefined;
    return hadLogin;
  }
}
