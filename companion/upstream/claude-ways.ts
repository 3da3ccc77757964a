/** The ways to claude.ai that are open for a session right now, best first. */
import type { Dispatcher } from 'undici';
import type { RestingPlace, TransportChoice } from '../../shared/credential.ts';
import { createBrowserTransport } from './browser-transport.ts';
import type { JobRunner } from './browser-transport.ts';
import { createDirectTransport } from './direct-transport.ts';
import type { DirectTransportOptions } from './direct-transport.ts';
import type { Transport } from './transport.ts';

export interface SiteTarget {
  readonly seatId: string | null;
  readonly browserStore: string | null;
  readonly restsIn: RestingPlace;
  /** What the person chose in that browser. */
  readonly transport: TransportChoice;
  /** `null` when the companion holds no cookies of the session. */
  readonly cookies: DirectTransportOptions['cookies'] | null;
}

export interface ClaudeWaysOptions {
  readonly jobs: JobRunner;
  readonly dispatcher: Dispatcher;
  readonly baseUrl: string;
  readonly userAgent: string;
  /** The configuration's choice; beats the session's. */
  readonly transport: TransportChoice | undefined;
  readonly timeouts: { readonly firstByteMs: number; readonly idleMs: number };
}

/**
 * `auto` prefers the browser, where claude.ai meets the client it expects, and falls back to the direct way if the
 * companion holds the session. A session that rests in its browser never has another way.
 */
export function createClaudeWays(options: ClaudeWaysOptions): (target: SiteTarget) => readonly Transport[] {
  return (target) => {
    const choice = target.restsIn === 'browser' ? 'browser' : (options.transport ?? target.transport);
    const browser = choice === 'direct' ? undefined : browserWay(options, target);
    const direct = choice === 'browser' ? undefined : directWay(options, target);
    return [browser, direct].filter((way) => way !== undefined);
  };
}

function browserWay(options: ClaudeWaysOptions, target: SiteTarget): Transport | undefined {
  const { seatId, browserStore } = target;
  if (seatId === null || browserStore === null || !options.jobs.isOnline(seatId)) return undefined;
  return createBrowserTransport({ jobs: options.jobs, seatId, store: browserStore, timeouts: options.timeouts });
}

function directWay(options: ClaudeWaysOptions, target: SiteTarget): Transport | undefined {
  if (target.cookies === null) return undefined;
  const { baseUrl, dispatcher, userAgent } = options;
  return createDirectTransport({ baseUrl, dispatcher, userAgent, cookies: target.cookies });
}
