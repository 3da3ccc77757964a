import { Secret } from '../../../shared/redact.ts';
import { CompanionError } from '../../base/error.ts';
import { SerialQueue } from '../../base/serial.ts';
import { KeyringUnavailable, systemKeyring } from '../../vault/keyring.ts';
import type { Keyring } from '../../vault/keyring.ts';
import type { LoginCodec } from './login-codec.ts';
import { isSameTokens } from './login-facts.ts';
import { unreadable } from './login-record.ts';
import type { StoredLogin } from './stored-login.ts';
import type { TokenStorage } from './token-storage.ts';

export interface KeyringItem {
  /** `Codex Auth`, `Claude Code-credentials`. */
  readonly service: string;
  readonly account: string;
  readonly codec: LoginCodec;
  /** That of the system unless given; of this storage alone, and of this service. */
  readonly keyring?: Keyring;
}

const hint =
  'Unlock the keyring; on Linux it needs a session bus, and the library libsecret (`apt install libsecret-1-0 gnome-keyring`).';

/** One item of the keyring of the operating system. The helper process lives only while something is asked. */
export class KeyringTokenStorage implements TokenStorage {
  readonly location: string;
  readonly #account: string;
  readonly #codec: LoginCodec;
  readonly #keyring: Keyring;
  readonly #queue = new SerialQueue();

  constructor({ service, account, codec, keyring }: KeyringItem) {
    this.location = `OS keyring (service: ${service}, user: ${account})`;
    this.#account = account;
    this.#codec = codec;
    this.#keyring = keyring ?? systemKeyring(process.env, process.platform, service);
  }

  load(): Promise<StoredLogin | undefined> {
    return this.#ask(async () => this.#parse(await this.#read()));
  }

  save(next: StoredLogin, expected: StoredLogin | undefined): Promise<boolean> {
    return this.#ask(async () => {
      const current = await this.#read();
      if (!isSameTokens(this.#parse(current), expected)) return false;
      await this.#keyring.write(this.#account, new Secret(this.#codec.merge(current?.reveal(), next)));
      return true;
    });
  }

  /** `false` also where there is no keyring to ask. */
  async exists(): Promise<boolean> {
    return this.#ask(async () => (await this.#read()) !== undefined).catch(() => false);
  }

  delete(): Promise<boolean> {
    return this.#ask(async () => {
      const current = await this.#read();
      if (current === undefined) return false;
      const rest = this.#codec.without?.(current.reveal());
      if (rest === undefined) return this.#keyring.delete(this.#account);
      await this.#keyring.write(this.#account, new Secret(rest));
      return true;
    });
  }

  /** A locked keyring denies that there is such an item: that it holds none is believed only of one that works. */
  async #read(): Promise<Secret | undefined> {
    const found = await this.#keyring.read(this.#account);
    if (found === undefined) await this.#keyring.probe();
    return found;
  }

  #parse(text: Secret | undefined): StoredLogin | undefined {
    try {
      return text && this.#codec.parse(text.reveal());
    } catch {
      // What the codec threw may quote the text.
      throw unreadable(this.location);
    }
  }

  #ask<Result>(task: () => Promise<Result>): Promise<Result> {
    return this.#queue.run('keyring', async () => {
      try {
        return await task();
      } catch (thrown) {
        if (!(thrown instanceof KeyringUnavailable)) throw thrown;
        const message = `The system keyring cannot be used: ${thrown.message}.`;
        throw new CompanionError('STORE_UNAVAILABLE', message, { cause: thrown, remedy: hint });
      } finally {
        this.#keyring.close();
      }
    });
  }
}
