/** The logins under way: begun here, finished by a browser, a listener or a paste, and over within ten minutes. */
import { randomUUID } from 'node:crypto';
import type { RedirectLoginProviderId } from '../../../shared/credential.ts';
import { Secret } from '../../../shared/redact.ts';
import type { LoginStatus, PendingLoginStatus } from '../../../shared/status.ts';
import type { Clock } from '../../base/clock.ts';
import { CompanionError, toCompanionError } from '../../base/error.ts';
import type { Logger } from '../../base/log.ts';
import { SerialQueue } from '../../base/serial.ts';
import type { StoredLogin } from '../login/stored-login.ts';
import { untilAborted } from '../login/waiting.ts';
import { FinishedLogins } from './finished-logins.ts';
import { checkBinding, codeOf } from './login-answer.ts';
import type { LoginAnswer } from './login-answer.ts';
import type {
  BeginLogin,
  LoginBrowsers,
  LoginDeskService,
  LoginOutcome,
  LoginProgress,
  LoginWay,
  OAuthCallback,
  OAuthCancel,
  OAuthStart,
} from './login-desk-contract.ts';
import type { LoginProvider, LoginProviders } from './login-providers.ts';
import { redirectFor } from './loopback-redirect.ts';
import { mismatchPage, outcomePage, resultFrame } from './login-result.ts';
import { aimedAt, beforeRestart, cancelledByBrowser, noBrowser, notWaiting, timedOut } from './login-trouble.ts';
import { openLoopbackListener } from './loopback-listener.ts';
import type { LoopbackListener } from './loopback-listener.ts';
import type { LoopbackPage } from './loopback-page.ts';
import { readPastedAnswer } from './pasted-answer.ts';
import { PendingLogin } from './pending-login.ts';
import { createState } from './pkce.ts';
import type { TokenEndpoint } from './token-endpoint.ts';

export interface LoginDeskOptions {
  readonly providers: LoginProviders;
  readonly endpoints: Readonly<Record<RedirectLoginProviderId, TokenEndpoint>>;
  readonly browsers: LoginBrowsers;
  /** Puts a new login away; `Logins.add`. */
  readonly keep: (login: StoredLogin, isForced: boolean) => Promise<LoginStatus>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** `pending()` tells something else than before. */
  readonly onChange: () => void;
  /** `false`: no browser can run on this computer, so that a listener would wait in vain. `true` unless given. */
  readonly isDesktop?: boolean;
}

const patienceMs = 10 * 60_000;
/** Logins that are over and still get an answer when something comes late for them. */
const rememberedLogins = 20;

export class LoginDesk implements LoginDeskService {
  readonly #options: LoginDeskOptions;
  readonly #pending = new Map<string, PendingLogin>();
  readonly #finished = new FinishedLogins(rememberedLogins);
  readonly #beginnings = new SerialQueue();
  readonly #closing = new Set<Promise<void>>();
  #isClosed = false;

  constructor(options: LoginDeskOptions) {
    this.#options = options;
  }

  begin(wanted: BeginLogin): Promise<LoginProgress> {
    // One after the other: two would fight for the same port.
    return this.#beginnings.run('begin', () => this.#begin(wanted));
  }

  async outcome(loginId: string, signal: AbortSignal): Promise<LoginOutcome> {
    signal.throwIfAborted();
    const login = this.#pending.get(loginId);
    return login === undefined ? this.#finishedOutcome(loginId) : untilAborted(login.outcome, signal);
  }

