/**
 * A ledger of many plausible exchanges, the same ones for the same seed: for pages and figures that must be quick with
 * 100,000 rows. By hand: `node test/support/seed-ledger.ts <companion.db> [rows]`, while no companion runs on it.
 */
import { performance } from 'node:perf_hooks';
import { openStore } from '../../companion/store/open-store.ts';
import type { LedgerRow, LedgerStore } from '../../companion/store/ledger.ts';

export interface SeedOptions {
  readonly rows?: number;
  /** When the newest one came; Unix milliseconds. */
  readonly untilMs?: number;
  readonly days?: number;
  readonly seed?: number;
}

const batchRows = 1_000;
const dayMs = 86_400_000;
const hourMs = 3_600_000;

/** In transactions of a thousand. */
export function appendAll(store: Pick<LedgerStore, 'appendExchanges'>, rows: Iterable<LedgerRow>): void {
  let batch: LedgerRow[] = [];
  for (const row of rows) {
    batch.push(row);
    if (batch.length < batchRows) continue;
    store.appendExchanges(batch);
    batch = [];
  }
  if (batch.length > 0) store.appendExchanges(batch);
}

interface Offer {
  readonly model: string;
  readonly asked: readonly string[];
  readonly provider: string;
  readonly mode: NonNullable<LedgerRow['mode']>;
  readonly credentials: readonly (string | null)[];
  readonly dialect: string;
  readonly route: string;
  /** How long its first byte takes in the median. */
  readonly firstByteMs: number;
  readonly weight: number;
}

const offers: readonly Offer[] = [
  offer('claude-sonnet-5', 'anthropic', 'api', ['anthropic-3f9a2c41', 'anthropic-77d0b1e2'], 620, 30),
  offer('claude-opus-5', 'anthropic', 'api', ['anthropic-3f9a2c41'], 1_150, 12),
  offer('claude-haiku-4-5', 'anthropic', 'api', ['anthropic-77d0b1e2'], 310, 16),
  offer('claude-sonnet-5', 'claude-web', 'web', ['session-ada', 'session-work'], 1_400, 10),
  offer('claude-opus-5', 'claude-code', 'claude-code', [null], 2_100, 5),
  offer('gpt-5', 'openai', 'api', ['openai-5a5a1b1b'], 900, 12),
  offer('gpt-5-mini', 'openai', 'api', ['openai-5a5a1b1b'], 420, 5),
  offer('gpt-5-codex', 'codex', 'api', ['codex-0d0e0f10'], 1_300, 5),
  offer('gemini-3-pro', 'gemini', 'api', ['gemini-9e8d7c6b'], 800, 3),
  offer('llama-3.3-70b-versatile', 'groq', 'api', ['groq-1122aabb'], 140, 2),
];

const clients = ['claude-code', 'codex', 'cursor', 'Anthropic/JS', 'OpenAI/Python', 'zed', 'aider', 'curl', 'cline'];
const clientKeys = [null, null, null, 'tok-notebook', 'tok-ci', 'tok-editor'];
const failures = [
  { outcome: 'RATE_LIMITED', status: 429 },
  { outcome: 'OVERLOADED', status: 529 },
  { outcome: 'UPSTREAM_TIMEOUT', status: 504 },
  { outcome: 'CLIENT_GONE', status: 499 },
  { outcome: 'MODEL_NOT_FOUND', status: 404 },
];

function offer(
  model: string,
  provider: string,
  mode: Offer['mode'],
  credentials: Offer['credentials'],
  firstByteMs: number,
  weight: number,
): Offer {
  const isClaude = model.startsWith('claude');
  return {
    model,
    asked: isClaude ? [model, `${model}-latest`] : [model],
    provider,
    mode,
    credentials,
    dialect: isClaude ? 'anthropic' : provider === 'codex' ? 'openai-responses' : 'openai-chat',
    route: isClaude ? '/v1/messages' : provider === 'codex' ? '/v1/responses' : '/v1/chat/completions',
    firstByteMs,
    weight,
  };
}

