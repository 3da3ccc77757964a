/** The shapes of routing: what is asked, what is known, and the explained plan that comes out. */
import type { ApiProvider } from '../../shared/api-provider.ts';
import type { ApiKey, RoutedCredential } from '../../shared/credential.ts';
import type { SessionRecord } from '../store/store.ts';
import type { DialectId } from '../wire/codec.ts';
import type { Mode } from './mode.ts';

export type Strategy = 'priority' | 'round_robin' | 'quota_aware' | 'random';

/** Served by an API provider, opened with one of its keys or logins. */
export interface ApiCandidate {
  readonly kind: 'api';
  readonly provider: ApiProvider;
  readonly key: RoutedCredential;
  /** The model as the upstream knows it; `undefined` for requests that name none. */
  readonly model: string | undefined;
  /** The client's bytes can go there as they are (but for the model's name, if it is another). */
  readonly isSameWire: boolean;
}

/** Served by a claude.ai session. */
export interface WebCandidate {
  readonly kind: 'web';
  readonly session: SessionRecord;
  readonly model: string;
}

/** Served by the person's own Claude Code. */
export interface ClaudeCodeCandidate {
  readonly kind: 'claude-code';
  readonly model: string;
}

export type Candidate = ApiCandidate | WebCandidate | ClaudeCodeCandidate;

/** `on-request`: only for clients that ask for the mode. `auto`: also where nothing else can serve. */
export type ClaudeCodeUse = 'on-request' | 'auto' | 'off';

/** One credential that was looked at, and what became of it. */
export interface Consideration {
  /** `OpenAI key work`, `claude.ai session ada@example.com`. */
  readonly who: string;
  readonly verdict: 'chosen' | 'next' | 'passed over';
  /** For a person: `kept for this conversation`, `cooling until 14:05: five_hour window is full`. */
  readonly reason: string;
}

/** Candidates in the order in which they are to be tried. */
export interface Plan {
  readonly candidates: readonly [Candidate, ...Candidate[]];
  /** One line: `api: OpenAI, key work (round robin); model fast means gpt-5-mini`. */
  readonly explanation: string;
  /** One for each credential: the candidates in their order, then those that were passed over. */
  readonly considered: readonly Consideration[];
  /** The name told nothing, so the provider whose dialect the client speaks is to judge: a newer model list may know. */
  readonly isGuess?: true;
}

export interface RouteRequest {
  /** As the client named it; `undefined` where the body names none or cannot be read. */
  readonly model: string | undefined;
  readonly mode: Mode | undefined;
  readonly dialect: DialectId;
  /** `false` for routes that only the same wire can serve: batches, files, embeddings, count_tokens, unknown ones. */
  readonly isTranslatable: boolean;
  /** The route is this provider's alone (`/codex/v1/responses`): nobody else is asked in its place. */
  readonly onlyProvider: string | undefined;
  /** A route whose objects belong to the credential that made them (files, batches, stored responses). */
  readonly isStateful: boolean;
  /** The credential that the client sent along: then no other is considered. */
  readonly ownKey: ApiKey | undefined;
  /** The account that is to serve, as the client called it: then no other does. */
  readonly account: string | undefined;
  /** The client did not ask for the mode: its key, or a setting, allows no other. */
  readonly isModeForced?: boolean;
  /** The models that the client may use, for one whose key names them; see `allowsModel`. */
  readonly allowedModels?: readonly string[] | undefined;
  /** Requests of one conversation share it, so that prompt caches stay warm. */
  readonly affinity: string | undefined;
}

/** Why a provider does not serve a credential at all. */
export type RejectionCode = 'KEY_REJECTED' | 'LOGIN_EXPIRED' | 'QUOTA_EXHAUSTED';

/** As good as never; can be written as a date all the same. */
export const forGoodMs = Date.UTC(9999, 11, 31);

/** How a credential stands right now for one model. */
export type Standing =
  | {
      readonly state: 'ready';
      /** 0 untouched, 1 full, for `quota_aware`; `null` unknown. */ readonly usedFraction: number | null;
    }
  /** A limit is reached, the provider's or (then with its code) the person's own: asking before `untilMs` is in vain. */
  | {
      readonly state: 'cooling';
      readonly untilMs: number;
      readonly reason: string;
      readonly code?: 'TOKEN_LIMIT_REACHED';
    }
  /** What runs with it already may use up the person's limit: asked only when no other is left. */
  | { readonly state: 'crowded'; readonly untilMs: number; readonly reason: string }
  /** It failed several times in a row: asked only when no other is left. */
  | { readonly state: 'failing'; readonly untilMs: number; readonly reason: string }
  | {
      readonly state: 'rejected';
      readonly code: RejectionCode;
      readonly untilMs: number;
      readonly reason: string;
    };

export interface RouteFacts {
  readonly sessions: readonly SessionRecord[];
  readonly providers: readonly ApiProvider[];
  readonly keys: readonly RoutedCredential[];
  readonly claudeCode: ClaudeCodeUse;
  /** The person turned this credential off. */
  readonly isOff: (credentialId: string) => boolean;
  /** Of a key or session, for the model as the upstream knows it. */
  readonly standing: (credentialId: string, model: string | undefined) => Standing;
  /** The models that a key's provider listed last; `undefined` while not known. */
  readonly modelsOf: (keyId: string) => ReadonlySet<string> | undefined;
  /** The provider said of this model that it takes the Responses API, which not all of its models take. */
  readonly takesResponses?: (keyId: string, model: string) => boolean;
  /** From the configuration, in its order; a `*` at the end of a name stands for any rest. */
  readonly aliases: ReadonlyMap<string, string>;
  readonly strategy: Strategy;
  /** The key or session that served this conversation last, by provider; sessions are `claude-web`'s. */
  readonly keptFor: (affinity: string, providerId: string) => string | undefined;
  /** How often it was each key's or session's turn: the one with the fewest is next in `round_robin`. */
  readonly turnOf: (credentialId: string) => number;
  /** 0 to 1, for `random`. */
  readonly random: () => number;
  readonly nowMs: number;
}
