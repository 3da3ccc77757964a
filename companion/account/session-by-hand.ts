/** Sessions that a person hands over as the value of claude.ai's cookie, without a browser of ours. */
import type { SessionCookie } from '../../shared/credential.ts';
import { CLAUDE_SESSION_COOKIE } from '../../shared/provider.ts';
import type { Secret } from '../../shared/redact.ts';
import { problemOfKeyName } from '../base/api-key-name.ts';
import { CompanionError } from '../base/error.ts';
import type { SerialQueue } from '../base/serial.ts';
import type { SessionRecord } from '../store/store.ts';
import type { SiteAccount } from '../wire/claude-web/account.ts';
import { PendingCookies, validityOf } from './cookie-jar.ts';
import { wayFailures } from './failure.ts';
import type { Identified } from './session-check.ts';
import type { SessionIntakeOptions } from './session-intake.ts';
import { mergeRecord } from './session-record.ts';
import type { SessionShelf } from './session-shelf.ts';

export interface HandedSession {
  readonly sessionKey: Secret;
  /** As the person calls it; its e-mail address unless named. */
  readonly name: string | undefined;
  /** The one that is to serve; what claude.ai showed last unless chosen. */
  readonly organisationId: string | undefined;
  /** Unix milliseconds; `null` when nobody knows. */
  readonly validUntilMs: number | null;
}

export type SessionsByHandOptions = Pick<SessionIntakeOptions, 'shelf' | 'check' | 'notes' | 'nowMs' | 'onChange'>;

export class SessionsByHand {
  readonly #options: SessionsByHandOptions;
  readonly #queue: SerialQueue;

  /** `queue` is the one of all that changes sessions. */
  constructor(options: SessionsByHandOptions, queue: SerialQueue) {
    this.#options = options;
    this.#queue = queue;
  }

  /**
   * Keeps the session, once claude.ai has said whose it is; one that could not be checked is kept as `unchecked`, and is
   * checked before it serves. Errors: `INVALID_REQUEST` for what is no session, or none of this account's organisations;
   * what the site has against the account.
   */
  add(handed: HandedSession): Promise<SessionRecord> {
    const value = readSessionKey(handed.sessionKey.reveal());
    return this.#queue.run('sessions', () => this.#add(value, handed));
  }

  /** Errors: `INVALID_REQUEST`. */
  rename(id: string, name: string): Promise<SessionRecord> {
    return this.#queue.run('sessions', async () => {
      const { shelf, onChange } = this.#options;
      const session = shelf.current(id);
      const renamed = { ...session, name: checkName(name, session.id, shelf.list()) };
      shelf.save(renamed);
      onChange();
      return renamed;
    });
  }

  async #add(value: string, handed: HandedSession): Promise<SessionRecord> {
    const { shelf, check, notes, onChange } = this.#options;
    const pending = new PendingCookies(cookiesOf(value, handed));
    const target = {
      seatId: null,
      browserStore: null,
      restsIn: 'vault',
      transport: 'direct',
      cookies: pending,
    } as const;
    const outcome = await check.identifyPush(target, handed.organisationId ?? null);
    refuseBad(outcome);
    if (outcome.account !== undefined) checkOrganisation(outcome.account, handed.organisationId);
    const session = await this.#compose(value, handed, pending, outcome);
    await shelf.put({ ...session, trouble: notes.troubleOf(outcome.error) }, pending.cookies);
    check.warnOfOrganisation(session);
    onChange();
    void check.refreshUsage(session.id);
    return shelf.current(session.id);
  }

  /** An account that a browser synced stays with that browser: this is only a newer copy of its cookies. */
  async #compose(
    value: string,
    handed: HandedSession,
    pending: PendingCookies,
    { account }: Identified,
  ): Promise<SessionRecord> {
    const { shelf, check, nowMs } = this.#options;
    const all = shelf.list();
    const ofAccount = all.find(({ accountId }) => accountId !== null && accountId === account?.accountId);
    const known = ofAccount ?? (await findByCookie(value, shelf));
    const rev = known?.rev ?? 0;
    const place = {
      seatId: known?.seatId ?? null,
      browserStore: known?.browserStore ?? null,
      transport: known === undefined || known.seatId === null ? ('direct' as const) : known.transport,
    };
    const validUntilMs = validityOf(pending.cookies);
    const origin = { ...place, restsIn: 'vault' as const, rev, validUntilMs, syncedAtMs: nowMs() };
    const merged = mergeRecord(origin, known, account, check.mergeFacts());
    const { organisationId } = handed;
    return {
      ...merged,
      ...(handed.name === undefined ? {} : { name: checkName(handed.name, merged.id, all) }),
      ...(organisationId === undefined ? {} : { organisationId, isOrganisationPinned: true }),
    };
  }
}

