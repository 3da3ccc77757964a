/** Invented answers of the companion's management routes, as the fake background gives them to the dashboard. */
import { hostileLabels, NOW_MS } from './states.ts';

type Answers = Readonly<Record<string, unknown>>;

const HALF_HOUR_S = 1_800;
const STEPS = 48;

const models = [
  ['claude-sonnet-4-5', 9, 1.9],
  ['claude-opus-4-1', 4, 2.4],
  ['gpt-5.1-codex', 3, 2.9],
  ['claude-haiku-4-5', 2, 3.1],
  ['gpt-5-mini', 1.4, 0.4],
  ['gemini-2.5-pro', 0.8, 1.1],
  ['llama-3.3-70b', 0.5, 2.2],
] as const;
const clients = [
  ['claude-code', 12, 2],
  ['codex', 5, 2.6],
  ['openai-sdk', 2, 0.7],
  ['notes-script', 1.2, 1.4],
] as const;

const end = Math.floor(NOW_MS / 1_000 / HALF_HOUR_S) * HALF_HOUR_S;
const times = Array.from({ length: STEPS }, (_, index) => end - (STEPS - 1 - index) * HALF_HOUR_S);

/** A working day: little at night, most in the afternoon, the same with each run. */
function dayOf(weight: number, phase: number): readonly number[] {
  return times.map((at, index) => {
    const hour = new Date(at * 1_000).getUTCHours() + 1;
    const daylight = Math.max(0, Math.sin(((hour - 7) / 15) * Math.PI));
    return Math.round(weight * daylight * (1 + 0.45 * Math.sin(index * phase)));
  });
}

function group(key: string, exchanges: number, weight: number) {
  return {
    key,
    name: key,
    exchanges,
    failures: Math.round(exchanges * (weight > 3 ? 0.012 : 0.06)),
    input_tokens: exchanges * 1_830,
    output_tokens: exchanges * 412,
    cache_read_tokens: exchanges * 7_400,
    cache_write_tokens: exchanges * 640,
    first_at: new Date(times[0]! * 1_000).toISOString(),
    last_at: new Date(NOW_MS - 4_000).toISOString(),
  };
}

type Part = readonly [name: string, weight: number, phase: number];

function usageOf(by: string, parts: readonly Part[]) {
  const groups = parts.map(([key, weight, phase]) => group(key, sum(dayOf(weight, phase)), weight));
  const total = groups.reduce((all, one) => addGroups(all, one), group('', 0, 0));
  return { by, since: null, until: null, groups, total: { ...total, key: '', name: '' }, dropped: 0 };
}

type Group = ReturnType<typeof group>;

function addGroups(left: Group, right: Group): Group {
  return {
    ...left,
    exchanges: left.exchanges + right.exchanges,
    failures: left.failures + right.failures,
    input_tokens: left.input_tokens + right.input_tokens,
    output_tokens: left.output_tokens + right.output_tokens,
    cache_read_tokens: left.cache_read_tokens + right.cache_read_tokens,
    cache_write_tokens: left.cache_write_tokens + right.cache_write_tokens,
  };
}

function seriesOf(parts: readonly Part[]) {
  const series = parts.map(([key, weight, phase]) => {
    const exchanges = dayOf(weight, phase);
    return { key, name: key, exchanges, failures: exchanges.map(() => 0), tokens: exchanges.map((one) => one * 2_000) };
  });
  return { step_seconds: HALF_HOUR_S, times, series };
}

const middle = times.map((_, index) => Math.round(620 + 180 * Math.sin(index * 0.7) + 90 * Math.sin(index * 2.3)));

const latency = {
  groups: [
    {
      key: '',
      name: 'Total',
      count: 1_204,
      first_byte_ms: { p50: 624, p90: 1_310, p99: 2_950 },
      duration_ms: { p50: 6_200, p90: 21_000, p99: 64_000 },
    },
  ],
  step_seconds: HALF_HOUR_S,
  times,
  // Nobody asked at night.
  first_byte_p50: middle.map((value, index) => (index > 18 && index < 31 ? null : value)),
  first_byte_p90: middle.map((value, index) => (index > 18 && index < 31 ? null : Math.round(value * 2.1))),
};

