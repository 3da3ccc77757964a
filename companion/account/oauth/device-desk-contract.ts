/** Logins by a code that the person types at the provider (RFC 8628): what providers, pages and commands know of them. */
import type { DeviceLoginProviderId } from '../../../shared/credential.ts';
import type { LoginStatus, PendingLoginStatus } from '../../../shared/status.ts';
import type { CompanionError } from '../../base/error.ts';
import type { StoredLogin } from '../login/stored-login.ts';
import type { LoginOutcome } from './login-desk-contract.ts';

/** Kiro: where the person's directory is. Without a start URL it is an AWS Builder ID. */
export interface DeviceOptions {
  readonly startUrl?: string;
  readonly region?: string;
}

/** What a provider says to one question whether the person is through. */
export type DeviceAnswer =
  | { readonly state: 'pending' }
  /** `intervalMs`: the new one, where the provider names it. */
  | { readonly state: 'slow-down'; readonly intervalMs: number | null }
  | { readonly state: 'done'; readonly login: StoredLogin };

/** A code that the provider gave out, with the way to ask what became of it. The device code itself stays in there. */
export interface DeviceCode {
  readonly userCode: string;
  readonly verificationUri: string;
  /** The same page with the code filled in; `null` when the provider has none. */
  readonly verificationUriComplete: string | null;
  readonly lastsMs: number;
  readonly intervalMs: number;
  /**
   * Asks once. Errors: `LOGIN_DENIED` (the person said no), `LOGIN_TIMED_OUT` (the code is over), `LOGIN_REFUSED` (in the
   * provider's own words), and those of `askProvider` and 5xx answers, after which it is asked again.
   */
  poll(signal: AbortSignal): Promise<DeviceAnswer>;
}

/** Where a provider gives out codes. */
export interface DeviceEndpoint {
  /** Errors: `LOGIN_UNCONFIGURED`, `INVALID_REQUEST` (the options), `LOGIN_REFUSED`, those of `askProvider`. */
  start(options: DeviceOptions, signal: AbortSignal): Promise<DeviceCode>;
}

/** `waiting`: for the person, between two questions. `polling`: the provider is being asked right now. */
export type DeviceState = 'waiting' | 'polling' | 'done' | 'failed';

/** A login by code as pages and commands show it. Nothing secret is in it: the user code is of no use to anybody else. */
export interface DeviceProgress {
  readonly id: string;
  readonly provider: DeviceLoginProviderId;
  readonly state: DeviceState;
  readonly userCode: string;
  readonly verificationUri: string;
  readonly verificationUriComplete: string | null;
  readonly expiresAtMs: number;
  readonly intervalMs: number;
  /** What the person should know before. */
  readonly disclosure: string;
  /** While it goes on: why the provider could not be asked the last time. When it failed: why. */
  readonly error: CompanionError | null;
  /** When it is done. */
  readonly login: LoginStatus | null;
}

export interface BeginDeviceLogin {
  readonly provider: DeviceLoginProviderId;
  readonly options?: DeviceOptions;
}

/** Logins by code that are under way: at most one for each provider, a new one takes the place of the one before. */
export interface DeviceDeskService {
  /** Asks for a code, and then in the background what became of it. Errors: those of `DeviceEndpoint.start`. */
  begin(wanted: BeginDeviceLogin): Promise<DeviceProgress>;
  /** Also of one that is over, for a while. Errors: `NOT_FOUND`. */
  progress(id: string): DeviceProgress;
  /** Of the one that goes on. */
  current(provider: DeviceLoginProviderId): DeviceProgress | undefined;
  /** Resolves when it is over. Errors: `NOT_FOUND`; the signal's reason. */
  outcome(id: string, signal: AbortSignal): Promise<LoginOutcome>;
  cancel(id: string): void;
  /** A new code in the place of this one, with the same options. Errors: as `begin`; `NOT_FOUND`. */
  retry(id: string): Promise<DeviceProgress>;
  pending(): readonly PendingLoginStatus[];
  /** Cancels everything, but for what is being put away. */
  close(): Promise<void>;
}
