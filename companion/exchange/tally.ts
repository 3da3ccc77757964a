/** Exchanges of this run, counted for whoever watches the companion: sums alone, under few names. */
import type { LedgerRow } from '../store/ledger.ts';

/** Upper ends in seconds; what is above the last of them counts too. */
export const latencyBuckets = [0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300] as const;

export interface ExchangeCount {
  readonly provider: string;
  readonly model: string;
  readonly mode: string;
  readonly outcome: string;
  readonly exchanges: number;
}

export interface TokenCount {
  readonly provider: string;
  readonly model: string;
  readonly kind: 'input' | 'output' | 'cache_read' | 'cache_write';
  readonly tokens: number;
}

export interface LatencyCount {
  readonly provider: string;
  /** One more than `latencyBuckets`; each of its own, not summed up. */
  readonly buckets: readonly number[];
  readonly sumSeconds: number;
}

type Counted<Value> = { -readonly [Key in keyof Value]: Value[Key] };
type Histogram = Counted<Omit<LatencyCount, 'buckets'>> & { readonly buckets: number[] };

/** Clients choose the names of models, providers those of errors, and settings those of providers: none may fill a memory. */
const mostModels = 50;
const mostOutcomes = 100;
const mostProviders = 50;
const other = 'other';
const none = 'none';

const tokenKinds = [
  ['input', 'inputTokens'],
  ['output', 'outputTokens'],
  ['cache_read', 'cacheReadTokens'],
  ['cache_write', 'cacheWriteTokens'],
] as const;

export class ExchangeTally {
  readonly #models = new Set<string>();
  readonly #providers = new Set<string>();
  readonly #outcomes = new Set<string>();
  readonly #exchanges = new Map<string, Counted<ExchangeCount>>();
  readonly #tokens = new Map<string, Counted<TokenCount>>();
  readonly #firstBytes = new Map<string, Histogram>();
  readonly #durations = new Map<string, Histogram>();

  note(row: LedgerRow): void {
    const provider = this.#providerOf(row);
    const model = this.#modelOf(row);
    const { mode } = row;
    const outcome = this.#outcomeOf(row);
    const labels = { provider, model, mode: mode ?? none, outcome };
    const counted = entryOf(this.#exchanges, `${provider}\n${model}\n${labels.mode}\n${outcome}`, () => ({
      ...labels,
      exchanges: 0,
    }));
    counted.exchanges += 1;
    for (const [kind, field] of tokenKinds) {
      const tokens = row[field] ?? 0;
      if (tokens <= 0) continue;
      const sum = entryOf(this.#tokens, `${provider}\n${model}\n${kind}`, () => ({ provider, model, kind, tokens: 0 }));
      sum.tokens += tokens;
    }
    if (row.outcome !== 'ok') return;
    observe(this.#durations, provider, row.durationMs);
    if (row.firstByteMs !== null) observe(this.#firstBytes, provider, row.firstByteMs);
  }

  exchanges(): readonly ExchangeCount[] {
    return [...this.#exchanges.values()];
  }

  tokens(): readonly TokenCount[] {
    return [...this.#tokens.values()];
  }

  /** Of those that succeeded. */
  firstBytes(): readonly LatencyCount[] {
    return [...this.#firstBytes.values()];
  }

  durations(): readonly LatencyCount[] {
    return [...this.#durations.values()];
  }

  #providerOf({ provider }: LedgerRow): string {
    if (provider === null) return none;
    if (this.#providers.size < mostProviders) this.#providers.add(provider);
    return this.#providers.has(provider) ? provider : other;
  }

  #outcomeOf({ outcome }: LedgerRow): string {
    if (this.#outcomes.size < mostOutcomes) this.#outcomes.add(outcome);
    return this.#outcomes.has(outcome) ? outcome : other;
  }

  /** Only a name that some upstream has answered by is worth one of its own. */
  #modelOf({ servedModel, outcome }: LedgerRow): string {
    if (servedModel === null) return none;
    if (outcome === 'ok' && this.#models.size < mostModels) this.#models.add(servedModel);
    return this.#models.has(servedModel) ? servedModel : other;
  }
}

function entryOf<Value>(entries: Map<string, Value>, key: string, make: () => Value): Value {
  const known = entries.get(key);
  if (known !== undefined) return known;
  const made = make();
  entries.set(key, made);
  return made;
}

function observe(histograms: Map<string, Histogram>, provider: string, ms: number): void {
  const seconds = ms / 1000;
  const histogram = entryOf(histograms, provider, () => ({
    provider,
    buckets: Array.from({ length: latencyBuckets.length + 1 }, () => 0),
    sumSeconds: 0,
  }));
  const found = latencyBuckets.findIndex((end) => seconds <= end);
  const index = found === -1 ? latencyBuckets.length : found;
  histogram.buckets[index] = (histogram.buckets[index] ?? 0) + 1;
  histogram.sumSeconds += seconds;
}
