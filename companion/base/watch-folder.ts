/** Hearing of it when a file in a folder comes, changes or goes. */
import { readdirSync, statSync, watch as watchSystem } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { systemErrorCode } from './atomic-file.ts';
import { watchFile } from './watch-file.ts';

export interface FolderTimings {
  /** So long after the first sign of a change is looked at what changed: a program may write in several steps. */
  readonly settleMs?: number;
  /** How often is looked in any case: some drives take a watch and then never report anything. */
  readonly checkMs?: number;
}

/**
 * Calls `onChange`, which must not throw, soon after the files directly in the folder at `path` whose names `isWanted` says
 * are others than before, or have other contents. The folder may not exist yet. Keeps no process alive. Returns how to
 * stop, after which `onChange` is not called again.
 */
export function watchFolder(
  path: string,
  isWanted: (name: string) => boolean,
  onChange: () => void,
  timings: FolderTimings = {},
): () => void {
  const watch = new FolderWatch(path, isWanted, onChange, timings);
  watch.start();
  return () => watch.stop();
}

class FolderWatch {
  readonly #path: string;
  readonly #isWanted: (name: string) => boolean;
  readonly #onChange: () => void;
  readonly #timings: Required<FolderTimings>;
  #stamp = '';
  #watcher: FSWatcher | undefined;
  #settling: NodeJS.Timeout | undefined;
  #checking: NodeJS.Timeout | undefined;
  #stopWaiting: () => void = () => undefined;

  constructor(path: string, isWanted: (name: string) => boolean, onChange: () => void, timings: FolderTimings) {
    this.#path = path;
    this.#isWanted = isWanted;
    this.#onChange = onChange;
    this.#timings = { settleMs: 200, checkMs: 15_000, ...timings };
  }

  start(): void {
    this.#stamp = this.#stampNow();
    this.#listen();
    // The folder itself, which may come, go, or be another one.
    this.#stopWaiting = watchFile(this.#path, () => {
      this.#hush();
      this.#look();
    });
    this.#checking = setInterval(() => this.#look(), this.#timings.checkMs).unref();
  }

  stop(): void {
    this.#stopWaiting();
    clearInterval(this.#checking);
    clearTimeout(this.#settling);
    this.#hush();
  }

  /** Nothing is heard of a folder that is not there: then whoever waits for it calls again. */
  #listen(): void {
    if (this.#watcher !== undefined) return;
    try {
      const watcher = watchSystem(this.#path, { persistent: false }, () => this.#notice());
      watcher.on('error', () => this.#hush());
      this.#watcher = watcher;
    } catch {
      this.#watcher = undefined;
    }
  }

  #hush(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  /** The first sign starts the pause and later ones do not prolong it, so that a busy folder cannot put it off for ever. */
  #notice(): void {
    this.#settling ??= setTimeout(() => {
      this.#settling = undefined;
      this.#look();
    }, this.#timings.settleMs).unref();
  }

  #look(): void {
    this.#listen();
    const stamp = this.#stampNow();
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    this.#onChange();
  }

  /** Tells one state of the files from the next. */
  #stampNow(): string {
    try {
      const names = readdirSync(this.#path).filter((name) => this.#isWanted(name));
      return names
        .toSorted()
        .map((name) => `${name} ${stampOf(join(this.#path, name))}`)
        .join('\n');
    } catch (thrown) {
      return systemErrorCode(thrown) ?? 'unknown';
    }
  }
}

function stampOf(path: string): string {
  try {
    const facts = statSync(path, { bigint: true, throwIfNoEntry: false });
    return facts === undefined ? 'absent' : `${facts.ino} ${facts.size} ${facts.mtimeNs} ${facts.mode}`;
  } catch (thrown) {
    return systemErrorCode(thrown) ?? 'unknown';
  }
}
