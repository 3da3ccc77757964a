/** Hearing of it when another program changes a file. */
import { realpathSync, statSync, watch as watchFolder } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { basename, dirname, relative, sep } from 'node:path';
import { systemErrorCode } from './atomic-file.ts';

export interface WatchTimings {
  /** So long after the first sign of a change is looked at what changed: a program may write in several steps. */
  readonly settleMs?: number;
  /** How often is looked where the system reports nothing by itself: no watches left, some network drives. */
  readonly pollMs?: number;
  /** How often is looked in any case: some drives take a watch and then never report anything. */
  readonly checkMs?: number;
  /** For tests. */
  readonly watch?: typeof watchFolder;
}

/**
 * Calls `onChange`, which must not throw, soon after the file at `path` became another one: written, replaced, created,
 * deleted, or what a link leads to. It may not exist yet, and neither may its folders. Keeps no process alive. Returns how
 * to stop, after which `onChange` is not called again.
 */
export function watchFile(path: string, onChange: () => void, timings: WatchTimings = {}): () => void {
  const watch = new FileWatch(path, onChange, timings);
  watch.start();
  return () => watch.stop();
}

/** A folder in which a change of the file shows. */
interface Place {
  readonly folder: string;
  /** Which folder it is: one that was deleted and made again is another. */
  readonly identity: string;
  /** The entries of it that matter. */
  readonly names: ReadonlySet<string>;
}

/** Folders that come while others go: one more round for each, but not for ever. */
const mostRounds = 8;

class FileWatch {
  readonly #path: string;
  readonly #onChange: () => void;
  readonly #timings: Required<WatchTimings>;
  readonly #watchers = new Map<string, FSWatcher>();
  /** Places that could not be watched. */
  readonly #deaf = new Set<string>();
  #stamp = '';
  #settling: NodeJS.Timeout | undefined;
  #nextCheck: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(path: string, onChange: () => void, timings: WatchTimings) {
    this.#path = path;
    this.#onChange = onChange;
    this.#timings = { settleMs: 200, pollMs: 2000, checkMs: 15_000, watch: watchFolder, ...timings };
  }

  start(): void {
    this.#stamp = stampOf(this.#path);
    this.#follow();
    this.#plan();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#settling);
    clearTimeout(this.#nextCheck);
    for (const identity of this.#watchers.keys()) this.#forget(identity);
  }

  #plan(): void {
    const { pollMs, checkMs } = this.#timings;
    this.#nextCheck = setTimeout(
      () => {
        this.#deaf.clear();
        this.#look();
        if (!this.#isStopped) this.#plan();
      },
      this.#deaf.size > 0 ? pollMs : checkMs,
    ).unref();
  }

  /** The first sign starts the pause and later ones do not prolong it, so that a busy folder cannot put it off for ever. */
  #notice(): void {
    if (this.#isStopped) return;
    this.#settling ??= setTimeout(() => {
      this.#settling = undefined;
      this.#look();
    }, this.#timings.settleMs).unref();
  }

  #look(): void {
    this.#follow();
    const stamp = stampOf(this.#path);
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    this.#onChange();
  }

  /** A folder that appears before its parent is watched goes unreported, so this looks again after each new watch. */
  #follow(): void {
    for (let round = 0; round < mostRounds; round += 1) {
      const places = placesOf(this.#path);
      const identities = new Set(places.map(({ identity }) => identity));
      for (const identity of this.#watchers.keys()) if (!identities.has(identity)) this.#forget(identity);
      const fresh = places.filter(({ identity }) => !this.#watchers.has(identity) && !this.#deaf.has(identity));
      if (fresh.length === 0) return;
      for (const place of fresh) this.#watch(place);
    }
  }

  #watch({ folder, identity, names }: Place): void {
    const giveUp = (): void => {
      this.#forget(identity);
      this.#deaf.add(identity);
    };
    try {
      const watcher = this.#timings.watch(folder, { persistent: false }, (_event, name) => {
        if (name === null || names.has(name)) this.#notice();
      });
      this.#watchers.set(identity, watcher);
      watcher.on('error', () => {
        giveUp();
        this.#notice();
      });
    } catch {
      giveUp();
    }
  }

  #forget(identity: string): void {
    this.#watchers.get(identity)?.close();
    this.#watchers.delete(identity);
  }
}

/** Tells one state of a file from the next. */
function stampOf(path: string): string {
  try {
    const facts = statSync(path, { bigint: true, throwIfNoEntry: false });
    return facts === undefined ? 'absent' : `${facts.dev} ${facts.ino} ${facts.size} ${facts.mtimeNs} ${facts.mode}`;
  } catch (thrown) {
    return systemErrorCode(thrown) ?? 'unknown';
  }
}

/** Where the file is, or would be, and where a link at that place leads. */
function placesOf(path: string): readonly Place[] {
  const places = new Map<string, Place>();
  for (const one of new Set([path, targetOf(path)])) {
    const place = placeOf(one);
    const names = new Set([...(places.get(place.identity)?.names ?? []), ...place.names]);
    places.set(place.identity, { ...place, names });
  }
  return [...places.values()];
}

function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** The nearest folder above `path` that exists. */
function placeOf(path: string): Place {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const identity = identityOf(folder);
    if (identity === undefined && dirname(folder) !== folder) continue;
    const [next = ''] = relative(folder, path).split(sep);
    // A folder that is deleted reports that under its own name.
    return { folder, identity: identity ?? folder, names: new Set([next, basename(folder)]) };
  }
}

function identityOf(folder: string): string | undefined {
  try {
    const facts = statSync(folder, { bigint: true, throwIfNoEntry: false });
    return facts?.isDirectory() === true ? `${facts.dev}:${facts.ino}` : undefined;
  } catch {
    return undefined;
  }
}
