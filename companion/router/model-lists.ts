/** What each key's provider offers, asked when it must be known and kept for a while. In memory only. */
import type { ApiProvider } from '../../shared/api-provider.ts';
import type { RoutedCredential } from '../../shared/credential.ts';
import { toCompanionError } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import type { ListedModel } from '../upstream/model-list.ts';

export interface ModelListsOptions {
  readonly providers: readonly ApiProvider[];
  readonly keys: () => readonly RoutedCredential[];
  /** Asks the provider. Errors: whatever keeps it from answering. */
  readonly list: (provider: ApiProvider, key: RoutedCredential, signal: AbortSignal) => Promise<readonly ListedModel[]>;
  readonly logger: Logger;
  readonly nowMs: () => number;
}

export interface CatalogueEntry extends ListedModel {
  readonly provider: ApiProvider;
}

interface Known {
  readonly models: readonly ListedModel[];
  readonly ids: ReadonlySet<string>;
  readonly atMs: number;
}

const maxAgeMs = 10 * 60_000;
/** A provider that failed is not asked at every request. */
const retryAfterMs = 30_000;
const askTimeoutMs = 8_000;

export class ModelLists {
  readonly #options: ModelListsOptions;
  /** By key id. */
  readonly #known = new Map<string, Known>();
  readonly #failedAtMs = new Map<string, number>();
  #refreshing: Promise<void> | undefined;

  constructor(options: ModelListsOptions) {
    this.#options = options;
  }

  /** Ids as the provider names them; `undefined` while not known. */
  of(keyId: string): ReadonlySet<string> | undefined {
    return this.#known.get(keyId)?.ids;
  }

  /** Its provider says of this model that it takes the Responses API, as some do where not all of theirs take it. */
  takesResponses(keyId: string, model: string): boolean {
    const told = this.#known.get(keyId)?.models.find(({ id }) => id === model)?.raw['supported_endpoints'];
    return Array.isArray(told) && told.includes('/responses');
  }

  /** `true` if `refresh` would ask somebody. */
  get isStale(): boolean {
    return this.#stale().length > 0;
  }

  /** Asks for every list that is missing or old; never rejects. One at a time, however many ask for it. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refreshAll().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  /** Providers are other ones from now on: what was told of the old ones is asked anew. */
  forget(): void {
    this.#known.clear();
    this.#failedAtMs.clear();
  }

  /** Every model once per provider, in the providers' order. */
  catalogue(): readonly CatalogueEntry[] {
    const entries = new Map<string, CatalogueEntry>();
    for (const { provider, key } of this.#pairs()) {
      for (const model of this.#known.get(key.id)?.models ?? []) {
        const name = `${provider.id}/${model.id}`;
        if (!entries.has(name)) entries.set(name, { ...model, provider });
      }
    }
    return [...entries.values()];
  }

  #pairs(): readonly { readonly provider: ApiProvider; readonly key: RoutedCredential }[] {
    const keys = this.#options.keys();
    return this.#options.providers.flatMap((provider) =>
      keys.filter((key) => key.providerId === provider.id).map((key) => ({ provider, key })),
    );
  }

  #stale() {
    const now = this.#options.nowMs();
    return this.#pairs().filter(({ key }) => {
      const isFresh = (this.#known.get(key.id)?.atMs ?? -Infinity) > now - maxAgeMs;
      return !isFresh && (this.#failedAtMs.get(key.id) ?? -Infinity) <= now - retryAfterMs;
    });
  }

  async #refreshAll(): Promise<void> {
    await Promise.all(this.#stale().map(({ provider, key }) => this.#ask(provider, key)));
  }

  async #ask(provider: ApiProvider, key: RoutedCredential): Promise<void> {
    const models = provider.models === null ? await this.#askProvider(provider, key) : provider.models.map(configured);
    if (models === undefined) return;
    const ids = new Set(models.map((model) => model.id));
    this.#known.set(key.id, { models, ids, atMs: this.#options.nowMs() });
    this.#failedAtMs.delete(key.id);
  }

  async #askProvider(provider: ApiProvider, key: RoutedCredential): Promise<readonly ListedModel[] | undefined> {
    try {
      return await this.#options.list(provider, key, AbortSignal.timeout(askTimeoutMs));
    } catch (cause) {
      const { code } = toCompanionError(cause);
      this.#options.logger.info({ provider: provider.id, key: key.id, code }, 'model list not available');
      this.#failedAtMs.set(key.id, this.#options.nowMs());
      return undefined;
    }
  }
}

function configured(id: string): ListedModel {
  return { id, name: id, raw: { id } };
}