export interface ExchangeFacts {
  readonly client?: string;
  readonly model?: string;
  readonly status?: number;
  readonly outcome?: string;
  readonly credential_name?: string;
}

export function exchangeRow(index: number, facts: ExchangeFacts = {}) {
  const { client = 'claude-code', model = 'claude-sonnet-4-5', status = 200, outcome = 'ok' } = facts;
  return {
    id: `exc_${String(index).padStart(8, '0')}`,
    at: new Date(NOW_MS - 3_000 - index * 41_000).toISOString(),
    client,
    client_key: null,
    client_key_name: null,
    model,
    served_model: model,
    mode: 'api',
    provider: 'anthropic',
    credential: 'key-1',
    credential_name: facts.credential_name ?? 'work',
    dialect: 'anthropic',
    status,
    outcome,
    is_stream: true,
    is_translated: false,
    input_tokens: outcome === 'ok' ? 1_830 + index * 17 : null,
    output_tokens: outcome === 'ok' ? 412 : null,
    cache_read_tokens: outcome === 'ok' ? 16_400 : null,
    cache_write_tokens: 0,
    first_byte_ms: outcome === 'ok' ? 540 + ((index * 137) % 900) : null,
    duration_ms: 6_400,
    warnings: [],
  };
}

const rows = Array.from({ length: 100 }, (_, index) => {
  const [model] = models[(index * 5) % 4] ?? models[0];
  const [client] = clients[(index * 3) % 4] ?? clients[0];
  if (index % 17 === 4) return exchangeRow(index, { client, model, status: 429, outcome: 'RATE_LIMITED' });
  return exchangeRow(index, { client, model, credential_name: index % 3 === 0 ? 'Ada · Max' : 'work' });
});

export const explainedExchange = {
  ...exchangeRow(4, { status: 429, outcome: 'RATE_LIMITED', model: 'claude-opus-4-1' }),
  warnings: ['`top_k` was left out: the Responses API has no such setting.'],
  route: '/v1/messages',
  explanation: {
    plan: 'api: Anthropic, key work (priority); then claude.ai session ada@example.com',
    considered: [
      { who: 'Anthropic key work', verdict: 'chosen', reason: 'first by priority; 480k of 1M tokens used' },
      { who: 'claude.ai session ada@example.com', verdict: 'next', reason: 'serves when no key does' },
      { who: 'Anthropic key spare', verdict: 'passed over', reason: 'cooling until 14:35: five_hour window is full' },
    ],
    attempts: [
      { who: 'Anthropic key work', status: 429, outcome: 'RATE_LIMITED', duration_ms: 212 },
      { who: 'claude.ai session ada@example.com', status: 200, outcome: 'served', duration_ms: 6_150 },
    ],
  },
  remedy: 'Wait until the time that the error names, or add another key.',
};

function auth(facts: Readonly<Record<string, unknown>>) {
  return {
    provider: 'anthropic',
    type: 'api_key',
    priority: 100,
    quota: { limit: null, used: 0, remaining: null },
    status: 'active',
    status_reason: null,
    until: null,
    source: 'vault',
    places: [],
    ending: '9f2c',
    expires_at: null,
    last_used_at: moment(-12_000),
    email: null,
    plan: null,
    ...facts,
  };
}

function moment(offsetMs: number): string {
  return new Date(NOW_MS + offsetMs).toISOString();
}

const DAY_MS = 86_400_000;

const auths = [
  auth({
    id: 'anthropic-1',
    name: 'work key',
    priority: 1,
    quota: { limit: 1_000_000, used: 480_000, remaining: 520_000 },
    status: 'cooling',
    status_reason: 'five_hour window is full',
    until: moment(3 * 60_000),
  }),
  auth({ id: 'anthropic-2', name: 'spare', source: 'environment', ending: '77aa' }),
  auth({
    id: 'openai-1',
    provider: 'openai',
    name: 'experiments',
    status: 'rejected',
    status_reason: 'OpenAI answers that the key is not valid. Give it another one.',
    quota: { limit: 200_000, used: 214_000, remaining: 0 },
  }),
  auth({ id: 'session-1', provider: 'claude-web', type: 'session', name: 'ada@example.com', ending: null }),
  auth({ id: 'claude-3f9a2c41', type: 'oauth', name: 'ada@example.com', ending: null }),
];

