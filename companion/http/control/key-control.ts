/** What `companion keys` asks for: the keys of all places, their health and use. A key itself never leaves here. */
import { z } from 'zod';
import type { ApiProvider } from '../../../shared/api-provider.ts';
import { Secret } from '../../../shared/redact.ts';
import type { CompanionStatus } from '../../../shared/status.ts';
import type { ApiKeyService, KeyEntry } from '../../account/api-keys.ts';
import { checkProvider } from '../../account/key-record.ts';
import { testKey } from '../../account/key-check.ts';
import type { AskForModels, KeyTestResult } from '../../account/key-check.ts';
import { keyEnding } from '../../base/api-key-text.ts';
import type { CredentialTotals } from '../../store/ledger.ts';
import { toRfc3339OrNull } from '../time.ts';

export interface KeyHealthFacts {
  readonly isHealthy: boolean;
  /** Why not, and until when, for a person; `null` while it is. */
  readonly reason: string | null;
}

export interface KeyStatus {
  readonly id: string;
  readonly name: string;
  readonly provider: string;
  readonly providerName: string;
  /** `...3f9a2c41`: the end of the key; `null` for a provider that wants none. */
  readonly ending: string | null;
  readonly priority: number;
  /** `vault`, `environment CCPROXY_OPENAI_API_KEYS`, `/home/.../config.yaml:12`. */
  readonly places: readonly string[];
  readonly isHealthy: boolean;
  readonly reason: string | null;
}

export interface TestedKey extends KeyTestResult {
  readonly key: KeyStatus;
}

/** In the words of an API that scripts may know already, hence the form of its names. Times are ISO 8601. */
export interface KeyStats {
  readonly total_keys: number;
  readonly healthy_keys: number;
  readonly keys: readonly {
    readonly id: string;
    readonly name: string;
    readonly provider: string;
    readonly key: string | null;
    readonly request_count: number;
    readonly error_count: number;
    readonly last_used: string | null;
    /** Code of the newest failure. */
    readonly last_error: string | null;
    readonly last_error_at: string | null;
    readonly is_healthy: boolean;
    readonly reason: string | null;
  }[];
}

export interface KeyControl {
  list(): readonly KeyStatus[];
  /** A provider that a key can be added for, by id or name. Throws `NOT_FOUND`, `INVALID_REQUEST`. */
  provider(wanted: string): { readonly id: string; readonly name: string };
  /** `body` is what came from outside. Errors: those of `ApiKeyService.add`. */
  add(body: unknown): Promise<KeyStatus>;
  remove(wanted: string): Promise<{ readonly removed: KeyStatus; readonly remainsIn: readonly string[] }>;
  /** All keys unless one is named, side by side. */
  test(wanted: string | undefined, signal?: AbortSignal): Promise<readonly TestedKey[]>;
  stats(): KeyStats;
  /** For the status: the providers that have keys. */
  summary(): NonNullable<CompanionStatus['keys']>;
}

export interface KeyControlOptions {
  readonly keys: ApiKeyService;
  readonly providers: readonly ApiProvider[];
  readonly ask: AskForModels;
  readonly health: (keyId: string) => KeyHealthFacts;
  readonly totals: () => readonly CredentialTotals[];
}

const newKey = z.object({
  provider: z.string().max(2000),
  key: z.string().max(10_000),
  name: z.string().max(1000).optional(),
  priority: z.number().optional(),
});

export function createKeyControl(options: KeyControlOptions): KeyControl {
  const { keys } = options;
  const list = () => keys.entries().map((entry) => statusOf(entry, options));
  return {
    list,
    provider: (wanted) => {
      const { id, name } = checkProvider(wanted, options.providers);
      return { id, name };
    },
    add: async (body) => {
      const { provider, key, name, priority } = newKey.parse(body);
      const added = await keys.add({ providerId: provider, secret: new Secret(key), name, priority });
      return statusOf(keys.find(added.id), options);
    },
    remove: async (wanted) => {
      const removed = statusOf(keys.find(wanted), options);
      return { removed, remainsIn: (await keys.remove(removed.id)).remainsIn };
    },
    test: (wanted, signal) => {
      const chosen = wanted === undefined ? keys.entries().filter((one) => one.hasProvider) : [keys.find(wanted)];
      return Promise.all(chosen.map((entry) => testOne(entry, options, signal)));
    },
    stats: () => countKeys(list(), options.totals()),
    summary: () => summarize(list().filter((key) => options.providers.some(({ id }) => id === key.provider))),
  };
}

function statusOf({ key, places, hasProvider }: KeyEntry, { providers, health }: KeyControlOptions): KeyStatus {
  const secret = key.secret?.reveal();
  const gone = { isHealthy: false, reason: `no provider "${key.providerId}" is configured any more` };
  return {
    id: key.id,
    name: key.name,
    provider: key.providerId,
    providerName: providers.find(({ id }) => id === key.providerId)?.name ?? key.providerId,
    ending: secret === undefined ? null : keyEnding(secret),
    priority: key.priority,
    places,
    ...(hasProvider ? health(key.id) : gone),
  };
}

async function testOne(entry: KeyEntry, options: KeyControlOptions, signal?: AbortSignal): Promise<TestedKey> {
  const key = statusOf(entry, options);
  const provider = options.providers.find(({ id }) => id === key.provider);
  if (provider !== undefined) return { key, ...(await testKey(provider, entry.key, options.ask, signal)) };
  const remedy = 'Add the provider under `providers` in config.yaml, or remove the key.';
  return { key, verdict: 'unreachable', models: null, message: `There is ${key.reason}.`, remedy };
}

function countKeys(keys: readonly KeyStatus[], totals: readonly CredentialTotals[]): KeyStats {
  const known = new Map(totals.map((one) => [one.credential, one]));
  return {
    total_keys: keys.length,
    healthy_keys: keys.filter((key) => key.isHealthy).length,
    keys: keys.map(({ id, name, provider, ending, isHealthy, reason }) => {
      const use = known.get(id);
      return {
        id,
        name,
        provider,
        key: ending,
        request_count: use?.exchanges ?? 0,
        error_count: use?.failures ?? 0,
        last_used: toRfc3339OrNull(use?.lastAtMs),
        last_error: use?.lastFailure?.outcome ?? null,
        last_error_at: toRfc3339OrNull(use?.lastFailure?.atMs),
        is_healthy: isHealthy,
        reason,
      };
    }),
  };
}

function summarize(keys: readonly KeyStatus[]): NonNullable<CompanionStatus['keys']> {
  return [...Map.groupBy(keys, (key) => key.providerName)].map(([provider, own]) => ({
    provider,
    count: own.length,
    healthy: own.filter((key) => key.isHealthy).length,
  }));
}
