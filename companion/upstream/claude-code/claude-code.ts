/**
 * The user's own, unmodified Claude Code as an upstream: one request is one process of it, with its tools off, in an empty
 * folder, without the user's settings and memory, and with the login that Claude Code has. docs/claude-code.md
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { QuotaWindow } from '../../../shared/quota.ts';
import type { Clock } from '../../base/clock.ts';
import { CompanionError } from '../../base/error.ts';
import type { Logger } from '../../base/log.ts';
import { isStreamKind, readEvent } from '../../wire/anthropic/upstream/shape.ts';
import type { ClaudeCodeAnswerFacts } from '../../wire/claude-code/answer.ts';
import { composeClaudeCodePlan } from '../../wire/claude-code/compose.ts';
import type { ClaudeCodePlan } from '../../wire/claude-code/compose.ts';
import type { HubEvent } from '../../wire/hub/event.ts';
import { asText } from '../../wire/hub/fields.ts';
import type { Upstream, UpstreamReply, UpstreamRequest } from '../upstream.ts';
import { findAgentSdk, loadAgentSdk } from './agent-sdk.ts';
import type { AgentSdk, AgentSdkOptions } from './agent-sdk.ts';
import { ClaudeCodeAnswer, abortError } from './answer.ts';
import { childEnvironment } from './environment.ts';
import type { Environment } from './environment.ts';
import { Gate } from './gate.ts';
import { ProcessPool } from './process-pool.ts';
import { ProgramFinder } from './program.ts';
import type { ClaudeCodeProgram } from './program.ts';
import { readReadiness } from './readiness.ts';
import type { ClaudeCodeReadiness } from './readiness.ts';
import { ClaudeCodeRun } from './run.ts';
import type { ClaudeCodeTimeouts } from './run.ts';

export interface ClaudeCodeOptions {
  /** The program, where it is not to be looked for. */
  readonly path: string | undefined;
  /** Where the Anthropic API is: `https://api.anthropic.com`, unless the configuration says otherwise. */
  readonly baseUrl: string;
  /** Addresses of this companion, so that no request goes in a circle. */
  readonly ownUrls: () => readonly string[];
  /** How we introduce ourselves beside Claude Code: `name/version`. */
  readonly clientApp: string;
  /** Processes that stand ready for the next request, of 150 to 250 MB each; 0 for none. */
  readonly warm: number;
  /** The companion's; a folder `claude-code` is made in it. */
  readonly homeFolder: string;
  /** The user's, where Claude Code may be installed. */
  readonly userHome: string;
  readonly environment: Environment;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly timeouts: ClaudeCodeTimeouts;
  /** Limits of the subscription, as Claude Code tells them. */
  readonly onQuota?: (window: QuotaWindow) => void;
  /** Requests at once; 4 unless given. Each is a process, and so many live at most (one more than `warm` if that is more). */
  readonly atOnce?: number;
  /** How long a process stands ready; 5 minutes unless given. */
  readonly readyMs?: number;
  readonly loadSdk?: () => Promise<AgentSdk>;
}

const defaultAtOnce = 4;
const defaultReadyMs = 5 * 60_000;

interface Prepared {
  readonly sdk: AgentSdk;
  readonly program: ClaudeCodeProgram;
  readonly pool: ProcessPool;
}

/** It has no credential: the login is Claude Code's own, and is neither read nor passed on. */
export class ClaudeCodeUpstream implements Upstream<unknown> {
  readonly #options: ClaudeCodeOptions;
  readonly #finder: ProgramFinder;
  readonly #gate: Gate;
  readonly #workFolder: string;
  readonly #closing = new AbortController();
  #tidied: Promise<void> | undefined;
  #sdk: Promise<AgentSdk> | undefined;
  #pool: Promise<ProcessPool> | undefined;

  constructor(options: ClaudeCodeOptions) {
    const { path, environment, userHome, homeFolder } = options;
    this.#options = options;
    this.#finder = new ProgramFinder({ path, environment, userHome });
    this.#gate = new Gate(options.atOnce ?? defaultAtOnce);
    this.#workFolder = join(homeFolder, 'claude-code');
  }

