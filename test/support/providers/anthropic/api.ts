/**
 * A stand-in of Anthropic's API: a real server on loopback, strict about what it receives, with answers that a test plans
 * and faults that it wishes for.
 */
import type { Call } from '../server/call.ts';
import { createId } from '../server/ids.ts';
import { RouteTable } from '../server/routes.ts';
import type { Route } from '../server/routes.ts';
import { startServer } from '../server/server.ts';
import type { RunningServer, ServerOptions } from '../server/server.ts';
import { StandIn } from '../server/stand-in.ts';
import { betasOf } from './betas.ts';
import { cannedEnvelope, invalid, refuse, Refusal } from './errors.ts';
import { defaultKey, KeyRing } from './keys.ts';
import type { AnthropicKey } from './keys.ts';
import { anthropicModels } from './models.ts';
import type { AnthropicModel } from './models.ts';
import { batchRoutes } from './routes/batches.ts';
import { fileRoutes } from './routes/files.ts';
import { messageRoutes } from './routes/messages.ts';
import { modelRoutes } from './routes/models.ts';
import { oauthRoutes } from './routes/oauth.ts';
import { refuseByPolicy } from './policy.ts';
import { calmDay } from './scenario.ts';
import type { AnthropicScenario } from './scenario.ts';
import type { AnthropicState } from './state.ts';
import { Threads } from './threads.ts';
import type { TokenAuthority } from './tokens.ts';
import { PromptCache } from './usage.ts';
import { UsageGate } from './usage-gate.ts';

export interface AnthropicApiOptions extends ServerOptions {
  readonly keys?: readonly AnthropicKey[];
  /** Whose tokens are taken as Bearer, besides those among the keys. */
  readonly authority?: TokenAuthority;
  readonly models?: readonly AnthropicModel[];
  readonly scenario?: Partial<AnthropicScenario>;
}

const routes: readonly Route<AnthropicState>[] = [
  { method: 'HEAD', path: '/', serve: (call) => void (call.begin(200, {}), call.finish()) },
  ...messageRoutes,
  ...batchRoutes,
  ...fileRoutes,
  ...modelRoutes,
  ...oauthRoutes,
];

export async function startAnthropicApi(options: AnthropicApiOptions = {}): Promise<AnthropicApi> {
  const keys = options.keys ?? [defaultKey];
  const state: AnthropicState = {
    models: options.models ?? anthropicModels,
    keys: new KeyRing(keys, options.authority ?? null),
    authority: options.authority ?? null,
    usageGate: new UsageGate(),
    cache: new PromptCache(),
    files: new Map(),
    batches: new Map(),
    threads: new Threads(),
    scenario: calmDay,
    url: '',
  };
  const table = new RouteTable(routes);
  const server = await startServer(
    {
      commonHeaders: (call) => ({
        'request-id': createId('req_011C'),
        ...(call.record.key === null ? {} : state.keys.headersFor(call.record.key)),
      }),
      nameKey: (request) => state.keys.find(request),
      errorEnvelope: cannedEnvelope,
      serve: (call) => serve(call, table, state),
    },
    options,
  );
  state.url = server.url;
  return new AnthropicApi(server, state, keys[0]?.secret ?? '', options.scenario ?? {});
}

export class AnthropicApi extends StandIn {
  /** Origin, without `/v1`. */
  readonly url: string;
  /** Secret of the first key. */
  readonly key: string;
  readonly #state: AnthropicState;

  constructor(server: RunningServer, state: AnthropicState, key: string, scenario: Partial<AnthropicScenario>) {
    super(server);
    this.#state = state;
    this.url = server.url;
    this.key = key;
    this.scenario = scenario;
  }

  get scenario(): AnthropicScenario {
    return this.#state.scenario;
  }

  /** Takes a part; what it leaves out is as on a calm day, whatever was set before. */
  set scenario(part: Partial<AnthropicScenario>) {
    this.#state.scenario = { ...calmDay, ...part };
    this.server.setFaults(this.#state.scenario.faults);
  }

  /** Adds a key or changes the one of its name: other limits, expired, disabled. */
  setKey(key: AnthropicKey): void {
    this.#state.keys.set(key);
  }

  /** Whoever asked for the usage of a plan too often may ask again. */
  openUsage(): void {
    this.#state.usageGate.open();
  }

  /** Back to a calm day with an empty record; the keys, the cache, files and batches stay. */
  reset(): void {
    this.scenario = {};
    this.server.forget();
  }
}

async function serve(call: Call, table: RouteTable<AnthropicState>, state: AnthropicState): Promise<void> {
  try {
    const match = table.match(call.record.method, call.record.pathname);
    if (match.kind === 'no-route') throw new Refusal(404, 'Not found');
    if (match.kind === 'no-method') throw new Refusal(405, 'Method Not Allowed');
    if (call.record.pathname !== '/') checkHead(call, state);
    await match.route.serve(call, state, match.parameters);
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    await refuse(call, thrown);
  }
}

function checkHead(call: Call, state: AnthropicState): void {
  const { headers } = call.record;
  const key = state.keys.admit(call.record);
  // The account endpoints are no part of the API: neither its version nor its policy is asked for there.
  if (call.record.pathname.startsWith('/api/oauth/')) return;
  if (key.kind === 'oauth-token' && state.scenario.policy !== null) throw refuseByPolicy(state.scenario.policy);
  const version = headers['anthropic-version'];
  if (version === undefined) throw invalid('anthropic-version: header is required');
  if (!/^20\d\d-\d\d-\d\d$/.test(version)) {
    throw invalid(`anthropic-version: "${version}" is not a valid version.`);
  }
  const strange = betasOf(call).find((one) => !/^[a-z0-9-]+-\d{4}-\d{2}-\d{2}$|^[a-z-]+-\d{8}$/.test(one));
  if (strange !== undefined) {
    throw invalid(`Unexpected value(s) \`${strange}\` for the \`anthropic-beta\` header.`);
  }
}
