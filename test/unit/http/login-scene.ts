/** Logins and a desk that are nothing but memory, for what stands on top of them. */
import type { OAuthLogin, OAuthToken } from '../../../shared/credential.ts';
import { Secret } from '../../../shared/redact.ts';
import type { LoginStatus } from '../../../shared/status.ts';
import type {
  ImportedLogin,
  LoginFiles,
  Logins,
  RefreshWorkerStatus,
} from '../../../companion/account/login/login-service-contract.ts';
import type { StoredLogin } from '../../../companion/account/login/stored-login.ts';
import type {
  BeginLogin,
  LoginDeskService,
  LoginOutcome,
  LoginProgress,
} from '../../../companion/account/oauth/login-desk-contract.ts';
import { CompanionError } from '../../../companion/base/error.ts';
import { disclosureText } from '../../../shared/login-disclosure.ts';

export const sceneNowMs = Date.UTC(2026, 10, 22, 12, 0, 0);

export function loginStatus(changes: Partial<LoginStatus> = {}): LoginStatus {
  return {
    id: 'claude-3f9a2c41',
    provider: 'anthropic',
    owner: 'companion',
    name: 'ada@example.com',
    email: 'ada@example.com',
    organisation: 'Engines',
    plan: 'Max 20×',
    location: 'OS keyring (service: ccproxy-companion)',
    state: 'usable',
    expiresAtMs: sceneNowMs + 3 * 3_600_000 + 20 * 60_000,
    isRefreshable: true,
    refreshedAtMs: sceneNowMs - 12 * 60_000,
    scopes: ['user:profile', 'user:inference'],
    quotas: [],
    trouble: null,
    ...changes,
  };
}

export const chatGpt = loginStatus({
  id: 'chatgpt-77aa00bb',
  provider: 'openai',
  owner: 'codex',
  name: 'ada@example.org',
  email: 'ada@example.org',
  organisation: null,
  plan: 'Plus',
  location: '/home/ada/.codex/auth.json',
  scopes: [],
});

export const claudeCode = loginStatus({
  id: 'claude-code-11223344',
  owner: 'claude-code',
  location: '/home/ada/.claude/.credentials.json',
  state: 'off',
  isRefreshable: false,
});

export function storedLogin(changes: Partial<StoredLogin> = {}): StoredLogin {
  return {
    provider: 'anthropic',
    accessToken: new Secret(`sk-ant-oat01-${'m'.repeat(80)}-the-end`),
    refreshToken: new Secret(`sk-ant-ort01-${'r'.repeat(80)}`),
    idToken: null,
    expiresAtMs: sceneNowMs + 3 * 3_600_000 + 20 * 60_000,
    refreshExpiresAtMs: null,
    scopes: ['user:profile', 'user:inference'],
    account: {
      id: '99999999-aaaa-4bbb-8ccc-000000000001',
      email: 'ada@example.com',
      displayName: 'Ada',
      organisationId: '99999999-aaaa-4bbb-8ccc-000000000002',
      organisation: 'Engines',
      subscriptionType: 'max',
      rateLimitTier: 'default_claude_max_20x',
    },
    refreshedAtMs: sceneNowMs,
    ...changes,
  };
}

/** An invented JWT of the form that OpenAI's access tokens have; its signature is none. */
export function openAiToken(expiresAtMs: number, signature = `${'s'.repeat(40)}xIXcUrNE`): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const header = { alg: 'RS256', kid: '19344e65-bbc9-44d1-a9d0-f957b079bd0e', typ: 'JWT' };
  const claims = {
    aud: ['https://api.openai.com/v1'],
    exp: expiresAtMs / 1000,
    iat: Date.UTC(2026, 10, 21, 11, 53, 33) / 1000,
    iss: 'https://auth.openai.com',
    jti: '8b1f5d3e-0000-4000-8000-123456789abc',
    'https://api.openai.com/auth': {
      chatgpt_account_id: '0fa4c0de-1111-4222-8333-444455556666',
      chatgpt_plan_type: 'plus',
      chatgpt_user_id: 'user-Ab3dEfGh1jKlMn0pQrStUvWx',
    },
  };
  return `${part(header)}.${part(claims)}.${signature}`;
}

/** What happens is told by `behaviour`; what was asked is in `calls`. */
export class MemoryLogins implements Logins {
  all: LoginStatus[];
  readonly calls: string[] = [];
  files: LoginFiles = { searched: ['/home/ada/credentials.json'], found: [] };
  readonly stored = new Map<string, StoredLogin>();
  lease: Logins['lease'] = async (login) => tokenOf(login);
  replace: Logins['replace'] = async () => undefined;
  refuse: Logins['refuse'] = () => undefined;
  applyRhythm: Logins['applyRhythm'] = () => undefined;
  refresh: Logins['refresh'] = async (id) => {
    this.calls.push(`refresh ${id}`);
    return this.#change(id, { refreshedAtMs: sceneNowMs });
  };
  workerStatus: RefreshWorkerStatus = {
    enabled: true,
    last_check: new Date(sceneNowMs - 120_000).toISOString(),
    next_check: new Date(sceneNowMs + 180_000).toISOString(),
    credentials_checked: 2,
    refreshed: 1,
    failed: 0,
  };

  constructor(all: readonly LoginStatus[]) {
    this.all = [...all];
  }

