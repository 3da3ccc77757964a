/** All logins: those made here, which rest in the vault, and those that are shared with other programs. */
import type { LoginOwner, LoginProviderId, OAuthLogin, OAuthToken } from '../../../shared/credential.ts';
import { loginProviderIdSchema } from '../../../shared/credential.ts';
import type { QuotaWindow } from '../../../shared/quota.ts';
import type { LoginStatus } from '../../../shared/status.ts';
import type { Clock } from '../../base/clock.ts';
import { CompanionError } from '../../base/error.ts';
import type { Logger } from '../../base/log.ts';
import { SerialQueue } from '../../base/serial.ts';
import type { Vault } from '../../vault/vault.ts';
import type { RenewalEndpoint } from '../oauth/token-endpoint.ts';
import type { DueOutcome } from './credential-manager.ts';
import { loginRequired } from './login-errors.ts';
import { isSameAccount } from './login-facts.ts';
import {
  expandPaths,
  findLogin,
  lookForLoginFiles,
  markImported,
  refuseImport,
  usualLoginFiles,
} from './login-import.ts';
import type { ImportedLogin, LoginFiles, Logins, RefreshWorkerStatus } from './login-service-contract.ts';
import { LoginShelf } from './login-shelf.ts';
import type { ShelfEntry } from './login-shelf.ts';
import type { LoginSource } from './login-source.ts';
import { nameOfLogin, toLoginStatus, toOAuthLogin, toOAuthToken } from './login-status.ts';
import { isMadeHere, noteMadeHere } from './made-here.ts';
import { ownerName } from './owner-name.ts';
import { RefreshWorker } from './refresh-worker.ts';
import type { StoredLogin } from './stored-login.ts';

export interface LoginServiceOptions {
  readonly vault: Vault;
  /** Those of other programs, and the one that a ChatGPT login made here goes to. */
  readonly sources: readonly LoginSource[];
  readonly endpoints: Readonly<Partial<Record<LoginProviderId, RenewalEndpoint | undefined>>>;
  /** Folder of the locks, in the home that all processes share. */
  readonly locksFolder: string;
  /** Where the `credentials.json` of another program of this kind is looked for first. */
  readonly home: string;
  /** Milliseconds. Read whenever they are needed. */
  readonly refresh: { readonly enabled: boolean; readonly checkInterval: number; readonly refreshLeadTime: number };
  readonly clock: Clock;
  readonly logger: Logger;
  readonly quotasOf: (id: string) => readonly QuotaWindow[];
  /** Called after every change that a status would show. */
  readonly onChange: () => void;
  /** The process's own unless given. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** 0 to 1, for the jitter. */
  readonly random?: () => number;
}

export class LoginService implements Logins {
  readonly #options: LoginServiceOptions;
  readonly #shelf: LoginShelf;
  readonly #worker: RefreshWorker;
  readonly #queue = new SerialQueue();
  readonly #stops: (() => void)[] = [];
  /** The files where a login was looked for. */
  readonly #searched: readonly string[];
  #listed: readonly OAuthLogin[] = [];

  private constructor(options: LoginServiceOptions) {
    const { refresh, environment = process.env } = options;
    this.#options = options;
    this.#shelf = new LoginShelf({ ...options, leadMs: () => refresh.refreshLeadTime });
    this.#searched = expandPaths(usualLoginFiles(options.home), environment);
    this.#worker = new RefreshWorker({ ...options, rhythm: refresh, check: () => this.#checkAll() });
  }

  /**
   * Reads every place once; asks no provider before somebody needs a token, or the worker finds that it is time. Errors:
   * those of the vault; trouble with another place is only told in the status.
   */
  static async open(options: LoginServiceOptions): Promise<LoginService> {
    const service = new LoginService(options);
    await service.#read();
    await service.#noteImportable();
    for (const { manager } of service.#shelf.shared()) {
      service.#stops.push(manager.source.watch(() => void manager.reload()));
    }
    service.#worker.start();
    return service;
  }

  list(): readonly OAuthLogin[] {
    const now = this.#shelf
      .entries()
      .filter(mayServe)
      .map((entry) => toOAuthLogin(entry.id(), entry.manager));
    const isSame = now.length === this.#listed.length && now.every((login, n) => isEqual(login, this.#listed[n]));
    if (!isSame) this.#listed = now;
    return this.#listed;
  }

