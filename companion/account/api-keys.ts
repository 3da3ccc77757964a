/** The API keys of all places: environment, configuration, vault. Owns those in the vault. */
import type { ApiProvider } from '../../shared/api-provider.ts';
import type { ApiKey } from '../../shared/credential.ts';
import { Secret } from '../../shared/redact.ts';
import { called } from '../base/called.ts';
import { CompanionError } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import { SerialQueue } from '../base/serial.ts';
import type { ConfiguredKey } from '../config/api-access.ts';
import type { Vault } from '../vault/vault.ts';
import {
  checkNewKey,
  idOfKey,
  invalid,
  quote,
  readRecord,
  usualPriority,
  vaultNameOf,
  vaultPrefix,
  writeRecord,
} from './key-record.ts';
import type { KeyChange, KeyRecord, NewKey } from './key-record.ts';

export interface ApiKeyOptions {
  readonly vault: Vault;
  /** Read anew by `reload`, and so is `configured`. */
  readonly providers: readonly ApiProvider[];
  /** From the environment and the configuration, in the order of their places. */
  readonly configured: readonly ConfiguredKey[];
  readonly logger: Logger;
  readonly nowMs: () => number;
}

/** A key with all the places where it stands. */
export interface KeyEntry {
  readonly key: ApiKey;
  /** `environment CCPROXY_OPENAI_API_KEYS`, `/home/.../config.yaml:12`, `vault`; none for a keyless provider. */
  readonly places: readonly string[];
  /** `false` for one in the vault whose provider is no longer configured: it is kept, and never used. */
  readonly hasProvider: boolean;
  /** Ids that it had with earlier secrets. */
  readonly formerIds: readonly string[];
}

export interface RemovedKey {
  readonly key: ApiKey;
  /** Where it stands besides the vault: it goes on being used. */
  readonly remainsIn: readonly string[];
}

const vaultPlace = 'vault';

export class ApiKeyService {
  readonly #options: ApiKeyOptions;
  readonly #queue = new SerialQueue();
  #entries: readonly KeyEntry[] = [];
  #usable: readonly ApiKey[] = [];

  private constructor(options: ApiKeyOptions) {
    this.#options = options;
  }

  /** Reads the vault once. Errors: those of the vault. */
  static async open(options: ApiKeyOptions): Promise<ApiKeyService> {
    const service = new ApiKeyService(options);
    await service.#load();
    return service;
  }

  /** Every key that may serve: by provider, then in the order of the places. The same array until something changes. */
  list(): readonly ApiKey[] {
    return this.#usable;
  }

  /** Everything that is kept, those without a provider at the end. */
  entries(): readonly KeyEntry[] {
    return this.#entries;
  }

  /** What the settings say has changed, or the vault. Errors: those of the vault, and the keys stay as they were. */
  reload(): Promise<void> {
    return this.#queue.run('keys', () => this.#load());
  }

  /** By id, by name, or by the start of an id that only one has. Errors: `NOT_FOUND`. */
  find(wanted: string): KeyEntry {
    const [found, another] = called(wanted, this.#entries, ({ key }) => [key.id, key.name]);
    if (found === undefined) throw notFound(`There is no key ${quote(wanted)}.`);
    if (another !== undefined) throw notFound(`There are several keys ${quote(wanted)}: use an id.`);
    return found;
  }

  /** Keeps a key in the vault. Errors: `INVALID_REQUEST`, also for one that is there already; those of the vault. */
  add(wanted: NewKey): Promise<ApiKey> {
    return this.#queue.run('keys', async () => {
      const { providerId, secret, name, priority = usualPriority } = checkNewKey(wanted, this.#options.providers);
      const id = idOfKey(providerId, secret.reveal());
      this.#refuseKnown(id, name);
      const record = { key: secret.reveal(), name: name ?? null, priority, addedAtMs: this.#options.nowMs() };
      await this.#options.vault.update(vaultNameOf({ providerId, id }), (current) =>
        current === undefined || readRecord(current) === undefined ? writeRecord(record) : undefined,
      );
      await this.#load();
      return this.find(id).key;
    });
  }

