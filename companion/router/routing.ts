/** `choose` with the facts of this moment, and with the providers' model lists where a name cannot be placed without. */
import type { ApiProvider } from '../../shared/api-provider.ts';
import type { RoutedCredential } from '../../shared/credential.ts';
import { CompanionError } from '../base/error.ts';
import type { SessionRecord } from '../store/store.ts';
import { choose } from './choose.ts';
import type { ModelLists } from './model-lists.ts';
import type { ClaudeCodeUse, Plan, RouteFacts, RouteRequest, Standing, Strategy } from './plan.ts';
import type { KeyPool } from './pool.ts';

/** What keeps a credential from serving besides its provider. */
export interface OwnLimits {
  /** `undefined` while nothing does. */
  standing(credentialId: string): Standing | undefined;
  isCrowded(credentialId: string): boolean;
}

/** The settings among them are read at each request. */
export interface RoutingOptions {
  readonly providers: readonly ApiProvider[];
  readonly keys: () => readonly RoutedCredential[];
  readonly sessions: () => readonly SessionRecord[];
  readonly pool: KeyPool;
  readonly lists: ModelLists;
  /** How full a credential is: its provider's fullest window, or the person's own limit; `null` while unknown. */
  readonly usedFraction: (credentialId: string, model: string | undefined) => number | null;
  /** The person's own limits. */
  readonly limits: OwnLimits;
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

/** What its provider says of it, and the person's own limit: whichever keeps it for longer. */
export function standingOf(
  credentialId: string,
  model: string | undefined,
  pool: Pick<KeyPool, 'standing'>,
  limits: Pick<OwnLimits, 'standing'>,
): Standing {
  const known = pool.standing(credentialId, model);
  const limited = limits.standing(credentialId);
  if (limited === undefined || known.state === 'rejected') return known;
  const isLonger = known.state === 'cooling' && limited.state === 'cooling' && known.untilMs > limited.untilMs;
  return isLonger ? known : limited;
}

/** Read when they are needed: most requests need few of them. */
function liveFacts(options: RoutingOptions): RouteFacts {
  const { pool, limits, lists, random } = options;
  return {
    get sessions() {
      return options.sessions();
    },
    get providers() {
      return options.providers;
    },
    get keys() {
      return options.keys();
    },
    isOff: (id) => options.isOff(id),
    standing: (id, model): Standing => {
      const standing = standingOf(id, model, pool, limits);
      if (standing.state !== 'ready') return standing;
      if (limits.isCrowded(id)) return { state: 'crowded', untilMs: 0, reason: 'what runs may use up your limit' };
      if (options.strategy !== 'quota_aware') return standing;
      return { ...standing, usedFraction: options.usedFraction(id, model) };
    },
    modelsOf: (keyId) => lists.of(keyId),
    takesResponses: (keyId, model) => lists.takesResponses(keyId, model),
    get aliases() {
      return options.aliases;
    },
    get strategy() {
      return options.strategy;
    },
    get claudeCode() {
      return options.claudeCode;
    },
    keptFor: (affinity, providerId) => pool.keptFor(affinity, providerId),
    turnOf: (keyId) => pool.turnOf(keyId),
    random,
    get nowMs() {
      return options.nowMs();
    },
  };
}
