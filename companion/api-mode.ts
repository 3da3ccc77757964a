/** The parts of API mode, put together: keys, their pool, what they offer, and the way to their providers. */
import { randomInt } from 'node:crypto';
import type { Dispatcher } from 'undici';
import { ApiKeyService } from './account/api-keys.ts';
import { systemClock } from './base/clock.ts';
import type { Logger } from './base/log.ts';
import type { Config } from './config/load.ts';
import type { QuotaBoard } from './exchange/quota-board.ts';
import { ModelLists } from './router/model-lists.ts';
import { KeyPool } from './router/pool.ts';
import { Routing } from './router/routing.ts';
import type { SessionRecord } from './store/store.ts';
import { ApiUpstream } from './upstream/api-upstream.ts';
import { createModelList } from './upstream/model-list.ts';
import type { ListModels } from './upstream/model-list.ts';
import { createRawTransport } from './upstream/undici-raw.ts';
import type { Vault } from './vault/vault.ts';
import { userAgent } from './version.ts';

export interface ApiModeOptions {
  readonly config: Config;
  readonly vault: Vault;
  readonly dispatcher: Dispatcher;
  readonly quotas: QuotaBoard;
  readonly sessions: () => readonly SessionRecord[];
  readonly logger: Logger;
  readonly nowMs: () => number;
}

export interface ApiMode {
  readonly keys: ApiKeyService;
  readonly pool: KeyPool;
  readonly lists: ModelLists;
  readonly listModels: ListModels;
  readonly upstream: ApiUpstream;
  readonly routing: Routing;
}

/** Reads the keys; asks nobody anything yet. */
export async function openApiMode(options: ApiModeOptions): Promise<ApiMode> {
  const { config, vault, dispatcher, quotas, sessions, logger, nowMs } = options;
  const { providers } = config;
  const keys = await ApiKeyService.open({ vault, providers, configured: config.keys, logger, nowMs });
  const pool = new KeyPool({ nowMs, monotonicMs: () => systemClock.monotonicMs() });
  const transport = createRawTransport({ dispatcher, timeouts: config.timeouts });
  const upstream = new ApiUpstream({
    transport,
    userAgent,
    nowMs,
    onLimits: (key, model, status, read) => {
      // An answer holds nobody back: what it tells of limits can wait until somebody wants to know.
      if (status < 400) return quotas.noteLater(key.id, model, () => read().windows);
      const limits = read();
      pool.noteReply(key.id, model, status, limits);
      quotas.note(key.id, limits.windows);
    },
  });
  const listModels = createModelList({
    transport,
    userAgent,
    codecOf: (provider) => upstream.codecOf(provider),
    nowMs,
  });
  const lists = new ModelLists({ providers, keys: () => keys.list(), list: listModels, logger, nowMs });
  const routing = new Routing({
    providers,
    keys: () => keys.list(),
    sessions,
    pool,
    lists,
    usedFraction: (keyId, model) => quotas.usedFraction(keyId, model),
    aliases: config.models.aliases,
    strategy: config.router.strategy,
    random: () => randomInt(2 ** 32) / 2 ** 32,
    nowMs,
  });
  return { keys, pool, lists, listModels, upstream, routing };
}
