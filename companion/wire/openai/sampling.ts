/** Limits and sampling: how long an answer may be, `temperature`, `top_p`. */
import type { HubSampling } from '../hub/request.ts';
import type { ModelFacts } from '../model-facts.ts';
import type { Warn } from './warnings.ts';

/** More than nearly any answer needs, and little enough to be let through by rate limits. */
const DEFAULT_MAX_TOKENS = 32_000;

/** The limit of a client that names none. */
export function defaultMaxTokens(facts: ModelFacts): number {
  return Math.min(facts.maxOutputTokens, DEFAULT_MAX_TOKENS);
}

export interface SamplingFields {
  readonly temperature?: number | null | undefined;
  readonly top_p?: number | null | undefined;
}

/** What the model takes of `temperature` (OpenAI's 0 to 2, clamped to what it takes) and `top_p`; nothing beside thinking. */
export function decodeSampling(
  request: SamplingFields,
  facts: ModelFacts,
  isThinking: boolean,
  warn: Warn,
): HubSampling {
  const sampling = clampSampling(request, facts.maxTemperature, warn);
  if (isThinking) return dropSampling(sampling, 'does not go with thinking', warn);
  if (facts.sampling === 'none') return dropSampling(sampling, 'this model takes no sampling parameters', warn);
  if (facts.sampling === 'both' || sampling.temperature === undefined || sampling.top_p === undefined) return sampling;
  warn('top_p', 'this model takes either temperature or top_p');
  return { temperature: sampling.temperature };
}

function clampSampling({ temperature, top_p: topP }: SamplingFields, most: number, warn: Warn): HubSampling {
  if (typeof temperature === 'number' && temperature > most) warn('temperature', `clamped to ${most}`);
  return {
    ...(typeof temperature === 'number' ? { temperature: Math.min(temperature, most) } : {}),
    ...(typeof topP === 'number' ? { top_p: topP } : {}),
  };
}

/** The default of 1 asks for nothing and is dropped in silence. */
function dropSampling(sampling: HubSampling, reason: string, warn: Warn): HubSampling {
  for (const [field, value] of Object.entries(sampling)) if (value !== 1) warn(field, reason);
  return {};
}
