/** Asks providers what is left of a plan, when somebody looks and what is known is old. */
import type { QuotaWindow } from '../../../shared/quota.ts';
import type { LoginStatus } from '../../../shared/status.ts';
import { toCompanionError } from '../../base/error.ts';
import type { Logger } from '../../base/log.ts';
import type { LoginUsage } from '../oauth/login-usage.ts';
import type { Logins } from './login-service-contract.ts';
import type { StoredLogin } from './stored-login.ts';

export interface UsageWatchOptions {
  readonly logins: Pick<Logins, 'statuses' | 'inspect'>;
  readonly ask: (login: StoredLogin, signal: AbortSignal) => Promise<LoginUsage>;
  readonly note: (loginId: string, windows: readonly QuotaWindow[]) => void;
  readonly logger: Logger;
  readonly nowMs: () => number;
}

/** The providers allow very few of these questions, and every answer to a request tells the same anew. */
const holdMs = 5 * 60_000;
const askTimeoutMs = 15_000;

export class UsageWatch {
  readonly #options: UsageWatchOptions;
  /** By login: before then it is not asked again. */
  readonly #notBeforeMs = new Map<string, number>();

  constructor(options: UsageWatchOptions) {
    this.#options = options;
  }

  /** Somebody looks at the logins. Returns at once; what is learned is noted when it comes. */
  look(): void {
    const nowMs = this.#options.nowMs();
    for (const login of this.#options.logins.statuses()) {
      if (login.state !== 'usable' || (this.#notBeforeMs.get(login.id) ?? 0) > nowMs) continue;
      this.#notBeforeMs.set(login.id, nowMs + holdMs);
      void this.#ask(login);
    }
  }

  async #ask({ id }: LoginStatus): Promise<void> {
    const { logins, ask, note, logger } = this.#options;
    const signal = AbortSignal.timeout(askTimeoutMs);
    try {
      const { windows, retryAtMs } = await ask(await logins.inspect(id, signal), signal);
      if (retryAtMs !== null) this.#notBeforeMs.set(id, Math.max(retryAtMs, this.#notBeforeMs.get(id) ?? 0));
      if (windows !== null) note(id, windows);
    } catch (cause) {
      logger.info({ login: id, error: toCompanionError(cause) }, 'what is left of a plan could not be asked');
    }
  }
}
