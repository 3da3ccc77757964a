import { z } from 'zod';
import { redirectLoginProviderIdSchema } from '../shared/credential.ts';
import { hashState, readRedirect, sameAddress } from './oauth-rules.ts';
import type { OAuthAnswer, OAuthStart } from './oauth-rules.ts';
import type { StoragePort } from './ports.ts';
import type { LoginAttempt } from './state.ts';
import { StoredCell } from './stored-cell.ts';

/** A login that a companion never ends is not listened for longer than this. */
export const LONGEST_LOGIN_MS = 15 * 60_000;
/** How long an outcome is kept, for the page that shows it. */
const OUTCOME_LIFE_MS = 10 * 60_000;

/**
 * `offered`: the person has not clicked. `opened`: its page is open here. `answered`: the redirect was caught, and the
 * companion trades it for tokens. `cancelled`: the companion is still to be told. `done`, `failed`: as the companion said.
 * `over`: it ended while nobody could tell us how.
 */
const stageSchema = z.enum(['offered', 'opened', 'answered', 'cancelled', 'done', 'failed', 'over']);

const answerSchema: z.ZodType<OAuthAnswer> = z.object({
  state: z.string(),
  code: z.string().optional(),
  error: z.string().optional(),
  errorDescription: z.string().optional(),
  iss: z.string().optional(),
}) as z.ZodType<OAuthAnswer>;

const recordSchema = z.object({
  id: z.string(),
  provider: redirectLoginProviderIdSchema,
  authorizeUrl: z.string(),
  redirectUri: z.string(),
  stateHash: z.string(),
  offeredAtMs: z.number(),
  expiresAtMs: z.number(),
  stage: stageSchema,
  /** Where its pages are open: the tab that we opened, and those that were opened from it. */
  tabIds: z.array(z.number()),
  /** The tabs whose redirect was seen: each is turned into our own page once. */
  redirectTabIds: z.array(z.number()),
  /** What the companion must still hear, until it says how the login ended. Has the code: never on disk, never in a log. */
  owed: z
    .discriminatedUnion('t', [
      z.object({ t: z.literal('oauth.callback'), answer: answerSchema }),
      z.object({ t: z.literal('oauth.cancel'), reason: z.enum(['person', 'tab-closed']) }),
    ])
    .nullable(),
  account: z.string().nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type LoginRecord = z.infer<typeof recordSchema>;
export type LoginCell = StoredCell<readonly LoginRecord[]>;

/** @param memory `storage.session`: kept in memory by the browser, gone when it closes. */
export function createLoginCell(memory: StoragePort): LoginCell {
  const schema = z.array(recordSchema).readonly();
  return new StoredCell<readonly LoginRecord[]>({ area: memory, key: 'logins', version: 1, schema, initial: [] });
}

export function newRecord(start: OAuthStart, nowMs: number): LoginRecord {
  const { loginId, provider, authorizeUrl, redirectUri, stateHash, expiresAtMs } = start;
  return {
    id: loginId,
    provider,
    authorizeUrl,
    redirectUri,
    stateHash,
    offeredAtMs: nowMs,
    expiresAtMs: Math.min(expiresAtMs, nowMs + LONGEST_LOGIN_MS),
    stage: 'offered',
    tabIds: [],
    redirectTabIds: [],
    owed: null,
    account: null,
    error: null,
  };
}

/** What pages may know of it: no address, no state, no code. */
export function toAttempt({ id, provider, stage, expiresAtMs, account, error }: LoginRecord): readonly LoginAttempt[] {
  return stage === 'cancelled' ? [] : [{ id, provider, stage, expiresAtMs, account, error }];
}

/** It waits for the person, here or elsewhere. */
export function isWaiting({ stage }: LoginRecord): boolean {
  return stage === 'offered' || stage === 'opened';
}

/** The companion has not said how it ended, as far as we know. */
export function isUnderWay(record: LoginRecord): boolean {
  return isWaiting(record) || record.stage === 'answered' || record.stage === 'cancelled';
}

/**
 * As of now; the same array if nothing is too old. A login that nobody ended stays a while as one that took too long: its
 * page may be open, by our doing or by the person's own, and a late answer must find a page that explains.
 */
export function aged(records: readonly LoginRecord[], nowMs: number): readonly LoginRecord[] {
  if (records.every(({ expiresAtMs }) => expiresAtMs > nowMs)) return records;
  return records.flatMap((record) => {
    if (record.expiresAtMs > nowMs) return [record];
    if (!isUnderWay(record)) return [];
    const code = record.stage === 'cancelled' ? 'LOGIN_CANCELLED' : 'LOGIN_TIMED_OUT';
    return [settled(record, { stage: 'failed', error: { code, message: '' } }, nowMs)];
  });
}

/** The records with the one called `id` changed; the same array if there is none or nothing changed. */
export function changeRecord(
  records: readonly LoginRecord[],
  id: string,
  change: (record: LoginRecord) => LoginRecord,
): readonly LoginRecord[] {
  const before = records.find((record) => record.id === id);
  const after = before === undefined ? undefined : change(before);
  return after === before ? records : records.map((record) => (record === before && after ? after : record));
}

/** Ended: nothing is owed any more, and the outcome stays a while for the page that shows it. */
export function settled(
  record: LoginRecord,
  outcome: Pick<LoginRecord, 'stage'> & Partial<Pick<LoginRecord, 'account' | 'error'>>,
  nowMs: number,
): LoginRecord {
  return { ...record, account: null, error: null, ...outcome, owed: null, expiresAtMs: nowMs + OUTCOME_LIFE_MS };
}

/**
 * What an address means to the logins that there are. `answer`: to this one, which waits for it. `again`: to one that has
 * its answer. `stray`: it is a redirect, and fits none of them: of another login, another provider, or damaged.
 */
export type Verdict =
  | { readonly kind: 'answer'; readonly record: LoginRecord; readonly answer: OAuthAnswer }
  | { readonly kind: 'again'; readonly record: LoginRecord }
  | { readonly kind: 'stray' };

/** `undefined`: none of our business. */
export async function judge(address: string, records: readonly LoginRecord[]): Promise<Verdict | undefined> {
  const redirect = readRedirect(address);
  if (redirect === undefined || records.length === 0) return undefined;
  const { uri, answer } = redirect;
  const stateHash = answer === null ? undefined : await hashState(answer.state);
  const isAddressOf = ({ redirectUri }: LoginRecord): boolean => sameAddress(redirectUri, uri);
  const record = records.find((one) => isAddressOf(one) && one.stateHash === stateHash);
  if (record !== undefined && answer !== null) {
    if (isWaiting(record)) return { kind: 'answer', record, answer };
    return record.stage === 'cancelled' ? { kind: 'stray' } : { kind: 'again', record };
  }
  const isNear = records.some((one) => isWaiting(one) && (isAddressOf(one) || one.stateHash === stateHash));
  return isNear ? { kind: 'stray' } : undefined;
}
