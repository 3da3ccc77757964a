/** What `GET /metrics` answers. Loaded, and begun, by the first who asks. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { QuotaWindow } from '../../shared/quota.ts';
import type { RefreshWorkerStatus } from '../account/login/login-service-contract.ts';
import { latencyBuckets } from '../exchange/tally.ts';
import type { ExchangeTally, LatencyCount } from '../exchange/tally.ts';

/** A key, login or session, by its id alone: names are often e-mail addresses. */
export interface MeasuredCredential {
  readonly id: string;
  readonly kind: 'api-key' | 'oauth-token' | 'web-session';
  readonly provider: string;
  /** `ready`, or what keeps it from serving. */
  readonly status: string;
  readonly windows: readonly QuotaWindow[];
}

export interface MetricSources {
  readonly version: string;
  readonly tally: ExchangeTally;
  readonly ledger: { flush(): void; readonly dropped: number };
  readonly credentials: () => readonly MeasuredCredential[];
  readonly seats: () => readonly { readonly isOnline: boolean }[];
  readonly runningExchanges: () => number;
  readonly refresh: () => RefreshWorkerStatus;
  readonly nowMs: () => number;
}

export interface MetricsText {
  readonly contentType: string;
  write(): Promise<string>;
}

export function createMetricsText(sources: MetricSources): MetricsText {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  addExchanges(registry, sources);
  addCredentials(registry, sources);
  addState(registry, sources);
  return {
    contentType: registry.contentType,
    write: () => {
      sources.ledger.flush();
      return registry.metrics();
    },
  };
}

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

/** Its samples are told anew at each scrape: they are counted elsewhere. */
function counter(registry: Registry, name: string, help: string, labelNames: string[], read: () => readonly Sample[]) {
  return new Counter({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of read()) this.inc(labels, value);
    },
  });
}

function gauge(registry: Registry, name: string, help: string, labelNames: string[], read: () => readonly Sample[]) {
  return new Gauge({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of read()) this.set(labels, value);
    },
  });
}

function addExchanges(registry: Registry, { tally, ledger }: MetricSources): void {
  counter(
    registry,
    'ccproxy_exchanges_total',
    'Requests of clients, by how they ended',
    ['provider', 'model', 'mode', 'outcome'],
    () => tally.exchanges().map(({ exchanges, ...labels }) => [labels, exchanges]),
  );
  counter(
    registry,
    'ccproxy_tokens_total',
    'Tokens that answers told of; input without what the cache read or wrote',
    ['provider', 'model', 'kind'],
    () => tally.tokens().map(({ tokens, ...labels }) => [labels, tokens]),
  );
  const firstByte = 'Time to the first byte of answers that succeeded';
  const duration = 'Time to the last byte of answers that succeeded';
  registry.registerMetric(new TalliedHistogram('ccproxy_first_byte_seconds', firstByte, () => tally.firstBytes()));
  registry.registerMetric(new TalliedHistogram('ccproxy_exchange_duration_seconds', duration, () => tally.durations()));
  counter(registry, 'ccproxy_ledger_dropped_rows_total', 'Exchanges that could not be recorded', [], () => [
    [{}, ledger.dropped],
  ]);
}

function addCredentials(registry: Registry, { credentials, refresh, nowMs }: MetricSources): void {
  gauge(
    registry,
    'ccproxy_credentials',
    'Keys, logins and sessions, by whether they can serve',
    ['kind', 'provider', 'status'],
    () => {
      const groups = Map.groupBy(credentials(), ({ kind, provider, status }) => `${kind}\n${provider}\n${status}`);
      return [...groups.values()].flatMap((group) => {
        const [first] = group;
        if (first === undefined) return [];
        return [[{ kind: first.kind, provider: first.provider, status: first.status }, group.length]];
      });
    },
  );
  gauge(
    registry,
    'ccproxy_quota_used_ratio',
    'How much of a limit of the provider is used, as far as it told; by the id of the credential',
    ['credential', 'provider', 'window', 'model'],
    () =>
      credentials().flatMap(({ id, provider, windows }) =>
        windows.flatMap((window): Sample[] => {
          const used = usedRatio(window, nowMs());
          const labels = { credential: id, provider, window: window.window, model: window.model ?? '' };
          return used === null ? [] : [[labels, used]];
        }),
      ),
  );
  counter(
    registry,
    'ccproxy_login_refreshes_total',
    'Logins that the worker renewed, or could not',
    ['outcome'],
    () => [
      [{ outcome: 'refreshed' }, refresh().refreshed],
      [{ outcome: 'failed' }, refresh().failed],
    ],
  );
}

/** A window that has begun anew since it was seen is untouched as far as anybody knows. */
function usedRatio({ usedFraction, resetsAtMs }: QuotaWindow, nowMs: number): number | null {
  return resetsAtMs !== null && resetsAtMs <= nowMs ? 0 : usedFraction;
}

function addState(registry: Registry, { version, seats, credentials, runningExchanges }: MetricSources): void {
  gauge(registry, 'ccproxy_build_info', 'The version that runs', ['version'], () => [[{ version }, 1]]);
  gauge(registry, 'ccproxy_browsers', 'Paired browsers', ['state'], () => {
    const online = seats().filter((seat) => seat.isOnline).length;
    return [
      [{ state: 'online' }, online],
      [{ state: 'offline' }, seats().length - online],
    ];
  });
  gauge(registry, 'ccproxy_sessions', 'Claude.ai sessions', [], () => [
    [{}, credentials().filter(({ kind }) => kind === 'web-session').length],
  ]);
  gauge(registry, 'ccproxy_running_exchanges', 'Requests that are answered right now', [], () => [
    [{}, runningExchanges()],
  ]);
}

/** Counted elsewhere, and told in the form in which the library asks its own histograms. */
class TalliedHistogram extends Histogram<'provider'> {
  readonly #read: () => readonly LatencyCount[];
  readonly #about: { readonly name: string; readonly help: string };

  constructor(name: string, help: string, read: () => readonly LatencyCount[]) {
    super({ name, help, labelNames: ['provider'], buckets: [...latencyBuckets], registers: [] });
    this.#about = { name, help };
    this.#read = read;
  }

  async getForPromString() {
    const { name, help } = this.#about;
    return { name, help, type: 'histogram', values: this.#read().flatMap((counted) => samplesOf(name, counted)) };
  }
}

function samplesOf(name: string, { provider, buckets, sumSeconds }: LatencyCount) {
  let sum = 0;
  const ends = [...latencyBuckets, '+Inf'];
  const told = ends.map((end, index) => {
    sum += buckets[index] ?? 0;
    return { metricName: `${name}_bucket`, labels: { le: end, provider }, value: sum };
  });
  return [
    ...told,
    { metricName: `${name}_sum`, labels: { provider }, value: sumSeconds },
    { metricName: `${name}_count`, labels: { provider }, value: sum },
  ];
}
