/** What a refusal of GitHub Copilot means: OpenAI's form, but for what is said of the plan. */
import { CompanionError } from '../../base/error.ts';
import type { HeaderLookup } from '../codec.ts';
import { decodeOpenAiError } from './provider-error.ts';

/** 402: the premium requests are used up. Models that are included go on, so that it is no end of the account. */
export function decodeCopilotError(status: number, headers: HeaderLookup, body: string, nowMs: number): CompanionError {
  const error = decodeOpenAiError(status, headers, body, nowMs);
  if (status !== 402) return error;
  return new CompanionError('RATE_LIMITED', error.message, {
    details: error.details,
    remedy:
      'The premium requests of the plan are used up for this model: ask for one that the plan includes, or wait until they ' +
      'begin anew (`companion status` tells when).',
    cause: error,
  });
}
