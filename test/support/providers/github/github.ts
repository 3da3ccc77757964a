/**
 * A stand-in of GitHub as a Copilot login meets it: the device flow, the API that trades tokens and tells plans, and
 * Copilot's own API. A real server on loopback; it takes no editor's identity, and is told by a test what the person does.
 */
import { randomBytes } from 'node:crypto';
import type { Call } from '../server/call.ts';
import { noFaults } from '../server/fault.ts';
import type { FaultPlan } from '../server/fault.ts';
import type { RecordedRequest } from '../server/record.ts';
import { RouteTable } from '../server/routes.ts';
import { sendJson } from '../server/send.ts';
import { startServer } from '../server/server.ts';
import type { RunningServer, ServerOptions } from '../server/server.ts';
import { StandIn } from '../server/stand-in.ts';
import { accountRoutes } from './account.ts';
import { copilotRoutes } from './copilot-api.ts';
import { deviceRoutes } from './device.ts';
import type { GithubState, Grant } from './state.ts';
import { calmDay } from './state.ts';
import type { GithubScenario } from './state.ts';

/** Of the OAuth app that a person registered. */
export const clientId = 'Ov23liInventedApp001';

export interface GithubOptions extends ServerOptions {
  readonly scenario?: Partial<GithubScenario>;
}

export async function startGithub(options: GithubOptions = {}): Promise<Github> {
  const state: GithubState = {
    clientId,
    grants: new Map(),
    githubTokens: new Map(),
    copilotTokens: new Map(),
    secrets: [],
    trades: 0,
    scenario: { ...calmDay, ...options.scenario },
  };
  const table = new RouteTable<GithubState>([...deviceRoutes, ...accountRoutes, ...copilotRoutes]);
  const server = await startServer(
    {
      commonHeaders: () => ({ 'x-github-request-id': randomBytes(8).toString('hex') }),
      nameKey: () => null,
      errorEnvelope: ({ status, message }) => ({ message: message ?? `Error ${status}`, status: String(status) }),
      serve: (call) => serve(call, table, state),
    },
    options,
  );
  return new Github(server, state);
}

async function serve(call: Call, table: RouteTable<GithubState>, state: GithubState): Promise<void> {
  const borrowed = borrowedIdentity(call.record);
  // What nobody may send fails the test that it comes from.
  if (borrowed !== undefined) throw new Error(`an editor's identity was borrowed: ${borrowed}`);
  const match = table.match(call.record.method, call.record.pathname);
  if (match.kind === 'route') return match.route.serve(call, state, match.parameters);
  await sendJson(call, 404, { message: 'Not Found', documentation_url: 'https://docs.github.com/rest', status: '404' });
}

function borrowedIdentity({ headers }: RecordedRequest): string | undefined {
  const names = ['editor-version', 'editor-plugin-version', 'copilot-integration-id', 'openai-intent'];
  const found = names.find((name) => headers[name] !== undefined);
  if (found !== undefined) return found;
  return /copilot|vscode/i.test(headers['user-agent'] ?? '') ? 'user-agent' : undefined;
}

export class Github extends StandIn {
  readonly url: string;
  readonly #state: GithubState;

  constructor(server: RunningServer, state: GithubState) {
    super(server);
    this.#state = state;
    this.url = server.url;
  }

  /** For a companion. */
  get environment(): Readonly<Record<string, string>> {
    return {
      CCPROXY_UPSTREAM_GITHUB: this.url,
      CCPROXY_UPSTREAM_GITHUB_API: `${this.url}/api`,
      CCPROXY_UPSTREAM_COPILOT: `${this.url}/copilot`,
      CCPROXY_COPILOT_CLIENT_ID: clientId,
    };
  }

  /** Takes a part; the rest is as on a calm day. */
  set scenario(part: Partial<GithubScenario>) {
    this.#state.scenario = { ...calmDay, ...part };
  }

  set faults(plan: FaultPlan) {
    this.server.setFaults(plan);
  }

  /** Every device code and token that was given out. */
  get secrets(): readonly string[] {
    return this.#state.secrets;
  }

  /** How often a GitHub token was traded. */
  get trades(): number {
    return this.#state.trades;
  }

  /** The newest code that is shown to the person. */
  get userCode(): string | undefined {
    return this.#newest()?.userCode;
  }

  /** The person types the code and allows it, or does not. */
  decide(decision: 'allow' | 'deny'): void {
    const grant = this.#newest();
    if (grant === undefined) throw new Error('nobody waits for a decision');
    grant.decision = decision;
  }

  /** Time is up for the newest code. */
  expire(): void {
    const grant = this.#newest();
    if (grant !== undefined) grant.isOver = true;
  }

  /** A token that the person has already. */
  issueToken(): string {
    const token = `gho_${randomBytes(27).toString('base64url')}`;
    this.#state.githubTokens.set(token, { isLive: true });
    this.#state.secrets.push(token);
    return token;
  }

  /** The person takes the access back, in the settings of GitHub. */
  revoke(): void {
    for (const token of this.#state.githubTokens.values()) token.isLive = false;
    this.endCopilotTokens();
  }

  /** Every Copilot token is over, whatever it says of itself. */
  endCopilotTokens(): void {
    this.#state.copilotTokens.clear();
  }

  #newest(): Grant | undefined {
    return [...this.#state.grants.values()].at(-1);
  }

  override async close(): Promise<void> {
    await super.close();
    if (this.failures.length > 0) throw new Error(`the stand-in of GitHub failed:\n${this.failures.join('\n')}`);
  }
}

/** The network is away for so many questions whether the person is through. */
export function lostPolls(times: number): FaultPlan {
  let left = times;
  return ({ pathname }) => {
    if (pathname !== '/login/oauth/access_token' || left === 0) return noFaults;
    left -= 1;
    return { ...noFaults, beforeHeaders: 'reset' };
  };
}
