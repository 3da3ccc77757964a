/** Limits and sampling: `max_tokens`, `stop`, `temperature`, `top_p`. */
import type { HubSampling } from '../hub/request.ts';
import type { ModelFacts } from '../model-facts.ts';
import type { ChatRequest } from './request-schema.ts';
import type { Warn } from './warnings.ts';

/** More than nearly any answer needs, and little enough to be let through by rate limits. */
const DEFAULT_MAX_TOKENS = 32_000;

export function decodeMaxTokens(request: ChatRequest, facts: ModelFacts): number {
  return request.max_completion_tokens ?? request.max_tokens ?? Math.min(facts.maxOutputTokens, DEFAULT_MAX_TOKENS);
}

export function namesNoLimit(request: ChatRequest): boolean {
  return (request.max_completion_tokens ?? request.max_tokens ?? null) === null;
}

/** Blank stop sequences are refused by the service and left out; none left is none asked for. */
export function decodeStop(stop: ChatRequest['stop'], warn: Warn): { stop_sequences?: string[] } {
  const asked = typeof stop === 'string' ? [stop] : (stop ?? []);
  const kept = asked.filter((sequence) => sequence.trim() !== '');
  if (kept.length < asked.length) warn('stop', 'blank sequences are not supported');
  return kept.length === 0 ? {} : { stop_sequences: kept };
}

/** What the model takes of `temperature` (OpenAI's 0 to 2, clamped to what it takes) and `top_p`; nothing beside thinking. */
export function decodeSampling(request: ChatRequest, facts: ModelFacts, isThinking: boolean, warn: Warn): HubSampling {
  const sampling = clampSampling(request, facts.maxTemperature, warn);
  if (isThinking) return dropSampling(sampling, 'does not go with thinking', warn);
  if (facts.sampling === 'none') return dropSampling(sampling, 'this model takes no sampling parameters', warn);
  if (facts.sampling === 'both' || sampling.temperature === undefined || sampling.top_p === undefined) return sampling;
  warn('top_p', 'this model takes either temperature or top_p');
  return { temperature: sampling.temperature };
}

function clampSampling({ temperature, top_p: topP }: ChatRequest, most: number, warn: Warn): HubSampling {
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