  /** What was pasted in error (`INVALID_REQUEST`, `LOGIN_MISMATCH`) leaves the login waiting for the right thing. */
  async finish(loginId: string, pasted: string): Promise<LoginOutcome> {
    const login = this.#pending.get(loginId);
    if (login === undefined) return this.#finishedOutcome(loginId);
    if (login.stage !== 'waiting') return login.outcome;
    try {
      const answer = readPastedAnswer(pasted, login.expected, Object.values(this.#options.providers));
      checkBinding(answer, login.expected, this.#others(login));
      return await this.#accept(login, answer);
    } catch (thrown) {
      return { state: 'failed', error: aimedAt(login.providerId, toCompanionError(thrown)) };
    }
  }

  cancel(loginId: string): void {
    this.#cancel(loginId, new CompanionError('LOGIN_CANCELLED', 'The login was cancelled.'));
  }

  receiveCallback(seatId: string, callback: OAuthCallback): void {
    const login = this.#pending.get(callback.loginId);
    if (login === undefined) {
      this.#answerLate(seatId, callback.loginId);
      return;
    }
    // Counted already; its result goes to every browser.
    if (login.stage !== 'waiting') return;
    const answer: LoginAnswer = {
      state: callback.state,
      code: callback.code === undefined ? null : new Secret(callback.code),
      error: callback.error ?? null,
      errorDescription: callback.errorDescription ?? null,
      issuer: callback.iss ?? null,
    };
    try {
      checkBinding(answer, login.expected, this.#others(login));
      void this.#accept(login, answer);
    } catch (thrown) {
      this.#end(login, { state: 'failed', error: toCompanionError(thrown) });
    }
  }

  receiveCancel(_seatId: string, { loginId, reason }: OAuthCancel): void {
    const login = this.#pending.get(loginId);
    if (login === undefined) return;
    // The tab of a login that is being traded in may be gone: its work is done.
    if (reason === 'tab-closed' && login.stage !== 'waiting') return;
    // A login that another way finishes needs no browser that opens its page.
    if (reason === 'refused' && login.facts.way !== 'browser') return;
    this.#cancel(loginId, cancelledByBrowser(reason, login.providerId));
  }

  greet(post: (frame: OAuthStart) => void): void {
    for (const login of this.#pending.values()) if (login.stage === 'waiting') post(login.startFrame);
  }

  pending(): readonly PendingLoginStatus[] {
    return [...this.#pending.values()].map((login) => login.status);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    // One that is just being begun notices it, and the one after it does not begin.
    await this.#beginnings.run('begin', () => Promise.resolve());
    const keeping = [...this.#pending.values()].filter((login) => login.stage === 'keeping');
    const error = new CompanionError('LOGIN_CANCELLED', 'The companion was stopped before the login was through.');
    for (const login of this.#pending.values()) this.#cancel(login.id, error);
    await Promise.all(keeping.map((login) => login.outcome));
    await Promise.all(this.#closing);
  }

  async #begin(wanted: BeginLogin): Promise<LoginProgress> {
    this.#refuseIfClosed();
    const provider = this.#options.providers[wanted.provider];
    const way = wanted.way ?? this.#usualWay();
    if (way === 'browser' && !this.#options.browsers.isAnyOnline()) throw noBrowser();
    await this.#supersede(wanted.provider);
    const state = createState();
    const waiting: { login: PendingLogin | undefined } = { login: undefined };
    const listener = way === 'loopback' ? await this.#listen(provider, waiting) : undefined;
    const redirectUri = listener?.redirectUri ?? (await redirectFor(provider, way));
    const { clock } = this.#options;
    const facts = { id: randomUUID(), provider, way, isForced: wanted.isForced ?? false, state, redirectUri };
    const times = { dueAtMs: clock.monotonicMs() + patienceMs, expiresAtMs: clock.nowMs() + patienceMs };
    const login = new PendingLogin({ ...facts, ...times });
    waiting.login = login;
    login.listener = listener;
    if (this.#isClosed) await listener?.close();
    this.#refuseIfClosed();
    this.#wait(login);
    return login.progress;
  }

  #refuseIfClosed(): void {
    if (this.#isClosed) throw new CompanionError('SHUTTING_DOWN', 'The companion is shutting down.');
  }

  #usualWay(): LoginWay {
    if (this.#options.browsers.isAnyOnline()) return 'browser';
    return this.#options.isDesktop === false ? 'manual' : 'loopback';
  }

  async #supersede(provider: RedirectLoginProviderId): Promise<void> {
    const error = new CompanionError('LOGIN_CANCELLED', 'Another login at the same provider was begun instead.');
    for (const login of this.#pending.values()) if (login.providerId === provider) this.#cancel(login.id, error);
    await Promise.all(this.#closing);
  }

  #wait(login: PendingLogin): void {
    const { clock, browsers, logger } = this.#options;
    this.#pending.set(login.id, login);
    login.timer = clock.setTimer(
      () => this.#end(login, { state: 'failed', error: timedOut(login.facts.provider.name) }),
      patienceMs,
    );
    browsers.post(login.startFrame);
    logger.info({ loginId: login.id, provider: login.providerId, way: login.facts.way }, 'A login was begun.');
    this.#options.onChange();
  }

  #listen(provider: LoginProvider, waiting: { readonly login: PendingLogin | undefined }): Promise<LoopbackListener> {
    return openLoopbackListener({
      redirect: provider.redirect,
      clock: this.#options.clock,
      onAnswer: (answer) => this.#answerPage(provider, waiting.login, answer),
    });
  }

  /** Any page of the web can send a browser here, so an answer that does not fit ends nothing. */
  async #answerPage(
    provider: LoginProvider,
    login: PendingLogin | undefined,
    answer: LoginAnswer,
  ): Promise<LoopbackPage> {
    if (login === undefined) return mismatchPage(notWaiting());
    const error = this.#misfit(login, answer);
    if (error !== undefined) return mismatchPage(error);
    return outcomePage(provider, await this.#accept(login, answer));
  }

  #misfit(login: PendingLogin, answer: LoginAnswer): CompanionError | undefined {
    try {
      // Only a person who pastes may leave it out.
      if (answer.state === null) return notWaiting();
      checkBinding(answer, login.expected, this.#others(login));
      return undefined;
    } catch (thrown) {
      return toCompanionError(thrown);
    }
  }

  #others(login: PendingLogin) {
    return [...this.#pending.values()].filter((other) => other !== login).map((other) => other.expected);
  }

  /** An answer counts once: whatever comes after it gets the same outcome. */
  #accept(login: PendingLogin, answer: LoginAnswer): Promise<LoginOutcome> {
    if (login.stage !== 'waiting') return login.outcome;
    try {
      if (this.#options.clock.monotonicMs() >= login.facts.dueAtMs) throw timedOut(login.facts.provider.name);
      const code = codeOf(answer, login.expected);
      login.stage = 'exchanging';
      login.timer?.cancel();
      this.#options.onChange();
      void this.#exchange(login, code);
    } catch (thrown) {
      this.#end(login, { state: 'failed', error: toCompanionError(thrown) });
    }
    return login.outcome;
  }

  async #exchange(login: PendingLogin, code: Secret): Promise<void> {
    const { state, redirectUri, isForced } = login.facts;
    const grant = { code, verifier: login.pkce.verifier, redirectUri, state };
    try {
      const stored = await this.#options.endpoints[login.providerId].exchange(grant, login.signal);
      login.signal.throwIfAborted();
      login.stage = 'keeping';
      this.#end(login, { state: 'done', login: await this.#options.keep(stored, isForced) });
    } catch (thrown) {
      this.#end(login, { state: 'failed', error: toCompanionError(thrown) });
    }
  }

  #cancel(loginId: string, error: CompanionError): void {
    const login = this.#pending.get(loginId);
    if (login !== undefined && login.stage !== 'keeping') this.#end(login, { state: 'failed', error });
  }

  #end(login: PendingLogin, end: LoginOutcome): void {
    if (login.stage === 'over') return;
    const outcome = end.state === 'done' ? end : { ...end, error: aimedAt(login.providerId, end.error) };
    login.end(outcome);
    this.#pending.delete(login.id);
    this.#finished.add(login.id, outcome);
    this.#close(login.listener);
    this.#log(login, outcome);
    this.#options.browsers.post(resultFrame(login.id, outcome));
    this.#options.onChange();
  }

  #close(listener: LoopbackListener | undefined): void {
    if (listener === undefined) return;
    const closed = listener.close().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }

  #log(login: PendingLogin, outcome: LoginOutcome): void {
    const { logger } = this.#options;
    const facts = { loginId: login.id, provider: login.providerId };
    if (outcome.state === 'done') logger.info(facts, 'A login is through.');
    else if (outcome.error.code === 'INTERNAL') logger.error({ ...facts, error: outcome.error }, 'A login broke.');
    else logger.warn({ ...facts, code: outcome.error.code }, 'A login came to nothing.');
  }

  #finishedOutcome(loginId: string): LoginOutcome {
    const outcome = this.#finished.get(loginId);
    if (outcome !== undefined) return outcome;
    throw new CompanionError('NOT_FOUND', 'There is no login under way with this id.');
  }

  /** A browser brought an answer after the end: it is told again what that was. */
  #answerLate(seatId: string, loginId: string): void {
    this.#options.logger.info({ seatId, loginId }, 'An answer came for a login that is over.');
    const outcome = this.#finished.get(loginId) ?? { state: 'failed', error: beforeRestart() };
    this.#options.browsers.post(resultFrame(loginId, outcome));
  }
}
