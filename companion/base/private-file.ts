import { closeSync, openSync } from 'node:fs';
import { fileError, systemErrorCode } from './atomic-file.ts';

/**
 * Creates an empty file (0600) unless there is one. Never opens one that is there: closing it again would drop every lock
 * that SQLite holds on it in this process (https://www.sqlite.org/howtocorrupt.html, 2.2). Errors: `STORE_UNAVAILABLE`.
 */
export function createPrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (thrown) {
    if (systemErrorCode(thrown) !== 'EEXIST') throw fileError('create', path, thrown);
  }
}
