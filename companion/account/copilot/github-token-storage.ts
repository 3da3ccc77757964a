/** A GitHub token that rests elsewhere. It is only read; the Copilot tokens that are got with it are kept in memory. */
import type { Secret } from '../../../shared/redact.ts';
import { isSameTokens } from '../login/login-facts.ts';
import type { StoredLogin } from '../login/stored-login.ts';
import type { TokenStorage } from '../login/token-storage.ts';
import { githubTokenOf, untradedLogin } from './copilot-renewal.ts';

export class GithubTokenStorage implements TokenStorage {
  readonly location: string;
  readonly #read: () => Promise<Secret | undefined>;
  #traded: StoredLogin | undefined;

  constructor(location: string, read: () => Promise<Secret | undefined>) {
    this.location = location;
    this.#read = read;
  }

  /** Another token than before is another login: what was got with the one before is forgotten. */
  async load(): Promise<StoredLogin | undefined> {
    const token = await this.#read();
    if (token === undefined) return undefined;
    const isSame = this.#traded !== undefined && githubTokenOf(this.#traded).reveal() === token.reveal();
    return isSame ? this.#traded : untradedLogin(token);
  }

  async save(next: StoredLogin, expected: StoredLogin | undefined): Promise<boolean> {
    if (!isSameTokens(await this.load(), expected)) return false;
    this.#traded = next;
    return true;
  }

  async exists(): Promise<boolean> {
    return (await this.#read()) !== undefined;
  }

  /** It is not ours to delete. */
  delete(): Promise<boolean> {
    this.#traded = undefined;
    return Promise.resolve(false);
  }
}
