/** What the companion remembers besides secrets. One interface; no SQL anywhere but in its implementation. */
import type { RestingPlace, TransportChoice } from '../../shared/credential.ts';
import type { QuotaWindow } from '../../shared/quota.ts';
import type { SessionStatus } from '../../shared/status.ts';
import type { ClientKeyStore } from './client-keys.ts';
import type { CredentialLimitStore } from './credential-limits.ts';
import type { LedgerStore } from './ledger.ts';

/** A paired browser profile. Its long-term key rests in the vault under `seat/<id>`. */
export interface SeatRecord {
  readonly id: string;
  readonly name: string;
  readonly browser: string;
  /** `chrome-extension://...` as recorded at pairing. */
  readonly origin: string;
  readonly fingerprint: string;
  readonly pairedAtMs: number;
  readonly lastSeenAtMs: number | null;
}

/** One cookie store of one paired browser. */
export interface SessionPlace {
  readonly seatId: string;
  readonly browserStore: string;
}

/** What is known about a claude.ai session; its cookies rest in the vault under `session/<id>`, or in the browser. */
export interface SessionRecord {
  readonly id: string;
  readonly name: string;
  readonly accountId: string | null;
  readonly email: string | null;
  readonly displayName: string | null;
  /** The organisation in use. */
  readonly organisationId: string | null;
  /** `true` when the user chose the organisation: then a sync keeps it. */
  readonly isOrganisationPinned: boolean;
  readonly organisations: SessionStatus['organisations'];
  readonly plan: string | null;
  readonly restsIn: RestingPlace;
  readonly transport: TransportChoice;
  readonly seatId: string | null;
  /** Cookie store inside that seat's browser. */
  readonly browserStore: string | null;
  /** Where the session was synced from, the newest last: that is where its cookies came from, even if `seatId` is null. */
  readonly sharedBy: readonly SessionPlace[];
  readonly rev: number;
  readonly state: SessionStatus['state'];
  readonly isDefault: boolean;
  readonly syncedAtMs: number;
  readonly validUntilMs: number | null;
  readonly models: SessionStatus['models'];
  readonly modelsAtMs: number | null;
  readonly trouble: SessionStatus['trouble'];
}

export interface Store extends LedgerStore, ClientKeyStore, CredentialLimitStore {
  seats(): readonly SeatRecord[];
  seat(id: string): SeatRecord | undefined;
  saveSeat(seat: SeatRecord): void;
  deleteSeat(id: string): boolean;

  sessions(): readonly SessionRecord[];
  session(id: string): SessionRecord | undefined;
  /** Inserts or replaces. A record saved with `isDefault` takes the mark from every other, in one transaction. */
  saveSession(session: SessionRecord): void;
  /** Deletes the session, its quota facts and its token limit; if it was the default, the one synced last becomes the default. */
  deleteSession(id: string): boolean;

  /** The newest fact for each window of an owner (`session/<id>`). */
  quotas(owner: string): readonly QuotaWindow[];
  /** Keeps each window if it is newer than the fact that is there. */
  saveQuotas(owner: string, windows: readonly QuotaWindow[]): void;

  /** Small settings that outlive a run, such as the id of this installation. */
  setting(name: string): string | undefined;
  saveSetting(name: string, value: string): void;

  close(): void;
}
