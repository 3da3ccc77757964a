/** The credentials file that other programs of this kind keep: its login is taken over once, and the file left as it is. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Secret } from '../../../shared/redact.ts';
import { readFileIfExists } from '../../base/atomic-file.ts';
import { toCompanionError } from '../../base/error.ts';
import type { Logger } from '../../base/log.ts';
import { expandTilde } from '../../config/home.ts';
import type { Vault } from '../../vault/vault.ts';
import { digestOf, refreshTextOf } from './login-facts.ts';
import { parseLoginRecord } from './login-record.ts';
import type { StoredLogin } from './stored-login.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** In the vault, one for each login that was taken over: it must not come back after the person signed out of it. */
const markPrefix = 'login-import/';

/** Where such files lie, in the order in which they are tried. */
export function usualLoginFiles(home: string): readonly string[] {
  return [resolve(home, 'credentials.json'), '~/.config/ccproxy/credentials.json', '~/.ccproxy/credentials.json'];
}

/** Where a `~` stands for the person's folder, whole; each once. */
export function expandPaths(paths: readonly string[], environment: Environment): readonly string[] {
  return [...new Set(paths.map((path) => resolve(expandTilde(path, environment))))];
}

/** The first of `searched` that is a file. */
export async function findLoginFile(searched: readonly string[], logger: Logger): Promise<string | undefined> {
  for (const path of searched) {
    const isFile = (await stat(path).catch(() => undefined))?.isFile() === true;
    logger.debug({ event: 'credentials_file_search', path, isFile }, 'looked for a login');
    if (isFile) return path;
  }
  return undefined;
}

/** The login in the file at `path`, unless it was taken over before. Trouble with it is logged, and stops nothing. */
export async function readForImport(path: string, vault: Vault, logger: Logger): Promise<StoredLogin | undefined> {
  try {
    const text = (await readFileIfExists(path))?.toString('utf8');
    const login = text === undefined ? undefined : parseLoginRecord(text, 'anthropic', path);
    if (login === undefined || (await vault.get(markOf(login))) !== undefined) return undefined;
    logger.info(
      { event: 'credentials_imported', path },
      'the login in this file is taken over; the file stays as it is',
    );
    return login;
  } catch (thrown) {
    logger.warn({ path, error: toCompanionError(thrown) }, 'the login in this file could not be taken over');
    return undefined;
  }
}

/** So that it is taken over only once. Errors: those of the vault. */
export function markImported(login: StoredLogin, vault: Vault): Promise<void> {
  return vault.set(markOf(login), new Secret('taken over'));
}

function markOf(login: StoredLogin): string {
  return `${markPrefix}${digestOf(refreshTextOf(login) ?? login.accessToken.reveal()).slice(0, 16)}`;
}
