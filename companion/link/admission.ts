/** Who may open a socket at all: the checks before the upgrade, and the limits on peers that have not proved anything. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ErrorCode } from '../../shared/error-code.ts';
import { LINK_PATH } from '../../shared/link/protocol.ts';
import type { Clock } from '../base/clock.ts';

export const MAX_UNAUTHENTICATED = 8;
export const MAX_HANDSHAKES_PER_MINUTE = 10;
const minuteMs = 60_000;

const extensionOrigin =
  /^(?:chrome-extension:\/\/[a-p]{32}|moz-extension:\/\/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

/** `true` for the origin of a browser extension, and for nothing that merely contains one. */
export function isExtensionOrigin(origin: string): boolean {
  return extensionOrigin.test(origin);
}

export interface UpgradeRefusal {
  readonly status: 403 | 404 | 426 | 429;
  readonly code: ErrorCode | null;
}

/** Why this upgrade must not happen; `undefined` when it may. A web page ends here, before there is a WebSocket. */
export function judgeUpgrade(
  request: IncomingMessage,
  isHostAllowed: (request: IncomingMessage) => boolean,
): UpgradeRefusal | undefined {
  if (!isHostAllowed(request)) return { status: 403, code: 'HOST_REFUSED' };
  if (isResponsesClient(request)) return { status: 426, code: null };
  if (!isExtensionOrigin(request.headers.origin ?? '')) return { status: 403, code: 'ORIGIN_REFUSED' };
  if (request.url !== LINK_PATH) return { status: 404, code: 'ROUTE_NOT_FOUND' };
  return undefined;
}

/**
 * Codex tries OpenAI's Responses API over a WebSocket first. Told that this takes an upgrade we do not make, it sends the
 * same as a POST at once; told anything else, it tries again for seconds.
 */
function isResponsesClient({ url, headers }: IncomingMessage): boolean {
  return headers.origin === undefined && /\/responses(?:\?|$)/.test(url ?? '');
}

const reasonPhrase = {
  403: 'Forbidden',
  404: 'Not Found',
  426: 'Upgrade Required',
  429: 'Too Many Requests',
} as const;

export function refuseUpgrade(socket: Duplex, refusal: UpgradeRefusal): void {
  const head = [
    `HTTP/1.1 ${refusal.status} ${reasonPhrase[refusal.status]}`,
    'connection: close',
    'content-length: 0',
    ...(refusal.code === null ? [] : [`x-companion-error: ${refusal.code}`]),
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n`);
}

/** Counts sockets and handshakes of peers that have not authenticated. */
export class Admission {
  readonly #clock: Clock;
  readonly #handshakes = new Map<string, number[]>();
  #waiting = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes one of the few places for unauthenticated sockets; `undefined` when all are taken. Leave exactly once. */
  enter(): (() => void) | undefined {
    if (this.#waiting >= MAX_UNAUTHENTICATED) return undefined;
    this.#waiting += 1;
    let isInside = true;
    return () => {
      if (isInside) this.#waiting -= 1;
      isInside = false;
    };
  }

  /** `false` when this origin has had its handshakes of the last minute. */
  mayShakeHands(origin: string): boolean {
    const nowMs = this.#clock.monotonicMs();
    this.#forgetBefore(nowMs - minuteMs);
    const times = this.#handshakes.get(origin) ?? [];
    if (times.length >= MAX_HANDSHAKES_PER_MINUTE) return false;
    this.#handshakes.set(origin, [...times, nowMs]);
    return true;
  }

  #forgetBefore(limitMs: number): void {
    for (const [origin, times] of this.#handshakes) {
      const recent = times.filter((time) => time > limitMs);
      if (recent.length === 0) this.#handshakes.delete(origin);
      else this.#handshakes.set(origin, recent);
    }
  }
}
