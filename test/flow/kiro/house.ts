/** The whole companion in this process, with stand-ins of AWS' login server and of Kiro behind it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { createApp } from '../../../companion/app.ts';
import type { App } from '../../../companion/app.ts';
import { createLogger } from '../../../companion/base/log.ts';
import { loadConfig } from '../../../companion/config/load.ts';
import type { ExplainedExchange } from '../../../companion/http/control/ledger-routes.ts';
import type { DeviceAttemptAnswer } from '../../../companion/http/manage/device-login-routes.ts';
import type { LoginStatus } from '../../../shared/status.ts';
import { findLeaks } from '../../support/canary.ts';
import type { Leak } from '../../support/canary.ts';
import { startAnthropicApi } from '../../support/providers/anthropic/api.ts';
import type { AnthropicApi } from '../../support/providers/anthropic/api.ts';
import { anthropicModels } from '../../support/providers/anthropic/models.ts';
import { startKiroBackend } from '../../support/providers/kiro/backend.ts';
import type { KiroBackend } from '../../support/providers/kiro/backend.ts';
import type { CheckedUser } from '../../support/providers/kiro/check.ts';
import { startAwsOidc } from '../../support/providers/kiro/oidc.ts';
import type { AwsOidcOptions, AwsOidcStandIn } from '../../support/providers/kiro/oidc.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { eventually } from '../api/house.ts';
import { askRaw } from '../api/raw-client.ts';
import type { RawAnswer } from '../api/raw-client.ts';
import { RunningHouse } from '../running-house.ts';

export interface KiroHouseOptions {
  readonly aws?: AwsOidcOptions;
  /** There is an Anthropic API key named `spare` besides. */
  readonly hasClaudeKey?: boolean;
  readonly config?: object;
}

/** By a name of the list, and by the name of the provider. */
export const listed = 'claude-sonnet-4-5';
export const named = `kiro/${listed}`;

/** With its date, as Anthropic lists it; Kiro's list has it without. */
const offered = anthropicModels.filter(({ id }) => id === `${listed}-20250929`);
const claudeKey = 'sk-ant-api03-spare-0123456789abcdef0123456789abcdef';

export class KiroHouse extends RunningHouse {
  readonly home: string;
  readonly aws: AwsOidcStandIn;
  readonly kiro: KiroBackend;
  readonly claude: AnthropicApi;
  readonly lines: string[] = [];
  /** Whatever was answered to anybody. */
  readonly answers: string[] = [];

  constructor(home: string, aws: AwsOidcStandIn, kiro: KiroBackend, claude: AnthropicApi) {
    super();
    this.home = home;
    this.aws = aws;
    this.kiro = kiro;
    this.claude = claude;
  }

  get environment(): Readonly<Record<string, string>> {
    return {
      HOME: this.home,
      PATH: '/nowhere',
      CCPROXY_UPSTREAM_CLAUDE_WEB: 'http://127.0.0.1:9',
      CCPROXY_UPSTREAM_ANTHROPIC: this.claude.url,
      ...this.aws.environment,
      ...this.kiro.environment,
    };
  }

  /** Where Kiro keeps its own login. */
  get kiroFile(): string {
    return join(this.home, '.aws', 'sso', 'cache', 'kiro-auth-token.json');
  }

  protected async open(): Promise<App> {
    const { environment } = this;
    const flags = { home: this.home, 'server.port': 0, 'vault.kind': 'file' };
    const { config } = loadConfig({ flags, environment, cwd: this.home });
    const logger = createLogger({ level: 'trace', destination: { write: (line) => void this.lines.push(line) } });
    return createApp({ config, logger, environment });
  }

  begin(where: object = {}): Promise<DeviceAttemptAnswer> {
    return this.control('POST', '/v0/oauth/kiro/begin', where);
  }

  /** Waits until it is over. */
  async outcome(id: string): Promise<DeviceAttemptAnswer> {
    return eventually('the login is over', async () => {
      const attempt = await this.control<DeviceAttemptAnswer>('GET', `/v0/oauth/kiro/attempts/${id}`);
      return attempt.state === 'done' || attempt.state === 'failed' ? attempt : undefined;
    });
  }

