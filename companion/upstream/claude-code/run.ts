/** One request in one process: what the SDK hands on, message by message, within the time-outs. */
import { CompanionError } from '../../base/error.ts';
import type { Clock } from '../../base/clock.ts';
import { plainWords } from '../../wire/claude-code/failure.ts';
import { asObject } from '../../wire/hub/fields.ts';
import type { AgentSdk, AgentSdkOptions, AgentSdkQuery, SpawnOrder } from './agent-sdk.ts';
import { ConversationInput } from './conversation.ts';
import type { ClaudeCodeProcess } from './process.ts';
import type { ProcessPool } from './process-pool.ts';
import type { ClaudeCodePlan } from '../../wire/claude-code/compose.ts';

export interface ClaudeCodeTimeouts {
  /** Until Claude Code says anything at all. */
  readonly startMs: number;
  /** From then until the answer begins. */
  readonly firstByteMs: number;
  /** Silence in the middle of the answer. */
  readonly idleMs: number;
}

export interface RunOptions {
  readonly sdk: AgentSdk;
  readonly plan: ClaudeCodePlan;
  readonly options: Omit<AgentSdkOptions, 'spawnClaudeCodeProcess'>;
  readonly pool: ProcessPool;
  readonly clock: Clock;
  readonly timeouts: ClaudeCodeTimeouts;
}

type Stage = 'start' | 'first-byte' | 'answer';

export class ClaudeCodeRun {
  readonly #options: RunOptions;
  readonly #input: ConversationInput;
  readonly #query: AgentSdkQuery;
  readonly #messages: AsyncIterator<unknown>;
  readonly #ended = Promise.withResolvers<never>();
  #process: ClaudeCodeProcess | undefined;
  #order: SpawnOrder | undefined;
  #stage: Stage = 'start';
  #deadlineMs: number;

  constructor(options: RunOptions) {
    const { sdk, plan, pool, clock, timeouts } = options;
    this.#options = options;
    this.#input = new ConversationInput(plan.turns, plan.model);
    this.#ended.promise.catch(() => undefined);
    this.#deadlineMs = clock.monotonicMs() + timeouts.startMs;
    this.#query = sdk.query({
      prompt: this.#input,
      options: {
        ...options.options,
        spawnClaudeCodeProcess: (order) => {
          this.#order = { command: order.command, args: [...order.args], env: { ...order.env } };
          this.#process = pool.take(this.#order);
          return this.#process.child as ReturnType<AgentSdkOptions['spawnClaudeCodeProcess']>;
        },
      },
    });
    this.#messages = this.#query[Symbol.asyncIterator]();
  }

  /** The next message, `undefined` after the last. Rejects with a `CompanionError`: a time-out, a crash, the reason of `end`. */
  async next(): Promise<unknown> {
    for (;;) {
      const message = await this.#within(this.#messages.next());
      if (message === undefined) return undefined;
      this.#note(message);
      if (!this.#input.acknowledge(message)) return message;
    }
  }

  /** The answer has begun: the time for a process to be made ready for the next request, while the model writes. */
  prepareNext(): void {
    if (this.#order !== undefined) this.#options.pool.keepReady(this.#order);
  }

  /** Ends the process; resolves when it is gone. A `next` that waits rejects with `reason`. */
  end(reason: CompanionError): Promise<void> {
    this.#ended.reject(reason);
    this.#input.close();
    const gone = this.#process?.end() ?? Promise.resolve();
    this.#query.close?.();
    return gone;
  }

  async #within(next: Promise<IteratorResult<unknown>>): Promise<unknown> {
    next.catch(() => undefined);
    const { clock } = this.#options;
    const late = Promise.withResolvers<never>();
    late.promise.catch(() => undefined);
    const timer = clock.setTimer(() => late.reject(this.#timeout()), this.#deadlineMs - clock.monotonicMs());
    try {
      const { done, value } = await Promise.race([next, late.promise, this.#ended.promise]);
      return done === true ? undefined : (value as unknown);
    } catch (cause) {
      throw cause instanceof CompanionError ? cause : this.#crash(cause);
    } finally {
      timer.cancel();
    }
  }

  #note(message: unknown): void {
    const { clock, timeouts } = this.#options;
    if (asObject(message).type === 'stream_event') this.#stage = 'answer';
    else if (this.#stage === 'start') this.#stage = 'first-byte';
    else if (this.#stage === 'first-byte') return;
    const patienceMs = this.#stage === 'answer' ? timeouts.idleMs : timeouts.firstByteMs;
    this.#deadlineMs = clock.monotonicMs() + patienceMs;
  }

  #timeout(): CompanionError {
    switch (this.#stage) {
      case 'start': {
        const seconds = Math.round(this.#options.timeouts.startMs / 1000);
        return new CompanionError(
          'CLAUDE_CODE_FAILED',
          `Claude Code did not start within ${seconds} s.${this.#said()}`,
        );
      }
      case 'first-byte':
        return new CompanionError('FIRST_BYTE_TIMEOUT', 'Claude Code did not begin to answer in time.');
      case 'answer':
        return new CompanionError('IDLE_TIMEOUT', 'Claude Code fell silent in the middle of its answer.');
    }
  }

  #crash(cause: unknown): CompanionError {
    const said = this.#said();
    const words = said === '' && cause instanceof Error ? ` ${plainWords(cause.message)}` : said;
    return this.#stage === 'answer'
      ? new CompanionError('STREAM_BROKEN', `Claude Code ended in the middle of its answer.${words}`, { cause })
      : new CompanionError('CLAUDE_CODE_FAILED', `Claude Code ended before it answered.${words}`, { cause });
  }

  /** The end of its error stream, for a person. */
  #said(): string {
    const words = plainWords(this.#process?.stderrTail ?? '');
    return words === '' ? '' : ` It said: "${words}"`;
  }
}
