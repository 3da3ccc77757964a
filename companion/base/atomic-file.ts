/** Files that are either the old ones or the new ones, never something in between, and nobody else's to read. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CompanionError } from './error.ts';

const groupAndOtherBits = 0o077;
/** Windows refuses to rename over a file that a virus scanner holds open for a moment. */
const windowsRenameTries = 10;

/** `code` of a Node system error, or `undefined` for anything else. */
export function systemErrorCode(thrown: unknown): string | undefined {
  const code = thrown instanceof Error ? (thrown as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : undefined;
}

const plainReasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'the operation is not permitted',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  EIO: 'the disk reported an error',
};

/** A failed file operation as `STORE_UNAVAILABLE`, in words; `action` such as `write`. */
export function fileError(action: string, path: string, thrown: unknown): CompanionError {
  const code = systemErrorCode(thrown) ?? 'unknown error';
  const reason = plainReasons[code];
  const text = reason === undefined ? code : `${reason} (${code})`;
  return new CompanionError('STORE_UNAVAILABLE', `Could not ${action} ${path}: ${text}.`, { cause: thrown });
}

/** The whole file, or `undefined` if there is none. Errors: `STORE_UNAVAILABLE`. */
export async function readFileIfExists(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (thrown) {
    if (systemErrorCode(thrown) === 'ENOENT') return undefined;
    throw fileError('read', path, thrown);
  }
}

/**
 * Replaces the file at `path`: when the promise resolves the bytes are on disk; a crash before leaves the old file.
 * The mode holds from the first byte on. Errors: `STORE_UNAVAILABLE`, with the old file untouched.
 */
export async function writeFileAtomic(path: string, bytes: Uint8Array | string, mode = 0o600): Promise<void> {
  await replaceFileIf(path, bytes, mode, () => Promise.resolve(true));
}

/**
 * The same, for a file that other programs write as well: `mayReplace` is asked when the new bytes are on disk beside the
 * old file, in the last moment before they take its place. `false` when it says no. A file of another user stays theirs.
 */
export async function replaceFileIf(
  path: string,
  bytes: Uint8Array | string,
  mode: number,
  mayReplace: () => Promise<boolean>,
): Promise<boolean> {
  const temporary = join(dirname(path), `${temporaryPrefix(path)}${randomBytes(6).toString('hex')}.tmp`);
  try {
    await writeAndSync(temporary, bytes, mode, await strangerOf(path));
    if (!(await mayReplace())) {
      await unlink(temporary);
      return false;
    }
    await renameOver(temporary, path);
    await syncFolder(dirname(path));
    return true;
  } catch (thrown) {
    await unlink(temporary).catch(() => undefined);
    throw thrown instanceof CompanionError ? thrown : fileError('write', path, thrown);
  }
}

/** Deletes what crashed writes to `path` left beside it. Only for the one process that may write there. */
export async function removeLeftoverFiles(path: string): Promise<number> {
  const names = await readdir(dirname(path)).catch((): string[] => []);
  const leftovers = names.filter((name) => name.startsWith(temporaryPrefix(path)) && name.endsWith('.tmp'));
  await Promise.all(leftovers.map((name) => unlink(join(dirname(path), name)).catch(() => undefined)));
  return leftovers.length;
}

/**
 * Moves a damaged file out of the way, to `<path>.corrupt-<time>`, and returns where it went. `nowMs` names the copy.
 * Errors: `STORE_UNAVAILABLE`.
 */
export async function quarantineFile(path: string, nowMs: number): Promise<string> {
  const target = corruptCopyPath(path, nowMs);
  try {
    await rename(path, target);
    await syncFolder(dirname(path));
    return target;
  } catch (thrown) {
    throw fileError('move', path, thrown);
  }
}

/** Name of a quarantined copy: sorts by time, is valid on every file system. */
export function corruptCopyPath(path: string, nowMs: number): string {
  return `${path}.corrupt-${new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-')}`;
}

/** Creates the folder (0700) if need be; one that is there stays as it is. Errors: `STORE_UNAVAILABLE`. */
export async function makePrivateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (thrown) {
    throw fileError('create the folder', path, thrown);
  }
}

/**
 * Makes `path` a folder that only this user can enter, and creates it if need be. Bits that are too open are taken away.
 * Errors: `HOME_UNSAFE` if it is somebody else's, not a folder or cannot be closed; `STORE_UNAVAILABLE` (disk).
 */
export async function ensurePrivateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (thrown) {
    if (systemErrorCode(thrown) === 'EEXIST') throw new CompanionError('HOME_UNSAFE', `${path} is not a folder.`);
    throw fileError('create the folder', path, thrown);
  }
  if (process.platform !== 'win32') await closeToOthers(path);
}

async function closeToOthers(path: string): Promise<void> {
  const facts = await stat(path);
  const user = process.getuid?.();
  if (facts.uid !== user) {
    throw new CompanionError('HOME_UNSAFE', `${path} belongs to user ${facts.uid}, not to you (user ${user}).`);
  }
  if ((facts.mode & groupAndOtherBits) === 0) return;
  try {
    await chmod(path, facts.mode & 0o700);
  } catch (thrown) {
    throw new CompanionError('HOME_UNSAFE', `Others may enter ${path}, and that could not be changed.`, {
      cause: thrown,
    });
  }
}

function temporaryPrefix(path: string): string {
  return `.${basename(path)}.`;
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Who owns the file at `path`, unless that is this user, or nobody can tell. */
async function strangerOf(path: string): Promise<Owner | undefined> {
  const user = process.getuid?.();
  const facts = user === undefined ? undefined : await stat(path).catch(() => undefined);
  return facts === undefined || facts.uid === user ? undefined : { uid: facts.uid, gid: facts.gid };
}

async function writeAndSync(
  path: string,
  bytes: Uint8Array | string,
  mode: number,
  owner: Owner | undefined,
): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    // Only root may; whoever else would take the file away from its owner is refused here.
    if (owner !== undefined) await file.chown(owner.uid, owner.gid);
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function renameOver(from: string, to: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await rename(from, to);
      return;
    } catch (thrown) {
      const isHeld =
        process.platform === 'win32' && ['EPERM', 'EACCES', 'EBUSY'].includes(systemErrorCode(thrown) ?? '');
      if (!isHeld || tries === windowsRenameTries) throw thrown;
      await pause(20 * tries);
    }
  }
}

/**
 * Without it a power cut can undo the rename. The new file stands already, so a file system that cannot do this (Windows,
 * some network drives) is no reason to report a failed write.
 */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}
