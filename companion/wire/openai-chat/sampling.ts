/** Limits: `max_completion_tokens`, `max_tokens`, `stop`. */
import type { ModelFacts } from '../model-facts.ts';
import { defaultMaxTokens } from '../openai/sampling.ts';
import type { Warn } from '../openai/warnings.ts';
import type { ChatRequest } from './request-schema.ts';

export function decodeMaxTokens(request: ChatRequest, facts: ModelFacts): number {
  return request.max_completion_tokens ?? request.max_tokens ?? defaultMaxTokens(facts);
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
