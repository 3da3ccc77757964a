/**
 * How the service behind Kiro calls things. Nobody has written it down: what may go out of date stands here, and
 * in `shared/kiro-models.ts`.
 */
import type { ModelFacts } from '../model-facts.ts';

/** The service knows a closed list of places that a request may come from; this is the one with the plan's quota. */
export const ORIGIN = 'AI_EDITOR';
export const CHAT_TRIGGER = 'MANUAL';
export const GENERATE_PATH = '/generateAssistantResponse';

/** Below `upstreams.kiro`. */
export function usagePath(profileArn: string | null): string {
  const query = new URLSearchParams({
    origin: ORIGIN,
    resourceType: 'AGENTIC_REQUEST',
    ...(profileArn !== null && { profileArn }),
  });
  return `/getUsageLimits?${query.toString()}`;
}

/** A request says neither how long the answer may be nor how it is sampled; a schema is asked for in words. */
export const kiroModelFacts: ModelFacts = {
  maxOutputTokens: 64_000,
  thinking: 'none',
  efforts: [],
  hasNativeJsonSchema: true,
  sampling: 'both',
  maxTemperature: 2,
};
