/** The exchanges that run right now: shown in the status, stopped by the person, drained at shutdown. */
import type { Activity } from '../../shared/status.ts';
import { CompanionError } from '../base/error.ts';

export interface RunningExchange {
  readonly id: string;
  /** Aborts when the client hangs up, the person stops it, or the companion shuts down; the reason says which. */
  readonly signal: AbortSignal;
  /** Tells the status how the bytes travel, once that is known. */
  describe(facts: Pick<Activity, 'transport' | 'seatId'>): void;
  end(): void;
}

interface Entry {
  facts: Activity;
  readonly abort: AbortController;
  readonly done: PromiseWithResolvers<void>;
}

export class ActivityBoard {
  readonly #entries = new Map<string, Entry>();
  readonly #onChange: () => void;
  readonly #nowMs: () => number;
  #isDraining = false;

  constructor(options: { readonly onChange: () => void; readonly nowMs: () => number }) {
    this.#onChange = options.onChange;
    this.#nowMs = options.nowMs;
  }

  /** `abort` is the client's own, so that one signal tells every end. Throws `SHUTTING_DOWN` once draining has begun. */
  begin(id: string, client: string, model: string, abort: AbortController): RunningExchange {
    if (this.#isDraining) throw new CompanionError('SHUTTING_DOWN', 'The companion is shutting down.');
    const facts: Activity = {
      exchangeId: id,
      client,
      model,
      transport: 'direct',
      seatId: null,
      startedAtMs: this.#nowMs(),
    };
    const entry: Entry = { facts, abort, done: Promise.withResolvers<void>() };
    this.#entries.set(id, entry);
    return {
      id,
      signal: abort.signal,
      describe: (more) => {
        entry.facts = { ...entry.facts, ...more };
        this.#onChange();
      },
      end: () => {
        if (!this.#entries.delete(id)) return;
        entry.done.resolve();
        this.#onChange();
      },
    };
  }

  /** Nothing new is taken any more. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  list(): readonly Activity[] {
    return [...this.#entries.values()].map((entry) => entry.facts);
  }

  /** `false` if no such exchange runs (any more). */
  stop(id: string): boolean {
    const entry = this.#entries.get(id);
    entry?.abort.abort(new CompanionError('STOPPED_BY_USER', 'The request was stopped in the browser.'));
    return entry !== undefined;
  }

  /** Lets running exchanges finish for `withinMs`, then ends the rest with `SHUTTING_DOWN`. New ones are refused at once. */
  async drain(withinMs: number): Promise<void> {
    this.#isDraining = true;
    const isEmpty = await this.#emptied(withinMs);
    if (isEmpty) return;
    for (const entry of this.#entries.values()) {
      entry.abort.abort(
        new CompanionError('SHUTTING_DOWN', 'The companion was stopped before the answer was complete.'),
      );
    }
    await this.#emptied(1_000);
  }

  async #emptied(withinMs: number): Promise<boolean> {
    const all = Promise.all([...this.#entries.values()].map((entry) => entry.done.promise)).then(() => true);
    const tooLong = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => tooLong.resolve(false), withinMs);
    return Promise.race([all, tooLong.promise]).finally(() => clearTimeout(timer));
  }
}
