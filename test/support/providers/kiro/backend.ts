/**
 * A stand-in of the service behind Kiro: a real server on loopback that takes only live tokens of its login server, and
 * only bodies that the real one was seen to take; its answers are AWS event streams.
 */
import type { Call } from '../server/call.ts';
import type { RecordedRequest } from '../server/record.ts';
import { sendJson } from '../server/send.ts';
import { startServer } from '../server/server.ts';
import type { RunningServer, ServerOptions } from '../server/server.ts';
import { StandIn } from '../server/stand-in.ts';
import { checkBody } from './check.ts';
import { damaged, event, exception } from './frames.ts';
import { calmDay } from './scenario.ts';
import type { KiroAnswer, KiroRefusal, KiroScenario } from './scenario.ts';

export interface KiroTokens {
  /** Whose it is, and whether it lives. */
  find(accessToken: string): { readonly email: string; readonly isLive: boolean } | undefined;
}

export interface KiroBackendOptions extends ServerOptions {
  readonly tokens: KiroTokens;
  readonly scenario?: Partial<KiroScenario>;
}

interface State {
  readonly tokens: KiroTokens;
  scenario: KiroScenario;
  refusalsLeft: number;
}

export async function startKiroBackend(options: KiroBackendOptions): Promise<KiroBackend> {
  const state: State = { tokens: options.tokens, scenario: calmDay, refusalsLeft: 0 };
  const server = await startServer(
    {
      commonHeaders: () => ({ 'x-amzn-requestid': 'b7c9a4e0-0000-4000-8000-000000000001' }),
      nameKey: (request) => find(state, request)?.email ?? null,
      errorEnvelope: ({ message }) => ({ message: message ?? 'Error' }),
      serve: (call) => serve(call, state),
    },
    options,
  );
  return new KiroBackend(server, state, options.scenario ?? {});
}

export class KiroBackend extends StandIn {
  /** What stands before `/generateAssistantResponse`. */
  readonly url: string;
  /** For a companion. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #state: State;

  constructor(server: RunningServer, state: State, scenario: Partial<KiroScenario>) {
    super(server);
    this.#state = state;
    this.url = server.url;
    this.environment = { CCPROXY_UPSTREAM_KIRO: server.url };
    this.scenario = scenario;
  }

  get scenario(): KiroScenario {
    return this.#state.scenario;
  }

  /** Takes a part; what it leaves out is as on a calm day, whatever was set before. */
  set scenario(part: Partial<KiroScenario>) {
    this.#state.scenario = { ...calmDay, ...part };
    this.#state.refusalsLeft = this.#state.scenario.refuseTimes;
  }
}

function tokenOf({ headers }: RecordedRequest): string {
  return /^Bearer (.+)$/.exec(headers['authorization'] ?? '')?.[1] ?? '';
}

function find({ tokens }: State, request: RecordedRequest) {
  return tokens.find(tokenOf(request));
}

async function serve(call: Call, state: State): Promise<void> {
  const { method, pathname } = call.record;
  if (find(state, call.record)?.isLive !== true) {
    const message = 'The bearer token included in the request is invalid.';
    return refuse(call, { status: 403, exception: 'AccessDeniedException', message });
  }
  if (method === 'GET' && pathname === '/getUsageLimits') return sendUsage(call, state);
  if (method === 'POST' && pathname === '/generateAssistantResponse') return generate(call, state);
  await refuse(call, { status: 404, exception: 'UnknownOperationException', message: '' });
}

async function refuse(call: Call, refusal: KiroRefusal): Promise<void> {
  const { status, exception: name, message, reason, headers = {} } = refusal;
  const type = name === undefined ? {} : { __type: `com.amazon.aws.codewhisperer#${name}` };
  await sendJson(call, status, { ...type, message, ...(reason !== undefined && { reason }) }, headers);
}

