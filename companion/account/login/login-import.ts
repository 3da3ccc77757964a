/**
 * The credentials file that other programs of this kind keep. It is only looked at until the person asks for its login; the
 * file itself is never changed.
 */
import { basename, resolve } from 'node:path';
import { stat } from 'node:fs/promises';
import type { LoginProviderId } from '../../../shared/credential.ts';
import { Secret } from '../../../shared/redact.ts';
import { readFileIfExists } from '../../base/atomic-file.ts';
import type { Clock } from '../../base/clock.ts';
import { CompanionError } from '../../base/error.ts';
import type { Logger } from '../../base/log.ts';
import { expandTilde } from '../../config/home.ts';
import type { Vault } from '../../vault/vault.ts';
import type { RenewalEndpoint } from '../oauth/token-endpoint.ts';
import { digestOf, isExpired, refreshTextOf } from './login-facts.ts';
import { fetchProfile } from './login-profile.ts';
import { parseLoginRecord, unreadable } from './login-record.ts';
import type { LoginFiles } from './login-service-contract.ts';
import type { LoginShelf } from './login-shelf.ts';
import { nameOfLogin } from './login-status.ts';
import type { StoredLogin } from './stored-login.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface FindOptions {
  readonly shelf: LoginShelf;
  readonly endpoints: Readonly<Partial<Record<LoginProviderId, RenewalEndpoint | undefined>>>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface FoundLogin {
  readonly path: string;
  readonly login: StoredLogin;
}

/** In the vault, one for each login that was taken over: its tokens may be used up by now. */
const markPrefix = 'login-import/';
/** What is larger is none. */
const maxBytes = 1_048_576;
/** Nobody else calls its file so. */
const claudeCodeFile = '.credentials.json';

/** Where such files lie, in the order in which they are tried. */
export function usualLoginFiles(home: string): readonly string[] {
  return [resolve(home, 'credentials.json'), '~/.config/ccproxy/credentials.json', '~/.ccproxy/credentials.json'];
}

/** Where a `~` stands for the person's folder, whole; each once. */
export function expandPaths(paths: readonly string[], environment: Environment): readonly string[] {
  return [...new Set(paths.map((path) => resolve(expandTilde(path, environment))))];
}

/** Which of `searched` are files; none is read. */
export async function lookForLoginFiles(searched: readonly string[], logger: Logger): Promise<LoginFiles> {
  const found: string[] = [];
  for (const path of searched) {
    const isFile = await isLoginFile(path);
    logger.debug({ event: 'credentials_file_search', path, isFile }, 'looked for a login');
    if (isFile) found.push(path);
  }
  return { searched, found };
}

export async function isLoginFile(path: string): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined);
  return facts?.isFile() === true;
}

/**
 * The login of the first of `searched` that is a file, with its account as far as that can be had. Errors: `NOT_FOUND`,
 * `LOGIN_UNREADABLE`, `STORE_UNAVAILABLE`, `INVALID_REQUEST` when it is Claude Code's own.
 */
export async function findLogin(searched: readonly string[], options: FindOptions): Promise<FoundLogin> {
  const found = await readLoginFile(searched, options.logger);
  await refuseClaudeCodes(found, options.shelf);
  return withAccount(found, options);
}

async function readLoginFile(searched: readonly string[], logger: Logger): Promise<FoundLogin> {
  const [path] = (await lookForLoginFiles(searched, logger)).found;
  if (path === undefined) {
    logger.warn({ event: 'credentials_missing', searched }, 'no file with a login was found');
    throw noLoginFile(searched);
  }
  if (((await stat(path).catch(() => undefined))?.size ?? 0) > maxBytes) throw unreadable(path);
  const text = (await readFileIfExists(path))?.toString('utf8') ?? '';
  const login = parseLoginRecord(text, 'anthropic', path);
  if (login === undefined) throw unreadable(path);
  return { path, login };
}

export function noLoginFile(searched: readonly string[]): CompanionError {
  return new CompanionError('NOT_FOUND', `No file with a login was found; looked for ${searched.join(', ')}.`, {
    remedy: 'Name the file: `companion auth import <file>`. `companion auth login` makes a login of its own.',
  });
}

/** Asked with a token that still serves: only so an account that is here already is recognised. */
async function withAccount(found: FoundLogin, { endpoints, clock, logger }: FindOptions): Promise<FoundLogin> {
  const { path, login } = found;
  if (isExpired(login, clock.nowMs())) return found;
  const endpoint = endpoints[login.provider];
  const account = endpoint && (await fetchProfile({ login, endpoint, logger, clock }));
  return account === undefined ? found : { path, login: { ...login, account } };
}

/** Throws `INVALID_REQUEST` with why this login should stay where it is. */
export async function refuseImport(found: FoundLogin, shelf: LoginShelf, vault: Vault): Promise<void> {
  if ((await vault.get(markOf(found.login))) !== undefined) {
    throw refusal(`The login in ${found.path} was taken over before; its tokens may be used up by now.`);
  }
  const { manager } = shelf.placeOf(found.login);
  await manager.reload();
  const there = manager.current;
  if (there === undefined || manager.state === 'dead' || isNewer(found.login, there)) return;
  const name = nameOfLogin(there, 'the same account');
  throw refusal(`The login of ${name} that is here already is no older than the one in ${found.path}.`);
}

/** Whatever was asked: renewing it here would sign Claude Code out. */
async function refuseClaudeCodes({ path, login }: FoundLogin, shelf: LoginShelf): Promise<void> {
  const readOnly = shelf.shared().filter(({ manager: { source } }) => {
    return source.provider === login.provider && !source.mayRefresh;
  });
  await Promise.all(readOnly.map(({ manager }) => manager.reload()));
  const isTheirs = readOnly.some(({ manager }) => isOfOneGrant(manager.current, login));
  if (!isTheirs && basename(path) !== claudeCodeFile) return;
  throw new CompanionError('INVALID_REQUEST', `The login in ${path} is Claude Code's own, which it alone renews.`, {
    remedy: '`companion auth adopt claude-code` uses it and leaves it to Claude Code.',
  });
}

/** So that the same tokens are not taken over twice. Errors: those of the vault. */
export function markImported(login: StoredLogin, vault: Vault): Promise<void> {
  return vault.set(markOf(login), new Secret('taken over'));
}

function markOf(login: StoredLogin): string {
  return `${markPrefix}${digestOf(refreshTextOf(login) ?? login.accessToken.reveal()).slice(0, 16)}`;
}

function refusal(message: string): CompanionError {
  return new CompanionError('INVALID_REQUEST', message, {
    remedy: 'Nothing was changed. `companion auth login` makes a login of its own; `--force` takes this one over.',
  });
}

/** Of two whose end is known, that which ends later: each renewal gives tokens that last longer. */
function isNewer(login: StoredLogin, there: StoredLogin): boolean {
  return login.expiresAtMs !== null && there.expiresAtMs !== null && login.expiresAtMs > there.expiresAtMs;
}

function isOfOneGrant(one: StoredLogin | undefined, other: StoredLogin): boolean {
  if (one === undefined) return false;
  const refresh = refreshTextOf(one);
  return (
    one.accessToken.reveal() === other.accessToken.reveal() || (refresh !== null && refresh === refreshTextOf(other))
  );
}