/** The oldest first. */
export function* plausibleRows(options: SeedOptions = {}): Generator<LedgerRow> {
  const { rows = 100_000, untilMs = Date.UTC(2026, 10, 30, 18), days = 90, seed = 1 } = options;
  const random = randomOf(seed);
  const times = Array.from({ length: rows }, () => momentIn(random, untilMs, days)).sort((left, right) => left - right);
  for (const [index, atMs] of times.entries()) yield rowAt(index, atMs, random);
}

/** People work by day, and less at the weekend. */
function momentIn(random: Random, untilMs: number, days: number): number {
  for (;;) {
    const atMs = untilMs - Math.floor(random() * days * dayMs);
    const hour = Math.floor((atMs % dayMs) / hourMs);
    const weekday = new Date(atMs).getUTCDay();
    const isWeekend = weekday === 0 || weekday === 6;
    const busy = (hour >= 8 && hour < 19 ? 1 : hour >= 6 && hour < 23 ? 0.4 : 0.06) * (isWeekend ? 0.35 : 1);
    if (random() < busy) return atMs;
  }
}

function rowAt(index: number, atMs: number, random: Random): LedgerRow {
  const { model, asked, provider, mode, credentials, dialect, route, ...chosen } = weighted(random);
  const isOk = random() > 0.04;
  const failure = pick(failures, random);
  const credential = pick(credentials, random);
  const firstByteMs = Math.round(chosen.firstByteMs * Math.exp(spread(random) * 0.5));
  const outputTokens = Math.round(60 * Math.exp(random() * 3.5));
  const cacheReadTokens = random() < 0.6 ? Math.floor(random() * 60_000) : 0;
  return {
    id: `exc_${index.toString(36).padStart(8, '0')}${Math.floor(random() * 36 ** 6).toString(36)}`,
    atMs,
    client: pick(clients, random),
    clientKey: pick(clientKeys, random),
    dialect,
    route,
    model: pick(asked, random),
    servedModel: model,
    mode,
    provider,
    credential,
    isTranslated: mode !== 'api',
    isStream: random() < 0.8,
    status: isOk ? 200 : failure.status,
    outcome: isOk ? 'ok' : failure.outcome,
    inputTokens: isOk ? Math.round(200 * Math.exp(random() * 4)) : null,
    outputTokens: isOk ? outputTokens : null,
    cacheReadTokens: isOk ? cacheReadTokens : null,
    cacheWriteTokens: isOk ? Math.floor(cacheReadTokens * random() * 0.1) : null,
    firstByteMs: isOk ? firstByteMs : null,
    durationMs: firstByteMs + outputTokens * 12,
    warnings: random() < 0.05 ? ['metadata.user_id: no place for it on this wire'] : [],
    explanation: explanationOf(provider, credential, isOk ? 'served' : failure.outcome, firstByteMs),
  };
}

function explanationOf(
  provider: string,
  credential: string | null,
  outcome: string,
  durationMs: number,
): LedgerRow['explanation'] {
  const who = credential === null ? provider : `${provider} ${credential}`;
  return {
    plan: `${who} (round robin)`,
    considered: [
      { who, verdict: 'chosen', reason: 'its turn' },
      { who: 'claude.ai work', verdict: 'behind', reason: 'api mode comes first while a key is usable' },
    ],
    attempts: [{ who, status: outcome === 'served' ? 200 : 429, outcome, durationMs }],
  };
}

type Random = () => number;

/** Mulberry32. */
function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** About normal, around 0. */
function spread(random: Random): number {
  return (random() + random() + random() + random() - 2) * 1.7;
}

function pick<Value>(values: readonly Value[], random: Random): Value {
  return values[Math.floor(random() * values.length)] as Value;
}

const totalWeight = offers.reduce((sum, { weight }) => sum + weight, 0);

function weighted(random: Random): Offer {
  let left = random() * totalWeight;
  return offers.find(({ weight }) => (left -= weight) < 0) ?? (offers[0] as Offer);
}

if (import.meta.main) {
  const [path, rows = '100000'] = process.argv.slice(2);
  if (path === undefined) throw new Error('node test/support/seed-ledger.ts <companion.db> [rows]');
  const { store } = openStore(path, { quarantine: false });
  const startedAtMs = performance.now();
  appendAll(store, plausibleRows({ rows: Number(rows), untilMs: Date.now() }));
  store.close();
  process.stdout.write(`${rows} rows in ${Math.round(performance.now() - startedAtMs)} ms\n`);
}
