/** What went wrong with a login, in a person's words. Pure. */
import type { LoginProviderId } from '../../shared/credential.ts';
import { cleanLabel } from './label.ts';
import { providerName } from './login-view.ts';
import { type Message, message } from './message.ts';

export interface LoginTrouble {
  readonly title: Message;
  readonly body: Message;
  /** The words of the provider or of the companion; empty when they add nothing. */
  readonly details: string;
}

type Words = (provider: Message) => Pick<LoginTrouble, 'title' | 'body'>;

const unkept: Words = () => ({ title: message('loginUnkeptTitle'), body: message('loginUnkeptBody') });
const refused: Words = (provider) => ({
  title: message('loginRefusedTitle', provider),
  body: message('loginRefusedBody'),
});
const unreachable: Words = (provider) => ({
  title: message('loginUnreachableTitle', provider),
  body: message('loginUnreachableBody'),
});
const faulty: Words = (provider) => ({
  title: message('loginFaultyTitle', provider),
  body: message('loginFaultyBody'),
});

const wordsOfCode: Readonly<Record<string, Words>> = {
  LOGIN_DENIED: () => ({ title: message('loginDeniedTitle'), body: message('loginDeniedBody') }),
  LOGIN_REFUSED: refused,
  LOGIN_MISMATCH: () => ({ title: message('loginMismatchTitle'), body: message('loginMismatchBody') }),
  LOGIN_TIMED_OUT: () => ({ title: message('loginTimedOutTitle'), body: message('loginTimedOutBody') }),
  LOGIN_CANCELLED: () => ({ title: message('loginCancelledTitle'), body: message('loginCancelledBody') }),
  LOGIN_EXPIRED: (provider) => ({ title: message('loginDeadTitle', provider), body: message('loginDeadBody') }),
  LOGIN_REFRESH_FAILED: () => ({ title: message('loginNotRenewedTitle'), body: message('loginNotRenewedBody') }),
  LOGIN_UNREADABLE: () => ({ title: message('loginUnreadableTitle'), body: message('loginUnreadableBody') }),
  PROVIDER_REFUSED: refused,
  INVALID_REQUEST: () => ({ title: message('loginNotOursTitle'), body: message('loginNotOursBody') }),
  VAULT_LOCKED: unkept,
  VAULT_UNREADABLE: unkept,
  STORE_UNAVAILABLE: unkept,
  UPSTREAM_UNREACHABLE: unreachable,
  CONNECT_TIMEOUT: unreachable,
  FIRST_BYTE_TIMEOUT: unreachable,
  IDLE_TIMEOUT: unreachable,
  OVERLOADED: faulty,
  RATE_LIMITED: faulty,
  TOKEN_LIMIT_REACHED: faulty,
  UPSTREAM_ERROR: faulty,
  UPSTREAM_UNREADABLE: faulty,
  STREAM_BROKEN: faulty,
  offline: () => ({ title: message('loginOfflineTitle'), body: message('loginOfflineBody') }),
  timeout: () => ({ title: message('loginSlowTitle'), body: message('loginSlowBody') }),
  gone: () => ({ title: message('loginGoneTitle'), body: message('loginGoneBody') }),
  'no-tab': () => ({ title: message('loginNoTabTitle'), body: message('loginNoTabBody') }),
};

const unknown: Words = () => ({ title: message('loginFaultTitle'), body: message('loginFaultBody') });

/** `code` as the companion or our own background gave it; codes of a newer companion count as a fault. */
export function loginTrouble(
  { code, message: told }: { readonly code: string; readonly message: string },
  provider: LoginProviderId,
): LoginTrouble {
  const words = Object.hasOwn(wordsOfCode, code) ? wordsOfCode[code] : undefined;
  return { ...(words ?? unknown)(providerName(provider)), details: cleanLabel(told, 600) };
}
