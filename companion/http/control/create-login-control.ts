/** The services behind `companion auth`, over the logins and the desk. A token comes no further than here. */
import { ownerName } from '../../account/login/owner-name.ts';
import type { LoginOwner, LoginProviderId, OAuthToken } from '../../../shared/credential.ts';
import { scrub } from '../../../shared/redact.ts';
import { signInCommand } from '../../../shared/sign-in.ts';
import type { LoginStatus } from '../../../shared/status.ts';
import type { Logins } from '../../account/login/login-service-contract.ts';
import type { StoredLogin } from '../../account/login/stored-login.ts';
import { readJwt } from '../../account/oauth/jwt.ts';
import type { LoginDeskService, LoginOutcome } from '../../account/oauth/login-desk-contract.ts';
import { readOpenAiUserId } from '../../account/oauth/openai-account.ts';
import { CompanionError, toCompanionError } from '../../base/error.ts';
import type { Adoptable, JwtFacts, LoginControl, LoginDetails, LoginValidation } from './login-control.ts';

/**
 * Asks the provider whether it takes the token, with a request that costs nothing. Errors: what a refusal means, in the
 * provider's words, with `details.upstreamStatus`; what kept the answer from coming.
 */
export type CheckLogin = (token: OAuthToken, signal: AbortSignal) => Promise<void>;

export interface LoginControlOptions {
  readonly logins: Logins;
  readonly desk: LoginDeskService;
  readonly check: CheckLogin;
  /** In the configuration file and at once. */
  readonly setAdopted: (owner: Adoptable, isOn: boolean) => Promise<void>;
  /** A login with this id came, or has other tokens than before. */
  readonly onMade?: (id: string) => void;
  readonly nowMs: () => number;
}

/** Below what a command waits for an answer, so that it hears why there was none. */
const patienceMs = 25_000;
const longestPollMs = 25_000;

export function createLoginControl(options: LoginControlOptions): LoginControl {
  const { logins, desk, setAdopted } = options;
  return {
    statuses: () => logins.statuses(),
    begin: (wanted) => desk.begin(wanted),
    outcome: (loginId, waitMs) => pollOutcome(desk, loginId, Math.min(waitMs, longestPollMs)),
    finish: (loginId, pasted) => desk.finish(loginId, pasted),
    cancel: (loginId) => desk.cancel(loginId),
    details: async (wanted) => {
      const { id, provider } = logins.find(wanted);
      const stored = await withPatience(provider, (signal) => logins.inspect(id, signal)).catch((thrown: unknown) => {
        const known = logins.known(id);
        // A login that is over is shown as that; its status says what stands in the way.
        if (known === undefined) throw thrown;
        return known;
      });
      // Looked up again: it may just have been renewed.
      return detailsOf(statusOf(logins, id), stored);
    },
    validate: (wanted) => validate(logins.find(wanted), options),
    refresh: (wanted) => {
      const { id, provider } = logins.find(wanted);
      return withPatience(provider, (signal) => logins.refresh(id, signal));
    },
    remove: (wanted) => logins.remove(logins.find(wanted).id),
    adopt: async (owner, isOn) => {
      await setAdopted(owner, isOn);
      return logins.statuses().filter((login) => login.owner === owner);
    },
    importable: () => logins.importable(),
    importFrom: async (path, isForced) => {
      const imported = await logins.importFrom(path, isForced);
      options.onMade?.(imported.login.id);
      return imported;
    },
    worker: () => logins.worker(),
  };
}

/** `undefined` when it is not over after `waitMs`. */
async function pollOutcome(desk: LoginDeskService, loginId: string, waitMs: number): Promise<LoginOutcome | undefined> {
  const abort = new AbortController();
  // Not `AbortSignal.timeout`, which does not keep a process alive that has nothing else to do than to wait.
  const timer = setTimeout(() => abort.abort(), waitMs);
  try {
    return await desk.outcome(loginId, abort.signal);
  } catch (thrown) {
    if (abort.signal.aborted && !(thrown instanceof CompanionError)) return undefined;
    throw thrown;
  } finally {
    clearTimeout(timer);
  }
}

async function withPatience<Answer>(
  provider: LoginProviderId,
  work: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const limit = AbortSignal.timeout(patienceMs);
  try {
    return await work(limit);
  } catch (thrown) {
    if (!limit.aborted || thrown instanceof CompanionError) throw thrown;
    const message = `${companyOf(provider)} did not answer within ${patienceMs / 1000} s.`;
    throw new CompanionError('LOGIN_REFRESH_FAILED', message, { cause: thrown });
  }
}

const companies: Readonly<Record<LoginProviderId, string>> = {
  anthropic: 'Anthropic',
  openai: 'OpenAI',
  copilot: 'GitHub',
  kiro: 'AWS',
};

