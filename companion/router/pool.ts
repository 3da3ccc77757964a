/** How the credentials stand right now: turns, limits, health, conversations. One per companion, in memory only. */
import type { RoutedCredential } from '../../shared/credential.ts';
import type { CompanionError } from '../base/error.ts';
import type { LimitFacts } from '../wire/limits.ts';
import { ConversationKeys } from './conversation-keys.ts';
import type { TwoClocks } from './deadline.ts';
import { isOwnTrouble, KeyState, ready } from './key-state.ts';
import type { KeyHealth } from './key-state.ts';
import type { RejectionCode, Standing } from './plan.ts';
import { RetryBudget } from './retry-budget.ts';

/** What the pool knows a credential by. */
export type UsedCredential = Pick<RoutedCredential, 'id' | 'providerId'>;

type OnRejected = (credentialId: string, code: RejectionCode) => void;

/**
 * For each attempt: `noteLease` before it, `noteReply` once its status and headers are there (or were all there ever was),
 * then `noteSuccess` when a good answer went to its end, or `noteFailure`. Everything recovers by itself. Models are meant
 * as the upstream knows them; `undefined` stands for requests that name none. Ids of sessions are as good as ids of keys.
 */
export class KeyPool {
  readonly #clock: TwoClocks;
  readonly #onRejected: OnRejected;
  readonly #states = new Map<string, KeyState>();
  readonly #conversations: ConversationKeys;
  readonly #retries: RetryBudget;

  /** `onRejected` is told once for each time that a provider begins to refuse a credential. */
  constructor(clock: TwoClocks, onRejected: OnRejected = () => undefined) {
    this.#clock = clock;
    this.#onRejected = onRejected;
    this.#conversations = new ConversationKeys(() => clock.monotonicMs());
    this.#retries = new RetryBudget(() => clock.monotonicMs());
  }

  standing(credentialId: string, model: string | undefined): Standing {
    return this.#states.get(credentialId)?.standing(model) ?? ready;
  }

  /** The key with the fewest is next in the rotation. */
  turnOf(keyId: string): number {
    return this.#states.get(keyId)?.turns ?? 0;
  }

  /** The key that served this conversation last, if that was less than an hour ago. */
  keptFor(conversation: string, providerId: string): string | undefined {
    return this.#conversations.find(conversation, providerId);
  }