/** Another query than this one is refused. */
async function sendUsage(call: Call, { scenario }: State): Promise<void> {
  const query = new URL(call.record.path, 'http://localhost').searchParams;
  if (query.get('origin') !== 'AI_EDITOR' || query.get('resourceType') !== 'AGENTIC_REQUEST') {
    return refuse(call, { status: 400, exception: 'ValidationException', message: 'Improperly formed request.' });
  }
  const { used, limit, resetsAt, title } = scenario.usage;
  await sendJson(call, 200, {
    daysUntilReset: 7,
    limits: [],
    nextDateReset: resetsAt,
    overageConfiguration: { overageStatus: 'DISABLED' },
    subscriptionInfo: { subscriptionTitle: title, type: 'Q_DEVELOPER_STANDALONE_FREE' },
    usageBreakdownList: [
      {
        resourceType: 'CREDIT',
        displayName: 'Credit',
        currentUsage: Math.floor(used),
        currentUsageWithPrecision: used,
        usageLimit: limit,
        usageLimitWithPrecision: limit,
        nextDateReset: resetsAt,
        freeTrialInfo: null,
        bonuses: [],
      },
    ],
    userInfo: { userId: 'd-0000000000.invented' },
  });
}

async function generate(call: Call, state: State): Promise<void> {
  const { scenario } = state;
  if (scenario.refuse !== null && state.refusalsLeft > 0) {
    state.refusalsLeft -= 1;
    return refuse(call, scenario.refuse);
  }
  const problem = headerProblem(call.record);
  const checked = problem === undefined ? checkBody(call.record.json) : { problem };
  if ('problem' in checked) {
    return refuse(call, { status: 400, exception: 'ValidationException', message: checked.problem });
  }
  await sendAnswer(call, scenario, [...messagesOf(scenario.answer(checked.body))]);
}

/** What a request of an honest client has, and what one may not say. */
function headerProblem({ headers }: RecordedRequest): string | undefined {
  if (!headers['content-type']?.startsWith('application/json')) return 'no JSON';
  if (headers['x-amzn-codewhisperer-optout'] !== 'true') return 'no opt-out';
  if (!/^[\da-f-]{36}$/.test(headers['amz-sdk-invocation-id'] ?? '')) return 'no invocation id';
  const said = Object.entries(headers).flat().join('\n');
  const name = /kiroide|kiro-agent|aws-sdk-js|chatgpt-account/i.exec(said)?.[0];
  return name === undefined ? undefined : `an identity that is not the client's own: ${name}`;
}

function* messagesOf({ text = '', calls = [] }: KiroAnswer): Iterable<Buffer> {
  for (const content of text.match(/[^]{1,7}/gu) ?? []) yield event('assistantResponseEvent', { content });
  for (const { id: toolUseId, name, input } of calls) {
    yield event('toolUseEvent', { name, toolUseId });
    const json = Object.keys(input).length === 0 ? '' : JSON.stringify(input);
    for (const piece of json.match(/[^]{1,5}/gu) ?? []) yield event('toolUseEvent', { name, toolUseId, input: piece });
    yield event('toolUseEvent', { name, toolUseId, stop: true });
  }
  yield event('contextUsageEvent', { contextUsagePercentage: 1.25 });
  yield event('meteringEvent', { unit: 'credit', unitPlural: 'credits', usage: 0.02 });
}

async function sendAnswer(
  call: Call,
  { ending, sliceBytes }: KiroScenario,
  messages: readonly Buffer[],
): Promise<void> {
  if (ending.kind === 'close') call.faults = { ...call.faults, delimiter: 'close' };
  call.begin(200, { 'content-type': 'application/vnd.amazon.eventstream' }, { isLengthUnknown: true });
  const before = ending.kind === 'whole' ? messages : messages.slice(0, ending.afterMessages);
  for (const bytes of before) for (const slice of cut(bytes, sliceBytes)) await call.write(slice);
  const next = messages[before.length] ?? event('assistantResponseEvent', { content: 'more' });
  switch (ending.kind) {
    case 'whole':
    case 'close':
      return call.finish();
    case 'half-message':
      return call.finish(next.subarray(0, next.length - 3));
    case 'bad-crc':
      for (const bytes of [damaged(next), ...messages.slice(before.length + 1)]) await call.write(bytes);
      return call.finish();
    case 'exception':
      return call.finish(exception(ending.type, { message: ending.message }));
    default:
      // Let what was written reach the client first.
      await call.pause(20);
      return call.cut(ending.kind);
  }
}

function* cut(bytes: Buffer, size: number | null): Iterable<Buffer> {
  if (size === null) return yield bytes;
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
