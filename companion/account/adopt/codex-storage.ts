/** Where the ChatGPT login rests: wherever the Codex CLI keeps it, so that both have one login and not two. */
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { CompanionError } from '../../base/error.ts';
import type { Keyring } from '../../vault/keyring.ts';
import { JsonFileTokenStorage } from '../login/json-file-token-storage.ts';
import { KeyringTokenStorage } from '../login/keyring-token-storage.ts';
import { digestOf } from '../login/login-facts.ts';
import type { StoredLogin } from '../login/stored-login.ts';
import type { TokenStorage } from '../login/token-storage.ts';
import { codexAuthCodec, loginOfAccessToken } from './codex-auth-json.ts';
import { readCodexSettings } from './codex-settings.ts';
import type { CodexSettings } from './codex-settings.ts';

export interface CodexStorageOptions {
  /** Codex's folder, absolute. */
  readonly home: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly platform?: NodeJS.Platform;
  /** That of the system unless given. */
  readonly keyring?: Keyring;
}

const keyringService = 'Codex Auth';
const tokenVariable = 'CODEX_ACCESS_TOKEN';

/**
 * Asks Codex's settings each time, because they may change while we run. A token in the environment goes before all of
 * that, and is only read. Errors: those of every storage; `LOGIN_UNREADABLE` where only Codex can read its login;
 * `INVALID_REQUEST` for a change of what the environment gives.
 */
export class CodexStorage implements TokenStorage {
  readonly #options: CodexStorageOptions;
  readonly #platform: NodeJS.Platform;
  readonly #file: TokenStorage;
  #keyringItem: TokenStorage | undefined;

  constructor(options: CodexStorageOptions) {
    this.#options = options;
    this.#platform = options.platform ?? process.platform;
    this.#file = new JsonFileTokenStorage(join(options.home, 'auth.json'), codexAuthCodec(options.clock));
  }

  get location(): string {
    if (this.#fromEnvironment() !== undefined) return `environment ${tokenVariable}`;
    return this.#settings().store === 'keyring' ? this.#keyring().location : this.#file.location;
  }

  async load(): Promise<StoredLogin | undefined> {
    return this.#fromEnvironment() ?? (await this.#find())?.login;
  }

  async save(next: StoredLogin, expected: StoredLogin | undefined): Promise<boolean> {
    this.#refuseIfGiven();
    const found = await this.#find();
    if (found !== undefined) return found.place.save(next, expected);
    if (expected !== undefined) return false;
    const [first = this.#file, second] = this.#places();
    return second === undefined
      ? first.save(next, undefined)
      : orElse(first.save(next, undefined), () => second.save(next, undefined));
  }

  async exists(): Promise<boolean> {
    if (this.#fromEnvironment() !== undefined) return true;
    for (const place of this.#places()) if (await place.exists()) return true;
    return false;
  }

  /** Takes the login out, and leaves what else Codex keeps there, such as an API key. */
  async delete(): Promise<boolean> {
    this.#refuseIfGiven();
    return (await (await this.#find())?.place.delete()) ?? false;
  }

  async #find(): Promise<{ readonly place: TokenStorage; readonly login: StoredLogin } | undefined> {
    const places = this.#places();
    for (const place of places) {
      const isLast = place === places.at(-1);
      const login = await (isLast ? place.load() : orElse(place.load(), async () => undefined));
      if (login !== undefined) return { place, login };
    }
    return undefined;
  }

  /** In the order in which Codex looks. */
  #places(): readonly TokenStorage[] {
    const { store, isSealed } = this.#settings();
    // Elsewhere its item has other attributes than ours have, and on Linux the kernel keeps a copy that would grow stale.
    const isShared = !isSealed && this.#platform === 'darwin';
    if (store === 'keyring' && !isShared) throw onlyForCodex(this.#options.home);
    if (store === 'keyring') return [this.#keyring()];
    return store === 'auto' && isShared ? [this.#keyring(), this.#file] : [this.#file];
  }

  #keyring(): TokenStorage {
    const { home, clock, keyring } = this.#options;
    this.#keyringItem ??= new KeyringTokenStorage({
      service: keyringService,
      account: codexKeyringAccount(home),
      codec: codexAuthCodec(clock),
      ...(keyring === undefined ? {} : { keyring }),
    });
    return this.#keyringItem;
  }

  #settings(): CodexSettings {
    return readCodexSettings(readIfThere(join(this.#options.home, 'config.toml')), this.#platform);
  }

  /** Codex takes other tokens there as well, which open no ChatGPT account. */
  #fromEnvironment(): StoredLogin | undefined {
    const token = this.#options.environment[tokenVariable]?.trim() ?? '';
    return token === '' ? undefined : loginOfAccessToken(token);
  }

  #refuseIfGiven(): void {
    if (this.#fromEnvironment() === undefined) return;
    throw new CompanionError('INVALID_REQUEST', `The ChatGPT login comes from ${tokenVariable} in the environment.`, {
      remedy: `Start the companion without ${tokenVariable} to sign in, or out, here.`,
    });
  }
}

/** `cli|` and a digest of the folder: Codex's name for its item in the keyring. */
function codexKeyringAccount(home: string): string {
  return `cli|${digestOf(canonical(home)).slice(0, 16)}`;
}

function canonical(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Where there is no keyring, Codex takes the file. */
async function orElse<Result>(first: Promise<Result>, second: () => Promise<Result>): Promise<Result> {
  try {
    return await first;
  } catch (thrown) {
    if (thrown instanceof CompanionError && thrown.code === 'STORE_UNAVAILABLE') return second();
    throw thrown;
  }
}

function onlyForCodex(home: string): CompanionError {
  const settings = join(home, 'config.toml');
  return new CompanionError('LOGIN_UNREADABLE', 'Codex keeps its login in a keyring in a way that only it can read.', {
    remedy: `To share it, write \`cli_auth_credentials_store = "file"\` into ${settings}, and run \`codex login\` again.`,
  });
}
