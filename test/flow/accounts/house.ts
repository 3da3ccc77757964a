/** The whole companion in this process, with a person's logins in it and stand-ins of everybody it asks behind it. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';
import { stringify } from 'yaml';
import { createApp } from '../../../companion/app.ts';
import type { App } from '../../../companion/app.ts';
import { createLogger, memoryLogger } from '../../../companion/base/log.ts';
import { loadConfig } from '../../../companion/config/load.ts';
import { pathsOf } from '../../../companion/config/paths.ts';
import type { ExplainedExchange } from '../../../companion/http/control/ledger-routes.ts';
import { openVault } from '../../../companion/vault/open-vault.ts';
import type { Vault } from '../../../companion/vault/vault.ts';
import type { LoginProviderId, RedirectLoginProviderId } from '../../../shared/credential.ts';
import { Secret } from '../../../shared/redact.ts';
import type { LoginStatus } from '../../../shared/status.ts';
import { findLeaks } from '../../support/canary.ts';
import type { Canary, Leak } from '../../support/canary.ts';
import { startChatGptBackend } from '../../support/providers/chatgpt/backend.ts';
import type { ChatGptBackend } from '../../support/providers/chatgpt/backend.ts';
import { startClaudeAccounts } from '../../support/providers/oauth/claude-accounts.ts';
import type { ClaudeAccounts, ClaudeAccountsOptions } from '../../support/providers/oauth/claude-accounts.ts';
import { startOpenAiAuth } from '../../support/providers/oauth/openai-auth.ts';
import type { OpenAiAuth, OpenAiAuthOptions } from '../../support/providers/oauth/openai-auth.ts';
import { clickConsent, copyCode } from '../../support/providers/oauth/person.ts';
import { startOpenAiApi } from '../../support/providers/openai/api.ts';
import type { OpenAiApi } from '../../support/providers/openai/api.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { eventually } from '../api/house.ts';
import { askRaw } from '../api/raw-client.ts';
import type { RawAnswer } from '../api/raw-client.ts';
import { RunningHouse } from '../running-house.ts';

export interface AccountHouseOptions {
  readonly claude?: ClaudeAccountsOptions;
  readonly openAiAuth?: OpenAiAuthOptions;
  /** There is an Anthropic API key named `spare` besides. */
  readonly hasClaudeKey?: boolean;
  /** There is an OpenAI API key named `spare` besides. */
  readonly hasOpenAiKey?: boolean;
  /** `config.yaml`, beside the keys. */
  readonly config?: object;
}

export const claude = 'claude-sonnet-4-6';
export const gpt = 'gpt-5.5';
/** What an API key and a plan both offer. */
export const sharedGpt = 'gpt-5.4';

const claudeKey = 'sk-ant-api03-spare-0123456789abcdef0123456789abcdef';
const openAiKey = 'sk-proj-spare-0123456789abcdef0123456789abcdef';

export class AccountHouse extends RunningHouse {
  readonly home: string;
  readonly claude: ClaudeAccounts;
  readonly openAiAuth: OpenAiAuth;
  readonly chatGpt: ChatGptBackend;
  readonly openAi: OpenAiApi;
  readonly lines: string[] = [];
  /** Whatever was answered to a raw question. */
  readonly answers: string[] = [];

  constructor(
    home: string,
    claudeAccounts: ClaudeAccounts,
    openAiAuth: OpenAiAuth,
    chatGpt: ChatGptBackend,
    openAi: OpenAiApi,
  ) {
    super();
    this.home = home;
    this.claude = claudeAccounts;
    this.openAiAuth = openAiAuth;
    this.chatGpt = chatGpt;
    this.openAi = openAi;
  }

  get log(): string {
    return this.lines.join('');
  }

  /** For a companion that runs elsewhere. */
  get environment(): Readonly<Record<string, string>> {
    return {
      HOME: this.home,
      CODEX_HOME: join(this.home, 'codex'),
      CCPROXY_UPSTREAM_CLAUDE_WEB: 'http://127.0.0.1:9',
      CCPROXY_UPSTREAM_OPENAI: this.openAi.url,
      CCPROXY_OAUTH_OPENAI_AUTHORIZE_URL: this.openAiAuth.authorizeUrl,
      ...this.claude.environment,
      ...this.openAiAuth.environment,
      ...this.chatGpt.environment,
    };
  }

  get authFile(): string {
    return join(this.home, 'codex', 'auth.json');
  }

  protected async open(): Promise<App> {
    const { environment } = this;
    const { config } = loadConfig({
      flags: { home: this.home, 'server.port': 0, 'vault.kind': 'file' },
      environment,
      cwd: this.home,
    });
    const logger = createLogger({ level: 'trace', destination: { write: (line) => void this.lines.push(line) } });
    return createApp({ config, logger, environment });
  }

