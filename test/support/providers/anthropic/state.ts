/** What the stand-in holds, for all its routes. */
import type { AnthropicScenario } from './scenario.ts';
import type { KeyRing } from './keys.ts';
import type { AnthropicModel } from './models.ts';
import type { JsonObject } from './plan.ts';
import type { Threads } from './threads.ts';
import type { TokenAuthority } from './tokens.ts';
import type { PromptCache } from './usage.ts';
import type { UsageGate } from './usage-gate.ts';

export interface StoredFile {
  readonly metadata: JsonObject & { readonly id: string; readonly mime_type: string };
  readonly bytes: Buffer;
}

export interface StoredBatch {
  readonly id: string;
  readonly createdAt: string;
  readonly results: readonly JsonObject[];
  /** Reads that still find it at work. */
  pollsLeft: number;
  canceledAt: string | null;
}

export interface AnthropicState {
  readonly models: readonly AnthropicModel[];
  readonly keys: KeyRing;
  /** Who issues tokens of subscriptions; `null` where there are none. */
  readonly authority: TokenAuthority | null;
  readonly usageGate: UsageGate;
  readonly cache: PromptCache;
  readonly files: Map<string, StoredFile>;
  readonly batches: Map<string, StoredBatch>;
  readonly threads: Threads;
  scenario: AnthropicScenario;
  /** Origin of the stand-in. */
  url: string;
}