function companyOf(provider: LoginProviderId): string {
  return companies[provider];
}

function statusOf(logins: Logins, id: string): LoginStatus {
  return logins.statuses().find((login) => login.id === id) ?? logins.find(id);
}

async function validate(found: LoginStatus, options: LoginControlOptions): Promise<LoginValidation> {
  const problem = problemOf(found) ?? (await withPatience(found.provider, (signal) => ask(found, options, signal)));
  const login = statusOf(options.logins, found.id);
  return {
    login,
    isValid: problem?.isFatal !== true,
    isExpired: login.expiresAtMs !== null && login.expiresAtMs <= options.nowMs(),
    message: problem === undefined ? null : scrub(problem.message),
    remedy: problem?.remedy ?? null,
  };
}

interface Problem {
  readonly message: string;
  readonly remedy: string;
  /** Otherwise the login works all the same. */
  readonly isFatal: boolean;
}

/** What needs no question. */
function problemOf({ state, owner, trouble }: LoginStatus): Problem | undefined {
  if (state === 'off') {
    const message = `It is ${ownerName(owner)}'s login, and you did not turn it on here.`;
    return { message, remedy: `\`companion auth adopt ${owner}\` turns it on.`, isFatal: true };
  }
  if (state !== 'dead') return undefined;
  const { message, remedy } = trouble ?? new CompanionError('LOGIN_EXPIRED', 'The provider no longer renews it.');
  return { message, remedy, isFatal: true };
}

/** `undefined` when the provider took the token. */
async function ask(
  { id, provider, owner }: LoginStatus,
  { logins, check }: LoginControlOptions,
  signal: AbortSignal,
): Promise<Problem | undefined> {
  try {
    const login = logins.list().find((one) => one.id === id);
    if (login === undefined) throw new CompanionError('LOGIN_REQUIRED', 'The login is gone.');
    const token = await logins.lease(login, signal);
    await checkTwice(token, logins, check, signal);
    return undefined;
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    const { code, message, remedy: usual } = toCompanionError(thrown);
    const remedy = code === 'KEY_REJECTED' ? renewalOf(owner, provider) : usual;
    // A limit is what the provider tells an account that it knows.
    return { message, remedy, isFatal: code !== 'RATE_LIMITED' && code !== 'QUOTA_EXHAUSTED' };
  }
}

/** The table speaks of API keys. */
function renewalOf(owner: LoginOwner, provider: LoginProviderId): string {
  if (owner === 'kiro') return 'Open Kiro: it renews its login, or lets you sign in again.';
  return owner === 'claude-code'
    ? 'Run `claude`: it renews its login, or lets you sign in again.'
    : `Sign in again with \`${signInCommand(provider)}\`.`;
}

/** Like a request: a token that is not accepted is replaced once. */
async function checkTwice(token: OAuthToken, logins: Logins, check: CheckLogin, signal: AbortSignal): Promise<void> {
  try {
    await check(token, signal);
  } catch (thrown) {
    const { code, details } = toCompanionError(thrown);
    const isOfToken = details.upstreamStatus === 401 || (details.upstreamStatus === 403 && code === 'KEY_REJECTED');
    if (!isOfToken) throw thrown;
    const next = await logins.replace(token, signal);
    if (next === undefined) throw thrown;
    await check(next, signal);
  }
}

function detailsOf(login: LoginStatus, stored: StoredLogin): LoginDetails {
  const { account } = stored;
  const accessToken = stored.accessToken.reveal();
  return {
    login,
    accountId: account?.id ?? null,
    userId: readOpenAiUserId(stored),
    displayName: account?.displayName ?? null,
    organisationId: account?.organisationId ?? null,
    subscriptionType: account?.subscriptionType ?? null,
    rateLimitTier: account?.rateLimitTier ?? null,
    refreshExpiresAtMs: stored.refreshExpiresAtMs,
    maskedAccessToken: maskToken(accessToken),
    hasRefreshToken: stored.refreshToken !== null,
    jwt: jwtFactsOf(accessToken),
  };
}

function jwtFactsOf(token: string): JwtFacts | null {
  const jwt = readJwt(token);
  if (jwt === undefined) return null;
  // One by one: the claims tell more about a person than anybody asked for.
  const { algorithm, type, keyId, id, issuer, audience, issuedAtMs, expiresAtMs } = jwt;
  return { algorithm, type, keyId, id, issuer, audience, issuedAtMs, expiresAtMs };
}

/** First 12 and last 8 characters of a token long enough to keep the rest to itself; less of a shorter one. */
export function maskToken(token: string): string {
  if (token.length >= 60) return `${token.slice(0, 12)}...${token.slice(-8)}`;
  return token.length >= 24 ? `${token.slice(0, 4)}...${token.slice(-4)}` : '***';
}
