import type { ExtensionFrame } from '../shared/link/frame.ts';
import type { CompanionStatus } from '../shared/status.ts';
import type { Clock } from './ports.ts';
import type { LoginAnswer } from './state.ts';

type ChangeFrame = Extract<ExtensionFrame, { t: 'login.begin' | 'login.refresh' | 'login.remove' }>;
/** `true` once a status shows that the change has happened. */
type IsDone = (status: CompanionStatus) => boolean;

/** Renewing asks the provider, which may take its time. */
export const CHANGE_TIMEOUT_MS = 45_000;

interface Waiter {
  readonly frameType: ChangeFrame['t'];
  readonly isDone: IsDone;
  readonly settle: (answer: LoginAnswer) => void;
}

export interface CompanionChangesOptions {
  readonly clock: Clock;
  readonly send: (frame: ExtensionFrame) => boolean;
}

/**
 * What the person asks the companion to change. It answers with a new status, or with an error that names the type of the
 * frame and not which one: so they go out one at a time, and a status counts as the answer only if it shows the change.
 */
export class CompanionChanges {
  readonly #options: CompanionChangesOptions;
  #waiter: Waiter | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: CompanionChangesOptions) {
    this.#options = options;
  }

  ask(frame: ChangeFrame, isDone: IsDone): Promise<LoginAnswer> {
    const answer = this.#last.then(() => this.#askNow(frame, isDone));
    this.#last = answer;
    return answer;
  }

  noteStatus(status: CompanionStatus): void {
    if (this.#waiter?.isDone(status) === true) this.#waiter.settle({ ok: true });
  }

  noteError({ code, message, ref }: { code: string; message: string; ref?: string | undefined }): void {
    if (this.#waiter?.frameType === ref) this.#waiter?.settle({ ok: false, code, message });
  }

  noteOffline(): void {
    this.#waiter?.settle({ ok: false, code: 'offline', message: '' });
  }

  #askNow(frame: ChangeFrame, isDone: IsDone): Promise<LoginAnswer> {
    return new Promise((resolve) => {
      const settle = (answer: LoginAnswer): void => {
        cancelTimeout();
        if (this.#waiter === waiter) this.#waiter = undefined;
        resolve(answer);
      };
      const waiter: Waiter = { frameType: frame.t, isDone, settle };
      const cancelTimeout = this.#options.clock.after(CHANGE_TIMEOUT_MS, () =>
        settle({ ok: false, code: 'timeout', message: '' }),
      );
      this.#waiter = waiter;
      if (!this.#options.send(frame)) settle({ ok: false, code: 'offline', message: '' });
    });
  }
}
