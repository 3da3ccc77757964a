/**
 * The one path: the router plans, the candidates are tried in order until one of them has begun to answer, and the answer
 * goes to the client: byte for byte from an upstream that speaks the client's own dialect, as hub events in that dialect
 * from any other. Nothing is sent to the client before the answer has truly begun, so that whatever fails until then is a
 * proper HTTP error, or another candidate's turn.
 */
import type { LeasedCredential } from '../../shared/credential.ts';
import { CompanionError } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import type { Candidate, Plan, RouteRequest } from '../router/plan.ts';
import type { LedgerRow } from '../store/ledger.ts';
import { hideKey } from '../upstream/hide-key.ts';
import { collectMessage } from '../wire/hub/collect.ts';
import type { HubEvent } from '../wire/hub/event.ts';
import { errorOfEvent } from '../wire/hub/failure.ts';
import { createObserver } from '../wire/observe/create.ts';
import { peekMembers } from '../wire/peek.ts';
import type { Peeked } from '../wire/peek.ts';
import type { ActivityBoard, RunningExchange } from './activity.ts';
import { lazyJson } from './attempt.ts';
import type { Begun } from './attempt.ts';
import { checkIsCountable } from './countable.ts';
import { conversationAfter, conversationOf, isAnswerId } from './conversation.ts';
import type { Conversation } from './conversation.ts';
import { encodeStream } from './encode-answer.ts';
import type { ExchangeRequest, RelayEnd, Served } from './exchange.ts';
import { checkNamesOneModel } from './one-model.ts';
import { charactersOf, guessRelayed, guessTranslated } from './guess-tokens.ts';
import { credentialOf, ExchangeRecord, providerOf } from './record.ts';
import type { RecordSinks } from './record.ts';
import { afterRetries, mayReplace, mayTryNext } from './retry.ts';
import { createStamp } from './stamp.ts';
import { canBeSentAgain, reasonOf, Tries } from './tries.ts';
import type { TriedRun, TryServices } from './tries.ts';
import { UsageWatch } from './watch-events.ts';

export interface ExchangeOptions extends TryServices {
  /** Explained candidates, or the refusal; asks the providers for their models where it must. */
  readonly plan: (request: RouteRequest) => Plan | Promise<Plan>;
  /** Whether it matters which conversation a request belongs to: there is more than one key. */
  readonly keepsConversations: () => boolean;
  readonly activity: ActivityBoard;
  readonly ledger: { append(row: LedgerRow): void };
  readonly limits: RecordSinks['limits'];
  readonly logger: Logger;
  readonly nowMs: () => number;
  /** Candidates that one exchange may try. */
  readonly maxAttempts: number;
}

/** One exchange on its way. */
interface Run extends TriedRun {
  readonly record: ExchangeRecord;
  readonly plan: Plan;
}

type Relayed = Extract<Begun, { kind: 'relay' }>;

const longestModelName = 1_000;
const peekedMembers = ['model'] as const;
const peekedOpenAiMembers = ['model', 'prompt_cache_key'] as const;

