/** Takes the keys of one file over into the vault: what is new, what changed, and nothing that the person removed. */
import { toCompanionError } from '../../base/error.ts';
import type { Logger } from '../../base/log.ts';
import type { ApiKeyService, KeyEntry } from '../api-keys.ts';
import { idOfKey } from '../key-record.ts';
import type { NewKey } from '../key-record.ts';
import type { AuthFileContent, FileProblem } from './auth-file.ts';
import type { AuthFileMemory, RememberedKey } from './auth-file-memory.ts';

export interface AuthFileImportOptions {
  readonly keys: ApiKeyService;
  readonly memory: AuthFileMemory;
  readonly logger: Logger;
  readonly onReplaced: (from: string, to: string) => void;
}

export class AuthFileImport {
  readonly #options: AuthFileImportOptions;

  constructor(options: AuthFileImportOptions) {
    this.#options = options;
  }

  /**
   * Resolves to what could not be taken over. A key that the file had before is not taken again, so that one that was
   * removed stays removed; a new one takes the place of one of its provider that the file has no more. Errors: those of
   * the vault and the store, which keep the others from being taken too.
   */
  async take(path: string, content: AuthFileContent): Promise<readonly FileProblem[]> {
    const { memory } = this.#options;
    const wanted = content.keys.map((key) => ({ key, id: idOfKey(key.providerId, key.secret.reveal()) }));
    const problems: FileProblem[] = [];
    for (const { key, id } of wanted) {
      const known = memory.of(path);
      const before = known.find((one) => one.id === id);
      const gone = known.find(
        (one) => one.providerId === key.providerId && !wanted.some((other) => other.id === one.id),
      );
      try {
        if (before !== undefined) await this.#follow(before, key);
        else await this.#takeNew(path, id, key, gone);
      } catch (thrown) {
        const error = toCompanionError(thrown);
        if (error.code !== 'INVALID_REQUEST') throw thrown;
        problems.push({ message: error.message.replace(/\.$/, ''), line: null });
        continue;
      }
      if (before?.name === nameOf(key) && before.priority === priorityOf(key)) continue;
      const replacedId = before === undefined ? gone?.id : undefined;
      // After the vault: a crash in between finds the key there already.
      memory.keep(path, [...known.filter((one) => one.id !== id && one.id !== replacedId), toRemember(id, key)]);
    }
    return problems;
  }

  /** The person had it removed: should it come again, it is new. Errors: `STORE_UNAVAILABLE`. */
  forget(path: string): void {
    this.#options.memory.keep(path, []);
  }

  /** The same key, perhaps with another name or rank. */
  async #follow(before: RememberedKey, { name, priority }: NewKey): Promise<void> {
    const isChanged = before.name !== (name ?? null) || before.priority !== (priority ?? null);
    if (isChanged && this.#inVault(before.id) !== undefined)
      await this.#options.keys.update(before.id, { name, priority });
  }

  async #takeNew(path: string, id: string, key: NewKey, gone: RememberedKey | undefined): Promise<void> {
    const { keys, logger, onReplaced } = this.#options;
    if (this.#find(id) !== undefined) return;
    const old = gone === undefined ? undefined : this.#inVault(gone.id);
    if (old === undefined) {
      await keys.add(key);
      logger.info({ event: 'credentials_imported', path, key: id }, 'a key was taken over from this file');
      return;
    }
    const { secret, name, priority } = key;
    await keys.update(old.key.id, { secret, name, priority });
    onReplaced(old.key.id, id);
    logger.info(
      { event: 'credentials_imported', path, key: id, replaced: old.key.id },
      'a key of this file was replaced',
    );
  }

  #find(id: string): KeyEntry | undefined {
    return this.#options.keys.entries().find(({ key }) => key.id === id);
  }

  #inVault(id: string): KeyEntry | undefined {
    const entry = this.#find(id);
    return entry?.places.includes('vault') === true ? entry : undefined;
  }
}

function nameOf({ name }: NewKey): string | null {
  return name ?? null;
}

function priorityOf({ priority }: NewKey): number | null {
  return priority ?? null;
}

function toRemember(id: string, key: NewKey): RememberedKey {
  return { id, providerId: key.providerId, name: nameOf(key), priority: priorityOf(key) };
}