  /** As a person: asks for a code, and confirms it at AWS. */
  async signIn(where: object = {}): Promise<LoginStatus> {
    const { id, user_code: code } = await this.begin(where);
    this.aws.decide(code, 'confirmed');
    const { error } = await this.outcome(id);
    if (error !== null) throw new Error(error.message);
    // The models are those of the settings: afterwards whatever reaches Kiro is a test's own.
    await this.ask('/v1/models');
    return this.status() as LoginStatus;
  }

  status(): LoginStatus | undefined {
    return this.app.service.logins.statuses().find(({ provider }) => provider === 'kiro');
  }

  async ask(path: string, body?: object): Promise<RawAnswer> {
    const headers = { 'x-api-key': this.key, 'anthropic-version': '2023-06-01' };
    const answer = await askRaw(this.url, { path, headers, ...(body !== undefined && { body }) });
    this.answers.push(answer.rawHeaders.join('\n'), answer.text);
    return answer;
  }

  /** `POST /v1/messages` with one message. */
  say(text: string, more: object = {}): Promise<RawAnswer> {
    return this.ask('/v1/messages', {
      model: named,
      max_tokens: 100,
      messages: [{ role: 'user', content: text }],
      ...more,
    });
  }

  async control<Value>(method: 'GET' | 'POST', url: string, payload?: object): Promise<Value> {
    const reply = await this.app.control.inject({ method, url, ...(payload !== undefined && { payload }) });
    this.answers.push(reply.body);
    if (reply.statusCode !== 200) throw new Error(`${url}: ${reply.body}`);
    return reply.json();
  }

  /** What the ledger says of an exchange, as `companion explain` gets it. */
  async explain({ headers }: RawAnswer): Promise<ExplainedExchange> {
    const id = String(headers['x-companion-exchange']);
    return eventually('the exchange is in the ledger', async () => {
      const reply = await this.app.control.inject({ method: 'GET', url: `/control/exchanges/${id}` });
      return reply.statusCode === 200 ? reply.json<ExplainedExchange>() : undefined;
    });
  }

  /** Requests of models that reached Kiro, as the status that each was answered with. */
  get calls(): readonly (number | null)[] {
    return this.kiro.requests.filter(({ method }) => method === 'POST').map(({ status }) => status);
  }

  /** What Kiro was asked last. */
  get lastMessage(): CheckedUser {
    const { json } = this.kiro.requests.findLast(({ method }) => method === 'POST') ?? {};
    return (json as { conversationState: { currentMessage: { userInputMessage: CheckedUser } } }).conversationState
      .currentMessage.userInputMessage;
  }

  async writeKiroFile(token: object): Promise<void> {
    await mkdir(dirname(this.kiroFile), { recursive: true });
    await writeFile(this.kiroFile, JSON.stringify(token));
  }

  /** In the log, the answers, the addresses that were asked and all files but Kiro's own. */
  async findLeaks(): Promise<readonly Leak[]> {
    await this.stop();
    const canaries = this.aws.secrets.map((value, index) => ({ name: `Kiro ${index}`, value }));
    const paths = [...this.aws.requests, ...this.kiro.requests].map(({ path }) => path).join('\n');
    const texts = { log: this.lines.join(''), answers: this.answers.join('\n'), paths };
    const found = await findLeaks(canaries, { folders: [this.home], texts });
    return found.filter(({ where }) => !where.startsWith(this.kiroFile));
  }

  async close(): Promise<void> {
    await this.stop();
    const servers = [this.aws, this.kiro, this.claude];
    await Promise.all(servers.map((server) => server.close()));
    const failures = servers.flatMap((server) => server.failures);
    if (failures.length > 0) throw new Error(`a stand-in failed:\n${failures.join('\n')}`);
  }
}

/** A companion that runs, nobody signed in; gone when the test ends, which fails if a stand-in failed. */
export async function openKiroHouse(options: KiroHouseOptions = {}): Promise<KiroHouse> {
  const home = await temporaryFolder();
  const [aws, claude] = await Promise.all([
    startAwsOidc(options.aws),
    startAnthropicApi({ keys: [{ name: 'spare', secret: claudeKey }], models: offered }),
  ]);
  const house = new KiroHouse(home, aws, await startKiroBackend({ tokens: aws }), claude);
  const keys = options.hasClaudeKey === true ? { anthropic: [{ key: claudeKey, name: 'spare' }] } : {};
  await writeFile(join(home, 'config.yaml'), stringify({ keys, ...options.config }), { mode: 0o600 });
  onTestFinished(() => house.close());
  await house.start();
  return house;
}
