/** Which key opens the vault of this home, and what is said when it is not there. docs/decisions/0004-vault-envelope.md */
import { basename, join } from 'node:path';
import { Secret } from '../../shared/redact.ts';
import { quarantineFile, readFileIfExists, removeLeftoverFiles, writeFileAtomic } from '../base/atomic-file.ts';
import { CompanionError } from '../base/error.ts';
import { withFileLock } from '../base/file-lock.ts';
import type { Logger } from '../base/log.ts';
import { keyringService, KeyringUnavailable, systemKeyring } from './keyring.ts';
import type { Keyring } from './keyring.ts';
import { parseSealedFile } from './sealed-file.ts';
import { SealedVault } from './sealed-vault.ts';
import { decodeKey, encodeKey, randomKey, vaultKey } from './vault-key.ts';
import type { KeyKind, KeyLabel, VaultKey } from './vault-key.ts';
import type { Vault } from './vault.ts';

export interface VaultInput {
  readonly config: {
    readonly vault: { readonly kind: 'auto' | 'keyring' | 'file' };
    readonly auth: { readonly encryption: { readonly key?: Secret<Uint8Array> | undefined } };
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

export interface OpenedVault {
  readonly vault: Vault;
  /** Where a file that is no vault at all was moved; the person must be told, since the vault starts empty. */
  readonly quarantinedTo: string | null;
}

/**
 * Opens the vault, or makes an empty one when there is none. A vault that exists is opened with the key it was sealed with
 * or not at all: it is never replaced because its key is missing. Two processes may open the same one at once.
 * Errors: `VAULT_LOCKED` (its key is in a keyring that cannot be used now), `VAULT_UNREADABLE` (its key is missing or
 * another), `CONFIG_INVALID` (settings that exclude each other), `STORE_UNAVAILABLE` (disk).
 */
export async function openVault(input: VaultInput): Promise<OpenedVault> {
  const keyring = input.keyring ?? systemKeyring();
  try {
    const keys = new KeySources(input, keyring);
    // Who makes one may have to wait for a person, whom the keyring asks.
    const found = await withFileLock(lockPathOf(input.paths), undefined, () => findOrMake(input, keys), 75_000);
    return 'vault' in found ? found : { vault: await openExisting(found.label, keys), quarantinedTo: null };
  } finally {
    keyring.close();
  }
}

/** The label of the vault that is there, or a new vault. Under its lock: nobody else may write, or make one, meanwhile. */
async function findOrMake({ paths, logger }: VaultInput, keys: KeySources): Promise<OpenedVault | { label: KeyLabel }> {
  await Promise.all([removeLeftoverFiles(paths.vault), removeLeftoverFiles(paths.vaultKey)]);
  const { label, isDamaged } = await readExisting(paths.vault);
  if (label !== undefined) return { label };
  const { key, note } = await keys.forNewVault();
  const quarantinedTo = isDamaged ? await quarantineFile(paths.vault, Date.now()) : null;
  if (quarantinedTo !== null) logger.error({ quarantinedTo }, 'The vault file was damaged and has been set aside');
  const vault = sealedVault(key, paths, note);
  await vault.create();
  return { vault, quarantinedTo };
}

function lockPathOf(paths: VaultInput['paths']): string {
  return join(paths.locks, 'vault.lock');
}

function sealedVault(key: VaultKey, paths: VaultInput['paths'], note: string | null): SealedVault {
  const description = { kind: key.label.kind, location: locationOf(key.label, paths), note };
  return new SealedVault(paths.vault, lockPathOf(paths), key, description);
}

interface Existing {
  readonly label: KeyLabel | undefined;
  readonly isDamaged: boolean;
}

async function readExisting(path: string): Promise<Existing> {
  const bytes = await readFileIfExists(path);
  const file = bytes && parseSealedFile(bytes, path);
  return { label: file?.key, isDamaged: bytes !== undefined && file === undefined };
}

async function openExisting(label: KeyLabel, keys: KeySources): Promise<Vault> {
  const key = await keys.forExistingVault(label);
  const note = label.kind === 'key-file' && keys.mayUseKeyring ? 'the vault was made with a key file' : null;
  const vault = sealedVault(key, keys.paths, note);
  await vault.check();
  return vault;
}

function locationOf({ kind, account }: KeyLabel, paths: VaultInput['paths']): string {
  switch (kind) {
    case 'keyring':
      return `${paths.vault} (its key: system keyring, service ${keyringService}, account ${account ?? '?'})`;
    case 'key-file':
      return `${paths.vault} (its key: ${basename(paths.vaultKey)} beside it)`;
    case 'configured-key':
      return `${paths.vault} (its key: auth.encryption.key)`;
  }
}

interface ChosenKey {
  readonly key: VaultKey;
  readonly note: string | null;
}

/** Where keys can come from, for one start. */
class KeySources {
  readonly paths: VaultInput['paths'];
  readonly #logger: Logger;
  readonly #keyring: Keyring;
  readonly #kind: 'auto' | 'keyring' | 'file';
  readonly #configured: Secret<Uint8Array> | undefined;

  constructor({ config, paths, logger }: VaultInput, keyring: Keyring) {
    this.paths = paths;
    this.#logger = logger;
    this.#keyring = keyring;
    this.#kind = config.vault.kind;
    this.#configured = config.auth.encryption.key;
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
    const account = `vault:${this.paths.homeId}`;
    try {
      await this.#keyring.probe();
      return { key: await this.#keyringKey(account), note: null };
    } catch (thrown) {
      if (!(thrown instanceof KeyringUnavailable)) throw thrown;
      const note = `the system keyring cannot be used: ${thrown.message}`;
      if (this.#kind === 'keyring') throw lockedError(note, thrown);
      this.#logger.warn({ note }, 'The key of the vault rests in a file');
      return { key: await this.#fileKey(), note };
    }
  }

  /** The very key that the vault was sealed with. */
  async forExistingVault(label: KeyLabel): Promise<VaultKey> {
    this.#refuseOtherKind(label.kind);
    const key = await this.#findKey(label);
    if (key?.label.id === label.id) return key;
    const what = key === undefined ? 'is missing' : 'is another one';
    throw new CompanionError(
      'VAULT_UNREADABLE',
      `${this.paths.vault} was sealed with ${this.#nameOf(label)}, and that key ${what}.`,
      { remedy: `Bring that key back; or move ${this.paths.vault} away to start with an empty vault.` },
    );
  }

  #findKey(label: KeyLabel): Promise<VaultKey | undefined> {
    switch (label.kind) {
      case 'configured-key':
        return Promise.resolve(this.#configured && vaultKey('configured-key', this.#configured));
      case 'key-file':
        return this.#readKeyFile();
      case 'keyring':
        return this.#readUnlockedKeyring(label.account ?? `vault:${this.paths.homeId}`);
    }
  }

  /** A setting that asks for another place than the one where the key is would otherwise be ignored in silence. */
  #refuseOtherKind(kind: KeyKind): void {
    const wanted = this.#wantedKind();
    if (wanted === undefined || wanted === kind) return;
    const setting = wanted === 'configured-key' ? 'auth.encryption.key' : 'vault.kind';
    throw new CompanionError(
      'VAULT_UNREADABLE',
      `${this.paths.vault} was sealed with ${this.#nameOf({ kind })}, but ${setting} asks for another key.`,
      { remedy: `Take ${setting} back; or move ${this.paths.vault} away to start with an empty vault.` },
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

  async #readKeyFile(): Promise<VaultKey | undefined> {
    const text = await readFileIfExists(this.paths.vaultKey);
    return text && vaultKey('key-file', decoded(text.toString('utf8'), this.#nameOf({ kind: 'key-file' })));
  }

  async #fileKey(): Promise<VaultKey> {
    const known = await this.#readKeyFile();
    if (known !== undefined) return known;
    const bytes = randomKey();
    await writeFileAtomic(this.paths.vaultKey, `${encodeKey(bytes)}\n`, 0o600);
    return vaultKey('key-file', bytes);
  }
}

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