  /**
   * Another secret, name or rank for a key in the vault. With another secret it has another id: the new entry is there
   * before the old one goes. Errors: `NOT_FOUND`; `INVALID_REQUEST`, also for one that stands elsewhere only.
   */
  update(wanted: string, change: KeyChange): Promise<ApiKey> {
    return this.#queue.run('keys', async () => {
      const { key, places } = this.find(wanted);
      if (!places.includes(vaultPlace) || key.secret === null) throw standsElsewhere(key, places);
      const { vault, providers } = this.#options;
      const next = checkNewKey({ secret: key.secret, ...change, providerId: key.providerId }, providers);
      const id = idOfKey(key.providerId, next.secret.reveal());
      this.#refuseKnown(id === key.id ? undefined : id, next.name === key.name ? undefined : next.name);
      const kept = await vault.get(vaultNameOf(key));
      const record = kept && readRecord(kept);
      if (record === undefined) throw notFound(`There is no key ${quote(wanted)} any more.`);
      const { name = record.name, priority = record.priority } = next;
      const changed = { ...record, key: next.secret.reveal(), name, priority };
      if (id === key.id) await vault.set(vaultNameOf(key), writeRecord(changed));
      else await this.#replace(key, { ...changed, formerIds: formerIdsOf(record, key.id) });
      await this.#load();
      return this.find(id).key;
    });
  }

  async #replace(old: ApiKey, record: KeyRecord): Promise<void> {
    const { vault } = this.#options;
    const name = vaultNameOf({ providerId: old.providerId, id: idOfKey(old.providerId, record.key) });
    await vault.set(name, writeRecord({ ...record, replaces: old.id }));
    await vault.delete(vaultNameOf(old));
    await vault.set(name, writeRecord(record));
  }

  #refuseKnown(id: string | undefined, name: string | undefined): void {
    const same = this.#entries.find(({ key }) => key.id === id);
    if (same !== undefined) {
      const places = same.places.join(', ');
      throw new CompanionError('INVALID_REQUEST', `This key is there already: ${same.key.name} (${places}).`, {
        details: { field: 'key' },
        remedy: 'It is in use; nothing needs to be done. `companion keys list` shows all of them.',
      });
    }
    const namesake = this.#entries.find(({ key }) => name !== undefined && (key.name === name || key.id === name));
    if (namesake !== undefined) throw invalid('name', `There is a key called "${name}" already (${namesake.key.id}).`);
  }

  /** Takes a key out of the vault. Errors: `NOT_FOUND`; `INVALID_REQUEST` for one that stands elsewhere only. */
  remove(wanted: string): Promise<RemovedKey> {
    return this.#queue.run('keys', async () => {
      const { key, places } = this.find(wanted);
      if (!places.includes(vaultPlace)) throw standsElsewhere(key, places);
      await this.#options.vault.delete(vaultNameOf(key));
      await this.#load();
      return { key, remainsIn: places.filter((place) => place !== vaultPlace) };
    });
  }

  async #load(): Promise<void> {
    const known = new Map(this.#options.providers.map((provider) => [provider.id, provider]));
    const sources = [...this.#options.configured.map(sourceOfConfigured), ...(await this.#readVault())];
    const entries = mergeSources(sources, (providerId) => known.has(providerId));
    const order = [...known.keys()];
    const ordered = order.flatMap((id) =>
      entriesOf(
        known.get(id),
        entries.filter((one) => one.key.providerId === id),
      ),
    );
    this.#entries = [...ordered, ...entries.filter((one) => !one.hasProvider)];
    this.#usable = ordered.map(({ key }) => key);
  }

  async #readVault(): Promise<readonly KeySource[]> {
    const { vault, logger } = this.#options;
    const sources: (KeySource & { readonly addedAtMs: number; readonly record: KeyRecord })[] = [];
    for (const entry of await vault.list(vaultPrefix)) {
      const secret = await vault.get(entry);
      const record = secret && readRecord(secret);
      const [providerId = ''] = entry.slice(vaultPrefix.length).split('/');
      if (record === undefined) logger.warn({ entry }, 'an API key in the vault could not be read and is left alone');
      else sources.push({ ...sourceOfRecord(providerId, record), addedAtMs: record.addedAtMs, record });
    }
    const replaced = await this.#finishReplacements(sources.map(({ record, providerId }) => ({ record, providerId })));
    return sources
      .filter((one) => !replaced.has(idOfKey(one.providerId, one.secret.reveal())))
      .toSorted((one, other) => one.addedAtMs - other.addedAtMs);
  }

  /** A crash came between the new entry and the end of the old one. The ids of those that went now. */
  async #finishReplacements(
    kept: readonly { readonly record: KeyRecord; readonly providerId: string }[],
  ): Promise<ReadonlySet<string>> {
    const { vault } = this.#options;
    const replaced = new Set<string>();
    for (const { record, providerId } of kept) {
      const { replaces, ...rest } = record;
      if (replaces === undefined) continue;
      await vault.delete(vaultNameOf({ providerId, id: replaces }));
      await vault.set(vaultNameOf({ providerId, id: idOfKey(providerId, record.key) }), writeRecord(rest));
      replaced.add(replaces);
    }
    return replaced;
  }
}