  list(): readonly OAuthLogin[] {
    return this.all.filter(({ state }) => state === 'usable' || state === 'expired').map(oauthLogin);
  }

  statuses(): readonly LoginStatus[] {
    return this.all;
  }

  find(wanted: string): LoginStatus {
    const found = this.all.find(({ id, name, provider }) => [id, name, provider].includes(wanted));
    if (found !== undefined) return found;
    if (this.all.length === 0) throw new CompanionError('LOGIN_REQUIRED', 'Nobody is signed in.');
    throw new CompanionError('NOT_FOUND', `There is no login called "${wanted}".`);
  }

  known(id: string): StoredLogin | undefined {
    return this.stored.get(id);
  }

  /** Thrown by `inspect` while it is set. */
  inspectFails: CompanionError | undefined;

  async inspect(id: string): Promise<StoredLogin> {
    this.calls.push(`inspect ${id}`);
    if (this.inspectFails !== undefined) throw this.inspectFails;
    return this.stored.get(id) ?? storedLogin();
  }

  async add(): Promise<LoginStatus> {
    throw new Error('nothing is added here');
  }

  async remove(id: string): Promise<LoginStatus> {
    const removed = this.find(id);
    if (removed.owner === 'claude-code')
      throw new CompanionError('INVALID_REQUEST', "It is Claude Code's login.", { remedy: 'Run `claude /logout`.' });
    this.all = this.all.filter((login) => login !== removed);
    return removed;
  }

  async importable(): Promise<LoginFiles> {
    return this.files;
  }

  async importFrom(path: string | undefined, isForced: boolean): Promise<ImportedLogin> {
    this.calls.push(`import ${path}${isForced ? ' forced' : ''}`);
    const login = loginStatus();
    this.all = [...this.all, login];
    return { path: path ?? '', login };
  }

  worker(): RefreshWorkerStatus {
    return this.workerStatus;
  }

  async close(): Promise<void> {}

  setOn(owner: LoginStatus['owner'], isOn: boolean): void {
    this.calls.push(`adopt ${owner} ${isOn}`);
    for (const login of this.all) if (login.owner === owner) this.#change(login.id, { state: isOn ? 'usable' : 'off' });
  }

  #change(id: string, changes: Partial<LoginStatus>): LoginStatus {
    const changed = { ...this.find(id), ...changes };
    this.all = this.all.map((login) => (login.id === id ? changed : login));
    return changed;
  }
}

function oauthLogin({ id, provider, name, owner }: LoginStatus): OAuthLogin {
  const providerId = provider === 'anthropic' ? 'anthropic' : 'codex';
  return { kind: 'oauth-login', id, providerId, name, origin: owner, priority: 100 };
}

export function tokenOf(login: OAuthLogin, text = 'sk-ant-oat01-first'): OAuthToken {
  return { ...login, kind: 'oauth-token', secret: new Secret(text), accountId: null };
}

/** One login under way; the code `right-code` finishes it, and any other leaves it waiting. */
export class MemoryDesk implements LoginDeskService {
  readonly calls: string[] = [];
  /** What `begin` gives when no way is asked for. */
  usualWay: LoginProgress['way'] = 'loopback';
  beginFails: CompanionError | undefined;
  /** What the right code leads to. */
  login: LoginStatus = loginStatus();
  #over = Promise.withResolvers<LoginOutcome>();

  async begin({ provider, way = this.usualWay, isForced }: BeginLogin): Promise<LoginProgress> {
    this.calls.push(`begin ${provider} ${way}${isForced === true ? ' forced' : ''}`);
    if (this.beginFails !== undefined && way !== 'manual') throw this.beginFails;
    this.#over = Promise.withResolvers<LoginOutcome>();
    return {
      id: 'login-1',
      provider,
      state: 'waiting',
      expiresAtMs: Date.now() + 600_000,
      way,
      authorizeUrl: 'https://claude.ai/oauth/authorize?client_id=invented&state=invented-state',
      redirectUri: 'http://localhost:54545/callback',
      disclosure: disclosureText(provider),
    };
  }

  outcome(loginId: string, signal: AbortSignal): Promise<LoginOutcome> {
    if (loginId !== 'login-1') throw new CompanionError('NOT_FOUND', 'No such login is under way.');
    const aborted = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => aborted.reject(signal.reason), { once: true });
    return Promise.race([this.#over.promise, aborted.promise]);
  }

  async finish(_loginId: string, pasted: string): Promise<LoginOutcome> {
    this.calls.push(`finish ${pasted}`);
    if (pasted !== 'right-code')
      return { state: 'failed', error: new CompanionError('LOGIN_MISMATCH', 'The answer belongs to another login.') };
    this.end();
    return { state: 'done', login: this.login };
  }

  /** As a browser or the listener does. */
  end(outcome: LoginOutcome = { state: 'done', login: this.login }): void {
    this.#over.resolve(outcome);
  }

  cancel(loginId: string): void {
    this.calls.push(`cancel ${loginId}`);
    this.end({ state: 'failed', error: new CompanionError('LOGIN_CANCELLED', 'The login was given up.') });
  }

  receiveCallback(): void {}
  receiveCancel(): void {}
  greet(): void {}
  pending() {
    return [];
  }
  async close(): Promise<void> {}
}