function token(facts: Readonly<Record<string, unknown>>) {
  return {
    mode: 'both',
    created_at: moment(-20 * DAY_MS),
    expires_at: moment(70 * DAY_MS),
    is_valid: true,
    enable_conversation_logging: false,
    total_requests: 0,
    total_tokens_used: 0,
    models: null,
    request_budget: null,
    token_budget: null,
    budget_period: 'never',
    rate_per_minute: null,
    requests_left: null,
    tokens_left: null,
    budget_resets_at: null,
    ...facts,
  };
}

const tokens = [
  token({
    id: 'ck_1',
    name: 'editor',
    total_requests: 4_120,
    total_tokens_used: 18_400_000,
    last_used_at: moment(-40_000),
    token_budget: 5_000_000,
    tokens_left: 640_000,
    budget_period: 'monthly',
    budget_resets_at: moment(10 * DAY_MS),
  }),
  token({
    id: 'ck_2',
    name: 'nightly build',
    mode: 'api',
    models: ['claude-haiku-*', 'gpt-5-mini'],
    rate_per_minute: 30,
    expires_at: null,
    total_requests: 300,
    total_tokens_used: 210_000,
    last_used_at: moment(-9 * 3_600_000),
    request_budget: 300,
    requests_left: 0,
    budget_period: 'daily',
    budget_resets_at: moment(10 * 3_600_000),
  }),
  token({
    id: 'ck_3',
    name: 'old laptop',
    is_valid: false,
    revoked_at: moment(-3 * DAY_MS),
    last_used_at: moment(-5 * DAY_MS),
  }),
  token({ id: 'ck_4', name: 'trial', is_valid: false, expires_at: moment(-DAY_MS) }),
];

function setting(key: string, description: string, facts: Readonly<Record<string, unknown>>) {
  return {
    key,
    description,
    allowed: 'a number from 1 to 65535',
    value: null,
    default: null,
    source: 'default',
    origin: 'default',
    is_secret: false,
    reloads: true,
    is_pending: false,
    is_local: false,
    ...facts,
  };
}

const settings = {
  file: '/home/ada/.ccproxy-companion/config.yaml',
  problem: null,
  settings: [
    setting('server.host', 'Where it listens. Another than loopback asks for client keys.', { value: '127.0.0.1' }),
    setting('server.port', 'On which port it listens.', {
      value: 8000,
      source: 'config.yaml, line 3',
      origin: 'config',
      reloads: false,
      is_pending: true,
    }),
    setting('security.auth', 'Whether programs need a key.', { value: true, default: true }),
    setting('security.auth_token', 'The key that programs present.', {
      value: '***',
      is_secret: true,
      source: 'CCPROXY_SECURITY_AUTH_TOKEN',
      origin: 'environment',
    }),
    setting('auth.selection_strategy', 'Which of several credentials serves next.', {
      value: 'round_robin',
      allowed: 'round_robin, quota_aware or priority',
    }),
    setting('vault.key_file', 'Where the key of the vault stands.', { value: null, is_local: true }),
  ],
};

/** A companion that has been in use. */
export const usedApi: Answers = {
  'GET /v0/management/usage?by=model': usageOf('model', models),
  'GET /v0/management/usage?by=client': usageOf('client', clients),
  'GET /v0/management/usage?by=credential': usageOf('credential', [['key-1', 9, 2]]),
  'GET /v0/management/usage/series?by=model': seriesOf(models),
  'GET /v0/management/usage/series?by=client': seriesOf(clients),
  'GET /v0/management/latency': latency,
  'GET /v0/management/exchanges?after=100': { exchanges: [], next: null, newest: '100' },
  'GET /v0/management/exchanges?search=nothing': { exchanges: [], next: null, newest: '100' },
  'GET /v0/management/exchanges?before=1-1': {
    exchanges: rows.map((_, index) => exchangeRow(100 + index)),
    next: null,
    newest: '100',
  },
  'GET /v0/management/exchanges': { exchanges: rows, next: '1-1', newest: '100' },
  'GET /v0/management/exchanges/exc_00000004': explainedExchange,
  'GET /v0/management/auths': { auths },
  'GET /api/token/list': { tokens },
  'GET /v0/management/config': settings,
};

