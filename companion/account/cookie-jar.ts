/** The cookies of each claude.ai session: kept in the vault, sent by the direct transport, rotated when the site says so. */
import { parseCookie } from 'undici';
import { CLAUDE_COOKIE_DOMAINS, CLAUDE_COOKIE_NAMES, CLAUDE_SESSION_COOKIE } from '../../shared/provider.ts';
import type { ClaudeCookieName } from '../../shared/provider.ts';
import { webSessionSchema } from '../../shared/credential.ts';
import type { SessionCookie } from '../../shared/credential.ts';
import { Secret } from '../../shared/redact.ts';
import { CompanionError } from '../base/error.ts';
import type { Vault } from '../vault/vault.ts';

/** Cookies that a direct transport sends, and that an answer may rotate. */
export interface CookieSource {
  /** Value of the `cookie` header. */
  header(): Promise<string>;
  /** Takes over `set-cookie` lines of the answer to a request that carried `sentHeader`. */
  rotate(lines: readonly string[], sentHeader: string): Promise<void>;
}

const vaultName = (sessionId: string) => `session/${sessionId}`;

export class CookieJar {
  readonly #vault: Vault;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  async get(sessionId: string): Promise<readonly SessionCookie[] | undefined> {
    const secret = await this.#vault.get(vaultName(sessionId));
    return secret && readSession(secret);
  }

  async put(sessionId: string, cookies: readonly SessionCookie[]): Promise<void> {
    await this.#vault.set(vaultName(sessionId), writeSession(cookies));
  }

  async remove(sessionId: string): Promise<void> {
    await this.#vault.delete(vaultName(sessionId));
  }

  /** The sessions that have cookies in the vault, by id. */
  async ids(): Promise<readonly string[]> {
    return (await this.#vault.list(vaultName(''))).map((name) => name.slice(vaultName('').length));
  }

  /**
   * The cookies of one session. `header` throws `SESSION_REQUIRED` when it is not in the vault (any more). A session that
   * was pushed anew or removed while an answer was under way is left alone by `rotate`. `onRotated` hears what is kept now.
   */
  source(sessionId: string, onRotated?: (cookies: readonly SessionCookie[]) => void): CookieSource {
    return {
      header: async () => {
        const cookies = await this.get(sessionId);
        if (cookies === undefined)
          throw new CompanionError('SESSION_REQUIRED', 'The session is not kept in the companion.');
        return toHeader(cookies);
      },
      rotate: async (lines, sentHeader) => {
        let kept: readonly SessionCookie[] | undefined;
        await this.#vault.update(vaultName(sessionId), (current) => {
          const cookies = current && readSession(current);
          if (cookies === undefined || toHeader(cookies) !== sentHeader) return undefined;
          const rotated = applySetCookie(cookies, lines, Date.now());
          if (rotated === cookies) return undefined;
          kept = rotated;
          return writeSession(rotated);
        });
        if (kept !== undefined) onRotated?.(kept);
      },
    };
  }
}

/** Cookies that were pushed but not accepted yet: they stay in memory until the site has confirmed them. */
export class PendingCookies implements CookieSource {
  #cookies: readonly SessionCookie[];

  constructor(cookies: readonly SessionCookie[]) {
    this.#cookies = cookies;
  }

  get cookies(): readonly SessionCookie[] {
    return this.#cookies;
  }

  header(): Promise<string> {
    return Promise.resolve(toHeader(this.#cookies));
  }

  rotate(lines: readonly string[]): Promise<void> {
    this.#cookies = applySetCookie(this.#cookies, lines, Date.now());
    return Promise.resolve();
  }
}

/** Until when the site accepts the session by its own word; `null` when the cookie does not tell. */
export function validityOf(cookies: readonly SessionCookie[]): number | null {
  return cookies.find((cookie) => cookie.name === CLAUDE_SESSION_COOKIE)?.expiresAtMs ?? null;
}

function toHeader(cookies: readonly SessionCookie[]): string {
  return cookies.map((cookie) => `${cookie.name}=${cookie.value}`).join('; ');
}

function readSession(secret: Secret): readonly SessionCookie[] {
  return webSessionSchema.parse(JSON.parse(secret.reveal())).cookies;
}

function writeSession(cookies: readonly SessionCookie[]): Secret {
  return new Secret(JSON.stringify({ kind: 'web-session', cookies }));
}

/** The same array when the lines change nothing that we keep. */
function applySetCookie(
  cookies: readonly SessionCookie[],
  lines: readonly string[],
  nowMs: number,
): readonly SessionCookie[] {
  const changes = lines.map((line) => readSetCookie(line, nowMs)).filter((cookie) => cookie !== undefined);
  const isNew = (change: SessionCookie) => {
    const held = cookies.find((cookie) => cookie.name === change.name);
    return held?.value !== change.value || hasMoved(held.expiresAtMs, change.expiresAtMs);
  };
  if (!changes.some(isNew)) return cookies;
  const merged = new Map(cookies.map((cookie) => [cookie.name, cookie]));
  for (const change of changes) merged.set(change.name, change);
  return [...merged.values()];
}

/** A site that renews a cookie with every answer must not make us write the vault as often. */
function hasMoved(heldMs: number | undefined, changedMs: number | undefined): boolean {
  if (heldMs === undefined || changedMs === undefined) return heldMs !== changedMs;
  return Math.abs(changedMs - heldMs) >= noticeableMs;
}

const noticeableMs = 60 * 60_000;

/**
 * A `set-cookie` line as one of our cookies; `undefined` for every other cookie, a foreign domain, and for a deletion: a
 * site that clears the session also answers with an error, and that error decides what becomes of the session.
 */
function readSetCookie(line: string, nowMs: number): SessionCookie | undefined {
  const cookie = parseCookie(line);
  if (cookie === null || !isWanted(cookie.name) || cookie.value === '') return undefined;
  if (cookie.domain !== undefined && !isClaudeDomain(cookie.domain)) return undefined;
  const expiresAtMs = cookie.maxAge === undefined ? dateOf(cookie.expires) : nowMs + cookie.maxAge * 1000;
  if (expiresAtMs !== undefined && expiresAtMs <= nowMs) return undefined;
  return { name: cookie.name, value: cookie.value, ...(expiresAtMs === undefined ? {} : { expiresAtMs }) };
}

function isWanted(name: string): name is ClaudeCookieName {
  return (CLAUDE_COOKIE_NAMES as readonly string[]).includes(name);
}

function isClaudeDomain(domain: string): boolean {
  return (CLAUDE_COOKIE_DOMAINS as readonly string[]).includes(domain.toLowerCase());
}

function dateOf(expires: Date | number | undefined): number | undefined {
  return expires === undefined ? undefined : Number(expires);
}
