/** What becomes of the known sessions when the site has told whose session this is. Pure: records in, record out. */
import { randomBytes } from 'node:crypto';
import type { RestingPlace, TransportChoice } from '../../shared/credential.ts';
import type { SessionRecord } from '../store/store.ts';
import type { SiteAccount } from '../wire/claude-web/account.ts';
import { sharesAfterSync } from './session-place.ts';

/** Where a session came from and where it rests. */
export interface SessionOrigin {
  readonly seatId: string | null;
  readonly browserStore: string | null;
  readonly restsIn: RestingPlace;
  readonly transport: TransportChoice;
  readonly rev: number;
  readonly validUntilMs: number | null;
  readonly syncedAtMs: number;
}

/** What is known when a session is synced or checked. */
export interface MergeFacts {
  readonly all: readonly SessionRecord[];
  readonly nowMs: number;
  /** Organisation that the configuration asks for; beats one that was pinned, in accounts that have it. */
  readonly configuredOrganisation: string | null;
}

/**
 * The record for a session from `origin`. `known` is what that cookie store held before; `account` is absent when the
 * site could not be asked. An account that is already known keeps its record, whichever browser it comes from.
 */
export function mergeRecord(
  origin: SessionOrigin,
  known: SessionRecord | undefined,
  account: SiteAccount | undefined,
  { all, nowMs, configuredOrganisation }: MergeFacts,
): SessionRecord {
  const same = findSame(known, account, all);
  const facts = account ?? same;
  const organisationId = chooseOrganisation(same, account, configuredOrganisation);
  return {
    id: same?.id ?? `ses_${randomBytes(8).toString('hex')}`,
    name: nameOf(same, account, all),
    accountId: facts?.accountId ?? null,
    email: facts?.email ?? null,
    displayName: facts?.displayName ?? null,
    organisationId,
    isOrganisationPinned: same?.isOrganisationPinned === true && same.organisationId === organisationId,
    organisations: facts?.organisations ?? [],
    plan: facts?.plan ?? null,
    restsIn: origin.restsIn,
    transport: origin.transport,
    seatId: origin.seatId,
    browserStore: origin.browserStore,
    sharedBy: sharesAfterSync(same, origin, all),
    rev: origin.rev,
    state: account === undefined ? 'unchecked' : 'active',
    isDefault: same?.isDefault ?? !all.some((session) => session.isDefault),
    syncedAtMs: origin.syncedAtMs,
    validUntilMs: origin.validUntilMs,
    models: facts?.models ?? [],
    modelsAtMs: account === undefined ? (same?.modelsAtMs ?? null) : nowMs,
    trouble: null,
  };
}

/** No key and no login has such an id. */
export function isSessionId(id: string): boolean {
  return id.startsWith('ses_');
}

/** `true` when `one` and `other` are the same sync of the same session: what was learned of one holds for the other. */
export function isSameSync(one: SessionRecord, other: SessionRecord): boolean {
  return one.id === other.id && one.syncedAtMs === other.syncedAtMs && one.rev === other.rev;
}

export function mayServe(session: SessionRecord): boolean {
  return session.state === 'active' || session.state === 'unchecked';
}

/** Its account and organisation are known, and nothing has changed since. */
export function isIdentified(session: SessionRecord): boolean {
  return session.state === 'active' && session.organisationId !== null;
}

function findSame(
  known: SessionRecord | undefined,
  account: SiteAccount | undefined,
  all: readonly SessionRecord[],
): SessionRecord | undefined {
  if (account === undefined || account.accountId === null) return known;
  const byAccount = all.find((session) => session.accountId === account.accountId);
  return byAccount ?? (known?.accountId === null ? known : undefined);
}

function chooseOrganisation(
  same: SessionRecord | undefined,
  account: SiteAccount | undefined,
  configured: string | null,
): string | null {
  if (account === undefined) return same?.organisationId ?? null;
  if (configured !== null && account.organisationId === configured) return configured;
  const isMember = account.organisations.some((organisation) => organisation.id === same?.organisationId);
  return same?.isOrganisationPinned === true && isMember ? same.organisationId : account.organisationId;
}

const placeholder = 'claude.ai';

function isPlaceholder(name: string): boolean {
  return name === placeholder || /^claude\.ai \(\d+\)$/.test(name);
}

/** A session that could not be asked for its account gets its real name with the first answer. */
function nameOf(
  same: SessionRecord | undefined,
  account: SiteAccount | undefined,
  all: readonly SessionRecord[],
): string {
  const isNamed = same !== undefined && ((same.email ?? same.displayName) !== null || !isPlaceholder(same.name));
  if (isNamed || (same !== undefined && account === undefined)) return same.name;
  const wanted = account?.email ?? account?.displayName ?? placeholder;
  const taken = new Set(all.filter((session) => session.id !== same?.id).map((session) => session.name));
  if (!taken.has(wanted)) return wanted;
  for (let number = 2; ; number += 1) if (!taken.has(`${wanted} (${number})`)) return `${wanted} (${number})`;
}
