/** The whole companion in this process, and a stand-in of GitHub behind it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { createApp } from '../../../companion/app.ts';
import type { App } from '../../../companion/app.ts';
import { createLogger } from '../../../companion/base/log.ts';
import { LiveConfig } from '../../../companion/config/live-config.ts';
import type { DeviceAttemptAnswer } from '../../../companion/http/manage/device-login-routes.ts';
import type { LoginStatus } from '../../../shared/status.ts';
import { findLeaks } from '../../support/canary.ts';
import type { Leak } from '../../support/canary.ts';
import { startGithub } from '../../support/providers/github/github.ts';
import type { Github, GithubOptions } from '../../support/providers/github/github.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { eventually } from '../api/house.ts';
import { RunningHouse } from '../running-house.ts';

export interface CopilotHouseOptions {
  readonly github?: GithubOptions;
  readonly config?: object;
  /** In the place of what the stand-in suggests; `undefined` takes it out. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export interface Answer<Value> {
  readonly status: number;
  readonly body: Value;
}

interface Described {
  readonly error: { readonly code: string; readonly message: string };
}

export class CopilotHouse extends RunningHouse {
  readonly home: string;
  readonly github: Github;
  readonly lines: string[] = [];
  readonly answers: string[] = [];
  readonly #environment: Readonly<Record<string, string | undefined>>;
  #live: LiveConfig | undefined;

  constructor(home: string, github: Github, environment: Readonly<Record<string, string | undefined>>) {
    super();
    this.home = home;
    this.github = github;
    this.#environment = environment;
  }

  get environment(): Readonly<Record<string, string | undefined>> {
    return { HOME: this.home, PATH: '/nowhere', ...this.github.environment, ...this.#environment };
  }

  protected async open(): Promise<App> {
    const { environment } = this;
    const flags = { home: this.home, 'server.port': 0, 'vault.kind': 'file' };
    const live = new LiveConfig({ flags, environment, cwd: this.home });
    this.#live = live;
    const logger = createLogger({ level: 'trace', destination: { write: (line) => void this.lines.push(line) } });
    return createApp({ config: live.config, live, logger, environment });
  }

  /** Writes the settings anew, and lets them count. */
  async configure(settings: object): Promise<void> {
    await writeFile(join(this.home, 'config.yaml'), stringify(settings), { mode: 0o600 });
    await this.#live?.reload();
  }

  /** As the page calls; `headers` besides. */
  async call<Value = DeviceAttemptAnswer>(
    method: 'GET' | 'POST',
    path: string,
    body?: object,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer<Value>> {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await fetch(this.url + path, {
      method,
      headers: { ...type, ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    this.answers.push(text);
    return { status: answer.status, body: JSON.parse(text) as Value };
  }

  /** With the admin key, as a script would. */
  asAdmin<Value = DeviceAttemptAnswer>(method: 'GET' | 'POST', path: string, body?: object): Promise<Answer<Value>> {
    return this.call(method, path, body, { 'x-admin-key': this.adminKey });
  }

  begin(): Promise<Answer<DeviceAttemptAnswer>> {
    return this.asAdmin('POST', '/v0/oauth/copilot/begin', {});
  }

  refusedBegin(): Promise<Answer<Described>> {
    return this.asAdmin('POST', '/v0/oauth/copilot/begin', {});
  }

  /** Waits until it is in one of `states`. */
  until(id: string, ...states: readonly DeviceAttemptAnswer['state'][]): Promise<DeviceAttemptAnswer> {
    return eventually(`the login is ${states.join(' or ')}`, async () => {
      const { body } = await this.asAdmin('GET', `/v0/oauth/copilot/attempts/${id}`);
      return states.includes(body.state) ? body : undefined;
    });
  }

  async signIn(): Promise<LoginStatus> {
    const { body } = await this.begin();
    this.github.decide('allow');
    await this.until(body.id, 'done', 'failed');
    return this.status() as LoginStatus;
  }

  status(): LoginStatus | undefined {
    return this.app.service.logins.statuses().find(({ provider }) => provider === 'copilot');
  }

  /** In the log, the answers and all files, once everything is written: the companion has to stop for it. */
  async findLeaks(): Promise<readonly Leak[]> {
    await this.stop();
    const canaries = this.github.secrets.map((value, index) => ({ name: `GitHub ${index}`, value }));
    const texts = { log: this.lines.join(''), answers: this.answers.join('\n') };
    return findLeaks(canaries, { folders: [this.home], texts });
  }

  async close(): Promise<void> {
    await this.stop();
    await this.github.close();
  }
}

export async function openCopilotHouse(options: CopilotHouseOptions = {}): Promise<CopilotHouse> {
  const home = await temporaryFolder();
  const github = await startGithub(options.github);
  const house = new CopilotHouse(home, github, options.environment ?? {});
  await writeFile(join(home, 'config.yaml'), stringify(options.config ?? {}), { mode: 0o600 });
  onTestFinished(() => house.close());
  await house.start();
  return house;
}
