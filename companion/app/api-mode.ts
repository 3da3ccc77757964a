/** The parts of API mode, put together: keys, their pool, what they offer, and the way to their providers. */
import { randomInt } from 'node:crypto';
import type { Dispatcher } from 'undici';
import type { ApiProvider } from '../../shared/api-provider.ts';
import type { ApiKey, OAuthLogin, OAuthToken, RoutedCredential } from '../../shared/credential.ts';
import { ApiKeyService } from '../account/api-keys.ts';
import type { CredentialTraits } from '../account/credential-traits.ts';
import type { Logins } from '../account/login/login-service-contract.ts';
import { chatGptHeaders } from '../account/oauth/openai-token-endpoint.ts';
import { askProvider, isSuccess } from '../account/oauth/provider-call.ts';
import { systemClock } from '../base/clock.ts';
import { CompanionError } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import type { Config } from '../config/load.ts';
import type { QuotaBoard } from '../exchange/quota-board.ts';
import type { TokenLimits } from '../exchange/token-limits.ts';
import type { CheckLogin } from '../http/control/create-login-control.ts';
import { ModelLists } from '../router/model-lists.ts';
import { KeyPool } from '../router/pool.ts';
import type { RejectionCode, Standing } from '../router/plan.ts';
import { Routing, standingOf } from '../router/routing.ts';
import type { SessionRecord } from '../store/store.ts';
import { ApiUpstream } from '../upstream/api-upstream.ts';
import { createModelList } from '../upstream/model-list.ts';
import type { ListModels } from '../upstream/model-list.ts';
import { createRawTransport } from '../upstream/undici-raw.ts';
import { isSessionId } from '../account/session-record.ts';
import type { Vault } from '../vault/vault.ts';
import { userAgent } from '../version.ts';

export interface ApiModeOptions {
  /** Its groups may change while it runs. */
  readonly config: Config;
  readonly vault: Vault;
  readonly dispatcher: Dispatcher;
  readonly quotas: QuotaBoard;
  readonly limits: TokenLimits;
  /** A provider began to refuse a credential. */
  readonly onRejected: (credentialId: string, code: RejectionCode) => void;
  readonly sessions: () => readonly SessionRecord[];
  readonly logins: Pick<Logins, 'list' | 'lease'>;
  readonly traits: CredentialTraits;
  readonly logger: Logger;
  readonly nowMs: () => number;
}

export interface ApiMode {
  readonly keys: ApiKeyService;
  /** Keys and logins that may serve, as they stand now. */
  readonly credentials: () => readonly RoutedCredential[];
  /** Those that are turned off too. */
  readonly everyCredential: () => readonly RoutedCredential[];
  /** All there are, off or on, also under the ids that keys had with earlier secrets: for whoever reads the ledger. */
  readonly named: () => readonly Pick<RoutedCredential, 'id' | 'name'>[];
  readonly pool: KeyPool;
  /** Of a key, login or session: what its provider says of it, and the person's own limit. */
  readonly standing: (credentialId: string, model?: string) => Standing;
  /** How full a credential is: its provider's fullest window, or the person's own limit; `null` while unknown. */
  readonly usedFraction: (credentialId: string, model?: string) => number | null;
  readonly lists: ModelLists;
  readonly listModels: ListModels;
  readonly upstream: ApiUpstream;
  /** Rejects with what a provider that does not take the token says. */
  readonly checkLogin: CheckLogin;
  readonly routing: Routing;
  /** The settings name other keys or providers than before. Errors: those of the vault. */
  reload(): Promise<void>;
}

