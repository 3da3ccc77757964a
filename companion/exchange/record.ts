/** What is known of one exchange while it runs, and what remains of it: a ledger row and a log line, never contents. */
import type { CompanionError } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import { nameOfClaudeCode, nameOfKey, nameOfSession } from '../router/describe.ts';
import type { Candidate, Plan } from '../router/plan.ts';
import { tokensOfRow } from '../store/ledger.ts';
import type { LedgerAttempt, LedgerRow } from '../store/ledger.ts';
import type { Warning } from '../wire/codec.ts';
import type { TokenUsage } from '../wire/observe/observer.ts';
import type { ExchangeRequest } from './exchange.ts';

export interface RecordSinks {
  /** Told who is asked right now. */
  readonly limits: { begin(credentialId: string, provider: string): void; end(credentialId: string): void };
  readonly ledger: { append(row: LedgerRow): void };
  readonly logger: Logger;
  readonly nowMs: () => number;
}

export class ExchangeRecord {
  readonly #sinks: RecordSinks;
  readonly #request: ExchangeRequest;
  readonly #id: string;
  readonly #model: string | undefined;
  readonly #startedAtMs: number;
  readonly #attempts: LedgerAttempt[] = [];
  #plan: Plan | undefined;
  #candidate: Candidate | undefined;
  #attemptAtMs = 0;
  #firstByteMs: number | null = null;
  #isStream = false;
  #warnings: readonly Warning[] = [];
  #usage: TokenUsage | undefined;
  #guessedTokens = 0;
  #isFinished = false;
  /** The credential that is asked right now. */
  #reserved: string | undefined;

  constructor(
    id: string,
    request: ExchangeRequest,
    model: string | undefined,
    sinks: RecordSinks,
    startedAtMs: number,
  ) {
    this.#id = id;
    this.#request = request;
    this.#model = model;
    this.#sinks = sinks;
    this.#startedAtMs = startedAtMs;
  }

  planned(plan: Plan): void {
    this.#plan = plan;
  }

  tries(candidate: Candidate): void {
    this.#release();
    this.#candidate = candidate;
    this.#reserve(candidate);
    this.#attemptAtMs = this.#sinks.nowMs();
  }

  /** The attempt ended without an answer for the client: another one follows, or the exchange fails. */
  failed(outcome: string, status: number | null): void {
    if (this.#candidate === undefined) return;
    this.#attempts.push(this.#attempt(this.#candidate, outcome, status));
  }

  served(facts: { readonly status: number; readonly isStream: boolean; readonly warnings: readonly Warning[] }): void {
    if (this.#candidate !== undefined) this.#attempts.push(this.#attempt(this.#candidate, 'served', facts.status));
    this.#firstByteMs = this.#sinks.nowMs() - this.#startedAtMs;
    this.#isStream = facts.isStream;
    this.#warnings = facts.warnings;
  }

  uses(usage: TokenUsage | undefined): void {
    this.#usage = usage;
  }

  /** Counts against budgets and limits, beside what the answer told. */
  guesses(tokens: number): void {
    this.#guessedTokens = tokens;
  }

  /** `status` is what the client got. The first call counts. */
  finish(status: number, outcome: string, error?: CompanionError): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.#release();
    const row = this.#row(status, outcome);
    // A route that nobody here can be asked for is a slip or a probe: no model was asked, and none will be missed.
    const isProbe = this.#plan === undefined && !this.#request.isTranslatable;
    if (!isProbe) this.#sinks.ledger.append(row);
    this.#request.permit?.end(isProbe ? undefined : { atMs: row.atMs, tokens: tokensOfRow(row) });
    this.#log(row, error);
  }

  #reserve(candidate: Candidate): void {
    if (candidate.kind === 'api' && candidate.key.origin === 'client') return;
    const credential = credentialOf(candidate);
    if (credential === null) return;
    this.#reserved = credential;
    this.#sinks.limits.begin(credential, providerOf(candidate));
  }

  #release(): void {
    if (this.#reserved !== undefined) this.#sinks.limits.end(this.#reserved);
    this.#reserved = undefined;
  }

  #attempt(candidate: Candidate, outcome: string, status: number | null): LedgerAttempt {
    return { who: nameOf(candidate), status, outcome, durationMs: this.#sinks.nowMs() - this.#attemptAtMs };
  }

  #row(status: number, outcome: string): LedgerRow {
    const candidate = this.#candidate;
    const usage = this.#usage;
    return {
      id: this.#id,
      atMs: this.#startedAtMs,
      client: this.#request.client,
      clientKey: this.#request.permit?.keyId ?? null,
      dialect: this.#request.dialect.id,
      route: this.#request.target.split('?', 1)[0] ?? '',
      model: this.#model ?? null,
      servedModel: candidate?.model ?? null,
      mode: candidate?.kind ?? null,
      provider: candidate === undefined ? null : providerOf(candidate),
      credential: candidate === undefined ? null : credentialOf(candidate),
      isTranslated: candidate !== undefined && !(candidate.kind === 'api' && candidate.isSameWire),
      isStream: this.#isStream,
      status,
      outcome,
      inputTokens: usage?.inputTokens ?? null,
      outputTokens: usage?.outputTokens ?? null,
      cacheReadTokens: usage?.cacheReadTokens ?? null,
      cacheWriteTokens: usage?.cacheWriteTokens ?? null,
      ...(this.#guessedTokens > 0 && { guessedTokens: this.#guessedTokens }),
      firstByteMs: this.#firstByteMs,
      durationMs: this.#sinks.nowMs() - this.#startedAtMs,
      warnings: this.#warnings.map((warning) => `${warning.field}: ${warning.reason}`),
      explanation: {
        plan: this.#plan?.explanation ?? 'not routed',
        considered: this.#plan?.considered ?? [],
        attempts: this.#attempts,
      },
    };
  }

  #log(row: LedgerRow, error: CompanionError | undefined): void {
    const facts = {
      exchange: row.id,
      client: row.client,
      dialect: row.dialect,
      plan: row.explanation.plan,
      attempts: row.explanation.attempts.length,
      status: row.status,
      outcome: row.outcome,
      firstByteMs: row.firstByteMs,
      durationMs: row.durationMs,
    };
    if (error === undefined || error.blame === 'client') this.#sinks.logger.info(facts, 'exchange');
    else this.#sinks.logger.warn({ ...facts, reason: error.message }, 'exchange failed');
  }
}

export function nameOf(candidate: Candidate): string {
  switch (candidate.kind) {
    case 'web':
      return nameOfSession(candidate.session);
    case 'claude-code':
      return nameOfClaudeCode;
    case 'api':
      return nameOfKey(candidate.provider, candidate.key);
  }
}

export function providerOf(candidate: Candidate): string {
  switch (candidate.kind) {
    case 'web':
      return 'claude-web';
    case 'claude-code':
      return 'claude-code';
    case 'api':
      return candidate.provider.id;
  }
}

/** `null` for Claude Code, which has its own. */
export function credentialOf(candidate: Candidate): string | null {
  switch (candidate.kind) {
    case 'web':
      return candidate.session.id;
    case 'claude-code':
      return null;
    case 'api':
      return candidate.key.id;
  }
}
