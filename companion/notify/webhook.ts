/** News to an address of the person's: one after the other, in their order, and never in anybody's way. */
import { createHmac } from 'node:crypto';
import { request as undiciRequest } from 'undici';
import type { Dispatcher } from 'undici';
import type { Secret } from '../../shared/redact.ts';
import { sleep } from '../base/clock.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { News } from './news.ts';

export interface WebhookSettings {
  /** Whoever knows it can write there, so it is told to nobody. */
  readonly url: Secret;
  /** Signs each body. */
  readonly secret: Secret | undefined;
}

export interface WebhookOptions {
  /** As they are at the moment; `undefined`: there is none. */
  readonly settings: () => WebhookSettings | undefined;
  readonly dispatcher: Dispatcher;
  /** Of the companion. */
  readonly version: string;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Before the second try, the third, ... */
  readonly backOffMs?: readonly number[];
  readonly timeoutMs?: number;
}

/** `null`: it arrived. Otherwise why it did not, and whether a later try may do better. */
export interface DeliveryFailure {
  readonly reason: string;
  readonly mayPass: boolean;
}

interface Letter {
  readonly body: string;
}

export const signatureHeader = 'x-companion-signature';

const mostWaiting = 50;
const usualBackOffMs = [1_000, 10_000];
const usualTimeoutMs = 10_000;

export class Webhook {
  readonly #options: WebhookOptions;
  readonly #waiting: Letter[] = [];
  readonly #closing = new AbortController();
  #work: Promise<void> | undefined;
  #dropped = 0;

  constructor(options: WebhookOptions) {
    this.#options = options;
  }

  /** In no time; nothing when there is no webhook. Of too many that wait the oldest is dropped. */
  send(news: News): void {
    if (this.#options.settings() === undefined || this.#closing.signal.aborted) return;
    this.#waiting.push(this.#write(news));
    if (this.#waiting.length > mostWaiting) {
      this.#waiting.shift();
      this.#dropped += 1;
    }
    this.#work ??= this.#deliverAll().finally(() => (this.#work = undefined));
  }

  /** One try, at once, past what waits. `undefined` when there is no webhook. */
  async try(news: News): Promise<DeliveryFailure | null | undefined> {
    const settings = this.#options.settings();
    return settings && this.#deliver(settings, this.#write(news));
  }

  /** What waits is given up. */
  async close(): Promise<void> {
    this.#waiting.length = 0;
    this.#closing.abort();
    await this.#work;
  }

  #write({ kind, title, text, provider, credential }: News): Letter {
    const at = new Date(this.#options.clock.nowMs()).toISOString();
    return {
      body: JSON.stringify({ event: kind, title, text, provider, credential, at, version: this.#options.version }),
    };
  }

  async #deliverAll(): Promise<void> {
    for (let letter = this.#waiting.shift(); letter !== undefined; letter = this.#waiting.shift()) {
      await this.#deliverWithPatience(letter);
    }
    if (this.#dropped > 0)
      this.#options.logger.warn(
        { dropped: this.#dropped },
        'news for the webhook were too many, and the oldest dropped',
      );
    this.#dropped = 0;
  }

  async #deliverWithPatience(letter: Letter): Promise<void> {
    const pausesMs = [...(this.#options.backOffMs ?? usualBackOffMs)];
    for (;;) {
      const settings = this.#options.settings();
      const failure = settings === undefined ? null : await this.#deliver(settings, letter);
      if (failure === null || this.#closing.signal.aborted) return;
      const pauseMs = failure.mayPass ? pausesMs.shift() : undefined;
      if (pauseMs === undefined) return this.#options.logger.warn(failure, 'the webhook did not take a notification');
      const isOver = await sleep(this.#options.clock, pauseMs, this.#closing.signal).then(
        () => false,
        () => true,
      );
      if (isOver) return;
    }
  }

  /** Never rejects, and never names the address. Redirects are not followed: they would take the news elsewhere. */
  async #deliver({ url, secret }: WebhookSettings, { body }: Letter): Promise<DeliveryFailure | null> {
    const limit = AbortSignal.timeout(this.#options.timeoutMs ?? usualTimeoutMs);
    try {
      const answer = await undiciRequest(url.reveal(), {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': this.#options.userAgent,
          ...(secret !== undefined && { [signatureHeader]: signatureOf(body, secret) }),
        },
        body,
        dispatcher: this.#options.dispatcher,
        signal: AbortSignal.any([limit, this.#closing.signal]),
      });
      answer.body.on('error', () => undefined);
      answer.body.destroy();
      return judge(answer.statusCode);
    } catch (thrown) {
      return { reason: limit.aborted ? 'it did not answer in time' : reasonOf(thrown), mayPass: true };
    }
  }
}

/** `sha256=<hex>` over the bytes of the body, as GitHub signs its own. */
export function signatureOf(body: string, secret: Secret): string {
  return `sha256=${createHmac('sha256', secret.reveal()).update(body).digest('hex')}`;
}

function judge(status: number): DeliveryFailure | null {
  if (status >= 200 && status < 300) return null;
  const reason =
    status >= 300 && status < 400 ? `it redirects (status ${status})` : `it answered with status ${status}`;
  return { reason, mayPass: status === 408 || status === 429 || status >= 500 };
}

/** By its code alone: messages of the network may have the address in them. */
function reasonOf(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  return /^[A-Z_]{3,60}$/.test(code) ? `it cannot be reached (${code})` : 'it cannot be reached';
}