const longestKey = 4096;

/** Takes what people copy: the value, or `sessionKey=` before it and a semicolon behind. */
function readSessionKey(text: string): string {
  const value = text
    .trim()
    .replace(/^sessionKey\s*[=:]\s*/, '')
    .replace(/;$/, '')
    .replace(/^(["'])(.*)\1$/s, '$2')
    .trim();
  const problem = problemOf(value);
  if (problem === undefined) return value;
  throw new CompanionError('INVALID_REQUEST', `This is no session of claude.ai: ${problem}.`, {
    details: { field: 'session_key' },
    remedy: 'Copy the value of the cookie `sessionKey` of claude.ai; it begins with `sk-ant-sid`.',
  });
}

function problemOf(value: string): string | undefined {
  if (value === '') return 'it is empty';
  if (value.startsWith('sk-ant-api')) return 'it is an API key, which `companion keys add anthropic` takes';
  if (value.startsWith('sk-ant-oat') || value.startsWith('sk-ant-ort')) return 'it is the token of a login';
  if (value.length > longestKey) return 'it is too long';
  return /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/.test(value)
    ? undefined
    : 'it has characters that no cookie has; was something else copied along?';
}

function cookiesOf(value: string, { organisationId, validUntilMs }: HandedSession): readonly SessionCookie[] {
  const expiry = validUntilMs === null ? {} : { expiresAtMs: validUntilMs };
  const session: SessionCookie = { name: CLAUDE_SESSION_COOKIE, value, ...expiry };
  return organisationId === undefined ? [session] : [session, { name: 'lastActiveOrg', value: organisationId }];
}

/** A challenge, or a site that is away, says nothing about the session. */
function refuseBad({ error }: Identified): void {
  if (error === undefined || wayFailures.has(error.code)) return;
  if (error.code !== 'SESSION_EXPIRED') throw error;
  throw new CompanionError('INVALID_REQUEST', `claude.ai does not accept this session. ${error.message}`, {
    details: { field: 'session_key' },
    remedy: 'Sign in on claude.ai, and copy the value of its cookie `sessionKey` anew.',
    cause: error,
  });
}

function checkOrganisation({ organisations }: SiteAccount, wanted: string | undefined): void {
  if (wanted === undefined || organisations.some(({ id, mayChat }) => id === wanted && mayChat)) return;
  const able = organisations.filter(({ mayChat }) => mayChat).map(({ id, name }) => `${name} (${id})`);
  const isThere = organisations.some(({ id }) => id === wanted);
  const problem = isThere ? 'may not chat' : 'is none of this account';
  throw new CompanionError(
    'INVALID_REQUEST',
    `The organisation ${problem}. Those that may: ${able.join(', ') || 'none'}.`,
    {
      details: { field: 'organization_id' },
      remedy: 'Name one of these, or leave it out.',
    },
  );
}

function checkName(wanted: string, id: string, all: readonly SessionRecord[]): string {
  const name = wanted.trim();
  const problem = problemOfKeyName(name);
  if (problem !== undefined) throw refuseName(`The name cannot be used: ${problem}.`);
  const namesake = all.find((other) => other.id !== id && [other.id, other.name, other.email].includes(name));
  if (namesake !== undefined) throw refuseName(`There is a session called "${name}" already (${namesake.id}).`);
  return name;
}

function refuseName(message: string): CompanionError {
  return new CompanionError('INVALID_REQUEST', message, { details: { field: 'name' } });
}

/** The same session handed over once more, while nobody could ask whose it is. */
async function findByCookie(value: string, shelf: SessionShelf): Promise<SessionRecord | undefined> {
  for (const session of shelf.list()) {
    const cookies = session.restsIn === 'vault' ? await shelf.cookiesOf(session.id) : undefined;
    if (cookies?.some((cookie) => cookie.name === CLAUDE_SESSION_COOKIE && cookie.value === value)) return session;
  }
  return undefined;
}
