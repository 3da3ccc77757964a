/** What this floor asks of claude.ai, without knowing how the bytes travel. Implemented over the upstream by the app. */
import type { RestingPlace, TransportChoice } from '../../shared/credential.ts';
import type { QuotaWindow } from '../../shared/quota.ts';
import type { SiteAccount } from '../wire/claude-web/account.ts';
import type { CookieSource } from './cookie-jar.ts';

/** Which session, through which ways. */
export interface SessionTarget {
  readonly seatId: string | null;
  readonly browserStore: string | null;
  readonly restsIn: RestingPlace;
  readonly transport: TransportChoice;
  /** `null` when the companion holds no cookies of it. */
  readonly cookies: CookieSource | null;
}

/** One way to the site. Methods reject with a `CompanionError`. */
export interface SiteConnection {
  readonly kind: 'browser' | 'direct';
  /** Takes the first preferred organisation that may chat. Throws `SESSION_EXPIRED` when the site knows no session. */
  identify(preferredOrganisations: readonly string[], signal: AbortSignal): Promise<SiteAccount>;
  usage(organisationId: string, signal: AbortSignal): Promise<readonly QuotaWindow[]>;
}

/** The ways that are open right now, best first; empty when there is none. */
export type ConnectSite = (target: SessionTarget) => readonly SiteConnection[];
