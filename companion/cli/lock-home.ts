import { CompanionError } from '../base/error.ts';
import { tryFileLock } from '../base/file-lock.ts';
import type { FileLock } from '../base/file-lock.ts';
import type { Paths } from '../config/paths.ts';
import { readRunFile } from './run-file.ts';

/** One companion for one home. Throws `ALREADY_RUNNING`, naming the one that runs. */
export async function lockHome(paths: Paths): Promise<FileLock> {
  const lock = tryFileLock(paths.instanceLock);
  if (lock !== undefined) return lock;
  const run = await readRunFile(paths.runFile);
  const who =
    run === undefined
      ? 'A companion, or a command such as `companion auth login`,'
      : `A companion (process ${run.pid}, ${run.url})`;
  throw new CompanionError('ALREADY_RUNNING', `${who} already serves ${paths.home}.`);
}
