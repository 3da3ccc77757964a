/** What `companion auth` asks for. Tokens never leave here; `openai-info` shows one masked, as it promises. */
import type { Jwt } from '../../account/oauth/jwt.ts';
import type { LoginStatus } from '../../../shared/status.ts';
import type { LoginOutcome, LoginProgress, BeginLogin } from '../../account/oauth/login-desk-contract.ts';
import type { ImportedLogin, LoginFiles, RefreshWorkerStatus } from '../../account/login/login-service-contract.ts';

/** One login in detail. Times are Unix milliseconds. */
export interface LoginDetails {
  readonly login: LoginStatus;
  readonly accountId: string | null;
  readonly userId: string | null;
  readonly displayName: string | null;
  readonly organisationId: string | null;
  readonly subscriptionType: string | null;
  readonly rateLimitTier: string | null;
  readonly refreshExpiresAtMs: number | null;
  /** First 12 and last 8 characters with `...` between; shorter tokens show less. */
  readonly maskedAccessToken: string;
  readonly hasRefreshToken: boolean;
  /** What a token that is a JWT says of itself; `null` for Anthropic's, which is opaque. */
  readonly jwt: JwtFacts | null;
}

/** Its claims tell more about a person than anybody asked for. */
export type JwtFacts = Omit<Jwt, 'claims'>;

/** What `validate` found: `isValid` is that a token could be had and that its provider took it. */
export interface LoginValidation {
  readonly login: LoginStatus;
  readonly isValid: boolean;
  readonly isExpired: boolean;
  readonly message: string | null;
  readonly remedy: string | null;
}

/** Programs whose login may serve here too, once the person says so. */
export type Adoptable = 'claude-code' | 'codex' | 'gh' | 'kiro';

export interface LoginControl {
  statuses(): readonly LoginStatus[];
  begin(wanted: BeginLogin): Promise<LoginProgress>;
  /** Waits at most `waitMs`; `undefined` while it is not over. */
  outcome(loginId: string, waitMs: number): Promise<LoginOutcome | undefined>;
  finish(loginId: string, pasted: string): Promise<LoginOutcome>;
  cancel(loginId: string): void;
  /** `wanted`: id, e-mail address or provider. Renews an expired token first; where that fails, shows what is over. */
  details(wanted: string): Promise<LoginDetails>;
  validate(wanted: string): Promise<LoginValidation>;
  refresh(wanted: string): Promise<LoginStatus>;
  remove(wanted: string): Promise<LoginStatus>;
  /** Turns another program's login on or off, in the configuration file and at once. */
  adopt(owner: Adoptable, isOn: boolean): Promise<readonly LoginStatus[]>;
  /** Files of other programs, whose login `importFrom` takes over; looked for now. */
  importable(): Promise<LoginFiles>;
  importFrom(path: string | undefined, isForced: boolean): Promise<ImportedLogin>;
  worker(): RefreshWorkerStatus;
}
