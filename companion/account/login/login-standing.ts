/** How a login stands, as a person is told, with the trouble that lasts. No I/O. */
import type { LoginStatus } from '../../../shared/status.ts';
import type { Clock } from '../../base/clock.ts';
import type { CompanionError } from '../../base/error.ts';
import { toTrouble } from './login-errors.ts';
import type { LoginErrors, LoginTrouble } from './login-errors.ts';
import type { LoginOutlook } from './login-outlook.ts';
import type { LoginSource } from './login-source.ts';
import type { StoredLogin } from './stored-login.ts';

export interface StandingOptions {
  readonly source: LoginSource;
  /** There is somebody to renew it at. */
  readonly hasEndpoint: boolean;
  readonly outlook: LoginOutlook;
  readonly errors: LoginErrors;
  readonly clock: Clock;
  readonly onChange: () => void;
}

const storageCodes: ReadonlySet<string> = new Set([
  'LOGIN_UNREADABLE',
  'STORE_UNAVAILABLE',
  'VAULT_LOCKED',
  'VAULT_UNREADABLE',
]);

export class LoginStanding {
  readonly #options: StandingOptions;
  #trouble: LoginTrouble | null = null;

  constructor(options: StandingOptions) {
    this.#options = options;
  }

  state(login: StoredLogin | undefined): LoginStatus['state'] {
    const { source, outlook } = this.#options;
    if (!source.isEnabled()) return 'off';
    if (login === undefined || outlook.isRefused(login)) return 'dead';
    if (!outlook.isOver(login)) return 'usable';
    if (!this.mayRenew(login)) return source.mayRefresh ? 'dead' : 'expired';
    if (outlook.endOf(login) !== undefined) return 'dead';
    return outlook.lastFailure === undefined ? 'usable' : 'expired';
  }

  /** It can be renewed here without the person, as far as is known. */
  isRefreshable(login: StoredLogin | undefined): boolean {
    return login !== undefined && this.mayRenew(login) && this.#options.outlook.endOf(login) === undefined;
  }

  /** Nothing of what it is forbids to renew it here. */
  mayRenew({ refreshToken }: StoredLogin): boolean {
    return this.#options.source.mayRefresh && this.#options.hasEndpoint && refreshToken !== null;
  }

  /** It is time to renew it here. */
  isDue(login: StoredLogin): boolean {
    return this.mayRenew(login) && this.#options.outlook.isDue(login);
  }

  /** What stands in the way, or soon will. */
  trouble(login: StoredLogin | undefined): LoginTrouble | null {
    if (login === undefined) return this.#trouble;
    const { outlook, errors } = this.#options;
    if (outlook.isRefused(login)) return toTrouble(errors.notAccepted(), outlook.refusedAtMs ?? 0);
    if (this.#trouble !== null || !outlook.isOver(login) || this.mayRenew(login)) return this.#trouble;
    return toTrouble(errors.cannotBeRenewed(), login.expiresAtMs ?? 0);
  }

  /** `false` when that is known already, since when it was told first. */
  note(error: CompanionError): boolean {
    if (error.code === this.#trouble?.code && error.message === this.#trouble.message) return false;
    this.#trouble = toTrouble(error, this.#options.clock.nowMs());
    this.#options.onChange();
    return true;
  }

  clear(): void {
    if (this.#trouble === null) return;
    this.#trouble = null;
    this.#options.onChange();
  }

  /** The storage could be read again; other trouble stays. */
  clearStorageTrouble(): void {
    if (this.#trouble !== null && storageCodes.has(this.#trouble.code)) this.clear();
  }
}
