import { statSync } from 'node:fs';
import { Secret } from '../../shared/redact.ts';
import { fileError, readFileIfExists, systemErrorCode, writeFileAtomic } from '../base/atomic-file.ts';
import { CompanionError } from '../base/error.ts';
import { withFileLock } from '../base/file-lock.ts';
import { SerialQueue } from '../base/serial.ts';
import { parseSealedFile, seal, unseal } from './sealed-file.ts';
import type { NextKey } from './key-sources.ts';
import type { KeyLabel, VaultKey } from './vault-key.ts';
import type { Vault, VaultDescription } from './vault.ts';

type Entries = ReadonlyMap<string, string>;

export interface SealedVaultOptions {
  readonly path: string;
  readonly lockPath: string;
  readonly key: VaultKey;
  readonly describe: (label: KeyLabel) => VaultDescription;
  /** Another process may seal the file with another key. Errors: `VAULT_UNREADABLE`, `VAULT_LOCKED`. */
  readonly findKey: (label: KeyLabel) => Promise<VaultKey>;
}

/**
 * All secrets in one sealed file. Calls take turns; a write replaces the whole file at once. The file
 * is read again when something else changed it. From reading to writing a change holds the lock at `lockPath`, so that two
 * processes never lose each other's; reading needs no lock, since the file is always whole.
 */
export class SealedVault implements Vault {
  readonly #path: string;
  readonly #lockPath: string;
  readonly #describe: SealedVaultOptions['describe'];
  readonly #findKey: SealedVaultOptions['findKey'];
  readonly #queue = new SerialQueue();
  #key: VaultKey;
  #entries: Entries = new Map();
  /** Identity of the file that `#entries` was read from or written to. */
  #stamp = '';

  constructor({ path, lockPath, key, describe, findKey }: SealedVaultOptions) {
    this.#path = path;
    this.#lockPath = lockPath;
    this.#key = key;
    this.#describe = describe;
    this.#findKey = findKey;
  }

  get description(): VaultDescription {
    return this.#describe(this.#key.label);
  }

  /** Of the key that opens it now. */
  get label(): KeyLabel {
    return this.#key.label;
  }

  /** Writes an empty vault in place of whatever is there. Only for one that holds the lock at `lockPath`. */
  create(): Promise<void> {
    return this.#inTurn(() => this.#write(new Map()));
  }

  /** Reads and opens the file now, so that a wrong key shows at the start. */
  check(): Promise<void> {
    return this.#inTurn(() => this.#refresh());
  }

  async get(name: string): Promise<Secret | undefined> {
    return wrap((await this.#read()).get(name));
  }

  async list(prefix: string): Promise<readonly string[]> {
    return [...(await this.#read()).keys()].filter((name) => name.startsWith(prefix)).sort();
  }

  async set(name: string, secret: Secret): Promise<void> {
    await this.update(name, () => secret);
  }

  delete(name: string): Promise<boolean> {
    return this.#changeInTurn(async () => {
      await this.#refresh();
      const entries = new Map(this.#entries);
      if (!entries.delete(name)) return false;
      await this.#write(entries);
      return true;
    });
  }

  update(name: string, change: (current: Secret | undefined) => Secret | undefined): Promise<Secret | undefined> {
    return this.#changeInTurn(async () => {
      await this.#refresh();
      const current = wrap(this.#entries.get(name));
      const next = change(current);
      if (next === undefined) return current;
      await this.#write(new Map([...this.#entries, [name, next.reveal()]]));
      return next;
    });
  }

  /**
   * Seals the file with what `makeNext` puts beside the key of the moment. `false` if that key could not be removed from its
   * place afterwards. Errors: those of `makeNext`, `STORE_UNAVAILABLE`; the vault then opens as before.
   */
  changeKey(makeNext: (current: VaultKey) => Promise<NextKey>): Promise<boolean> {
    return this.#changeInTurn(async () => {
      await this.#refresh();
      const next = await makeNext(this.#key);
      await this.#sealWith(next);
      return next.settle().then(
        () => true,
        () => false,
      );
    });
  }

  async #sealWith(next: NextKey): Promise<void> {
    const before = this.#key;
    this.#key = next.key;
    try {
      await this.#write(this.#entries);
    } catch (thrown) {
      this.#key = before;
      // Not a key that opens what stands there after all. What cannot be removed opens nothing, and goes with the next change.
      if (await this.#isSealedWith(before).catch(() => false)) await next.abandon().catch(() => undefined);
      throw thrown;
    }
  }

  async #isSealedWith({ label }: VaultKey): Promise<boolean> {
    const bytes = await readFileIfExists(this.#path);
    return bytes !== undefined && parseSealedFile(bytes, this.#path)?.key.id === label.id;
  }

  #read(): Promise<Entries> {
    return this.#inTurn(async () => {
      await this.#refresh();
      return this.#entries;
    });
  }

  #inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
    return this.#queue.run('vault', task);
  }

  #changeInTurn<Result>(task: () => Promise<Result>): Promise<Result> {
    // Whoever only reads need not wait for a lock that another process does not give back.
    return this.#queue.run('change', () => withFileLock(this.#lockPath, undefined, () => this.#inTurn(task)));
  }

  async #refresh(): Promise<void> {
    const stamp = this.#readStamp();
    if (stamp === this.#stamp) return;
    const bytes = (await readFileIfExists(this.#path)) ?? this.#failUnreadable('has disappeared');
    const file = parseSealedFile(bytes, this.#path) ?? this.#failUnreadable('was overwritten with something else');
    const key = await this.#keyOf(file.key, stamp);
    // It was sealed with yet another key meanwhile.
    if (key === undefined) return this.#refresh();
    this.#entries = unseal(file, key, this.#path);
    this.#key = key;
    this.#stamp = stamp;
  }

  /** `undefined`: not to be found, and the file is another one by now. */
  async #keyOf(label: KeyLabel, stamp: string): Promise<VaultKey | undefined> {
    if (label.id === this.#key.label.id) return this.#key;
    try {
      return await this.#findKey(label);
    } catch (thrown) {
      if (this.#readStamp() === stamp) throw thrown;
      return undefined;
    }
  }

  /** Memory follows the disk: after a failed write both hold the old state. */
  async #write(entries: Entries): Promise<void> {
    await writeFileAtomic(this.#path, seal(entries, this.#key), 0o600);
    this.#entries = entries;
    this.#stamp = this.#readStamp();
  }

  /** At once rather than through the thread pool, which takes ten times as long: every request to a site asks for this. */
  #readStamp(): string {
    try {
      const { ino, size, mtimeNs } = statSync(this.#path, { bigint: true });
      return `${ino} ${size} ${mtimeNs}`;
    } catch (thrown) {
      if (systemErrorCode(thrown) === 'ENOENT') return this.#failUnreadable('has disappeared');
      throw fileError('read', this.#path, thrown);
    }
  }

  /** Secrets that somebody deleted must not come back with the next write, so this stops here. */
  #failUnreadable(what: string): never {
    throw new CompanionError('VAULT_UNREADABLE', `${this.#path} ${what} while the companion ran.`, {
      remedy: 'Restore the file, or restart the companion to begin with what is there now.',
    });
  }
}

function wrap(value: string | undefined): Secret | undefined {
  return value === undefined ? undefined : new Secret(value);
}
