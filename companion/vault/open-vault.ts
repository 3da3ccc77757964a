/** Which key opens the vault of this home, and what is said when it is not there. docs/decisions/0004-vault-envelope.md */
import { basename, join } from 'node:path';
import { quarantineFile, readFileIfExists, removeLeftoverFiles } from '../base/atomic-file.ts';
import { CompanionError } from '../base/error.ts';
import { withFileLock } from '../base/file-lock.ts';
import { KeySources } from './key-sources.ts';
import type { VaultInput } from './key-sources.ts';
import { keyringService, systemKeyring } from './keyring.ts';
import { parseSealedFile } from './sealed-file.ts';
import { SealedVault } from './sealed-vault.ts';
import type { KeyKind, KeyLabel, VaultKey } from './vault-key.ts';
import type { Vault, VaultDescription } from './vault.ts';

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
  const keys = new KeySources(input, input.keyring ?? systemKeyring());
  try {
    // Who makes one may have to wait for a person, whom the keyring asks.
    const found = await withFileLock(lockPathOf(input.paths), undefined, () => findOrMake(input, keys), 75_000);
    return 'vault' in found ? found : { vault: await openExisting(found.label, keys), quarantinedTo: null };
  } finally {
    keys.rest();
  }
}

/** The label of the vault that is there, or a new vault. Under its lock: nobody else may write, or make one, meanwhile. */
async function findOrMake({ paths, logger }: VaultInput, keys: KeySources): Promise<OpenedVault | { label: KeyLabel }> {
  await Promise.all([removeLeftoverFiles(paths.vault), removeLeftoverFiles(paths.vaultKey)]);
  const { label, isDamaged } = await readExisting(paths.vault);
  if (label !== undefined) {
    await keys.tidy(label);
    return { label };
  }
  const { key, note } = await keys.forNewVault();
  const quarantinedTo = isDamaged ? await quarantineFile(paths.vault, Date.now()) : null;
  if (quarantinedTo !== null) logger.error({ quarantinedTo }, 'The vault file was damaged and has been set aside');
  const vault = sealedVault(key, keys, note);
  await vault.create();
  return { vault, quarantinedTo };
}

function lockPathOf(paths: VaultInput['paths']): string {
  return join(paths.locks, 'vault.lock');
}

function sealedVault(key: VaultKey, keys: KeySources, note: string | null): SealedVault {
  const { paths } = keys;
  return new SealedVault({
    path: paths.vault,
    lockPath: lockPathOf(paths),
    key,
    describe: (label) => ({ kind: label.kind, location: locationOf(label, paths), note }),
    findKey: (label) => keys.find(label).finally(() => keys.rest()),
  });
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
  const key = await findCurrent(label, keys, (one) => keys.forExistingVault(one));
  const note = key.label.kind === 'key-file' && keys.mayUseKeyring ? 'the vault was made with a key file' : null;
  const vault = sealedVault(key, keys, note);
  await vault.check();
  if (keys.successorOf(vault.label) !== undefined) {
    await vault.changeKey((current) => keys.makeNext('configured-key', current));
  }
  return vault;
}

/** Another process may change the key between the look at the file and the look for its key: then both are looked at anew. */
async function findCurrent(
  label: KeyLabel,
  keys: KeySources,
  find: (label: KeyLabel) => Promise<VaultKey>,
): Promise<VaultKey> {
  try {
    return await find(label);
  } catch (thrown) {
    const { label: now } = await readExisting(keys.paths.vault);
    if (now === undefined || now.id === label.id) throw thrown;
    return findCurrent(now, keys, find);
  }
}

/** Where the key of a vault is, and which it is. */
export interface VaultKeyFacts extends VaultDescription {
  /** Tells two keys apart without telling anything about them. */
  readonly keyId: string;
  readonly secrets: number;
}

export interface ChangedVaultKey extends VaultKeyFacts {
  /** The key before is in its place no more. */
  readonly isForgotten: boolean;
}

/** Errors: as `openVault`; `NOT_FOUND` where there is no vault. */
export function describeVault(input: VaultInput): Promise<VaultKeyFacts> {
  return withVault(input, factsOf);
}

/**
 * Seals the vault with a new key: of the kind that it has, or of `kind`. At every moment a key that opens what is on disk can
 * be found; whoever has the vault open goes on with the new one. Errors: as `openVault`, and then nothing has changed;
 * `NOT_FOUND` where there is no vault; `CONFIG_INVALID` where the new key is for the person to set.
 */
export function changeVaultKey(input: VaultInput, kind?: KeyKind): Promise<ChangedVaultKey> {
  return withVault(input, async (vault, keys) => {
    const isForgotten = await vault.changeKey((current) => keys.makeNext(kind ?? current.label.kind, current));
    return { ...(await factsOf(vault)), isForgotten };
  });
}

async function withVault<Result>(
  input: VaultInput,
  use: (vault: SealedVault, keys: KeySources) => Promise<Result>,
): Promise<Result> {
  const keys = new KeySources(input, input.keyring ?? systemKeyring());
  try {
    const { label } = await readExisting(input.paths.vault);
    if (label === undefined) {
      throw new CompanionError('NOT_FOUND', `There is no vault at ${input.paths.vault} yet.`, {
        remedy: '`companion start` makes one.',
      });
    }
    const key = await findCurrent(label, keys, (one) => keys.find(one));
    const vault = sealedVault(key, keys, null);
    await vault.check();
    return await use(vault, keys);
  } finally {
    keys.rest();
  }
}

async function factsOf(vault: SealedVault): Promise<VaultKeyFacts> {
  return { ...vault.description, keyId: vault.label.id, secrets: (await vault.list('')).length };
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
