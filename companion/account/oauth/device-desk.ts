/** The logins by code that are under way: begun here, confirmed at the provider, asked after in the background. */
import type { DeviceLoginProviderId } from '../../../shared/credential.ts';
import type { ErrorCode } from '../../../shared/error-code.ts';
import { loginName } from '../../../shared/login-name.ts';
import type { LoginStatus, PendingLoginStatus } from '../../../shared/status.ts';
import { sleep } from '../../base/clock.ts';
import type { Clock } from '../../base/clock.ts';
import { CompanionError, toCompanionError } from '../../base/error.ts';
import type { Logger } from '../../base/log.ts';
import { SerialQueue } from '../../base/serial.ts';
import type { StoredLogin } from '../login/stored-login.ts';
import { untilAborted } from '../login/waiting.ts';
import { DeviceAttempt } from './device-attempt.ts';
import type {
  BeginDeviceLogin,
  DeviceAnswer,
  DeviceDeskService,
  DeviceEndpoint,
  DeviceProgress,
} from './device-desk-contract.ts';
import type { LoginOutcome } from './login-desk-contract.ts';
import { aimedAt } from './login-trouble.ts';

export interface DeviceDeskOptions {
  /** A provider without one is `LOGIN_UNCONFIGURED`. */
  readonly endpoints: Readonly<Partial<Record<DeviceLoginProviderId, DeviceEndpoint | undefined>>>;
  /** Puts a new login away; `Logins.add`. */
  readonly keep: (login: StoredLogin) => Promise<LoginStatus>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** `pending()` tells something else than before. */
  readonly onChange: () => void;
}

/** Logins that are over and may still be asked for. */
const rememberedLogins = 20;

/** What says nothing about the login: it is asked again while the code lasts. */
const passing: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'UPSTREAM_UNREACHABLE',
  'CONNECT_TIMEOUT',
  'FIRST_BYTE_TIMEOUT',
  'IDLE_TIMEOUT',
  'STREAM_BROKEN',
  'UPSTREAM_ERROR',
  'UPSTREAM_UNREADABLE',
  'CHALLENGE',
  'RATE_LIMITED',
]);

export class DeviceDesk implements DeviceDeskService {
  readonly #options: DeviceDeskOptions;
  /** By id: what is under way, and the newest of what is over. */
  readonly #attempts = new Map<string, DeviceAttempt>();
  readonly #beginnings = new SerialQueue();
  readonly #closing = new AbortController();

  constructor(options: DeviceDeskOptions) {
    this.#options = options;
  }

  begin(wanted: BeginDeviceLogin): Promise<DeviceProgress> {
    return this.#beginnings.run(wanted.provider, () => this.#begin(wanted));
  }

  progress(id: string): DeviceProgress {
    return this.#find(id).progress;
  }

  current(provider: DeviceLoginProviderId): DeviceProgress | undefined {
    return this.#underWay().find(({ wanted }) => wanted.provider === provider)?.progress;
  }

