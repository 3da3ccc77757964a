/** A companion that is nothing but its link, on a real port. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../../companion/base/clock.ts';
import { memoryLogger } from '../../../companion/base/log.ts';
import { openLink } from '../../../companion/link/link.ts';
import type { Link } from '../../../companion/link/link.ts';
import type { LinkHandlers } from '../../../companion/link/ports.ts';
import type { ExtensionFrame } from '../../../shared/link/frame.ts';
import type { CompanionStatus } from '../../../shared/status.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { connectLink } from '../../support/link-client.ts';
import type { LinkClient, LinkClientOptions } from '../../support/link-client.ts';
import { Disk } from './disk.ts';

export const clientSettings = {
  ANTHROPIC_BASE_URL: 'http://127.0.0.1:7788',
  ANTHROPIC_AUTH_TOKEN: 'ccpk_canary-settings',
  ANTHROPIC_API_KEY: '',
  OPENAI_BASE_URL: 'http://127.0.0.1:7788/v1',
  OPENAI_API_KEY: 'ccpk_canary-settings',
};

export function sessionPush(cookie: string, rev = 1): Extract<ExtensionFrame, { t: 'session.push' }> {
  return {
    t: 'session.push',
    rev,
    store: '0',
    restsIn: 'vault',
    transport: 'auto',
    cookies: [{ name: 'sessionKey', value: cookie }],
    validUntilMs: null,
    reason: 'click',
  };
}

export interface LinkHarness {
  readonly link: Link;
  readonly port: number;
  readonly disk: Disk;
  readonly log: ReturnType<typeof memoryLogger>;
  /** What the handlers were told, in order: `online seat-id`, `push ...` */
  readonly events: string[];
  /** How many TCP connections are open. */
  connections(): number;
  token(): Promise<string>;
  /** Pairs a new browser. */
  pair(options?: Partial<LinkClientOptions>): Promise<LinkClient>;
  connect(options: Omit<LinkClientOptions, 'port'>): Promise<LinkClient>;
  /** Stops as a crash does: every connection is cut, nothing is said or written. */
  kill(): Promise<void>;
}

export interface HarnessOptions {
  readonly disk?: Disk;
  readonly clock?: Clock;
  readonly handlers?: Partial<LinkHandlers>;
  readonly isHostAllowed?: () => boolean;
}

export async function startLink(options: HarnessOptions = {}): Promise<LinkHarness> {
  const disk = options.disk ?? new Disk();
  const clock = options.clock ?? new FakeClock();
  const log = memoryLogger();
  const events: string[] = [];
  const handlers = { ...recordingHandlers(events, () => link), ...options.handlers };
  const link: Link = await openLink({
    store: disk.store,
    vault: disk.vault,
    clock,
    log: log.logger,
    handlers,
    app: 'ccproxy-companion/test',
    isHostAllowed: options.isHostAllowed ?? (() => true),
  });
  const server = createServer();
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  link.attach(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const token = async (): Promise<string> => (await link.issueToken(port)).token.reveal();
  const kill = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  };
  onTestFinished(kill);
  return {
    link,
    port,
    disk,
    log,
    events,
    token,
    connections: () => sockets.size,
    kill,
    connect: (client) => connectLink({ ...client, port }),
    pair: async (client) => connectLink({ ...client, port, token: await token() }),
  };
}

function recordingHandlers(events: string[], link: () => Link): LinkHandlers {
  return {
    onSessionPush: async (_seatId, push) => {
      events.push(`push ${push.store} ${push.rev}`);
      return { sessionId: 'session-1' };
    },
    onSessionClear: async (_seatId, clear) => void events.push(`clear ${clear.store} ${clear.reason}`),
    onExchangeStop: (_seatId, exchangeId) => void events.push(`stop ${exchangeId}`),
    onLoginCallback: (_seatId, { loginId, state, code }) => void events.push(`callback ${loginId} ${state} ${code}`),
    onLoginCancel: (_seatId, { loginId, reason }) => void events.push(`cancel ${loginId} ${reason}`),
    onLoginBegin: async (_seatId, provider) => void events.push(`begin ${provider}`),
    onLoginRefresh: async (_seatId, id) => void events.push(`refresh ${id}`),
    onLoginRemove: async (_seatId, id) => void events.push(`remove ${id}`),
    onApiCall: async (_seatId, { method, path }, body) => {
      events.push(`call ${method} ${path} ${body}`);
      return { status: 200, body: '{}' };
    },
    onSeated: () => undefined,
    onOnline: (seatId) => void events.push(`online ${seatId}`),
    onOffline: (seatId) => void events.push(`offline ${seatId}`),
    onUnpaired: (seatId) => void events.push(`unpaired ${seatId}`),
    status: () => statusWith(link()),
    clientSettings: () => clientSettings,
  };
}

function statusWith(link: Link): CompanionStatus {
  return {
    version: '0.1.0',
    pid: 1,
    url: 'http://127.0.0.1:7788',
    startedAtMs: 0,
    atMs: 0,
    vault: { kind: 'memory', location: 'memory', note: null },
    transport: 'auto',
    isAuthRequired: true,
    sessions: [],
    seats: [...link.seats()],
    activity: [],
  };
}

export async function answersPing(browser: LinkClient): Promise<boolean> {
  await browser.send({ t: 'ping' });
  return browser.expect('pong').then(
    () => true,
    () => false,
  );
}

/** Waits until `check` holds; fails with what it said last. */
export async function eventually(check: () => boolean, what: string, withinMs = 5_000): Promise<void> {
  const endMs = performance.now() + withinMs;
  while (!check()) {
    if (performance.now() > endMs) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 2);
    });
  }
}
