/** One process at a time: locks that the system itself takes back from a process that was killed. */
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { makePrivateFolder } from './atomic-file.ts';
import { CompanionError } from './error.ts';
import { createPrivateFile } from './private-file.ts';
import { isBusy, withPlainErrors } from './sqlite-error.ts';

export interface FileLock {
  /** Harmless when it was released before. */
  release(): void;
}

const firstPauseMs = 2;
const longestPauseMs = 50;
const usualWaitLimitMs = 40_000;

/**
 * Takes the lock of the file at `path`, or returns `undefined` while another process, or another caller in this one, has
 * it. It is SQLite's own exclusive lock on an empty database: Node offers no file locks, and this one the system takes
 * back even from a process that was killed. The file stays, empty. Errors: `STORE_UNAVAILABLE`.
 */
export function tryFileLock(path: string): FileLock | undefined {
  createPrivateFile(path);
  const database = withPlainErrors(path, () => new DatabaseSync(path, { timeout: 0 }));
  try {
    withPlainErrors(path, () => database.exec('BEGIN EXCLUSIVE'));
    return { release: () => database.isOpen && database.close() };
  } catch (thrown) {
    database.close();
    if (thrown instanceof Error && isBusy(thrown.cause)) return undefined;
    throw thrown;
  }
}

/**
 * Runs `task` while nobody else has the lock of the file at `path`, whose folder is made (0700) if need be. Waits for it
 * by asking again; not reentrant. `signal` ends the wait, never the task. Errors: those of the task; `STORE_UNAVAILABLE`
 * (disk, or not free within `waitLimitMs`); the reason of the signal.
 */
export async function withFileLock<Result>(
  path: string,
  signal: AbortSignal | undefined,
  task: () => Promise<Result>,
  waitLimitMs = usualWaitLimitMs,
): Promise<Result> {
  const lock = await waitForLock(path, signal, waitLimitMs);
  try {
    return await task();
  } finally {
    lock.release();
  }
}

async function waitForLock(path: string, signal: AbortSignal | undefined, waitLimitMs: number): Promise<FileLock> {
  await makePrivateFolder(dirname(path));
  const endsAtMs = performance.now() + waitLimitMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 1.5, longestPauseMs)) {
    signal?.throwIfAborted();
    const lock = tryFileLock(path);
    if (lock !== undefined) return lock;
    if (performance.now() >= endsAtMs) throw stillHeld(path, waitLimitMs);
    // Uneven, so that those who wait do not ask in step.
    await pauseUnlessAborted(pauseMs * (0.5 + Math.random()), signal);
  }
}

/** Node's own error of an aborted pause would hide the reason. */
async function pauseUnlessAborted(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  await pause(delayMs, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());
}

function stillHeld(path: string, waitLimitMs: number): CompanionError {
  const seconds = Math.round(waitLimitMs / 1000);
  return new CompanionError('STORE_UNAVAILABLE', `Another program has held ${path} for ${seconds} seconds.`, {
    remedy: 'A companion that hangs, or was stopped, holds it: end that process, and try again.',
  });
}
