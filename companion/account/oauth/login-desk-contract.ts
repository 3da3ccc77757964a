/** What the link, the control routes and the CLI know of a login under way. */
import type { RedirectLoginProviderId } from '../../../shared/credential.ts';
import type { CompanionFrame, ExtensionFrame } from '../../../shared/link/frame.ts';
import type { LoginStatus, PendingLoginStatus } from '../../../shared/status.ts';
import type { CompanionError } from '../../base/error.ts';

/** `browser`: a paired browser finishes it, no port is opened. `loopback`: a listener here. `manual`: the person pastes. */
export type LoginWay = 'browser' | 'loopback' | 'manual';

export interface BeginLogin {
  readonly provider: RedirectLoginProviderId;
  /** Unless given: the browser when one is online, else a listener. Another way may still finish it: see `finish`. */
  readonly way?: LoginWay;
  /** Replaces a login of another account that rests in the same place. */
  readonly isForced?: boolean;
}

/** A login as the terminal follows it. */
export interface LoginProgress extends PendingLoginStatus {
  readonly way: LoginWay;
  /** Nothing secret in it but the state, which is useless without the code. */
  readonly authorizeUrl: string;
  readonly redirectUri: string;
  /** What the person should know before: who is signed in where, and what the provider's terms say. */
  readonly disclosure: string;
}

export type LoginOutcome =
  | { readonly state: 'done'; readonly login: LoginStatus }
  | { readonly state: 'failed'; readonly error: CompanionError };

export type OAuthCallback = Extract<ExtensionFrame, { t: 'oauth.callback' }>;
export type OAuthCancel = Extract<ExtensionFrame, { t: 'oauth.cancel' }>;
export type OAuthStart = Extract<CompanionFrame, { t: 'oauth.start' }>;
export type OAuthResult = Extract<CompanionFrame, { t: 'oauth.result' }>;

/** The browsers, as the desk sees them; the link implements it. */
export interface LoginBrowsers {
  isAnyOnline(): boolean;
  /** To every browser that is online. */
  post(frame: OAuthStart | OAuthResult): void;
}

/** Logins under way. At most one for each provider: a new one takes the place of the one before, which is cancelled. */
export interface LoginDeskService {
  /** Errors: `LOGIN_PORTS_BUSY`, `SEAT_OFFLINE` (the way `browser` was asked for and there is none). */
  begin(wanted: BeginLogin): Promise<LoginProgress>;
  /** Resolves when it is over. Errors: `NOT_FOUND`. */
  outcome(loginId: string, signal: AbortSignal): Promise<LoginOutcome>;
  /** What the person pasted: the code, `code#state`, or the whole address. Errors: `LOGIN_MISMATCH`, ... as its outcome. */
  finish(loginId: string, pasted: string): Promise<LoginOutcome>;
  cancel(loginId: string): void;
  receiveCallback(seatId: string, callback: OAuthCallback): void;
  receiveCancel(seatId: string, cancel: OAuthCancel): void;
  /** A browser came online: it hears of what waits. */
  greet(post: (frame: OAuthStart) => void): void;
  pending(): readonly PendingLoginStatus[];
  /** Cancels everything and closes every listener. */
  close(): Promise<void>;
}