  /** As a person without a paired browser does it: the address is opened by hand, and the answer is pasted. */
  async signIn(provider: RedirectLoginProviderId): Promise<LoginStatus> {
    const { logins } = this.app.service;
    const { id, authorizeUrl } = await logins.begin({ provider, way: 'manual' });
    const pasted =
      provider === 'anthropic' ? await copyCode(authorizeUrl) : String((await clickConsent(authorizeUrl)).redirect);
    const outcome = await logins.finish(id, pasted);
    if (outcome.state === 'failed') throw outcome.error;
    await this.#settled(provider);
    return outcome.login;
  }

  status(provider: LoginProviderId = 'anthropic'): LoginStatus | undefined {
    return this.app.service.logins.statuses().find((login) => login.provider === provider);
  }

  async ask(
    path: string,
    body: object | undefined,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<RawAnswer> {
    const version = path === '/v1/messages' ? { 'anthropic-version': '2023-06-01' } : {};
    const all = { 'x-api-key': this.key, ...version, ...headers };
    const answer = await askRaw(this.url, { path, headers: all, ...(body !== undefined && { body }) });
    this.answers.push(answer.rawHeaders.join('\n'), answer.text);
    return answer;
  }

  /** The three dialects, each with one message. */
  say(dialect: DialectPath, text: string, model: string = claude): Promise<RawAnswer> {
    return this.ask(dialect, bodyFor(dialect, text, model));
  }

  async control<Value>(url: string): Promise<Value> {
    const reply = await this.app.control.inject({ method: 'GET', url });
    if (reply.statusCode !== 200) throw new Error(`${url}: ${reply.body}`);
    this.answers.push(reply.body);
    return reply.json();
  }

  /** What the ledger says of an exchange, as `companion explain` gets it. */
  async explain({ headers }: RawAnswer): Promise<ExplainedExchange> {
    const id = String(headers['x-companion-exchange']);
    // The row is written once the last byte has left, which a client may hear of first.
    return eventually('the exchange is in the ledger', async () => {
      const reply = await this.app.control.inject({ method: 'GET', url: `/control/exchanges/${id}` });
      this.answers.push(reply.body);
      return reply.statusCode === 200 ? reply.json<ExplainedExchange>() : undefined;
    });
  }

  /** Requests of models that reached Anthropic, as the status that each was answered with and whose credential it was. */
  get claudeCalls(): readonly string[] {
    return this.claude.api.requests
      .filter(({ method }) => method === 'POST')
      .map(({ status, key }) => `${status} ${key}`);
  }

  get chatGptCalls(): readonly string[] {
    return this.chatGpt.requests.filter(({ method }) => method === 'POST').map(({ status, key }) => `${status} ${key}`);
  }

  get openAiCalls(): readonly string[] {
    return this.openAi.requests.filter(({ method }) => method === 'POST').map(({ status, key }) => `${status} ${key}`);
  }

  refreshes(provider: LoginProviderId = 'anthropic'): number {
    return (provider === 'anthropic' ? this.claude.auth : this.openAiAuth).calls.count('refresh_token');
  }

  /** Every code and token that anybody was given, to be looked for where none may be. */
  get canaries(): readonly Canary[] {
    const named = (name: string, secrets: readonly string[]) =>
      secrets.map((value, index) => ({ name: `${name} ${index}`, value: signatureOf(value) }));
    return [...named('Claude', this.claude.auth.secrets), ...named('ChatGPT', this.openAiAuth.secrets)];
  }

  /** In the log, the answers and all files but Codex's own, once everything is written: the companion has to stop for it. */
  async findLeaks(): Promise<readonly Leak[]> {
    await this.stop();
    const idTokens = await this.readAuthFile().then(
      ({ id_token }) => [{ name: 'ChatGPT id token', value: signatureOf(id_token) }],
      () => [],
    );
    const found = await findLeaks([...this.canaries, ...idTokens], {
      folders: [this.home],
      texts: { log: this.log, answers: this.answers.join('\n') },
    });
    return found.filter(({ where }) => !where.startsWith(this.authFile));
  }

  async readAuthFile(): Promise<CodexTokens> {
    return (JSON.parse(await readFile(this.authFile, 'utf8')) as { readonly tokens: CodexTokens }).tokens;
  }

  /** As it rests in the vault. */
  async readClaudeLogin(): Promise<ClaudeRecord> {
    const text = (await (await this.#openVault()).get(await this.#claudeRecordName()))?.reveal();
    if (text === undefined) throw new Error('nobody is signed in');
    return JSON.parse(text) as ClaudeRecord;
  }

  async readClaudeTokens(): Promise<Tokens> {
    const { claudeAiOauth } = await this.readClaudeLogin();
    return { access_token: claudeAiOauth.accessToken, refresh_token: claudeAiOauth.refreshToken };
  }

  /** As if the person had signed in again, while no companion runs. */
  async replaceTokens(provider: LoginProviderId): Promise<void> {
    if (provider === 'openai') {
      await writeFile(this.authFile, JSON.stringify(this.openAiAuth.signInToCodex()));
      return;
    }
    const record = await this.readClaudeLogin();
    const { access_token, refresh_token } = this.claude.auth.signIn() as unknown as Tokens;
    const claudeAiOauth = { ...record.claudeAiOauth, accessToken: access_token, refreshToken: refresh_token };
    const text = new Secret(JSON.stringify({ ...record, claudeAiOauth }));
    await (await this.#openVault()).update(await this.#claudeRecordName(), () => text);
  }

  async #claudeRecordName(): Promise<string> {
    const [name = ''] = await (await this.#openVault()).list('login/anthropic/');
    return name;
  }

  async #openVault(): Promise<Vault> {
    const config = { vault: { kind: 'file' }, auth: { encryption: {} } } as const;
    return (await openVault({ config, paths: pathsOf(this.home), logger: memoryLogger().logger })).vault;
  }

  async close(): Promise<void> {
    await this.stop();
    const servers = [this.claude.auth, this.claude.api, this.openAiAuth, this.chatGpt, this.openAi];
    await Promise.all(servers.map((server) => server.close()));
    const failures = servers.flatMap((server) => server.failures);
    if (failures.length > 0) throw new Error(`a stand-in failed:\n${failures.join('\n')}`);
  }

  /** The list of models is asked for once, in the background: afterwards whatever reaches a provider is a test's own. */
  async #settled(provider: LoginProviderId): Promise<void> {
    const answer = await this.ask('/v1/models', undefined);
    expect(answer.status).toBe(200);
    (provider === 'anthropic' ? this.claude.auth : this.openAiAuth).calls.forget();
  }
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

export interface CodexTokens extends Tokens {
  readonly id_token: string;
}

interface ClaudeRecord {
  readonly claudeAiOauth: { readonly accessToken: string; readonly refreshToken: string };
}

export const dialectPaths = ['/v1/messages', '/v1/chat/completions', '/v1/responses'] as const;
export type DialectPath = (typeof dialectPaths)[number];

export function bodyFor(path: DialectPath, text: string, model: string = claude): object {
  if (path === '/v1/responses') return { model, input: text };
  return { model, max_tokens: 100, messages: [{ role: 'user', content: text }] };
}

/** JWTs share their beginning with any other, and tell nothing without their signature. */
function signatureOf(token: string): string {
  return token.split('.').at(-1) ?? token;
}

/** A companion that runs, nobody signed in; gone when the test ends, which fails if a stand-in failed. */
export async function openAccountHouse(options: AccountHouseOptions = {}): Promise<AccountHouse> {
  const home = await temporaryFolder();
  const [accounts, openAiAuth, openAi] = await Promise.all([
    startClaudeAccounts({
      ...options.claude,
      api: {
        keys: options.hasClaudeKey === true ? [{ name: 'spare', secret: claudeKey }] : [],
        ...options.claude?.api,
      },
    }),
    startOpenAiAuth(options.openAiAuth),
    startOpenAiApi({ keys: [{ name: 'spare', secret: openAiKey }], models: [sharedGpt, 'gpt-5'] }),
  ]);
  const chatGpt = await startChatGptBackend({ auth: openAiAuth });
  const house = new AccountHouse(home, accounts, openAiAuth, chatGpt, openAi);
  const keys = {
    ...(options.hasClaudeKey === true && { anthropic: [{ key: claudeKey, name: 'spare' }] }),
    ...(options.hasOpenAiKey === true && { openai: [{ key: openAiKey, name: 'spare' }] }),
  };
  await writeFile(join(home, 'config.yaml'), stringify({ keys, ...options.config }), { mode: 0o600 });
  onTestFinished(() => house.close());
  await house.start();
  return house;
}

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

/** How many answers had which status. */
export function statusesOf(answers: readonly { readonly status: number }[]): Readonly<Record<number, number>> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

const realNow = Date.now;

/** Moves the wall clock of this process, as a person or a time server does; back when the test ends. */
export function moveClock(byMs: number): void {
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + byMs);
  onTestFinished(() => void vi.restoreAllMocks());
}

const realMonotonic = performance.now.bind(performance);

/** Moves the clock that never jumps, as if so much time had gone by; back when the test ends. */
export function passTime(byMs: number): void {
  vi.spyOn(performance, 'now').mockImplementation(() => realMonotonic() + byMs);
  onTestFinished(() => void vi.restoreAllMocks());
}

/** For stand-ins whose clock is right whatever the companion's says. */
export function rightTime(): number {
  return performance.timeOrigin + realMonotonic();
}