/** Reads the keys; asks nobody anything yet. */
export async function openApiMode(options: ApiModeOptions): Promise<ApiMode> {
  const { config, vault, dispatcher, quotas, limits, sessions, logins, traits, logger, nowMs } = options;
  const keys = await ApiKeyService.open({
    vault,
    get providers() {
      return config.providers;
    },
    get configured() {
      return config.keys;
    },
    logger,
    nowMs,
  });
  const pool = new KeyPool({ nowMs, monotonicMs: () => systemClock.monotonicMs() }, options.onRejected);
  const transport = createRawTransport({ dispatcher, timeouts: config.timeouts });
  const upstream = new ApiUpstream({
    transport,
    userAgent,
    nowMs,
    kiro: { modelIds: config.kiro.models, profileArn: config.kiro.profileArn ?? null },
    onLimits: (key, model, status, read) => {
      // An answer holds nobody back: what it tells of limits can wait until somebody wants to know.
      if (status < 400) return quotas.noteLater(key.id, model, () => read().windows);
      const told = read();
      pool.noteReply(key.id, model, status, told);
      quotas.note(key.id, told.windows);
    },
  });
  const listModels = createModelList({
    transport,
    userAgent,
    codecOf: (provider) => upstream.codecOf(provider),
    nowMs,
  });
  const all = joined(
    () => logins.list(),
    () => keys.list(),
    traits,
  );
  const credentials = withoutOff(all, traits);
  const lists = new ModelLists({
    get providers() {
      return config.providers;
    },
    keys: credentials,
    list: async (provider, key, signal) =>
      listModels(provider, key.kind === 'oauth-login' ? await logins.lease(key, signal) : key, signal),
    logger,
    nowMs,
  });
  const usedFraction = (id: string, model: string | undefined) =>
    fuller(
      isSessionId(id) ? quotas.usedFractionOfSession(id, model) : quotas.usedFraction(id, model),
      limits.usedFraction(id),
    );
  const routing = new Routing({
    get providers() {
      return config.providers;
    },
    keys: all,
    isOff: (id) => traits.isOff(id),
    sessions,
    pool,
    lists,
    limits,
    usedFraction,
    get aliases() {
      return config.models.aliases;
    },
    get strategy() {
      return config.router.strategy;
    },
    get claudeCode() {
      return config.claudeCode.mode;
    },
    random: () => randomInt(2 ** 32) / 2 ** 32,
    nowMs,
  });
  const checkLogin: CheckLogin = async (token, signal) => {
    const provider = config.providers.find(({ id }) => id === token.providerId);
    if (provider === undefined) throw new CompanionError('NOT_FOUND', `There is no provider ${token.providerId}.`);
    await (provider.wire === 'codex' ? checkUsage(provider, token, signal) : listModels(provider, token, signal));
  };
  /** The list of models is a courtesy there, and is no proof. */
  const checkUsage = async (provider: ApiProvider, token: OAuthToken, signal: AbortSignal): Promise<void> => {
    const headers = chatGptHeaders(token.secret, token.accountId);
    const url = `${config.upstreams.chatgpt}/wham/usage`;
    const answer = await askProvider({ dispatcher, nowMs, userAgent }, { who: provider.name, url, headers }, signal);
    if (isSuccess(answer)) return;
    throw upstream.codecOf(provider).decodeError(answer.status, answer.header, JSON.stringify(answer.json), nowMs());
  };
  const reload = async () => {
    await keys.reload();
    lists.forget();
  };
  return {
    reload,
    keys,
    credentials,
    everyCredential: all,
    named: () => [
      ...all(),
      ...keys.entries().flatMap(({ key: { name }, formerIds }) => formerIds.map((id) => ({ id, name }))),
    ],
    checkLogin,
    pool,
    standing: (id, model) => standingOf(id, model, pool, limits),
    usedFraction,
    lists,
    listModels,
    upstream,
    routing,
  };
}

function fuller(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.max(one, other);
}

/** Both in one array, which is the same one for as long as both are, and what was said of them. */
function joined(
  logins: () => readonly OAuthLogin[],
  keys: () => readonly ApiKey[],
  traits: CredentialTraits,
): () => readonly RoutedCredential[] {
  const join = keepLast(
    (
      ofLogins: readonly OAuthLogin[],
      ofKeys: readonly ApiKey[],
      said: CredentialTraits['known'],
    ): readonly RoutedCredential[] => [
      ...ofLogins.map((login) => ({ ...login, priority: said.get(login.id)?.priority ?? login.priority })),
      ...ofKeys,
    ],
  );
  return () => join(logins(), keys(), traits.known);
}

function withoutOff(
  all: () => readonly RoutedCredential[],
  traits: CredentialTraits,
): () => readonly RoutedCredential[] {
  const filter = keepLast((some: readonly RoutedCredential[], said: CredentialTraits['known']) =>
    some.filter(({ id }) => said.get(id)?.isOff !== true),
  );
  return () => filter(all(), traits.known);
}

/** Works anew only when its parts are others. */
function keepLast<Parts extends readonly unknown[], Result>(work: (...parts: Parts) => Result) {
  let last: { readonly parts: Parts; readonly result: Result } | undefined;
  return (...parts: Parts): Result => {
    if (last === undefined || parts.some((part, index) => part !== last?.parts[index])) {
      last = { parts, result: work(...parts) };
    }
    return last.result;
  };
}
