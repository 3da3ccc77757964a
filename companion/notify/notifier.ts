/** Tells the person what happened while nobody looked: in the log, and where the settings say. */
import { createHash, randomUUID } from 'node:crypto';
import type { Logger } from '../base/log.ts';
import type { NewsKind } from '../config/news-kinds.ts';
import type { News, SinkReport } from './news.ts';
import type { Webhook } from './webhook.ts';

export interface NotifierOptions {
  readonly webhook: Pick<Webhook, 'send' | 'try' | 'close'>;
  /** As they are at the moment. The log has all kinds. */
  readonly settings: () => { readonly desktop: boolean; readonly events: readonly NewsKind[] };
  readonly browsers: {
    /** To every browser that is online; how many those are. The same `id` again takes the place of the one before. */
    show(notice: { readonly id: string; readonly title: string; readonly text: string }): number;
  };
  readonly logger: Logger;
  readonly nowMs: () => number;
}

const mostTitle = 300;
const mostText = 1_000;
/** What comes and goes with the network would be told again and again. */
const quietMs = 15 * 60_000;
const mostRemembered = 500;

/** Nothing here throws or waits: news are told beside the work, never in it. */
export class Notifier {
  readonly #options: NotifierOptions;
  /** By kind and credential, until there are too many: then the next of each is told again. */
  readonly #toldAtMs = new Map<string, number>();

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  /** Callers tell each transition once; the same trouble of the same credential within minutes is passed over all the same. */
  tell(news: News): void {
    if (this.#isRepeated(news)) return;
    const { logger, settings, webhook } = this.#options;
    this.#log(news);
    try {
      const { events, desktop } = settings();
      if (news.kind === 'test' || !events.includes(news.kind)) return;
      webhook.send(news);
      if (desktop) this.#show(news);
    } catch (cause) {
      logger.warn({ error: cause }, 'a notification could not be told');
    }
  }

  /** Tries every way, and says what became of each. Never rejects. */
  async test(): Promise<readonly SinkReport[]> {
    const news: News = {
      kind: 'test',
      title: 'Notifications work',
      text: 'This is a test. The companion tells of limits, logins, sessions and keys in this way.',
      provider: null,
      credential: null,
    };
    this.#log(news);
    return [
      { sink: 'log', outcome: 'sent', detail: '`companion logs` shows it' },
      await this.#tryWebhook(news),
      this.#tryDesktop(news),
    ];
  }

  close(): Promise<void> {
    return this.#options.webhook.close();
  }

  async #tryWebhook(news: News): Promise<SinkReport> {
    const failure = await this.#options.webhook.try(news);
    if (failure === undefined) return { sink: 'webhook', outcome: 'off', detail: 'notifications.webhook is not set' };
    if (failure === null) return { sink: 'webhook', outcome: 'sent', detail: 'it took the notification' };
    return { sink: 'webhook', outcome: 'failed', detail: failure.reason };
  }

  #tryDesktop(news: News): SinkReport {
    const sink = 'desktop';
    if (!this.#options.settings().desktop) return { sink, outcome: 'off', detail: 'notifications.desktop is not true' };
    const count = this.#show(news);
    if (count === 0) return { sink, outcome: 'nobody', detail: 'no paired browser is open' };
    const browsers = count === 1 ? '1 browser' : `${count} browsers`;
    return { sink, outcome: 'sent', detail: `to ${browsers}; shown where you allowed it in the extension's settings` };
  }

  #show(news: News): number {
    const { kind, credential } = news;
    const id = kind === 'test' ? randomUUID() : idOf(`${kind} ${credential ?? ''}`);
    return this.#options.browsers.show({
      id,
      title: news.title.slice(0, mostTitle),
      text: news.text.slice(0, mostText),
    });
  }

  #log({ kind, title, text, provider, credential }: News): void {
    const isGood = kind === 'test' || kind === 'quota-reset' || kind === 'quota-rotated';
    this.#options.logger[isGood ? 'info' : 'warn']({ event: kind, provider, credential, text }, title);
  }

  #isRepeated({ kind, credential }: News): boolean {
    // Those of limits are told once in a period by whoever counts.
    if (kind === 'test' || kind.startsWith('quota-')) return false;
    const name = `${kind} ${credential ?? ''}`;
    const nowMs = this.#options.nowMs();
    const toldAtMs = this.#toldAtMs.get(name);
    if (toldAtMs !== undefined && nowMs - toldAtMs < quietMs) return true;
    if (this.#toldAtMs.size >= mostRemembered) this.#toldAtMs.clear();
    this.#toldAtMs.set(name, nowMs);
    return false;
  }
}

function idOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 32);
}