  async outcome(id: string, signal: AbortSignal): Promise<LoginOutcome> {
    signal.throwIfAborted();
    return untilAborted(this.#find(id).outcome, signal);
  }

  cancel(id: string): void {
    const attempt = this.#attempts.get(id);
    if (attempt !== undefined) this.#fail(attempt, new CompanionError('LOGIN_CANCELLED', 'The login was cancelled.'));
  }

  async retry(id: string): Promise<DeviceProgress> {
    return this.begin(this.#find(id).wanted);
  }

  pending(): readonly PendingLoginStatus[] {
    return this.#underWay().map((attempt) => attempt.status);
  }

  async close(): Promise<void> {
    const error = new CompanionError('LOGIN_CANCELLED', 'The companion was stopped before the login was through.');
    this.#closing.abort(error);
    const keeping = this.#underWay().filter(({ stage }) => stage === 'keeping');
    for (const attempt of this.#underWay()) this.#fail(attempt, error);
    await Promise.all(keeping.map(({ outcome }) => outcome));
  }

  async #begin(wanted: BeginDeviceLogin): Promise<DeviceProgress> {
    const { endpoints, clock, logger, onChange } = this.#options;
    const { provider, options = {} } = wanted;
    const endpoint = endpoints[provider];
    if (endpoint === undefined) throw new CompanionError('LOGIN_UNCONFIGURED', `${loginName(provider)} is not set up.`);
    const closing = this.#closing.signal;
    closing.throwIfAborted();
    const code = await endpoint.start(options, closing).catch((thrown: unknown) => {
      throw aimedAt(provider, toCompanionError(thrown));
    });
    closing.throwIfAborted();
    const superseded = new CompanionError('LOGIN_CANCELLED', 'Another login at the same provider was begun instead.');
    for (const other of this.#underWay()) if (other.wanted.provider === provider) this.#fail(other, superseded);
    const attempt = new DeviceAttempt(wanted, code, clock);
    this.#remember(attempt);
    void this.#follow(attempt);
    logger.info({ loginId: attempt.id, provider }, 'A login by code was begun.');
    onChange();
    return attempt.progress;
  }

  async #follow(attempt: DeviceAttempt): Promise<void> {
    try {
      for (;;) {
        await sleep(this.#options.clock, attempt.pauseMs, attempt.signal);
        const answer = await this.#ask(attempt);
        attempt.signal.throwIfAborted();
        if (answer?.state === 'done') return await this.#keep(attempt, answer.login);
        // Asked once more after its end: who confirmed it in the last second is signed in.
        if (attempt.isOverdue) throw codeIsOver(attempt, answer === undefined);
        if (answer?.state === 'slow-down') attempt.slowDown(answer.intervalMs);
        attempt.stage = 'waiting';
      }
    } catch (thrown) {
      this.#fail(attempt, toCompanionError(thrown));
    }
  }

  /** `undefined` when the provider could not be asked. */
  async #ask(attempt: DeviceAttempt): Promise<DeviceAnswer | undefined> {
    attempt.stage = 'polling';
    try {
      const answer = await attempt.code.poll(attempt.signal);
      attempt.answered();
      return answer;
    } catch (thrown) {
      const error = toCompanionError(thrown);
      if (attempt.signal.aborted || !passing.has(error.code)) throw error;
      attempt.failedFor(error);
      this.#options.logger.warn(
        { loginId: attempt.id, code: error.code },
        'A provider could not be asked for a login.',
      );
      return undefined;
    }
  }

  async #keep(attempt: DeviceAttempt, login: StoredLogin): Promise<void> {
    attempt.stage = 'keeping';
    this.#options.onChange();
    this.#end(attempt, { state: 'done', login: await this.#options.keep(login) });
  }

  /** From `keeping` on only the keeping itself can fail it. */
  #fail(attempt: DeviceAttempt, error: CompanionError): void {
    const isCall = error.code === 'LOGIN_CANCELLED';
    if (attempt.stage === 'keeping' && isCall) return;
    this.#end(attempt, { state: 'failed', error: aimedAt(attempt.wanted.provider, error) });
  }

  #end(attempt: DeviceAttempt, outcome: LoginOutcome): void {
    if (attempt.stage === 'over') return;
    attempt.end(outcome);
    const { logger, onChange } = this.#options;
    const facts = { loginId: attempt.id, provider: attempt.wanted.provider };
    if (outcome.state === 'done') logger.info(facts, 'A login is through.');
    else if (outcome.error.code === 'INTERNAL') logger.error({ ...facts, error: outcome.error }, 'A login broke.');
    else logger.warn({ ...facts, code: outcome.error.code }, 'A login came to nothing.');
    onChange();
  }

  #underWay(): readonly DeviceAttempt[] {
    return [...this.#attempts.values()].filter(({ stage }) => stage !== 'over');
  }

  #remember(attempt: DeviceAttempt): void {
    this.#attempts.set(attempt.id, attempt);
    const over = [...this.#attempts.values()].filter(({ stage }) => stage === 'over');
    for (const { id } of over.slice(0, -rememberedLogins)) this.#attempts.delete(id);
  }

  #find(id: string): DeviceAttempt {
    const attempt = this.#attempts.get(id);
    if (attempt !== undefined) return attempt;
    throw new CompanionError('NOT_FOUND', 'There is no login under way with this id.');
  }
}

function codeIsOver({ wanted }: DeviceAttempt, wasUnreachable: boolean): CompanionError {
  const name = loginName(wanted.provider);
  const message = wasUnreachable
    ? `${name} could not be reached until the code was over.`
    : `Nobody confirmed the code at ${name} in time.`;
  return new CompanionError('LOGIN_TIMED_OUT', message);
}
