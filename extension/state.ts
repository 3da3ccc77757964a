/** What the background knows and the pages show. The background publishes whole snapshots; pages never hold other state. */
import type { RedirectLoginProviderId, RestingPlace, TransportChoice } from '../shared/credential.ts';
import type { ErrorCode } from '../shared/error-code.ts';
import type { ClientSettings, CompanionStatus } from '../shared/status.ts';

/** The link as it is right now, never as it was stored. */
export type LinkState =
  | { readonly kind: 'unpaired' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'online'; readonly sinceMs: number }
  /** Nobody answers on the port. `wasEverOnline` is false until the first session after install. */
  | { readonly kind: 'offline'; readonly nextTryAtMs: number | null; readonly wasEverOnline: boolean }
  /** Somebody answers who is not the companion of this pair. Nothing was sent. */
  | { readonly kind: 'impostor' }
  /** The companion answers but no longer knows this pair (removed there, or its data is gone). */
  | { readonly kind: 'forgotten' }
  | { readonly kind: 'version'; readonly update: 'companion' | 'extension' };

export interface Pair {
  readonly port: number;
  readonly seatId: string;
  readonly fingerprint: string;
  readonly pairedAtMs: number;
}

/** The person's choices; nothing is read from claude.ai before `consentedAtMs` is set. */
export interface Choices {
  readonly consentedAtMs: number | null;
  readonly restsIn: RestingPlace;
  /** Push again by itself when the session's cookies change. */
  readonly keepsSynced: boolean;
  readonly transport: TransportChoice;
  /** Cookie store to read from; `null` = the default one. */
  readonly store: string | null;
}

export type SyncState =
  | { readonly kind: 'never' }
  | { readonly kind: 'running' }
  | { readonly kind: 'done'; readonly atMs: number; readonly sessionId: string }
  | { readonly kind: 'failed'; readonly atMs: number; readonly code: SyncFailure; readonly message: string };

/** `no-permission`: the browser has not been allowed to use claude.ai. `not-signed-in`: no session cookie there. */
export type SyncFailure = 'no-permission' | 'not-signed-in' | 'offline' | 'timeout' | ErrorCode;

/** A job of the companion that this browser runs now. */
export interface RunningJob {
  readonly id: string;
  readonly client: string;
  readonly startedAtMs: number;
}

export interface CookieStoreChoice {
  readonly id: string;
  readonly isPrivate: boolean;
}

/** A login that began somewhere (a terminal, this browser, another one) and that this browser knows of. */
export interface LoginAttempt {
  readonly id: string;
  readonly provider: RedirectLoginProviderId;
  /**
   * `offered`: it waits for a click. `opened`: its page is open in this browser. `answered`: the companion completes it.
   * `over`: it ended, and nobody told us how.
   */
  readonly stage: 'offered' | 'opened' | 'answered' | 'done' | 'failed' | 'over';
  readonly expiresAtMs: number;
  /** The account's name, once it is done. */
  readonly account: string | null;
  /** In the companion's words. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface ExtensionState {
  readonly link: LinkState;
  readonly pair: Pair | null;
  /** A companion has not heard yet that this browser was unpaired from it; until then it is tried. `null`: nothing owed. */
  readonly goodbyeUntilMs: number | null;
  readonly choices: Choices;
  readonly hasSitePermission: boolean;
  /** `unknown` until consent was given: before that nobody looks. */
  readonly signedIn: 'yes' | 'no' | 'unknown';
  readonly sync: SyncState;
  /** The last status that the companion sent, with its age in `atMs`; kept for display while offline. */
  readonly companion: CompanionStatus | null;
  readonly jobs: readonly RunningJob[];
  readonly stores: readonly CookieStoreChoice[];
  readonly logins: readonly LoginAttempt[];
}

/** A question to a management route of the companion, as docs/openapi.json describes them. */
export interface ApiQuestion {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query: `/v0/management/usage?by=model`. */
  readonly path: string;
  readonly body?: unknown;
}

/** `code`: `offline`, `timeout`, or the companion's own. */
export type ApiAnswer =
  | { readonly ok: true; readonly body: unknown }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly remedy: string | null };

/** What a page may ask of the background, with the answer's type. */
export interface PageRequests {
  /** Accepts a token or a pairing link. */
  pair: { readonly input: { readonly token: string }; readonly answer: PairAnswer };
  sync: { readonly input: Record<never, never>; readonly answer: SyncState };
  /** Takes the session back: removed in the companion too. */
  unsync: { readonly input: Record<never, never>; readonly answer: null };
  unpair: { readonly input: Record<never, never>; readonly answer: null };
  choose: { readonly input: Partial<Choices>; readonly answer: null };
  'try-now': { readonly input: Record<never, never>; readonly answer: null };
  'stop-job': { readonly input: { readonly id: string }; readonly answer: null };
  'client-settings': { readonly input: Record<never, never>; readonly answer: ClientSettings | null };
  /** Begins a login and opens the provider's page; to be asked from a click, after what is to be read first was read. */
  'begin-login': { readonly input: { readonly provider: RedirectLoginProviderId }; readonly answer: LoginAnswer };
  /** Opens the provider's page of a login that waits, or shows it where it is open. From a click, too. */
  'open-login': { readonly input: { readonly id: string }; readonly answer: LoginAnswer };
  'cancel-login': { readonly input: { readonly id: string }; readonly answer: null };
  'refresh-login': { readonly input: { readonly id: string }; readonly answer: LoginAnswer };
  'call-api': { readonly input: ApiQuestion; readonly answer: ApiAnswer };
  'remove-login': { readonly input: { readonly id: string }; readonly answer: LoginAnswer };
}
export type PageRequestName = keyof PageRequests;

export type PairAnswer =
  | { readonly ok: true; readonly fingerprint: string }
  | { readonly ok: false; readonly reason: PairFailure };

export type LoginAnswer =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: LoginFailure; readonly message: string };

/** `gone`: that login is over. `no-tab`: the browser opened none. Anything else is the companion's own code. */
export type LoginFailure = 'offline' | 'timeout' | 'gone' | 'no-tab' | (string & {});

/** Why a pairing failed, each with its own words in the popup. */
export type PairFailure = 'not-a-token' | 'nobody-there' | 'refused' | 'version' | 'timeout';

/** Name of the port over which a page receives snapshots: `{ state: ExtensionState }` on connect and on every change. */
export const STATE_PORT = 'state';
