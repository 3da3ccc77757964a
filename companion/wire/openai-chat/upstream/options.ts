/** Everything of a request beside the conversation and its tools. */
import { createHash } from 'node:crypto';
import type { ChatQuirks } from '../../../../shared/api-provider.ts';
import type { DecodedRequest } from '../../codec.ts';
import type { HubRequest } from '../../hub/request.ts';
import { nearestEffort, wantedEffort } from '../../openai/effort.ts';
import { modelTraits } from '../../openai/model-traits.ts';
import type { Warn } from '../../openai/warnings.ts';
import type { ChatBody } from './body.ts';

export interface OptionContext {
  readonly quirks: ChatQuirks;
  readonly model: string;
  readonly warn: Warn;
}

/** The limit under the server's name for it; none where the client named none. */
export function encodeLimit(
  { hub, hasDefaultMaxTokens }: DecodedRequest,
  { quirks, warn }: OptionContext,
): Partial<ChatBody> {
  if (hasDefaultMaxTokens) return {};
  // 0 only warms Anthropic's cache; elsewhere an answer has at least one token.
  if (hub.max_tokens === 0) warn('max_tokens', 'raised to 1');
  return { [quirks.maxTokensField]: Math.max(1, hub.max_tokens) };
}

export function encodeSampling(hub: HubRequest, hasEffort: boolean, context: OptionContext): Partial<ChatBody> {
  const { quirks, model, warn } = context;
  const { sampling } = modelTraits(model);
  const mayBeSet = sampling === 'always' || (sampling === 'without-effort' && !hasEffort);
  const fields = { temperature: hub.temperature ?? undefined, top_p: hub.top_p ?? undefined };
  for (const [field, value] of Object.entries(fields)) {
    if (!mayBeSet && value !== undefined && value !== 1) warn(field, 'this model takes none');
  }
  if (!mayBeSet) return {};
  return {
    ...(fields.temperature !== undefined && { temperature: atLeast(fields.temperature, quirks.leastTemperature) }),
    ...(fields.top_p !== undefined && { top_p: fields.top_p }),
  };
}

function atLeast(temperature: number, least: number | null): number {
  return least === null ? temperature : Math.max(least, temperature);
}

/** The most that any server takes. */
const MAX_STOPS = 4;

export interface EncodedStops {
  readonly fields: Partial<ChatBody>;
  /** The ones that the server is not told. */
  readonly localStops: readonly string[];
}

export function encodeStops({ stop_sequences: sequences }: HubRequest, { quirks, model }: OptionContext): EncodedStops {
  const wanted = [...new Set(sequences ?? [])].filter((sequence) => sequence !== '');
  const count = quirks.takesStop && modelTraits(model).takesStop ? MAX_STOPS : 0;
  const told = wanted.slice(0, count);
  return { fields: told.length === 0 ? {} : { stop: told }, localStops: wanted.slice(count) };
}

export function encodeEffort(hub: HubRequest, { quirks, model, warn }: OptionContext): Partial<ChatBody> {
  const wanted = wantedEffort(hub);
  if (wanted === undefined) return {};
  if (quirks.efforts.length === 0 || !modelTraits(model).takesEffort) {
    warn(hub.thinking ? 'thinking' : 'output_config.effort', 'this model has no such setting');
    return {};
  }
  const { takesExtraHigh } = modelTraits(model);
  const efforts = quirks.efforts.filter((effort) => takesExtraHigh || (effort !== 'xhigh' && effort !== 'max'));
  return { reasoning_effort: nearestEffort(wanted, efforts) };
}

/** Clients put more into the id than the field takes, and more than the provider has to know: a digest tells users apart. */
export function encodeUser({ metadata }: HubRequest, { quirks, warn }: OptionContext): Partial<ChatBody> {
  const id = metadata?.user_id;
  if (!id) return {};
  if (quirks.takesUser) return { user: createHash('sha256').update(id).digest('hex') };
  warn('metadata.user_id', 'this provider has no such field');
  return {};
}
