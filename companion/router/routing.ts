/** `choose` with the facts of this moment, and with the providers' model lists where a name cannot be placed without. */
import type { ApiProvider } from '../../shared/api-provider.ts';
import type { RoutedCredential } from '../../shared/credential.ts';
import { CompanionError } from '../base/error.ts';
import type { SessionRecord } from '../store/store.ts';
import { choose } from './choose.ts';
import type { ModelLists } from './model-lists.ts';
import type { ClaudeCodeUse, Plan, RouteFacts, RouteRequest, Standing, Strategy } from './plan.ts';
import type { KeyPool } from './pool.ts';

export interface RoutingOptions {
  readonly providers: readonly ApiProvider[];
  readonly keys: () => readonly RoutedCredential[];
  readonly sessions: () => readonly SessionRecord[];
  readonly pool: KeyPool;
  readonly lists: ModelLists;
  /** How full the fullest window of a key or session is, as its provider told last; `null` while unknown. */
  readonly usedFraction: (credentialId: string, model: string | undefined) => number | null;
  /** The person turned this credential off. */
  readonly isOff: (credentialId: string) => boolean;
  readonly aliases: ReadonlyMap<string, string>;
  readonly strategy: Strategy;
  readonly claudeCode: ClaudeCodeUse;
  readonly random: () => number;
  readonly nowMs: () => number;
}

export class Routing {
  readonly #lists: ModelLists;
  readonly #facts: RouteFacts;

  constructor(options: RoutingOptions) {
    this.#lists = options.lists;
    this.#facts = liveFacts(options);
  }

  /** Errors: those of `choose`. A promise only where providers have to be asked what they offer. */
  plan(request: RouteRequest): Plan | Promise<Plan> {
    // `openai/gpt-oss-120b` is a prefix to one provider and a model's whole name to another: only the lists tell.
    if (request.model?.includes('/') === true && this.#lists.isStale) return this.#planWithLists(request);
    try {
      const plan = choose(request, this.#facts);
      return plan.isGuess === true && this.#lists.isStale ? this.#planWithLists(request) : plan;
    } catch (error) {
      const mayBeListed = error instanceof CompanionError && error.code === 'MODEL_NOT_FOUND';
      if (mayBeListed && this.#lists.isStale) return this.#planWithLists(request);
      throw error;
    }
  }

  async #planWithLists(request: RouteRequest): Promise<Plan> {
    await this.#lists.refresh();
    return choose(request, this.#facts);
  }
}

/** Read when they are needed: most requests need few of them. */
function liveFacts(options: RoutingOptions): RouteFacts {
  const { providers, pool, lists, aliases, strategy, claudeCode, random } = options;
  return {
    get sessions() {
      return options.sessions();
    },
    providers,
    get keys() {
      return options.keys();
    },
    isOff: (id) => options.isOff(id),
    standing: (keyId, model): Standing => {
      const standing = pool.standing(keyId, model);
      if (strategy !== 'quota_aware' || standing.state !== 'ready') return standing;
      return { ...standing, usedFraction: options.usedFraction(keyId, model) };
    },
    modelsOf: (keyId) => lists.of(keyId),
    aliases,
    strategy,
    claudeCode,
    keptFor: (affinity, providerId) => pool.keptFor(affinity, providerId),
    turnOf: (keyId) => pool.turnOf(keyId),
    random,
    get nowMs() {
      return options.nowMs();
    },
  };
}