  statuses(): readonly LoginStatus[] {
    return this.#shelf
      .entries()
      .filter(isThere)
      .map((entry) => this.#statusOf(entry));
  }

  async lease(login: OAuthLogin, signal: AbortSignal): Promise<OAuthToken> {
    const entry = this.#usable(login.id);
    return tokenOf(entry, await entry.manager.valid(signal));
  }

  async replace(token: OAuthToken, signal: AbortSignal): Promise<OAuthToken | undefined> {
    const entry = this.#findEntry(token.id);
    if (entry === undefined || entry.manager.state === 'off') return undefined;
    const next = await entry.manager.replace(token.secret, signal);
    return next && tokenOf(entry, next);
  }

  refuse({ id, secret }: OAuthToken): void {
    this.#findEntry(id)?.manager.refuse(secret);
  }

  find(wanted: string): LoginStatus {
    const statuses = this.statuses();
    const lower = wanted.trim().toLowerCase();
    const found =
      statuses.find(({ id }) => id === lower) ??
      statuses.find(({ name }) => name.toLowerCase() === lower) ??
      statuses.find(({ provider }) => provider === lower);
    if (found !== undefined) return found;
    const provider = loginProviderIdSchema.safeParse(lower);
    if (provider.success) throw this.#required(provider.data);
    throw notFound(`There is no login called "${wanted.trim().slice(0, 100)}".`);
  }

  async inspect(id: string, signal: AbortSignal): Promise<StoredLogin> {
    const { manager } = this.#findEntry(id) ?? this.#fail(loginRequired());
    const login = manager.current;
    // One that is not turned on is shown, never used.
    return login !== undefined && manager.state === 'off' ? login : manager.valid(signal);
  }

  known(id: string): StoredLogin | undefined {
    return this.#findEntry(id)?.manager.current;
  }

  async refresh(id: string, signal: AbortSignal): Promise<LoginStatus> {
    const entry = this.#findEntry(id) ?? this.#fail(notFound(`There is no login ${id.slice(0, 100)}.`));
    const { source } = entry.manager;
    if (!source.mayRefresh) throw notRenewedHere(this.#statusOf(entry), source);
    await entry.manager.refresh(signal);
    return this.#statusOf(entry);
  }

  add(login: StoredLogin, isForced: boolean): Promise<LoginStatus> {
    return this.#inTurn(() => this.#keep(login, isForced));
  }

  importable(): Promise<LoginFiles> {
    return lookForLoginFiles(this.#searched, this.#options.logger);
  }

  async importFrom(path: string | undefined, isForced: boolean): Promise<ImportedLogin> {
    const { vault, logger, environment = process.env } = this.#options;
    const searched = path === undefined ? this.#searched : expandPaths([path], environment);
    const found = await findLogin(searched, { ...this.#options, shelf: this.#shelf });
    return this.#inTurn(async () => {
      if (!isForced) await refuseImport(found, this.#shelf, vault);
      const login = await this.#keep(found.login, isForced);
      await markImported(found.login, vault);
      logger.info({ event: 'credentials_imported', path: found.path }, 'a login was taken over from this file');
      return { path: found.path, login };
    });
  }

  remove(id: string): Promise<LoginStatus> {
    return this.#inTurn(async () => {
      const entry = this.#findEntry(id) ?? this.#fail(notFound(`There is no login ${id.slice(0, 100)}.`));
      // Another program may have signed in to another account there, which nobody meant.
      await entry.manager.reload();
      if (this.#findEntry(id) !== entry) throw notFound(`There is no login ${id.slice(0, 100)} any more.`);
      const status = this.#statusOf(entry);
      if (!(await this.#mayRemove(entry))) throw notDeletedHere(status);
      await entry.manager.forget();
      this.#shelf.drop(entry);
      this.#options.onChange();
      return status;
    });
  }

  /** Looks into every place again: what another process wrote is found. Errors: those of the vault. */
  reload(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#read();
      this.#options.onChange();
    });
  }

  applyRhythm(): void {
    this.#worker.restart();
  }

  worker(): RefreshWorkerStatus {
    return this.#worker.status();
  }

  async close(): Promise<void> {
    for (const stop of this.#stops.splice(0)) stop();
    await this.#worker.stop();
    await Promise.all(this.#shelf.entries().map(({ manager }) => manager.close()));
  }

  async #keep(login: StoredLogin, isForced: boolean): Promise<LoginStatus> {
    const shared = this.#shelf.shared().find(({ manager }) => isPlaceOf(login, manager.source));
    const entry = shared ?? this.#shelf.placeOf(login);
    if (shared !== undefined && !isForced) await refuseOtherAccount(shared, login);
    await entry.manager.take(login);
    this.#shelf.put(entry);
    if (shared !== undefined) await noteMadeHere(this.#options.vault, shared.manager.source.owner, login);
    if ((login.account?.subscriptionType ?? null) === null) await entry.manager.completeProfile();
    this.#options.onChange();
    return this.#statusOf(entry);
  }

  /** Nobody chose to use what lies there. */
  async #noteImportable(): Promise<void> {
    const [path] = (await this.importable()).found;
    if (path === undefined || this.#shelf.entries().some(({ manager }) => isOurClaude(manager.source))) return;
    const words = 'another program keeps a login here, which serves only after `companion auth import`';
    this.#options.logger.info({ event: 'credentials_found', path }, words);
  }

  async #read(): Promise<void> {
    await this.#shelf.look();
    await Promise.all(this.#shelf.entries().map(({ manager }) => manager.reload()));
  }

  async #checkAll(): Promise<readonly DueOutcome[]> {
    await this.#inTurn(() => this.#shelf.look());
    const outcomes = this.#shelf.entries().map(async (entry) => {
      const outcome = await entry.manager.renewIfDue();
      return isThere(entry) ? [outcome] : [];
    });
    return (await Promise.all(outcomes)).flat();
  }

  #inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
    return this.#queue.run('logins', task);
  }

  #statusOf(entry: ShelfEntry): LoginStatus {
    const id = entry.id();
    return toLoginStatus(id, entry.manager, this.#options.quotasOf(id));
  }

  #findEntry(id: string): ShelfEntry | undefined {
    return this.#shelf.entries().find((entry) => isThere(entry) && entry.id() === id);
  }

