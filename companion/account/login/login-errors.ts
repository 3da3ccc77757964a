/** What is said when a login cannot serve. Nothing of a token is ever part of it. */
import type { LoginProviderId } from '../../../shared/credential.ts';
import { errorFacts } from '../../../shared/error-code.ts';
import { loginName } from '../../../shared/login-name.ts';
import { signInCommand } from '../../../shared/sign-in.ts';
import { CompanionError } from '../../base/error.ts';

export interface LoginTrouble {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly atMs: number;
}

export function toTrouble(error: CompanionError, atMs: number): LoginTrouble {
  const { code, message } = error;
  // It is read later, when seconds from now mean nothing.
  const remedy = code === 'LOGIN_REFRESH_FAILED' ? errorFacts(code).remedy : error.remedy;
  return { code, message: message.slice(0, 2000), remedy: remedy.slice(0, 1000), atMs };
}

export function loginRequired(provider?: LoginProviderId): CompanionError {
  if (provider === undefined) return new CompanionError('LOGIN_REQUIRED', 'No login was found. Please sign in first.');
  return new CompanionError('LOGIN_REQUIRED', `No ${loginName(provider)} login was found. Please sign in first.`, {
    remedy: `Sign in with \`${signInCommand(provider)}\`.`,
  });
}

/** What can be wrong with one login. */
export class LoginErrors {
  readonly #provider: LoginProviderId;
  readonly #name: () => string;
  readonly #remedy: string;

  /** `remedy`: what the person does to get another token, where that is another than to sign in here. */
  constructor(provider: LoginProviderId, name: () => string, remedy: string | undefined) {
    this.#provider = provider;
    this.#name = name;
    this.#remedy = remedy ?? `Sign in again with \`${signInCommand(provider)}\`.`;
  }

  /** It ended, and there is nothing to renew it with, here at least. */
  cannotBeRenewed(): CompanionError {
    const message = `The login ${this.#name()} expired, and it cannot be renewed here.`;
    return new CompanionError('LOGIN_EXPIRED', message, { remedy: this.#remedy });
  }

  /** The provider takes the token no longer, or not even a new one. */
  notAccepted(): CompanionError {
    const message = `${loginName(this.#provider)} does not accept the token of the login ${this.#name()}.`;
    return new CompanionError('LOGIN_EXPIRED', message, { remedy: this.#remedy });
  }

  /** For good: the provider said that this refresh token is of no use. */
  noLongerRenewed(cause: CompanionError): CompanionError {
    const message = `The login ${this.#name()} can no longer be renewed. Please sign in again. (${cause.message})`;
    return new CompanionError('LOGIN_EXPIRED', message, { details: cause.details, cause, remedy: this.#remedy });
  }

  /** For now. `nowMs` and `waitMs` tell when the next try is. */
  notRenewedYet(cause: CompanionError | undefined, nowMs: number, waitMs: number): CompanionError {
    const seconds = Math.max(1, Math.ceil(waitMs / 1000));
    const why = cause === undefined ? '' : ` (${cause.message})`;
    return new CompanionError('LOGIN_REFRESH_FAILED', `Renewing the login ${this.#name()} failed.${why}`, {
      details: { retryAtMs: Math.round(nowMs + waitMs) },
      remedy: `Nothing is lost: it is tried again by itself, the next time in ${seconds} s.`,
      cause,
    });
  }
}

export function tookTooLong(provider: LoginProviderId, limitMs: number): CompanionError {
  const text = `The login server of ${loginName(provider)} did not answer within ${limitMs / 1000} seconds.`;
  return new CompanionError('FIRST_BYTE_TIMEOUT', text);
}
