/** The places that hold the key of a vault, and how one key gives way to the next without a moment in which neither opens it. */
import { unlink } from 'node:fs/promises';
import { Secret } from '../../shared/redact.ts';
import { fileError, readFileIfExists, systemErrorCode, writeFileAtomic } from '../base/atomic-file.ts';
import { CompanionError } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import { KeyringUnavailable } from './keyring.ts';
import type { Keyring } from './keyring.ts';
import { decodeKey, encodeKey, randomKey, vaultKey } from './vault-key.ts';
import type { KeyKind, KeyLabel, VaultKey } from './vault-key.ts';

export interface VaultInput {
  readonly config: {
    readonly vault: { readonly kind: 'auto' | 'keyring' | 'file' };
    readonly auth: {
      readonly encryption: {
        readonly key?: Secret<Uint8Array> | undefined;
        readonly previousKeys?: readonly Secret<Uint8Array>[];
      };
    };
  };
  readonly paths: {
    readonly vault: string;
    readonly vaultKey: string;
    readonly homeId: string;
    readonly locks: string;
  };
  readonly logger: Logger;
  /** The system's own unless given. */
  readonly keyring?: Keyring;
}

export interface ChosenKey {
  readonly key: VaultKey;
  readonly note: string | null;
}

/** A key that is to open the vault from now on, in a place where it stands beside the one before. */
export interface NextKey {
  readonly key: VaultKey;
  /** The vault is sealed with it, on disk: the one before goes. */
  settle(): Promise<void>;
  /** The vault could not be sealed with it. */
  abandon(): Promise<void>;
}

/** Where keys can come from. */
export class KeySources {
  readonly paths: VaultInput['paths'];
  readonly #logger: Logger;
  readonly #keyring: Keyring;
  readonly #kind: 'auto' | 'keyring' | 'file';
  readonly #configured: Secret<Uint8Array> | undefined;
  readonly #previous: readonly Secret<Uint8Array>[];

  constructor({ config, paths, logger }: VaultInput, keyring: Keyring) {
    this.paths = paths;
    this.#logger = logger;
    this.#keyring = keyring;
    this.#kind = config.vault.kind;
    this.#configured = config.auth.encryption.key;
    this.#previous = config.auth.encryption.previousKeys ?? [];
    if (this.#configured !== undefined && this.#kind === 'keyring') {
      const message = 'vault.kind says keyring, but auth.encryption.key is set: only one of them can hold the key.';
      throw new CompanionError('CONFIG_INVALID', message);
    }
  }

  get mayUseKeyring(): boolean {
    return this.#kind !== 'file';
  }

