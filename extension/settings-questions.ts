import type { ClientSettings } from '../shared/status.ts';
import type { Clock } from './ports.ts';

const ANSWER_TIMEOUT_MS = 5_000;

export interface SettingsQuestionsOptions {
  readonly clock: Clock;
  /** Asks the companion; `false` when there is no link. */
  readonly ask: () => boolean;
}

/** The pages that wait for the settings of clients. One answer is every page's answer: they all ask the same. */
export class SettingsQuestions {
  readonly #options: SettingsQuestionsOptions;
  readonly #waiters = new Set<(settings: ClientSettings | null) => void>();

  constructor(options: SettingsQuestionsOptions) {
    this.#options = options;
  }

  /** `null` when the companion cannot be asked, refuses, or does not answer in time. */
  ask(): Promise<ClientSettings | null> {
    if (!this.#options.ask()) return Promise.resolve(null);
    return new Promise((resolve) => {
      const settle = (settings: ClientSettings | null): void => {
        cancelTimeout();
        this.#waiters.delete(settle);
        resolve(settings);
      };
      const cancelTimeout = this.#options.clock.after(ANSWER_TIMEOUT_MS, () => settle(null));
      this.#waiters.add(settle);
    });
  }

  /** `null`: there will be no answer. */
  settle(settings: ClientSettings | null): void {
    for (const settle of this.#waiters) settle(settings);
  }
}
