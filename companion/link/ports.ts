/** What the link asks of the rest of the companion. The app passes the implementations in. */
import type { RedirectLoginProviderId } from '../../shared/credential.ts';
import type { CompanionFrame, ExtensionFrame } from '../../shared/link/frame.ts';
import type { ClientSettings, CompanionStatus } from '../../shared/status.ts';
import type { OAuthCallback, OAuthCancel, OAuthStart } from '../account/oauth/login-desk-contract.ts';

export type SessionPush = Extract<ExtensionFrame, { t: 'session.push' }>;
export type ApiCall = Pick<Extract<ExtensionFrame, { t: 'api.call' }>, 'method' | 'path'>;
/** What the browser is to show by itself, where the person allowed that. */
export type Notice = Extract<CompanionFrame, { t: 'notify' }>;
export type SessionClear = Extract<ExtensionFrame, { t: 'session.clear' }>;

/**
 * Who serves the frames that are not the link's own business. A rejection reaches the extension as its code and message,
 * so both must be fit for a person.
 */
export interface LinkHandlers {
  /** Resolves to the id of the session once claude.ai was asked about it (or at once, if it is not to be checked). */
  onSessionPush(seatId: string, push: SessionPush): Promise<{ readonly sessionId: string }>;
  onSessionClear(seatId: string, clear: SessionClear): Promise<void>;
  /** The person stopped an exchange in the popup. An exchange that is already over is no error. */
  onExchangeStop(seatId: string, exchangeId: string): void;
  /** What the provider's redirect said, as this browser caught it; the outcome goes to every browser by itself. */
  onLoginCallback(seatId: string, callback: OAuthCallback): void;
  onLoginCancel(seatId: string, cancel: OAuthCancel): void;
  /** The person clicked in a page of ours. Resolves once every browser has heard of the login that waits. */
  onLoginBegin(seatId: string, provider: RedirectLoginProviderId): Promise<void>;
  /** Asks a management route; `body` is JSON text, or empty. Resolves with the status and the JSON text of the answer. */
  onApiCall(seatId: string, call: ApiCall, body: string): Promise<{ readonly status: number; readonly body: string }>;
  onLoginRefresh(seatId: string, loginId: string): Promise<void>;
  onLoginRemove(seatId: string, loginId: string): Promise<void>;
  /** For every socket that begins to serve, a second one of a browser that is online already included. */
  onSeated(seatId: string, post: (frame: OAuthStart) => void): void;
  onOnline(seatId: string): void;
  /** The seat's last socket is gone. Not called when a newer socket of the same pair took over. */
  onOffline(seatId: string): void;
  /** The pair is gone from vault and store, whichever side ended it. */
  onUnpaired(seatId: string): void;
  status(): CompanionStatus;
  clientSettings(): ClientSettings;
}
