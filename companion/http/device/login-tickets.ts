/**
 * Who may use the page of a login: whoever brings a ticket, which the companion gave out on the terminal, to a paired
 * browser or for the admin key. It works once; what it is traded for is the page's own, and opens nothing but that page.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { DeviceLoginProviderId } from '../../../shared/credential.ts';
import { Secret } from '../../../shared/redact.ts';
import { CompanionError } from '../../base/error.ts';
import { single } from '../client-key.ts';
import { FailureLimit } from '../secret-check.ts';

interface Pass {
  readonly provider: DeviceLoginProviderId;
  readonly untilMs: number;
}

export interface Issued {
  readonly secret: Secret;
  readonly untilMs: number;
}

/** Time to click a link that was just printed. */
const ticketLifeMs = 15 * 60_000;
/** Longer than a code lasts, so that a second one can be had. */
const sessionLifeMs = 60 * 60_000;
/** Of each kind; the oldest gives way. */
const mostPasses = 50;

/** The header in which a page presents what its ticket was traded for. */
export const sessionHeader = 'x-login-session';

export class LoginTickets {
  readonly #nowMs: () => number;
  readonly #failures: FailureLimit;
  /** By digest: the secrets themselves are nowhere here. The oldest go first, whether they are over or not. */
  readonly #tickets = new Map<string, Pass>();
  readonly #sessions = new Map<string, Pass>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#failures = new FailureLimit(nowMs);
  }

  issue(provider: DeviceLoginProviderId): Issued {
    return this.#create(this.#tickets, provider, 'cclt', ticketLifeMs);
  }

  /** Errors: `ADMIN_KEY_INVALID`, `TOO_MANY_FAILED_KEYS`. */
  redeem(provider: DeviceLoginProviderId, ticket: string): Issued {
    const digest = digestOf(ticket);
    const pass = this.#tickets.get(digest);
    if (pass === undefined || pass.provider !== provider || pass.untilMs <= this.#nowMs()) throw this.#refusal();
    this.#tickets.delete(digest);
    return this.openSession(provider);
  }

  openSession(provider: DeviceLoginProviderId): Issued {
    return this.#create(this.#sessions, provider, 'ccls', sessionLifeMs);
  }

  /** `params`: of the path that is called, which names the provider. */
  isOpen(params: unknown, headers: Readonly<Record<string, string | string[] | undefined>>): boolean {
    const { provider } = (params ?? {}) as { readonly provider?: unknown };
    const presented = single(headers[sessionHeader]);
    const pass = presented === undefined ? undefined : this.#sessions.get(digestOf(presented));
    return pass !== undefined && pass.provider === provider && pass.untilMs > this.#nowMs();
  }

  #create(passes: Map<string, Pass>, provider: DeviceLoginProviderId, prefix: string, lifeMs: number): Issued {
    const text = `${prefix}_${randomBytes(32).toString('base64url')}`;
    const untilMs = this.#nowMs() + lifeMs;
    passes.set(digestOf(text), { provider, untilMs });
    const [oldest] = passes.keys();
    if (passes.size > mostPasses && oldest !== undefined) passes.delete(oldest);
    return { secret: new Secret(text), untilMs };
  }

  #refusal(): CompanionError {
    const retryAtMs = this.#failures.note();
    const remedy = 'Run the command again for a new link, or use the admin key: `companion admin-key` prints it.';
    if (retryAtMs === undefined)
      return new CompanionError('ADMIN_KEY_INVALID', 'This link was used, or is over.', { remedy });
    return new CompanionError('TOO_MANY_FAILED_KEYS', 'Too many links that are of no use.', { details: { retryAtMs } });
  }
}

/** Compared by digest, so that the time it takes tells nothing of a secret. */
function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
