/** The rows that a page holds of the ledger: older ones come when they are scrolled to, newer ones by themselves. */
import { type ReadonlySignal, signal } from '@preact/signals';
import { append, type Exchange, type Filter, pagePath, prepend, readPage } from '../data/exchanges.ts';
import type { Problem, Questions } from '../data/questions.ts';

export interface ListState {
  readonly rows: readonly Exchange[];
  /** Rows that came while the person read further down. */
  readonly waiting: readonly Exchange[];
  /** `false` once the first page is there. */
  readonly isFirstLoading: boolean;
  readonly isLoadingMore: boolean;
  readonly hasMore: boolean;
  readonly problem: Problem | null;
  readonly atMs: number | null;
}

const start: ListState = {
  rows: [],
  waiting: [],
  isFirstLoading: true,
  isLoadingMore: false,
  hasMore: false,
  problem: null,
  atMs: null,
};

export class ExchangeList {
  readonly #questions: Questions;
  readonly #filter: Filter;
  readonly #state = signal<ListState>(start);
  #newest: string | null = null;
  #next: string | null = null;
  #isAsking = false;

  constructor(questions: Questions, filter: Filter) {
    this.#questions = questions;
    this.#filter = filter;
  }

  get state(): ReadonlySignal<ListState> {
    return this.#state;
  }

  /** What is new since the last time; the first page when there is none yet. `keepsStill`: new rows wait. */
  async look(keepsStill: boolean): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    await (this.#newest === null ? this.#loadFirst() : this.#loadNewer(keepsStill)).finally(() => {
      this.#isAsking = false;
    });
  }

  async loadMore(): Promise<void> {
    const before = this.#next;
    if (before === null || this.#state.value.isLoadingMore) return;
    this.#change({ isLoadingMore: true });
    const answer = await this.#questions.tell('GET', pagePath(this.#filter, { before }));
    if (!answer.ok) return this.#change({ isLoadingMore: false, problem: answer });
    const page = readPage(answer.body);
    this.#next = page.next;
    return this.#change({
      rows: append(this.#state.value.rows, page.exchanges),
      isLoadingMore: false,
      hasMore: page.next !== null,
      problem: null,
    });
  }

  /** The rows that waited take their place. */
  showWaiting(): void {
    const { rows, waiting } = this.#state.value;
    if (waiting.length > 0) this.#change({ rows: prepend(waiting, rows), waiting: [] });
  }

  async #loadFirst(): Promise<void> {
    const answer = await this.#questions.tell('GET', pagePath(this.#filter, {}));
    if (!answer.ok) return this.#change({ isFirstLoading: false, problem: answer });
    const page = readPage(answer.body);
    this.#newest = page.newest;
    this.#next = page.next;
    return this.#change({
      rows: page.exchanges,
      isFirstLoading: false,
      hasMore: page.next !== null,
      problem: null,
      atMs: Date.now(),
    });
  }

  async #loadNewer(keepsStill: boolean): Promise<void> {
    const after = this.#newest ?? '';
    const answer = await this.#questions.tell('GET', pagePath(this.#filter, { after }));
    if (!answer.ok) return this.#change({ problem: answer });
    const page = readPage(answer.body);
    this.#newest = page.newest ?? this.#newest;
    const { rows, waiting } = this.#state.value;
    const atMs = Date.now();
    if (page.exchanges.length === 0) {
      const { problem } = this.#state.value;
      return problem === null ? undefined : this.#change({ problem: null, atMs });
    }
    const pending = prepend(page.exchanges, waiting);
    if (keepsStill) return this.#change({ waiting: pending, problem: null, atMs });
    return this.#change({ rows: prepend(pending, rows), waiting: [], problem: null, atMs });
  }

  #change(change: Partial<ListState>): void {
    this.#state.value = { ...this.#state.value, ...change };
  }
}
