/** What the stand-in holds, for all its routes. */
import type { FlavourFacts } from './flavour.ts';
import type { KeyRing } from './keys.ts';
import type { JsonObject } from './plan.ts';
import type { OpenAiScenario } from './scenario.ts';
import type { PrefixCache } from './usage.ts';

export interface StoredFile {
  readonly metadata: JsonObject & { readonly id: string };
  readonly type: string;
  readonly bytes: Buffer;
}

export interface StoredResponse {
  readonly response: JsonObject;
  readonly input: readonly JsonObject[];
}

export interface OpenAiState {
  readonly facts: FlavourFacts;
  readonly models: readonly string[];
  readonly keys: KeyRing;
  readonly cache: PrefixCache;
  readonly files: Map<string, StoredFile>;
  readonly responses: Map<string, StoredResponse>;
  scenario: OpenAiScenario;
}
