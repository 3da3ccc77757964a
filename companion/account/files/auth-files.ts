/**
 * Credential files: plain files with API keys that a person has lying in a folder. Their keys are taken over into the
 * vault, at the start and when a file changes. The files stay as they are until the person has them removed.
 */
import type { BigIntStats } from 'node:fs';
import { lstat, readdir, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiProvider } from '../../../shared/api-provider.ts';
import { fileError, systemErrorCode } from '../../base/atomic-file.ts';
import { CompanionError, toCompanionError } from '../../base/error.ts';
import type { Logger } from '../../base/log.ts';
import { SerialQueue } from '../../base/serial.ts';
import { watchFolder } from '../../base/watch-folder.ts';
import type { FolderTimings } from '../../base/watch-folder.ts';
import type { Store } from '../../store/store.ts';
import type { ApiKeyService } from '../api-keys.ts';
import { idOfKey } from '../key-record.ts';
import { readAuthFile } from './auth-file.ts';
import type { AuthFileContent, FileProblem } from './auth-file.ts';
import { AuthFileImport } from './auth-file-import.ts';
import { AuthFileMemory } from './auth-file-memory.ts';

export interface AuthFilesOptions {
  readonly folder: string;
  readonly keys: ApiKeyService;
  readonly providers: readonly ApiProvider[];
  readonly store: Pick<Store, 'setting' | 'saveSetting'>;
  readonly logger: Logger;
  /** Keys were added or changed. */
  readonly onChange: () => void;
  /** A key has another id from now on. */
  readonly onReplaced: (from: string, to: string) => void;
}

/** What came of one file. */
export interface AuthFileStatus {
  readonly path: string;
  readonly problems: readonly FileProblem[];
  /** Of its keys, in the order of the file. */
  readonly keys: readonly {
    readonly id: string;
    readonly name: string;
    readonly provider: string;
    /** `false` for one that the person has removed since. */
    readonly isKept: boolean;
  }[];
  /** Others on this computer may read it. */
  readonly isOpenToOthers: boolean;
  /** Everything in it is in the vault, and it is no link: the plain file is not needed any more. */
  readonly isNeedless: boolean;
}

const largestBytes = 1024 * 1024;
const mostFiles = 100;

export class AuthFiles {
  readonly #options: AuthFilesOptions;
  readonly #import: AuthFileImport;
  readonly #queue = new SerialQueue();
  #statuses: readonly AuthFileStatus[] = [];
  /** What each file was when it was read, by path; until it is gone. */
  readonly #stamps = new Map<string, string>();
  #stop: (() => void) | undefined;

  constructor(options: AuthFilesOptions) {
    this.#options = options;
    const memory = new AuthFileMemory(options.store);
    this.#import = new AuthFileImport({ ...options, memory });
  }

  /** As they were when they were looked at last. */
  statuses(): readonly AuthFileStatus[] {
    return this.#statuses;
  }