  noteLease(key: UsedCredential, conversation: string | undefined): void {
    this.#retries.noteRequest();
    const state = this.#stateOf(key.id);
    state.providerId = key.providerId;
    state.use();
    // Whoever is new, or rested for long, takes part from now on: it does not make up for turns that it never had.
    state.turns = Math.max(state.turns + 1, this.#fewestTurnsBeside(state));
    if (conversation !== undefined) this.keep(conversation, key);
  }

  /** From now on the conversation is this key's or session's, for an hour from its last request. */
  keep(conversation: string, key: UsedCredential): void {
    this.#conversations.keep(conversation, key.providerId, key.id);
  }

  /** Takes note of the provider's waits, and of a status that speaks for itself: 402, 429 and 5xx. */
  noteReply(keyId: string, model: string | undefined, status: number, limits: LimitFacts): void {
    const { cooldown } = limits;
    if (status < 400) return;
    const state = this.#stateOf(keyId);
    if (status === 402 || cooldown?.isOutOfCredit === true) this.#reject(keyId, 'QUOTA_EXHAUSTED');
    else if (cooldown !== undefined) state.cool(model, cooldown);
    else if (status === 429) state.coolUnexplained(model);
    if (!isTrouble(status)) return;
    state.note(`HTTP ${status}`, true);
    // 529 is the provider's own state, the same for every key.
    if (status >= 500 && status !== 529) state.fail(`HTTP ${status}`);
  }

  /**
   * Trouble of any kind. Where an answer came, its status has been weighed by `noteReply` already; its error adds only that
   * the key is not accepted, or has no credit.
   */
  noteFailure(keyId: string, model: string | undefined, error: CompanionError): void {
    const { code, details } = error;
    if (error.blame === 'client' || error.blame === 'companion') return;
    const state = this.#stateOf(keyId);
    const isWeighed = isTrouble(details.upstreamStatus ?? 0);
    state.note(code, !isWeighed);
    if (code === 'KEY_REJECTED' || code === 'ACCOUNT_DISABLED') this.#reject(keyId, 'KEY_REJECTED');
    else if (code === 'LOGIN_EXPIRED') this.#reject(keyId, 'LOGIN_EXPIRED');
    else if (code === 'QUOTA_EXHAUSTED') this.#reject(keyId, 'QUOTA_EXHAUSTED');
    else if (code === 'RATE_LIMITED') coolAsTold(state, model, error);
    else if (isOwnTrouble(code) && !isWeighed) state.fail(code);
  }

  /**
   * The same for a claude.ai session, of whose answers `noteReply` is not told. Whether the site accepts it is the
   * session's own to know, and which of its ways failed says nothing about another request.
   */
  noteSessionFailure(sessionId: string, model: string | undefined, error: CompanionError): void {
    if (error.blame === 'client' || error.blame === 'companion') return;
    const state = this.#stateOf(sessionId);
    state.note(error.code, true);
    if (error.code === 'RATE_LIMITED') coolSession(state, model, error, this.#clock.nowMs());
    else if (error.blame === 'upstream' && isOwnTrouble(error.code)) state.fail(error.code);
  }

  /** A good answer went to its end. */
  noteSuccess(keyId: string, model: string | undefined): void {
    this.#states.get(keyId)?.succeed(model);
  }

  /** Nothing that was learned holds any more: the credential was replaced, or its owner has put it right. */
  forget(credentialId: string): void {
    this.#states.delete(credentialId);
  }

  /** `undefined` for a key that was not used in this run. */
  health(keyId: string): KeyHealth | undefined {
    return this.#states.get(keyId)?.health();
  }

  /** `true` grants one retry, and counts it: at most a fifth of the last minute's requests, and ten. */
  mayRetry(): boolean {
    return this.#retries.take();
  }

  #reject(keyId: string, code: RejectionCode): void {
    if (this.#stateOf(keyId).reject(code)) this.#onRejected(keyId, code);
  }

  #stateOf(id: string): KeyState {
    const known = this.#states.get(id);
    if (known !== undefined) return known;
    const state = new KeyState(this.#clock);
    this.#states.set(id, state);
    return state;
  }

  #fewestTurnsBeside(state: KeyState): number {
    let fewest = Infinity;
    for (const other of this.#states.values()) {
      if (other !== state && other.providerId === state.providerId) fewest = Math.min(fewest, other.turns);
    }
    return fewest === Infinity ? 0 : fewest;
  }
}

/** Not what a client's own mistakes are answered with. */
function isTrouble(status: number): boolean {
  return status === 401 || status === 402 || status === 403 || status === 429 || status >= 500;
}

/** The windows of a whole account; others are for some models only. */
const accountWindows: ReadonlySet<string> = new Set(['five_hour', 'seven_day', 'overage']);
/** Where the site names no window, its time is a guess. */
const longestGuessMs = 5 * 60_000;

function coolSession(state: KeyState, model: string | undefined, { details }: CompanionError, nowMs: number): void {
  const { retryAtMs = nowMs, window } = details;
  if (window === undefined) {
    const untilMs = Math.min(retryAtMs, nowMs + longestGuessMs);
    return state.cool(model, { untilMs, scope: 'credential', reason: 'rate limited' });
  }
  const scope = accountWindows.has(window) ? 'credential' : 'model';
  state.cool(model, { untilMs: retryAtMs, scope, reason: `${window} window is full` });
}

/** `noteReply` may have told it in more detail: then this is the same moment, and changes nothing. */
function coolAsTold(state: KeyState, model: string | undefined, { details }: CompanionError): void {
  const { retryAtMs, window } = details;
  if (retryAtMs === undefined || state.standing(model).state === 'cooling') return;
  state.cool(model, {
    untilMs: retryAtMs,
    scope: 'model',
    reason: window === undefined ? 'rate limited' : `${window} window is full`,
  });
}