export class ExchangeService {
  readonly #options: ExchangeOptions;
  readonly #tries: Tries;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#tries = new Tries(options);
  }

  /**
   * `abort` is aborted by whoever waits for the answer, when nobody does any more. Errors: whatever the dialect refuses,
   * the router's refusals, and the upstream's failure before its first content.
   */
  async serve(request: ExchangeRequest, abort: AbortController): Promise<Served> {
    const { nowMs, activity } = this.#options;
    const stamp = createStamp(nowMs());
    const id = `exc_${stamp.id}`;
    const peeked = peek(request);
    const model = peeked?.strings.get('model');
    // From here on the record owes the end, and nothing may fail in between.
    request.permit?.begin(stamp.createdAtMs);
    const record = new ExchangeRecord(id, request, model?.value.slice(0, 200), this.#options, stamp.createdAtMs);
    let exchange: RunningExchange | undefined;
    try {
      checkModelName(model?.value);
      if (hasModelList(request)) checkNamesOneModel(request.body);
      if (request.permit?.hasTokenBudget === true) checkIsCountable(request);
      const conversation = this.#conversationOf(request, peeked);
      const parsed = lazyJson(request.body);
      const plan = await this.#plan(request, routeRequestOf(request, model?.value, conversation), parsed);
      record.planned(plan);
      exchange = activity.begin(id, request.client, model?.value ?? '', abort);
      const context = { request, model, stamp, signal: exchange.signal, parsed };
      return await this.#answer({ exchange, record, context, plan, conversation });
    } catch (cause) {
      const error = reasonOf(cause, abort.signal);
      exchange?.end();
      record.finish(error.status, error.code, error);
      throw error;
    }
  }

  /** A request that nobody can serve may be wrong itself: then that is what the client can do something about. */
  async #plan(request: ExchangeRequest, routeRequest: RouteRequest, parsed: () => unknown): Promise<Plan> {
    try {
      return await this.#options.plan(routeRequest);
    } catch (refusal) {
      if (request.isTranslatable) request.dialect.decodeRequest(parsed());
      throw refusal;
    }
  }

  #conversationOf(request: ExchangeRequest, peeked: Peeked | undefined): Conversation | undefined {
    if (!Buffer.isBuffer(request.body) || !this.#options.keepsConversations()) return undefined;
    return conversationOf(request.rawHeaders, request.body, peeked?.strings.get('prompt_cache_key')?.value);
  }

  async #answer(run: Run): Promise<Served> {
    const { begun, attempts } = await this.#begin(run);
    const { exchange, context } = run;
    const facts = { exchangeId: exchange.id, route: describeRoute(begun) };
    if (begun.kind === 'relay') return { ...facts, ...this.#relayed(run, begun, attempts > 1) };
    const { decoded, warnings } = begun;
    run.record.served({ status: 200, isStream: decoded.isStream, warnings });
    const events = this.#watch(run, begun);
    const { dialect } = context.request;
    if (decoded.isStream) {
      return { ...facts, warnings, kind: 'stream', text: encodeStream(dialect, decoded, context.stamp, events) };
    }
    const message = await collectMessage(events);
    return { ...facts, warnings, kind: 'message', body: dialect.encodeMessage(message, decoded, context.stamp) };
  }

  /** Tries the candidates in order until one of them has begun to answer. */
  async #begin(run: Run): Promise<{ readonly begun: Begun; readonly attempts: number }> {
    const untried = [...run.plan.candidates];
    const mostAttempts = canBeSentAgain(run.context.request) ? this.#options.maxAttempts : 1;
    let last: CompanionError | undefined;
    let held: Relayed | undefined;
    let attempts = 1;
    for (; ; attempts++) {
      const candidate = untried.shift();
      if (candidate === undefined) break;
      const next = attempts < mostAttempts ? untried[0] : undefined;
      run.record.tries(candidate);
      const outcome = await this.#tries.try(run, candidate);
      if (outcome.kind !== 'failed') {
        if (!this.#isReplaced(outcome, next)) return { begun: outcome, attempts };
        run.record.failed(`status ${outcome.reply.status}`, outcome.reply.status);
        if (outcome.refusal === undefined) outcome.reply.discard();
        else held = outcome;
        continue;
      }
      last = outcome.error;
      run.record.failed(last.code, last.details.upstreamStatus ?? null);
      // The browser left before any content: its other way, if it has one, comes before another account.
      if (outcome.hasOtherWay) untried.unshift(candidate);
      else if (!outcome.hasAsked && untried[0] !== undefined && mayTryNext(last, candidate, untried[0])) attempts--;
      else if (next === undefined || !mayTryNext(last, candidate, next) || !this.#options.pool.mayRetry()) break;
    }
    if (last === undefined) throw new CompanionError('INTERNAL', 'The plan had no candidate.');
    // That the last resort does not suit, or is not accepted, matters less than why the first choice did not serve.
    if ((last.blame === 'client' || last.code === 'KEY_REJECTED') && held !== undefined)
      return { begun: held, attempts };
    throw attempts === 1 ? last : afterRetries(last);
  }

  /** An answer that no client needs to see, because another credential may do better. */
  #isReplaced(begun: Begun, next: Candidate | undefined): begun is Relayed {
    if (begun.kind !== 'relay' || next === undefined) return false;
    const isWorthIt = begun.refusal !== undefined || mayReplace(begun.reply.status, begun.candidate, next);
    return isWorthIt && this.#options.pool.mayRetry();
  }

  #relayed(run: Run, { candidate, leased, reply, warnings }: Relayed, hasRetried: boolean) {
    const type = reply.header('content-type');
    const isStream = type?.includes('text/event-stream') === true;
    run.record.served({ status: reply.status, isStream, warnings });
    const { dialect } = run.context.request;
    return {
      kind: 'relay' as const,
      warnings,
      reply,
      observer: createObserver(dialect.id, type, reply.header('content-encoding')),
      hasRetried,
      finish: ({ facts, error, bytes }: RelayEnd) => {
        run.exchange.end();
        run.record.uses(facts?.usage);
        if (isStream && reply.status < 400) run.record.guesses(guessRelayed(run.context.request, facts, bytes));
        this.#tries.noteEnd(candidate, error, reply.status);
        if (facts?.answerId !== undefined) this.#rememberAnswer(candidate, facts.answerId);
        const outcome = error?.code ?? (reply.status < 400 ? errorIn(facts, leased) : `status ${reply.status}`);
        run.record.finish(reply.status, outcome, error);
      },
    };
  }

  /** Lets the events through; whatever ends them ends the exchange. */
  async *#watch(run: Run, begun: Extract<Begun, { kind: 'events' }>): AsyncGenerator<HubEvent> {
    const usage = new UsageWatch();
    const { thinking } = this.#options;
    const memory = thinking.recorder(providerOf(begun.candidate), run.context.request.dialect.id);
    // A consumer that leaves early (the client hung up) runs only `finally`.
    let error: CompanionError | undefined = new CompanionError('CLIENT_GONE', 'The client hung up.');
    let characters = 0;
    try {
      let failure: CompanionError | undefined;
      for await (const event of begun.events) {
        usage.push(event);
        characters += charactersOf(event);
        memory?.push(event);
        if (event.type === 'error') failure = errorOfEvent(event);
        yield event;
      }
      error = failure;
    } catch (cause) {
      error = reasonOf(cause, run.exchange.signal);
      throw error;
    } finally {
      if (run.exchange.signal.aborted) error = reasonOf(undefined, run.exchange.signal);
      run.exchange.end();
      run.record.uses(usage.usage);
      const seen = { usage: usage.usage, isWhole: error === undefined };
      run.record.guesses(guessTranslated(run.context.request, seen, characters));
      this.#tries.noteEnd(begun.candidate, error);
      run.record.finish(200, error?.code ?? 'ok', error);
    }
  }

  /** Requests that carry on from an answer name it, and only the account that gave it knows it. */
  #rememberAnswer(candidate: Candidate, answerId: string): void {
    if (candidate.kind !== 'api' || !this.#options.keepsConversations() || !isAnswerId(answerId)) return;
    this.#options.pool.keep(conversationAfter(answerId), candidate.key);
  }
}