const emptyUsage = { by: 'model', since: null, until: null, groups: [], total: null, dropped: 0 };

/** One that nobody asked anything yet. */
export const emptyApi: Answers = {
  'GET /v0/management/usage': emptyUsage,
  'GET /v0/management/usage/series': { step_seconds: HALF_HOUR_S, times, series: [] },
  'GET /v0/management/latency': {
    ...latency,
    groups: [],
    first_byte_p50: times.map(() => null),
    first_byte_p90: times.map(() => null),
  },
  'GET /v0/management/exchanges': { exchanges: [], next: null, newest: null },
  'GET /v0/management/auths': { auths: [] },
  'GET /api/token/list': { tokens: [] },
  'GET /v0/management/config': { ...settings, settings: [] },
  'GET /v0/management/status': { notices: [], config_problem: null },
};

/** One whose database cannot be read now. */
export const brokenApi: Answers = Object.fromEntries(Object.keys(usedApi).map((route) => [route, 'STORE_UNAVAILABLE']));

const badParts: readonly Part[] = [
  [hostileLabels.markup, 5, 1],
  [hostileLabels.unbroken, 4, 2],
  [hostileLabels.rightToLeft, 3, 3],
  ['', 2, 2],
];
const badRow = exchangeRow(0, {
  client: hostileLabels.unbroken,
  model: hostileLabels.markup,
  credential_name: hostileLabels.endless,
  outcome: hostileLabels.unbroken,
  status: 599,
});

/** Names as others chose them. */
export const hostileApi: Answers = {
  ...usedApi,
  'GET /v0/management/usage?by=model': usageOf('model', badParts),
  'GET /v0/management/usage?by=client': usageOf('client', badParts),
  'GET /v0/management/usage/series?by=model': seriesOf(badParts),
  'GET /v0/management/exchanges': {
    exchanges: [badRow, exchangeRow(1, { model: hostileLabels.rightToLeft })],
    next: null,
    newest: '2',
  },
  'GET /v0/management/auths': {
    auths: [
      auth({
        id: 'bad',
        name: hostileLabels.unbroken,
        provider: hostileLabels.unbroken,
        status: hostileLabels.markup,
        status_reason: hostileLabels.endless,
        source: hostileLabels.unbroken,
        ending: hostileLabels.rightToLeft,
      }),
    ],
  },
  'GET /api/token/list': {
    tokens: [
      token({ id: 'bad', name: hostileLabels.unbroken, models: [hostileLabels.unbroken, hostileLabels.markup] }),
    ],
  },
  'GET /v0/management/status': { notices: [hostileLabels.unbroken], config_problem: hostileLabels.markup },
  'GET /v0/management/config': {
    file: `/home/${hostileLabels.unbroken}`,
    problem: hostileLabels.unbroken,
    settings: [
      setting(hostileLabels.unbroken, hostileLabels.endless, {
        value: { [hostileLabels.unbroken]: hostileLabels.markup },
        source: hostileLabels.unbroken,
        origin: 'config',
      }),
    ],
  },
  'GET /v0/management/exchanges/exc_00000000': {
    ...explainedExchange,
    ...badRow,
    warnings: [hostileLabels.markup, hostileLabels.unbroken],
    remedy: hostileLabels.endless,
    explanation: {
      plan: hostileLabels.unbroken,
      considered: [{ who: hostileLabels.unbroken, verdict: hostileLabels.markup, reason: hostileLabels.unbroken }],
      attempts: [{ who: hostileLabels.unbroken, status: null, outcome: hostileLabels.unbroken, duration_ms: 1 }],
    },
  },
};

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
