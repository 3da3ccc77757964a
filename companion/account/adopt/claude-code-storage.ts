/** Claude Code's login, found wherever it keeps it. It is only read: what is renewed behind its back signs it out. */
import { Secret } from '../../../shared/redact.ts';
import type { Clock } from '../../base/clock.ts';
import { CompanionError } from '../../base/error.ts';
import type { Logger } from '../../base/log.ts';
import { JsonFileTokenStorage } from '../login/json-file-token-storage.ts';
import { isExpired } from '../login/login-facts.ts';
import { bearerLogin, parseLoginRecord, recordCodec } from '../login/login-record.ts';
import type { LoginAccount, StoredLogin } from '../login/stored-login.ts';
import type { TokenStorage } from '../login/token-storage.ts';
import { ClaudeCodeIdentity } from './claude-code-identity.ts';
import { claudeCodeTokenVariable } from './claude-code-places.ts';
import type { ClaudeCodePlaces } from './claude-code-places.ts';
import { readKeychainItem } from './macos-keychain.ts';

export interface ClaudeCodeStorageOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The person turned it on: that nothing is there is then worth a warning. */
  isEnabled(): boolean;
  /** For tests. */
  readonly readKeychain?: typeof readKeychainItem;
}

/** One place, looked at anew each time. */
interface Place {
  readonly name: string;
  load(): Promise<StoredLogin | undefined>;
}

/**
 * `load` takes the first place that has a login which lasts, or of those that do not the one that lasted longest. A place
 * that cannot be read counts only when no other has a login. `save` and `delete` refuse with `INVALID_REQUEST`.
 */
export class ClaudeCodeStorage implements TokenStorage {
  readonly #options: ClaudeCodeStorageOptions;
  readonly #places: readonly Place[];
  #found: string | undefined;
  #isMissed = false;

  constructor(places: ClaudeCodePlaces, options: ClaudeCodeStorageOptions) {
    this.#options = options;
    this.#places = listPlaces(places, options);
  }

  /** Where it was found last; everywhere where it was looked for while it was not found. */
  get location(): string {
    return this.#found ?? this.#places.map(({ name }) => name).join(', ');
  }

  async load(): Promise<StoredLogin | undefined> {
    const nowMs = this.#options.clock.nowMs();
    let best: { readonly login: StoredLogin; readonly name: string } | undefined;
    let trouble: unknown;
    for (const { name, load } of this.#places) {
      const login = await load().catch((thrown: unknown) => void (trouble ??= thrown));
      this.#options.logger.debug({ place: name, isFound: login !== undefined }, 'looked for the login of Claude Code');
      if (login === undefined) continue;
      if (best === undefined || (login.expiresAtMs ?? Infinity) > (best.login.expiresAtMs ?? Infinity))
        best = { login, name };
      if (!isExpired(login, nowMs)) break;
    }
    if (best === undefined && trouble !== undefined) throw trouble;
    this.#note(best?.name);
    return best?.login;
  }

  async save(): Promise<boolean> {
    throw notOurs('changed');
  }

  async exists(): Promise<boolean> {
    return (await this.load().catch(() => undefined)) !== undefined;
  }

  async delete(): Promise<boolean> {
    throw notOurs('deleted');
  }

  /** It is asked for every few minutes: that it is missing is said once. */
  #note(found: string | undefined): void {
    this.#found = found;
    const isMissed = found === undefined;
    if (isMissed && !this.#isMissed && this.#options.isEnabled()) {
      this.#options.logger.warn(
        { searched: this.#places.map(({ name }) => name) },
        'Claude Code is not signed in here',
      );
    }
    this.#isMissed = isMissed;
  }
}

function listPlaces(places: ClaudeCodePlaces, options: ClaudeCodeStorageOptions): readonly Place[] {
  const identity = new ClaudeCodeIdentity(places.identityFiles);
  const { environment, readKeychain = readKeychainItem } = options;
  const token = environment[claudeCodeTokenVariable]?.trim() ?? '';
  const item = places.keychainItem;
  return [
    ...(token === '' ? [] : [tokenPlace(token)]),
    ...places.credentialFiles.map((path) => filePlace(path, identity)),
    ...(item === undefined
      ? []
      : [
          {
            name: `macOS keychain (service: ${item.service}, account: ${item.account})`,
            load: async () => {
              const text = await readKeychain(item);
              const login = text && parseLoginRecord(text.reveal(), 'anthropic', 'The keychain item of Claude Code');
              return login && withIdentity(login, identity.read());
            },
          },
        ]),
  ];
}

/** What `claude setup-token` printed: lasts for about a year, and is for nothing but requests. */
function tokenPlace(token: string): Place {
  return {
    name: `environment ${claudeCodeTokenVariable}`,
    load: async () => ({ ...bearerLogin('anthropic', new Secret(token)), scopes: ['user:inference'] }),
  };
}

function filePlace(path: string, identity: ClaudeCodeIdentity): Place {
  const file = new JsonFileTokenStorage(path, recordCodec('anthropic'));
  return {
    name: path,
    load: async () => {
      const login = await file.load();
      return login && withIdentity(login, identity.read());
    },
  };
}

/** The credentials tell the plan, and the other file whose it is. */
function withIdentity(login: StoredLogin, identity: LoginAccount | null): StoredLogin {
  const { account } = login;
  if (account === null || identity === null) return { ...login, account: account ?? identity };
  return {
    ...login,
    account: {
      ...identity,
      subscriptionType: account.subscriptionType ?? identity.subscriptionType,
      rateLimitTier: account.rateLimitTier ?? identity.rateLimitTier,
    },
  };
}

function notOurs(what: string): CompanionError {
  return new CompanionError(
    'INVALID_REQUEST',
    `The login of Claude Code is not ${what} from here: it belongs to Claude Code.`,
    {
      remedy:
        'Sign out in Claude Code with `/logout`, or stop using its login here with `companion auth adopt claude-code --off`.',
    },
  );
}
