/** What the pages know of the companion's answers: one entry for each question, however many components ask it. */
import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { ApiAnswer, ApiQuestion } from '../../../state.ts';

export interface Question<Data> {
  /** Names the entry. It stays the same while the path moves on with the time. */
  readonly key: string;
  readonly path: () => string;
  readonly read: (body: unknown) => Data;
}

export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly remedy: string | null;
}

export interface Answered<Data> {
  /** The last good answer, however old; `null` before there was one. */
  readonly data: Data | null;
  /** When `data` came. */
  readonly atMs: number | null;
  /** What stood in the way the last time; `null` when nothing did. */
  readonly problem: Problem | null;
  readonly isLoading: boolean;
}

export interface QuestionsOptions {
  /** Never for ever; may reject. */
  readonly ask: (question: ApiQuestion) => Promise<ApiAnswer>;
  readonly nowMs: () => number;
}

const nothingYet: Answered<never> = { data: null, atMs: null, problem: null, isLoading: false };
const unanswered: Problem = { code: 'unanswered', message: '', remedy: null };

/** Filters and searches make new entries; the oldest go first. */
const MOST_ENTRIES = 80;

export class Questions {
  readonly #options: QuestionsOptions;
  readonly #entries = new Map<string, Signal<Answered<unknown>>>();
  readonly #running = new Map<string, Promise<void>>();

  constructor(options: QuestionsOptions) {
    this.#options = options;
  }

  /** The entry of a question, which need not have been asked yet. */
  entry<Data>(question: Question<Data>): ReadonlySignal<Answered<Data>> {
    return this.#entry(question.key) as ReadonlySignal<Answered<Data>>;
  }

  /** Asks, unless the same question is on its way: then waits for that answer. Never rejects. */
  ask<Data>(question: Question<Data>): Promise<void> {
    const { key } = question;
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const asking = this.#ask(question).finally(() => this.#running.delete(key));
    this.#running.set(key, asking);
    return asking;
  }

  /** Asks again if the last answer is older than `ageMs`, or was none. */
  async refresh<Data>(question: Question<Data>, ageMs: number): Promise<void> {
    const { atMs, problem } = this.#entry(question.key).value;
    const isFresh = atMs !== null && problem === null && this.#options.nowMs() - atMs < ageMs;
    if (!isFresh) await this.ask(question);
  }

  /** A question whose answer is nobody's but the caller's, such as a change. Never rejects. */
  async tell(method: ApiQuestion['method'], path: string, body?: unknown): Promise<ApiAnswer> {
    const question = body === undefined ? { method, path } : { method, path, body };
    return this.#options.ask(question).catch(() => ({ ok: false, ...unanswered }));
  }

  async #ask({ key, path, read }: Question<unknown>): Promise<void> {
    const entry = this.#entry(key);
    entry.value = { ...entry.value, isLoading: true };
    const answer = await this.tell('GET', path());
    const before = entry.value;
    entry.value = answer.ok
      ? { data: read(answer.body), atMs: this.#options.nowMs(), problem: null, isLoading: false }
      : { ...before, problem: answer, isLoading: false };
  }

  #entry(key: string): Signal<Answered<unknown>> {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const entry = signal<Answered<unknown>>(nothingYet);
    this.#entries.set(key, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MOST_ENTRIES && oldest !== undefined) this.#entries.delete(oldest);
    return entry;
  }
}
