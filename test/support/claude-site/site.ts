/**
 * A stand-in of claude.ai: a real server on loopback, strict about what it receives. Plain HTTP for programs (the direct
 * transport), HTTP/2 over TLS for browsers, which reach it as https://claude.ai by a resolver rule.
 */
import { createServer } from 'node:http';
import { createSecureServer } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import type { Certificate } from '../browser/certificate.ts';
import { Exchange } from './exchange.ts';
import type { AnyRequest, AnyResponse } from './exchange.ts';
import { findGuest, serveGuest } from './guests.ts';
import type { Guest } from './guests.ts';
import { mary } from './people.ts';
import type { SitePerson } from './people.ts';
import type { Route } from './router.ts';
import { serve } from './router.ts';
import { completionRoutes } from './routes/completion.ts';
import { conversationRoutes } from './routes/conversations.ts';
import { identityRoutes } from './routes/identity.ts';
import { pageRoutes } from './routes/pages.ts';
import { uploadRoutes } from './routes/uploads.ts';
import { calmDay } from './scenario.ts';
import type { Scenario } from './scenario.ts';
import { SiteState } from './state.ts';
import type { Channel, Conversation, RecordedRequest, Upload } from './state.ts';

export interface ClaudeSiteOptions {
  readonly people?: readonly SitePerson[];
  readonly scenario?: Partial<Scenario>;
  /** With it the site also listens for browsers, as `https://claude.ai`. */
  readonly certificate?: Certificate;
  /** Stand-ins that answer behind the same door: `guestsFor({ anthropic, openai })`. */
  readonly guests?: readonly Guest[];
}

export interface SignedInCookies {
  readonly sessionKey: string;
  readonly routingHint: string;
  readonly lastActiveOrg: string;
}

const routes: readonly Route[] = [
  ...pageRoutes,
  ...identityRoutes,
  ...conversationRoutes,
  ...completionRoutes,
  ...uploadRoutes,
];

export async function startClaudeSite(options: ClaudeSiteOptions = {}): Promise<ClaudeSite> {
  const state = new SiteState(options.people ?? [mary], calmDay(Date.now()));
  state.setScenario({ ...calmDay(Date.now()), ...options.scenario });
  const guests = options.guests ?? [];
  const plain = createServer((request, response) => void handle(state, guests, 'direct', request, response));
  const doors = [await openDoor(plain)];
  if (options.certificate !== undefined) {
    const { key, certificate: cert } = options.certificate;
    const secure = createSecureServer({ key, cert, allowHTTP1: true });
    secure.on('request', (request, response) => void handle(state, guests, 'browser', request, response));
    secure.on('sessionError', () => undefined);
    doors.push(await openDoor(secure));
  }
  return new ClaudeSite(state, doors, options.certificate ?? null);
}

export class ClaudeSite {
  /** Origin for the direct transport. */
  readonly url: string;
  /** Port of the TLS door; `null` without a certificate. */
  readonly httpsPort: number | null;
  readonly certificate: Certificate | null;
  readonly #state: SiteState;
  readonly #doors: readonly Door[];

  constructor(state: SiteState, doors: readonly Door[], certificate: Certificate | null) {
    this.#state = state;
    this.certificate = certificate;
    this.#doors = doors;
    this.url = `http://127.0.0.1:${doors[0]?.port}`;
    this.httpsPort = doors[1]?.port ?? null;
  }

  get scenario(): Scenario {
    return this.#state.scenario;
  }

  /** Takes a part; what it leaves out is as on a calm day, whatever was set before. */
  set scenario(part: Partial<Scenario>) {
    this.#state.setScenario({ ...calmDay(Date.now()), ...part });
  }

  /** All requests in the order of their arrival; each entry goes on to change until its outcome is known. */
  get requests(): readonly RecordedRequest[] {
    return this.#state.requests;
  }

  /** What clients did that the real site would not have understood; a good test ends with none. */
  get violations(): readonly string[] {
    return this.#state.violations;
  }

  get conversations(): readonly Conversation[] {
    return [...this.#state.conversations.values()];
  }

  get uploads(): readonly Upload[] {
    return [...this.#state.uploads.values()];
  }

  /** Every secret that the site has handed out so far. */
  get secrets(): readonly string[] {
    return this.#state.secrets;
  }

  /** Signs a person in without a browser; the cookies are those that a browser would hold. */
  signIn(email: string = this.#state.people[0]?.email ?? ''): SignedInCookies {
    const person = this.#state.people.find((one) => one.email === email);
    if (person === undefined) throw new Error(`the stand-in has no account for ${email}`);
    return { ...this.#state.openSession(person), lastActiveOrg: person.lastActiveOrganisation };
  }

  isSessionAlive(sessionKey: string): boolean {
    return this.#state.sessions.get(sessionKey)?.isAlive ?? false;
  }

  /** Ends every session but these on the server's side; the browsers keep their cookies. */
  expireSessions(exceptKeys: readonly string[] = []): void {
    for (const [key, session] of this.#state.sessions) if (!exceptKeys.includes(key)) session.isAlive = false;
  }

  /** Back to a calm day with an empty record; sessions live on. */
  reset(): void {
    this.scenario = {};
    this.#state.requests.length = 0;
    this.#state.violations.length = 0;
    this.#state.conversations.clear();
    this.#state.uploads.clear();
  }

  async close(): Promise<void> {
    await Promise.all(this.#doors.map((door) => door.close()));
  }
}

async function handle(
  state: SiteState,
  guests: readonly Guest[],
  channel: Channel,
  request: AnyRequest,
  response: AnyResponse,
): Promise<void> {
  try {
    const exchange = await Exchange.read(channel, request, response);
    state.requests.push(exchange.record);
    const guest = findGuest(guests, exchange);
    await (guest === undefined ? serve(state, routes, exchange) : serveGuest(guest, exchange));
  } catch (thrown) {
    // A client that left while it was still sending is no fault; anything else is one of this stand-in.
    if (!request.complete) return;
    state.violations.push(`the stand-in failed: ${thrown instanceof Error ? thrown.stack : String(thrown)}`);
    response.destroy();
  }
}

interface Door {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens on a free loopback port, and can close with connections still open. */
async function openDoor(server: Server): Promise<Door> {
  const sockets = new Set<{ destroy(): void; once(event: 'close', listener: () => void): unknown }>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
