/** Waits on this computer for the one request that brings a provider's answer. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { CompanionError } from '../../base/error.ts';
import { sleep } from '../../base/clock.ts';
import type { Clock } from '../../base/clock.ts';
import { answerOfParameters } from './login-answer.ts';
import type { LoginAnswer } from './login-answer.ts';
import { loopbackRedirect } from './login-providers.ts';
import type { RedirectFacts } from './login-providers.ts';
import { loopbackPageHeaders, renderLoopbackPage } from './loopback-page.ts';
import type { LoopbackPage } from './loopback-page.ts';
import { askToCancel, closeAll, listenOnLoopback } from './loopback-port.ts';

export interface LoopbackOptions {
  readonly redirect: RedirectFacts;
  readonly clock: Clock;
  /** Resolves to what the person gets to see: once the answer was judged, and its code traded in if it was the right one. */
  readonly onAnswer: (answer: LoginAnswer) => Promise<LoopbackPage>;
}

export interface LoopbackListener {
  readonly redirectUri: string;
  /** Lets answers that are on their way out leave, then closes. May be called twice. */
  close(): Promise<void>;
}

/** Errors: `LOGIN_PORTS_BUSY`. */
export async function openLoopbackListener(options: LoopbackOptions): Promise<LoopbackListener> {
  const server = new LoopbackServer(options);
  const port = await server.listen();
  return { redirectUri: loopbackRedirect(options.redirect, port), close: () => server.close() };
}

const cancelTries = 10;
const cancelPauseMs = 200;
const anyPortTries = 5;
const maxConnections = 32;

class LoopbackServer {
  readonly #options: LoopbackOptions;
  readonly #answering = new Set<Promise<void>>();
  #servers: readonly Server[] = [];
  #hosts: ReadonlySet<string> = new Set();

  constructor(options: LoopbackOptions) {
    this.#options = options;
  }

  async listen(): Promise<number> {
    const { ports } = this.#options.redirect;
    const port = ports === 'any' ? await this.#listenAnywhere() : await this.#listenOnOneOf(ports);
    if (port === undefined) throw portsBusy(ports);
    this.#hosts = new Set([`localhost:${port}`]);
    return port;
  }

  async close(): Promise<void> {
    const closed = closeAll(this.#servers);
    await Promise.all(this.#answering);
    for (const server of this.#servers) server.closeAllConnections();
    await closed;
  }

  async #listenAnywhere(): Promise<number | undefined> {
    for (let at = 0; at < anyPortTries; at += 1) {
      const port = await this.#tryPort(0);
      if (port !== undefined) return port;
    }
    return undefined;
  }

  /** The first port is asked for: whoever holds it is most likely a login that was given up. */
  async #listenOnOneOf(ports: readonly number[]): Promise<number | undefined> {
    for (const [at, port] of ports.entries()) {
      const bound = at === 0 ? await this.#insistOn(port) : await this.#tryPort(port);
      if (bound !== undefined) return bound;
    }
    return undefined;
  }

  async #insistOn(port: number): Promise<number | undefined> {
    const bound = await this.#tryPort(port);
    if (bound !== undefined) return bound;
    await askToCancel(port);
    for (let at = 0; at < cancelTries; at += 1) {
      await sleep(this.#options.clock, cancelPauseMs);
      const retried = await this.#tryPort(port);
      if (retried !== undefined) return retried;
    }
    return undefined;
  }

  async #tryPort(port: number): Promise<number | undefined> {
    const taken = await listenOnLoopback(port, () => this.#createServer());
    this.#servers = taken?.servers ?? [];
    return taken?.port;
  }

  #createServer(): Server {
    const limits = { headersTimeout: 10_000, requestTimeout: 10_000, maxHeaderSize: 32 * 1024 };
    const server = createServer(limits, (request, response) => {
      // Not at once: an answer may end the login, and whoever closes then must already know of this one.
      const answered = Promise.resolve().then(() => this.#answer(request, response));
      this.#answering.add(answered);
      void answered.finally(() => this.#answering.delete(answered));
    });
    server.maxConnections = maxConnections;
    return server;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const page = await this.#pageFor(request).catch(() => failedPage);
    // A browser that went away meanwhile closes without finishing.
    const isOut = new Promise<void>((resolve) => {
      response.once('finish', resolve).once('close', resolve).once('error', resolve);
      if (response.destroyed) resolve();
    });
    response.writeHead(page.status, { ...loopbackPageHeaders, connection: 'close' });
    response.end(renderLoopbackPage(page));
    await isOut;
  }

  async #pageFor(request: IncomingMessage): Promise<LoopbackPage> {
    const host = onlyHost(request.rawHeaders);
    if (host === undefined || !this.#hosts.has(host)) return refused(403, 'This address is not served here.');
    const [path, query = ''] = splitTarget(request.url ?? '');
    if (path !== this.#options.redirect.path) return refused(404, 'There is nothing here.');
    if (request.method !== 'GET') return refused(405, 'There is nothing here but a page to look at.');
    if (!isNavigation(request)) return refused(403, 'This page is not for other pages to load.');
    const answer = answerOfParameters(new URLSearchParams(query));
    return answer === undefined
      ? refused(400, 'The answer holds the same thing twice.')
      : this.#options.onAnswer(answer);
  }
}

function splitTarget(target: string): readonly [string, string?] {
  const at = target.indexOf('?');
  return at < 0 ? [target] : [target.slice(0, at), target.slice(at + 1)];
}

/** `undefined` unless there is exactly one: two could be read in two ways. */
function onlyHost(rawHeaders: readonly string[]): string | undefined {
  const hosts = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === 'host');
  return hosts.length === 1 ? hosts[0]?.toLowerCase() : undefined;
}

/** A provider sends the person here. An image or a frame of some web page is nobody's answer. */
function isNavigation({ headers }: IncomingMessage): boolean {
  const destination = headers['sec-fetch-dest'];
  return headers.origin === undefined && (destination === undefined || destination === 'document');
}

function refused(status: number, text: string): LoopbackPage {
  return { status, isGood: false, title: 'Not here', paragraphs: [text] };
}

const failedPage: LoopbackPage = {
  status: 500,
  isGood: false,
  title: 'The login did not work',
  paragraphs: ['Something went wrong in the companion. `companion logs` tells more.'],
};

function portsBusy(ports: RedirectFacts['ports']): CompanionError {
  const which = ports === 'any' ? 'No port of this computer' : `None of the ports ${ports.join(' and ')}`;
  return new CompanionError('LOGIN_PORTS_BUSY', `${which} could be opened to wait for the provider's answer.`);
}
