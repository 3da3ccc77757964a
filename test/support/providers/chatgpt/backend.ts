/**
 * A stand-in of the backend behind chatgpt.com, as Codex uses it: a real server on loopback that takes only live tokens of
 * its authorization server, and only what the real one was seen to take.
 */
import { randomUUID } from 'node:crypto';
import { Refusal, refuse } from '../openai/errors.ts';
import { flavourFacts } from '../openai/flavour.ts';
import { KeyRing } from '../openai/keys.ts';
import { calmDay as calmApiDay } from '../openai/scenario.ts';
import type { OpenAiState } from '../openai/state.ts';
import { PrefixCache } from '../openai/usage.ts';
import type { Call } from '../server/call.ts';
import { RouteTable } from '../server/routes.ts';
import { startServer } from '../server/server.ts';
import type { RunningServer, ServerOptions } from '../server/server.ts';
import { StandIn } from '../server/stand-in.ts';
import { chatGptModels } from './models.ts';
import { find } from './check.ts';
import { BackendError, detail, sendRefusal } from './refusals.ts';
import { backendRoutes } from './routes.ts';
import { calmDay } from './scenario.ts';
import type { ChatGptScenario } from './scenario.ts';
import type { ChatGptState, TokenFinder } from './state.ts';

export interface ChatGptBackendOptions extends ServerOptions {
  /** Whose tokens are taken: `startOpenAiAuth()`. */
  readonly auth: TokenFinder;
  readonly models?: readonly string[];
  readonly scenario?: Partial<ChatGptScenario>;
}

export async function startChatGptBackend(options: ChatGptBackendOptions): Promise<ChatGptBackend> {
  const models = options.models ?? chatGptModels;
  const state: ChatGptState = {
    auth: options.auth,
    models,
    api: apiBehind(models),
    thoughts: new Set(),
    scenario: calmDay,
    refusalsLeft: 0,
  };
  const table = new RouteTable(backendRoutes);
  const server = await startServer(
    {
      commonHeaders: () => ({ 'x-oai-request-id': randomUUID(), 'cf-ray': '8f0a1b2c3d4e5f60-FRA' }),
      nameKey: (request) => find(state, request)?.family.person.email ?? null,
      errorEnvelope: ({ status, message }) => ({ detail: message ?? `Error ${status}` }),
      serve: (call) => serve(call, table, state),
    },
    options,
  );
  return new ChatGptBackend(server, state, options.scenario ?? {});
}

export class ChatGptBackend extends StandIn {
  readonly origin: string;
  /** What stands before `/codex/responses` and `/wham/usage`. */
  readonly url: string;
  /** For a companion. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #state: ChatGptState;

  constructor(server: RunningServer, state: ChatGptState, scenario: Partial<ChatGptScenario>) {
    super(server);
    this.#state = state;
    this.origin = server.url;
    this.url = `${server.url}/backend-api`;
    this.environment = { CCPROXY_UPSTREAM_CHATGPT: this.url };
    this.scenario = scenario;
  }

  get scenario(): ChatGptScenario {
    return this.#state.scenario;
  }

  /** Takes a part; what it leaves out is as on a calm day, whatever was set before. */
  set scenario(part: Partial<ChatGptScenario>) {
    this.#state.scenario = { ...calmDay, ...part };
    this.#state.refusalsLeft = this.#state.scenario.refuseTimes;
    this.server.setFaults(this.#state.scenario.faults);
  }

  /** Back to a calm day with an empty record. */
  reset(): void {
    this.scenario = {};
    this.server.forget();
  }
}

/** The rules of the API that stands behind: every model of a plan is one that thinks. */
function apiBehind(models: readonly string[]): OpenAiState {
  return {
    facts: { ...flavourFacts('openai'), models, reasoningModels: models },
    models,
    keys: new KeyRing('openai', true, []),
    cache: new PrefixCache(),
    files: new Map(),
    responses: new Map(),
    scenario: calmApiDay,
  };
}

async function serve(call: Call, table: RouteTable<ChatGptState>, state: ChatGptState): Promise<void> {
  try {
    const match = table.match(call.record.method, call.record.pathname);
    if (match.kind === 'no-route') throw detail(404, 'Not Found');
    if (match.kind === 'no-method') throw detail(405, 'Method Not Allowed');
    await match.route.serve(call, state, match.parameters);
  } catch (thrown) {
    if (thrown instanceof BackendError) return sendRefusal(call, thrown);
    if (!(thrown instanceof Refusal)) throw thrown;
    await refuse(call, 'openai', thrown);
  }
}