interface KeySource {
  readonly providerId: string;
  readonly secret: Secret;
  readonly name: string | undefined;
  readonly priority: number | undefined;
  readonly origin: ApiKey['origin'];
  readonly place: string;
  readonly formerIds: readonly string[];
}

const mostFormerIds = 20;

function formerIdsOf({ formerIds = [] }: KeyRecord, id: string): string[] {
  return [...formerIds, id].slice(-mostFormerIds);
}

function sourceOfConfigured({ source, ...key }: ConfiguredKey): KeySource {
  return { ...key, place: source, formerIds: [] };
}

function sourceOfRecord(providerId: string, { key, name, priority, formerIds = [] }: KeyRecord): KeySource {
  const facts = { origin: 'vault', place: vaultPlace, formerIds } as const;
  return { providerId, secret: new Secret(key), name: name ?? undefined, priority, ...facts };
}

/** The same key of several places is one: from the first place, under the first name that somebody gave it. */
function mergeSources(sources: readonly KeySource[], isKnown: (providerId: string) => boolean): readonly KeyEntry[] {
  const byId = Map.groupBy(sources, ({ providerId, secret }) => idOfKey(providerId, secret.reveal()));
  return [...byId].flatMap(([id, same]) => {
    const [first] = same;
    if (first === undefined) return [];
    const key: ApiKey = {
      kind: 'api-key',
      id,
      providerId: first.providerId,
      name: same.find(({ name }) => name !== undefined)?.name ?? id,
      secret: first.secret,
      origin: first.origin,
      priority: same.find(({ priority }) => priority !== undefined)?.priority ?? usualPriority,
    };
    const places = [...new Set(same.map(({ place }) => place))];
    const formerIds = same.flatMap((source) => source.formerIds);
    return [{ key, places, hasProvider: isKnown(first.providerId), formerIds }];
  });
}

/** A provider that wants no key has one nevertheless, so that it can be planned, counted and tested like all others. */
function entriesOf(provider: ApiProvider | undefined, own: readonly KeyEntry[]): readonly KeyEntry[] {
  if (provider === undefined || own.length > 0 || !provider.isKeyless) return own;
  const id = `${provider.id}-keyless`;
  const facts = { kind: 'api-key', origin: 'config', priority: usualPriority, secret: null } as const;
  return [{ key: { ...facts, id, providerId: provider.id, name: id }, places: [], hasProvider: true, formerIds: [] }];
}

function notFound(message: string): CompanionError {
  return new CompanionError('NOT_FOUND', message, { remedy: '`companion keys list` shows those that there are.' });
}

function standsElsewhere(key: ApiKey, places: readonly string[]): CompanionError {
  if (places.length === 0) return invalid('key', `${key.name} stands for a provider that wants no key.`);
  const message = `The key ${key.name} is not in the vault. It stands in: ${places.join(', ')}.`;
  return new CompanionError('INVALID_REQUEST', message, {
    remedy: 'Take it out there, then start the companion again.',
  });
}
