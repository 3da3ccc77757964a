/** One login under way: its secrets, how far it is, and how it ended. */
import type { RedirectLoginProviderId } from '../../../shared/credential.ts';
import type { PendingLoginStatus } from '../../../shared/status.ts';
import { disclosureText } from '../../../shared/login-disclosure.ts';
import type { Timer } from '../../base/clock.ts';
import { CompanionError } from '../../base/error.ts';
import { authorizeUrl } from './authorize-url.ts';
import type { ExpectedAnswer } from './login-answer.ts';
import type { LoginOutcome, LoginProgress, LoginWay, OAuthStart } from './login-desk-contract.ts';
import type { LoginProvider } from './login-providers.ts';
import type { LoopbackListener } from './loopback-listener.ts';
import { createPkce, hashState } from './pkce.ts';
import type { Pkce } from './pkce.ts';

export interface PendingLoginFacts {
  readonly id: string;
  readonly provider: LoginProvider;
  readonly way: LoginWay;
  readonly isForced: boolean;
  readonly state: string;
  readonly redirectUri: string;
  /** By the steady clock. */
  readonly dueAtMs: number;
  /** The same by the wall clock, for people. */
  readonly expiresAtMs: number;
}

/** `keeping`: the tokens are here and are being put away, which nobody can call off any more. */
type Stage = 'waiting' | 'exchanging' | 'keeping' | 'over';

export class PendingLogin {
  readonly facts: PendingLoginFacts;
  readonly pkce: Pkce = createPkce();
  readonly outcome: Promise<LoginOutcome>;
  stage: Stage = 'waiting';
  timer: Timer | undefined;
  listener: LoopbackListener | undefined;
  readonly #controller = new AbortController();
  readonly #resolve: (outcome: LoginOutcome) => void;

  constructor(facts: PendingLoginFacts) {
    this.facts = facts;
    const { promise, resolve } = Promise.withResolvers<LoginOutcome>();
    this.outcome = promise;
    this.#resolve = resolve;
  }

  get id(): string {
    return this.facts.id;
  }

  get providerId(): RedirectLoginProviderId {
    return this.facts.provider.id;
  }

  /** Aborted when it is over. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get expected(): ExpectedAnswer {
    const { provider, state, redirectUri } = this.facts;
    return { provider, state, redirectUri };
  }

  get status(): PendingLoginStatus {
    const { id, expiresAtMs } = this.facts;
    return { id, provider: this.providerId, state: this.stage === 'waiting' ? 'waiting' : 'exchanging', expiresAtMs };
  }

  get progress(): LoginProgress {
    const { way, redirectUri } = this.facts;
    const disclosure = disclosureText(this.providerId);
    return { ...this.status, way, authorizeUrl: this.#authorizeUrl(), redirectUri, disclosure };
  }

  get startFrame(): OAuthStart {
    const { id, redirectUri, state, expiresAtMs } = this.facts;
    return {
      t: 'oauth.start',
      loginId: id,
      provider: this.providerId,
      authorizeUrl: this.#authorizeUrl(),
      redirectUri,
      stateHash: hashState(state),
      expiresAtMs,
    };
  }

  /** Stops whatever still runs for it. */
  end(outcome: LoginOutcome): void {
    this.stage = 'over';
    this.timer?.cancel();
    this.#resolve(outcome);
    this.#controller.abort(new CompanionError('LOGIN_CANCELLED', 'The login is over.'));
  }

  #authorizeUrl(): string {
    const { provider, way, redirectUri, state } = this.facts;
    return authorizeUrl(provider, { way, redirectUri, challenge: this.pkce.challenge, state });
  }
}
