/**
 * A stand-in of the servers that speak OpenAI's API: a real server on loopback, as strict as its flavour, with answers
 * that a test plans and faults that it wishes for.
 */
import { randomUUID } from 'node:crypto';
import type { Call, Headers } from '../server/call.ts';
import { createId } from '../server/ids.ts';
import { RouteTable } from '../server/routes.ts';
import type { Route } from '../server/routes.ts';
import { startServer } from '../server/server.ts';
import type { RunningServer, ServerOptions } from '../server/server.ts';
import { StandIn } from '../server/stand-in.ts';
import { cannedEnvelope, refuse, Refusal } from './errors.ts';
import { flavourFacts } from './flavour.ts';
import type { Flavour, FlavourFacts } from './flavour.ts';
import { defaultKey, KeyRing } from './keys.ts';
import type { OpenAiKey } from './keys.ts';
import { commonRoutes } from './routes.ts';
import { responsesRoutes } from './responses/routes.ts';
import { calmDay } from './scenario.ts';
import type { OpenAiScenario } from './scenario.ts';
import type { OpenAiState } from './state.ts';
import { PrefixCache } from './usage.ts';

export interface OpenAiApiOptions extends ServerOptions {
  /** `openai` without it. */
  readonly flavour?: Flavour;
  readonly keys?: readonly OpenAiKey[];
  readonly models?: readonly string[];
  /** Where the flavour's own habit is not meant. */
  readonly hasResponses?: boolean;
  readonly scenario?: Partial<OpenAiScenario>;
}

export async function startOpenAiApi(options: OpenAiApiOptions = {}): Promise<OpenAiApi> {
  const facts = flavourFacts(options.flavour ?? 'openai');
  const keys = options.keys ?? [defaultKey];
  const state: OpenAiState = {
    facts,
    models: options.models ?? facts.models,
    keys: new KeyRing(facts.id, facts.isKeyless, keys),
    cache: new PrefixCache(),
    files: new Map(),
    responses: new Map(),
    scenario: calmDay,
  };
  const routes = [...commonRoutes, ...((options.hasResponses ?? facts.hasResponses) ? responsesRoutes : [])];
  const table = new RouteTable(facts.basePaths.flatMap((base) => routes.map((route) => withBase(route, base))));
  const server = await startServer(
    {
      commonHeaders: (call) => ({ ...idHeaders(facts), ...state.keys.headersFor(call.record.key) }),
      nameKey: (request) => state.keys.find(request),
      errorEnvelope: (answer) => cannedEnvelope(facts.id, answer),
      serve: (call) => serve(call, table, state),
    },
    options,
  );
  return new OpenAiApi(server, state, keys[0]?.secret ?? '', options.scenario ?? {});
}

export class OpenAiApi extends StandIn {
  /** Origin without a path. */
  readonly origin: string;
  /** What stands before `/chat/completions`. */
  readonly url: string;
  readonly flavour: Flavour;
  /** Secret of the first key. */
  readonly key: string;
  readonly #state: OpenAiState;

  constructor(server: RunningServer, state: OpenAiState, key: string, scenario: Partial<OpenAiScenario>) {
    super(server);
    this.#state = state;
    this.origin = server.url;
    this.url = `${server.url}${state.facts.basePaths[0] ?? ''}`;
    this.flavour = state.facts.id;
    this.key = key;
    this.scenario = scenario;
  }

  get scenario(): OpenAiScenario {
    return this.#state.scenario;
  }

  /** Takes a part; what it leaves out is as on a calm day, whatever was set before. */
  set scenario(part: Partial<OpenAiScenario>) {
    this.#state.scenario = { ...calmDay, ...part };
    this.server.setFaults(this.#state.scenario.faults);
  }

  /** Adds a key or changes the one of its name: other limits, no credit. */
  setKey(key: OpenAiKey): void {
    this.#state.keys.set(key);
  }

  /** Back to a calm day with an empty record; keys, files and stored responses stay. */
  reset(): void {
    this.scenario = {};
    this.server.forget();
  }
}

function withBase({ method, path, serve: serveRoute }: Route<OpenAiState>, base: string): Route<OpenAiState> {
  return { method, path: `${base}${path}`, serve: serveRoute };
}

function idHeaders(facts: FlavourFacts): Headers {
  switch (facts.id) {
    case 'openai':
      return { 'x-request-id': createId('req_', 32), 'openai-processing-ms': '12', 'openai-version': '2020-10-01' };
    case 'groq':
      return { 'x-request-id': createId('req_01', 24) };
    case 'mistral':
      return { 'mistral-correlation-id': randomUUID() };
    case 'deepseek':
      return { 'x-ds-trace-id': createId('', 32) };
    case 'gemini':
    case 'local':
      return {};
  }
}

async function serve(call: Call, table: RouteTable<OpenAiState>, state: OpenAiState): Promise<void> {
  try {
    const { method, path, pathname } = call.record;
    const match = table.match(method, pathname);
    if (match.kind === 'no-route') throw new Refusal(404, `Invalid URL (${method} ${path})`);
    if (match.kind === 'no-method') throw new Refusal(405, `Not allowed to ${method} on ${pathname}`);
    state.keys.admit(call.record);
    await match.route.serve(call, state, match.parameters);
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    await refuse(call, state.facts.id, thrown);
  }
}