  #usable(id: string): ShelfEntry {
    const entry = this.#findEntry(id);
    return entry === undefined || entry.manager.state === 'off' ? this.#fail(loginRequired()) : entry;
  }

  #required(provider: LoginProviderId): CompanionError {
    const searched = provider === 'anthropic' ? this.#searched : [];
    const shared = this.#shelf.shared().filter(({ manager }) => manager.source.provider === provider);
    const places = [...searched, ...shared.map(({ manager }) => manager.location)];
    this.#options.logger.warn({ event: 'credentials_missing', provider, searched: places }, 'no login was found');
    return loginRequired(provider);
  }

  /** What is shared with another program is deleted only if it was made here. */
  async #mayRemove({ manager: { source, current } }: ShelfEntry): Promise<boolean> {
    if (source.owner === 'companion') return true;
    return source.mayRefresh && current !== undefined && isMadeHere(this.#options.vault, source.owner, current);
  }

  #fail(error: CompanionError): never {
    throw error;
  }
}

/** Under the name of whoever's it is by now: another program may have signed in to another account there. */
function tokenOf({ id, manager }: ShelfEntry, login: StoredLogin): OAuthToken {
  return toOAuthToken(toOAuthLogin(id(), manager), login);
}

function isOurClaude({ provider, owner }: LoginSource): boolean {
  return provider === 'anthropic' && owner === 'companion';
}

function isThere({ manager }: ShelfEntry): boolean {
  return manager.current !== undefined || manager.trouble !== null;
}

/** A dead one too: whoever wants to use it is told what to do about it. */
function mayServe({ manager }: ShelfEntry): boolean {
  return manager.current !== undefined && manager.state !== 'off';
}

function isEqual(one: OAuthLogin, other: OAuthLogin | undefined): boolean {
  return one.id === other?.id && one.name === other.name && one.origin === other.origin;
}

/** The login goes where the other program finds it too, rather than to a second place. */
function isPlaceOf(login: StoredLogin, source: LoginSource): boolean {
  return source.provider === login.provider && source.mayRefresh && source.isReadOnly !== true;
}

async function refuseOtherAccount({ manager }: ShelfEntry, login: StoredLogin): Promise<void> {
  await manager.reload();
  const there = manager.current;
  if (there === undefined || isSameAccount(there.account, login.account) !== false) return;
  const message = `The login of another account (${nameOfLogin(there, 'unknown')}) rests in ${manager.location}.`;
  throw new CompanionError('LOGIN_MISMATCH', message, {
    remedy: 'Sign in to that account; or begin again with `--force`, which replaces it for the other program too.',
  });
}

function notFound(message: string): CompanionError {
  return new CompanionError('NOT_FOUND', message, {
    remedy: '`companion auth status` shows the logins that there are.',
  });
}

function notRenewedHere({ name }: LoginStatus, { renewRemedy }: LoginSource): CompanionError {
  const message = `The login ${name} is another program's, which alone renews it.`;
  return new CompanionError('NOT_AVAILABLE_IN_MODE', message, renewRemedy === undefined ? {} : { remedy: renewRemedy });
}

const signOutRemedies: Readonly<Record<LoginOwner, string>> = {
  companion: '`companion auth logout` signs out.',
  codex: '`codex logout` signs out there; with `codex.enabled` off it is not used here.',
  'claude-code': '`claude auth logout` signs out there; with `claude_code.use_login` off it is not used here.',
  gh: '`gh auth logout` signs out there; `companion auth adopt gh --off` uses it here no longer.',
  kiro: 'Sign out in Kiro; `companion auth adopt kiro --off` uses its login here no longer.',
  environment: 'Take the token out of the place that is named, and start the companion anew.',
};

function notDeletedHere({ owner, name, location }: LoginStatus): CompanionError {
  const message = `The login ${name} belongs to ${ownerName(owner)}, which keeps it in ${location}: it is not deleted here.`;
  return new CompanionError('INVALID_REQUEST', message, { remedy: signOutRemedies[owner] });
}