  /** The configured key, else the keyring if it works and is wanted, else a key file, with the reason why. */
  async forNewVault(): Promise<ChosenKey> {
    if (this.#configured !== undefined) return { key: vaultKey('configured-key', this.#configured), note: null };
    if (this.#kind === 'file') return { key: await this.#fileKey(), note: null };
    try {
      await this.#keyring.probe();
      return { key: await this.#keyringKey(this.#account), note: null };
    } catch (thrown) {
      if (!(thrown instanceof KeyringUnavailable)) throw thrown;
      const note = `the system keyring cannot be used: ${thrown.message}`;
      if (this.#kind === 'keyring') throw lockedError(note, thrown);
      this.#logger.warn({ note }, 'The key of the vault rests in a file');
      return { key: await this.#fileKey(), note };
    }
  }

  /** The configured key, if the vault is sealed with one that it had before. */
  successorOf({ kind, id }: KeyLabel): VaultKey | undefined {
    const configured = this.#configured && vaultKey('configured-key', this.#configured);
    return kind === 'configured-key' && configured?.label.id !== id ? configured : undefined;
  }

  /** The very key that the vault was sealed with. */
  async forExistingVault(label: KeyLabel): Promise<VaultKey> {
    this.#refuseOtherKind(label.kind);
    return this.find(label);
  }

  /** The same, whatever the settings ask for. Errors: `VAULT_UNREADABLE`, `VAULT_LOCKED`. */
  async find(label: KeyLabel): Promise<VaultKey> {
    const candidates = await this.#candidates(label);
    const key = candidates.find((one) => one.label.id === label.id);
    if (key !== undefined) return key;
    const what = candidates.length === 0 ? 'is missing' : 'is another one';
    throw new CompanionError(
      'VAULT_UNREADABLE',
      `${this.paths.vault} was sealed with ${this.#nameOf(label)}, and that key ${what}.`,
      { remedy: this.#remedyFor(label) },
    );
  }

  #remedyFor({ kind }: KeyLabel): string {
    const start = `move ${this.paths.vault} away to start with an empty vault.`;
    if (kind !== 'configured-key') return `Bring that key back; or ${start}`;
    return `Bring that key back, or name it in auth.encryption.previous_keys to change to the new one; or ${start}`;
  }

  async #candidates(label: KeyLabel): Promise<readonly VaultKey[]> {
    switch (label.kind) {
      case 'configured-key':
        return [this.#configured ?? [], this.#previous].flat().map((bytes) => vaultKey('configured-key', bytes));
      case 'key-file':
        return this.#readKeyFile();
      case 'keyring':
        return [(await this.#readUnlockedKeyring(label.account ?? this.#account)) ?? []].flat();
    }
  }

  /** A new key beside the one of `current`, which both can be found until one of them goes. Under the lock of the vault. */
  async makeNext(kind: KeyKind, current: VaultKey): Promise<NextKey> {
    switch (kind) {
      case 'configured-key':
        return this.#nextConfigured(current);
      case 'key-file':
        return this.#nextInFile(current);
      case 'keyring':
        return this.#nextInKeyring(current);
    }
  }

  #nextConfigured(current: VaultKey): NextKey {
    const key = this.#configured && vaultKey('configured-key', this.#configured);
    if (key === undefined || key.label.id === current.label.id) {
      throw new CompanionError('CONFIG_INVALID', 'The key of this vault is yours to make: auth.encryption.key.', {
        remedy:
          'Set auth.encryption.key to a new one (`openssl rand -base64 32`) and put the one of today in ' +
          'auth.encryption.previous_keys: the next start, or this command, seals the vault with the new one.',
      });
    }
    return { key, settle: () => this.#forget(current), abandon: async () => undefined };
  }

  async #nextInFile(current: VaultKey): Promise<NextKey> {
    const bytes = randomKey();
    const key = vaultKey('key-file', bytes);
    const kept = current.label.kind === 'key-file' ? [current] : [];
    await this.#writeKeyFile([...kept, key]);
    return {
      key,
      settle: async () => {
        await this.#writeKeyFile([key]);
        if (kept.length === 0) await this.#forget(current);
      },
      abandon: () => (kept.length > 0 ? this.#writeKeyFile(kept) : this.#removeKeyFile()),
    };
  }

  /** Two entries take turns: the file names the one that its key is in. */
  async #nextInKeyring(current: VaultKey): Promise<NextKey> {
    const account = current.label.account === this.#account ? `${this.#account}:next` : this.#account;
    const key = vaultKey('keyring', randomKey(), account);
    try {
      await this.#keyring.probe();
      await this.#keyring.write(account, new Secret(encodeKey(key.bytes)));
    } catch (thrown) {
      if (!(thrown instanceof KeyringUnavailable)) throw thrown;
      throw lockedError(`The system keyring cannot be used now: ${thrown.message}`, thrown);
    }
    const abandon = async () => void (await this.#keyring.delete(account));
    return { key, settle: () => this.#forget(current), abandon };
  }

  /** A key that opens nothing any more. One in the settings is the person's to remove. */
  async #forget({ label }: VaultKey): Promise<void> {
    if (label.kind === 'keyring') await this.#keyring.delete(label.account ?? this.#account);
    else if (label.kind === 'key-file') await this.#removeKeyFile();
  }

  /** What a change of the key that was cut off left in the key file. Under the lock of the vault. */
  async tidy(label: KeyLabel): Promise<void> {
    if (label.kind !== 'key-file') return;
    const keys = await this.#readKeyFile();
    const own = keys.find((key) => key.label.id === label.id);
    if (own !== undefined && keys.length > 1) await this.#writeKeyFile([own]);
  }

  /** The helper of the keyring ends; the next question starts it anew. */
  rest(): void {
    this.#keyring.close();
  }

  get #account(): string {
    return `vault:${this.paths.homeId}`;
  }

  /** A setting that asks for another place than the one where the key is would otherwise be ignored in silence. */
  #refuseOtherKind(kind: KeyKind): void {
    const wanted = this.#wantedKind();
    if (wanted === undefined || wanted === kind) return;
    const setting = wanted === 'configured-key' ? 'auth.encryption.key' : 'vault.kind';
    throw new CompanionError(
      'VAULT_UNREADABLE',
      `${this.paths.vault} was sealed with ${this.#nameOf({ kind })}, but ${setting} asks for another key.`,
      {
        remedy:
          `Take ${setting} back; or let \`companion vault move --to ${moveWords[wanted]}\` seal it anew; or move ` +
          `${this.paths.vault} away to start with an empty vault.`,
      },
    );
  }

  #wantedKind(): KeyKind | undefined {
    if (this.#configured !== undefined) return 'configured-key';
    if (this.#kind === 'auto') return undefined;
    return this.#kind === 'keyring' ? 'keyring' : 'key-file';
  }

  #nameOf({ kind, account }: Pick<KeyLabel, 'kind' | 'account'>): string {
    switch (kind) {
      case 'configured-key':
        return 'the key in auth.encryption.key';
      case 'key-file':
        return `the key in ${this.paths.vaultKey}`;
      case 'keyring':
        return `the key in the system keyring${account === undefined ? '' : ` (account ${account})`}`;
    }
  }

  async #readUnlockedKeyring(account: string): Promise<VaultKey | undefined> {
    try {
      await this.#keyring.probe();
      return await this.#readKeyring(account);
    } catch (thrown) {
      if (!(thrown instanceof KeyringUnavailable)) throw thrown;
      const message = `${this.paths.vault} was sealed with the key in the system keyring, which cannot be used now`;
      throw lockedError(`${message}: ${thrown.message}`, thrown);
    }
  }

  async #readKeyring(account: string): Promise<VaultKey | undefined> {
    const text = await this.#keyring.read(account);
    return text && vaultKey('keyring', decoded(text.reveal(), this.#nameOf({ kind: 'keyring', account })), account);
  }

  /** A key that a start before this one left there is used again: it may belong to a backup of the vault. */
  async #keyringKey(account: string): Promise<VaultKey> {
    const known = await this.#readKeyring(account);
    if (known !== undefined) return known;
    const bytes = randomKey();
    await this.#keyring.write(account, new Secret(encodeKey(bytes)));
    return vaultKey('keyring', bytes, account);
  }

  /** One, or two while it is changed. */
  async #readKeyFile(): Promise<readonly VaultKey[]> {
    const text = await readFileIfExists(this.paths.vaultKey);
    const lines = text?.toString('utf8').trim().split('\n') ?? [];
    return lines.map((line) => vaultKey('key-file', decoded(line, this.#nameOf({ kind: 'key-file' }))));
  }

  #writeKeyFile(keys: readonly VaultKey[]): Promise<void> {
    return writeFileAtomic(this.paths.vaultKey, keys.map(({ bytes }) => `${encodeKey(bytes)}\n`).join(''), 0o600);
  }

  async #removeKeyFile(): Promise<void> {
    await unlink(this.paths.vaultKey).catch((thrown: unknown) => {
      if (systemErrorCode(thrown) !== 'ENOENT') throw fileError('remove', this.paths.vaultKey, thrown);
    });
  }

  async #fileKey(): Promise<VaultKey> {
    // The last one is what was to be the key.
    const known = (await this.#readKeyFile()).at(-1);
    if (known !== undefined) return known;
    const key = vaultKey('key-file', randomKey());
    await this.#writeKeyFile([key]);
    return key;
  }
}

/** How the command line calls the places. */
export const moveWords = { keyring: 'keyring', 'key-file': 'file', 'configured-key': 'configured' } as const;

/** What stands where a key should be is never overwritten: it may be one that somebody can still repair. */
function decoded(text: string, name: string): Secret<Uint8Array> {
  const key = decodeKey(text);
  if (key !== undefined) return key;
  throw new CompanionError('VAULT_UNREADABLE', `What stands in the place of ${name} is no key.`, {
    remedy: 'Bring the key back from a backup; or, to start with an empty vault, remove it together with vault.json.',
  });
}

function lockedError(message: string, cause: KeyringUnavailable): CompanionError {
  return new CompanionError('VAULT_LOCKED', `${message}.`, { cause });
}