  /** What there is, and what stands in the way. Never rejects. */
  readiness(): Promise<ClaudeCodeReadiness> {
    return readReadiness({
      findProgram: () => this.#finder.find(),
      findSdk: () => findAgentSdk(this.#options.homeFolder),
      environment: this.#childEnvironment(),
    });
  }

  /** Removes what a companion that was killed left behind. The caller holds the lock of the home. Never rejects. */
  tidy(): Promise<void> {
    this.#tidied ??= rm(this.#workFolder, { recursive: true, force: true }).catch(() => undefined);
    return this.#tidied;
  }

  /**
   * Rejects with `NOT_AVAILABLE_IN_MODE` for what this mode cannot do, `CLAUDE_CODE_MISSING`, `CLAUDE_CODE_FAILED`, or what
   * the provider's refusal means. The process is gone soon after the answer ends, is left, or `signal` is aborted.
   */
  async send(request: UpstreamRequest<unknown>, signal: AbortSignal): Promise<UpstreamReply> {
    const plan = composeClaudeCodePlan(request.hub, request.model);
    const either = AbortSignal.any([signal, this.#closing.signal]);
    const leave = await this.#gate.enter(either).catch(() => {
      throw abortError(either);
    });
    try {
      const prepared = await orAborted(this.#prepare(), either);
      either.throwIfAborted();
      const answer = new ClaudeCodeAnswer(this.#start(plan, prepared), this.#factsOf(plan), either, {
        onQuota: this.#options.onQuota,
        onGone: leave,
      });
      return { transport: 'direct', warnings: plan.warnings, events: await answer.begin() };
    } catch (cause) {
      leave();
      throw either.aborted ? abortError(either) : cause;
    }
  }

  /** Ends every process and refuses what comes; resolves when they are gone. */
  async close(): Promise<void> {
    this.#closing.abort(new CompanionError('SHUTTING_DOWN', 'The companion is shutting down.'));
    const pool = await this.#pool?.catch(() => undefined);
    await pool?.close();
    if (pool !== undefined) await rm(this.#workFolder, { recursive: true, force: true }).catch(() => undefined);
  }

  /** Process ids of all that run, in use or ready. */
  async pids(): Promise<readonly number[]> {
    const pool = await this.#pool?.catch(() => undefined);
    return pool?.pids ?? [];
  }

  /** What failed is tried again by the next request: the user may have installed what was missing. */
  async #prepare(): Promise<Prepared> {
    const { homeFolder, loadSdk } = this.#options;
    this.#sdk ??= (loadSdk ?? (() => loadAgentSdk(homeFolder)))();
    this.#sdk.catch(() => (this.#sdk = undefined));
    this.#pool ??= this.#openPool();
    this.#pool.catch(() => (this.#pool = undefined));
    const [program, sdk, pool] = await Promise.all([this.#finder.find(), this.#sdk, this.#pool]);
    return { program, sdk, pool };
  }

  async #openPool(): Promise<ProcessPool> {
    const { warm, readyMs, clock, logger, atOnce = defaultAtOnce } = this.#options;
    await this.tidy();
    await mkdir(this.#workFolder, { recursive: true, mode: 0o700 });
    const most = Math.max(atOnce, warm + 1);
    const idleMs = readyMs ?? defaultReadyMs;
    return new ProcessPool({ warm, most, idleMs, workFolder: this.#workFolder, clock, logger });
  }

  #start(plan: ClaudeCodePlan, { sdk, program, pool }: Prepared): ClaudeCodeRun {
    const { clock, timeouts } = this.#options;
    const options = this.#sdkOptions(plan, program);
    try {
      return new ClaudeCodeRun({ sdk, plan, options, pool, clock, timeouts });
    } catch (cause) {
      throw new CompanionError('CLAUDE_CODE_FAILED', 'Claude Code could not be started.', { cause });
    }
  }

  #sdkOptions(plan: ClaudeCodePlan, program: ClaudeCodeProgram): Omit<AgentSdkOptions, 'spawnClaudeCodeProcess'> {
    return {
      pathToClaudeCodeExecutable: program.path,
      cwd: this.#workFolder,
      env: {
        ...this.#childEnvironment(),
        CLAUDE_CODE_MAX_OUTPUT_TOKENS: String(plan.maxOutputTokens),
      },
      model: plan.model,
      systemPrompt: plan.systemPrompt,
      thinking: plan.thinking,
      ...(plan.effort !== undefined && { effort: plan.effort }),
      maxTurns: 1,
      tools: [],
      settingSources: [],
      strictMcpConfig: true,
      persistSession: false,
      includePartialMessages: true,
      verbatimPrompts: true,
    };
  }

  #childEnvironment(): Record<string, string> {
    const { environment, baseUrl, ownUrls, clientApp } = this.#options;
    return childEnvironment({ environment, baseUrl, ownUrls: ownUrls(), clientApp });
  }

  #factsOf({ stopSequences }: ClaudeCodePlan): ClaudeCodeAnswerFacts {
    return { stopSequences, observedAtMs: this.#options.clock.nowMs(), readEvent: readRawEvent };
  }
}

function readRawEvent(data: Readonly<Record<string, unknown>>): HubEvent | 'unknown' | 'unreadable' {
  const kind = asText(data.type) ?? '';
  return isStreamKind(kind) ? (readEvent(kind, data) ?? 'unreadable') : 'unknown';
}

async function orAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    work.catch(() => undefined);
  }
}