  /** Takes over what is new. Never rejects: what is in the way of one file is told in its status, and the others go on. */
  scan(): Promise<readonly AuthFileStatus[]> {
    return this.#queue.run('files', async () => {
      const paths = await this.#paths();
      const statuses: AuthFileStatus[] = [];
      for (const path of paths) {
        const status = await this.#look(path);
        if (status !== undefined) statuses.push(status);
      }
      this.#statuses = statuses;
      for (const path of this.#stamps.keys()) if (!paths.includes(path)) this.#stamps.delete(path);
      this.#options.onChange();
      return statuses;
    });
  }

  /** Looks again whenever a file comes or changes, until `close`. */
  watch(timings?: FolderTimings): void {
    this.#stop ??= watchFolder(this.#options.folder, isAuthFile, () => void this.scan(), timings);
  }

  /** Deletes the files whose keys are all in the vault. Resolves to their paths. Errors: `STORE_UNAVAILABLE`. */
  async remove(): Promise<readonly string[]> {
    await this.scan();
    return this.#queue.run('files', async () => {
      const removed: string[] = [];
      for (const { path } of this.#statuses.filter(({ isNeedless }) => isNeedless)) {
        // Somebody may have written to it since.
        const again = await this.#look(path);
        if (again?.isNeedless !== true || !(await this.#isAsRead(path))) continue;
        await unlink(path).catch((thrown: unknown) => {
          throw fileError('delete', path, thrown);
        });
        this.#import.forget(path);
        removed.push(path);
      }
      this.#statuses = this.#statuses.filter(({ path }) => !removed.includes(path));
      return removed;
    });
  }

  async close(): Promise<void> {
    this.#stop?.();
    this.#stop = undefined;
    await this.#queue.run('files', async () => undefined);
  }

  async #paths(): Promise<readonly string[]> {
    const { folder, logger } = this.#options;
    try {
      const names = (await readdir(folder)).filter(isAuthFile).toSorted();
      return names.slice(0, mostFiles).map((name) => join(folder, name));
    } catch (thrown) {
      const code = systemErrorCode(thrown);
      if (code !== 'ENOENT') logger.warn({ folder, code }, 'the folder of credential files could not be read');
      return [];
    }
  }

  /** `undefined` for what is no file, is gone, or is being written right now, which will be heard of. */
  async #look(path: string): Promise<AuthFileStatus | undefined> {
    const { providers, logger } = this.#options;
    try {
      const before = await stat(path, { bigint: true });
      if (!before.isFile()) return undefined;
      if (before.size > largestBytes) return failed(path, 'it is larger than 1 MB');
      const text = await readFile(path, 'utf8');
      const after = await stat(path, { bigint: true });
      if (stampOf(after) !== stampOf(before)) return undefined;
      this.#stamps.set(path, stampOf(after));
      const content = readAuthFile(path, text.replace(/^\uFEFF/, ''), providers);
      const problems = [...content.problems, ...(await this.#import.take(path, content))];
      for (const { message, line } of problems)
        logger.warn({ path, line, problem: message }, 'a credential file has a problem');
      // Removing a link would leave the plain file where it is.
      const isLink = (await lstat(path)).isSymbolicLink();
      const isOpenToOthers = process.platform !== 'win32' && (Number(after.mode) & 0o077) !== 0;
      const status = this.#describe(path, content, problems, isOpenToOthers);
      return isLink ? { ...status, isNeedless: false } : status;
    } catch (thrown) {
      const code = thrown instanceof CompanionError ? undefined : systemErrorCode(thrown);
      if (code === 'ENOENT') return undefined;
      const told = code === undefined ? toCompanionError(thrown).message : `it could not be read (${code})`;
      const message = told.replace(/\.$/, '');
      logger.warn({ path, problem: message }, 'a credential file has a problem');
      return failed(path, message);
    }
  }

  async #isAsRead(path: string): Promise<boolean> {
    const now = await stat(path, { bigint: true }).catch(() => undefined);
    return now !== undefined && stampOf(now) === this.#stamps.get(path);
  }

  #describe(
    path: string,
    content: AuthFileContent,
    problems: readonly FileProblem[],
    isOpenToOthers: boolean,
  ): AuthFileStatus {
    const entries = new Map(this.#options.keys.entries().map((entry) => [entry.key.id, entry]));
    const keys = content.keys.map(({ providerId, secret }) => {
      const id = idOfKey(providerId, secret.reveal());
      const entry = entries.get(id);
      return { id, name: entry?.key.name ?? id, provider: providerId, isKept: entry !== undefined };
    });
    // One that stands in the environment or the settings was not taken over: gone from there, it would be gone.
    const isInVault = ({ id }: (typeof keys)[number]) => entries.get(id)?.places.includes('vault') === true;
    const isNeedless = problems.length === 0 && keys.length > 0 && keys.every(isInVault);
    return { path, problems, keys, isOpenToOthers, isNeedless };
  }
}

function stampOf({ ino, size, mtimeNs }: BigIntStats): string {
  return `${ino} ${size} ${mtimeNs}`;
}

function failed(path: string, message: string): AuthFileStatus {
  return { path, problems: [{ message, line: null }], keys: [], isOpenToOthers: false, isNeedless: false };
}

function isAuthFile(name: string): boolean {
  return /^[^.].*\.json$/i.test(name);
}