function peek({ body, dialect }: ExchangeRequest): Peeked | undefined {
  if (!Buffer.isBuffer(body)) return undefined;
  return peekMembers(body, dialect.id === 'anthropic' ? peekedMembers : peekedOpenAiMembers);
}

/** It is kept, shown and sent back in more places than one; the longest of real ones are paths of files. */
function checkModelName(name = ''): void {
  if (name.length <= longestModelName) return;
  throw new CompanionError('INVALID_REQUEST', `The name of the model has more than ${longestModelName} characters.`, {
    details: { field: 'model' },
  });
}

function hasModelList({ permit }: ExchangeRequest): boolean {
  return permit !== null && permit.models !== null;
}

/** The provider's word for the error that a stream ended in, which may be any word. */
function errorIn(facts: RelayEnd['facts'], leased: LeasedCredential): string {
  return hideKey(facts?.errorType ?? 'ok', leased);
}

function routeRequestOf(
  request: ExchangeRequest,
  model: string | undefined,
  conversation: Conversation | undefined,
): RouteRequest {
  return {
    model,
    mode: request.mode,
    dialect: request.dialect.id,
    isTranslatable: request.isTranslatable,
    isStateful: request.isStateful,
    onlyProvider: request.onlyProvider,
    ownKey: request.ownKey,
    account: request.account,
    isModeForced: request.permit !== null && request.permit.mode !== 'both',
    allowedModels: request.permit?.models ?? undefined,
    affinity: conversation?.isContinued === true ? conversation.key : undefined,
  };
}

/** For a response header: which mode, account and model served, and whether the bytes are the provider's own. */
function describeRoute(begun: Begun): string {
  const { candidate } = begun;
  const model = candidate.model === undefined ? '' : `; model=${candidate.model}`;
  if (candidate.kind === 'web') {
    const transport = begun.kind === 'events' ? begun.transport : 'direct';
    return printable(`web; transport=${transport}; session=${candidate.session.id}${model}`);
  }
  if (candidate.kind === 'claude-code') return printable(`claude-code${model}`);
  const how = begun.kind === 'relay' ? 'relayed' : 'translated';
  return printable(`api; provider=${providerOf(candidate)}; key=${credentialOf(candidate)}${model}; ${how}`);
}

/** The model may be whatever the client called it, and this travels in a header. */
function printable(text: string): string {
  return text.replace(/[^ -~]/g, '?').slice(0, 500);
}
