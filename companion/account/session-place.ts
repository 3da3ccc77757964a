/** Which cookie store of which browser a session is in, and which it came from. Pure: records in, records out. */
import type { SessionPlace, SessionRecord } from '../store/store.ts';

type Placed = Pick<SessionRecord, 'seatId' | 'browserStore'>;

export function isAt(session: Placed, place: Placed): boolean {
  return session.seatId !== null && session.seatId === place.seatId && session.browserStore === place.browserStore;
}

/** Where `same` is shared once it was synced from `origin`; places that hold another session by now drop out. */
export function sharesAfterSync(
  same: SessionRecord | undefined,
  origin: Placed,
  all: readonly SessionRecord[],
): readonly SessionPlace[] {
  const isTaken = (place: SessionPlace) => all.some((other) => other.id !== same?.id && isAt(other, place));
  const rest = (same?.sharedBy ?? []).filter((place) => !isAt(place, origin) && !isTaken(place));
  const { seatId, browserStore } = origin;
  return seatId === null || browserStore === null ? (same?.sharedBy ?? []) : [...rest, { seatId, browserStore }];
}

/** A session of the same store that could not be checked yet, so that `earlier` serves on until it is. */
export function findSuccessor(earlier: SessionRecord, all: readonly SessionRecord[]): SessionRecord | undefined {
  return all.find((session) => session.id !== earlier.id && isUnproved(session) && hasBeenAt(earlier, session));
}

/** It waits beside an earlier session of its store: should it turn out dead, nothing is lost by forgetting it. */
export function isBesideEarlier(session: SessionRecord, all: readonly SessionRecord[]): boolean {
  return isUnproved(session) && all.some((other) => other.id !== session.id && hasBeenAt(other, session));
}

function isUnproved(session: SessionRecord): boolean {
  return session.accountId === null && session.state === 'unchecked';
}

function hasBeenAt(session: SessionRecord, place: Placed): boolean {
  return session.sharedBy.some((share) => isAt(share, place));
}

/**
 * What becomes of the `others` now that `session` is in its store: what rests in the vault lives on without the browser,
 * the rest can no longer be reached. While nobody knows whose session it is, only the way through the browser is lost.
 */
export function makeRoom(session: SessionRecord, others: readonly SessionRecord[]) {
  const changed: SessionRecord[] = [];
  const lost: SessionRecord[] = [];
  for (const other of others) {
    if (other.id === session.id) continue;
    const isHere = isAt(other, session);
    if (isHere && (other.restsIn !== 'vault' || other.accountId === null)) lost.push(other);
    else if (isHere) changed.push({ ...other, seatId: null, browserStore: null });
    else if (session.accountId !== null && isOutdatedShare(other, session)) {
      changed.push({ ...other, sharedBy: other.sharedBy.filter((share) => !isAt(share, session)) });
    }
  }
  return { changed, lost };
}

/** Where the cookies came from stays written down, whatever that store holds now. */
function isOutdatedShare({ sharedBy }: SessionRecord, place: Placed): boolean {
  return sharedBy.slice(0, -1).some((share) => isAt(share, place));
}

/**
 * What is left of a session when places are taken back: `undefined` when they all are. One whose cookies came from such a
 * place falls to the browser that shared it last among the others; those cookies are not its own (`hasNewOwner`).
 */
export function withdrawPlaces(
  session: SessionRecord,
  isTakenBack: (place: SessionPlace) => boolean,
): { readonly session: SessionRecord; readonly hasNewOwner: boolean } | undefined {
  const sharedBy = session.sharedBy.filter((place) => !isTakenBack(place));
  const heir = sharedBy.at(-1);
  if (heir === undefined) return undefined;
  if (heir === session.sharedBy.at(-1)) return { session: { ...session, sharedBy }, hasNewOwner: false };
  const state = session.state === 'active' ? 'unchecked' : session.state;
  const facts = { sharedBy, ...heir, rev: 0, state, trouble: null, validUntilMs: null } as const;
  return { session: { ...session, ...facts }, hasNewOwner: true };
}
