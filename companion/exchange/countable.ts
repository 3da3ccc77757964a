/** For clients with a token budget: what a request uses is told by its answer, or it cannot be asked. */
import { CompanionError } from '../base/error.ts';
import { findMembers } from '../wire/json-scan.ts';
import type { ExchangeRequest } from './exchange.ts';

/** Batches and answers in the background are worked on later: the answer of today says nothing of what they will use. */
export function checkIsCountable({ method, target, body }: Pick<ExchangeRequest, 'method' | 'target' | 'body'>): void {
  if (method !== 'POST') return;
  if (/\/batches\/?(?:$|\?)/.test(target)) throw refuse('batches');
  if (Buffer.isBuffer(body) && isInBackground(body)) throw refuse('answers in the background', 'background');
}

/** By any of its values, should it come twice. */
function isInBackground(body: Buffer): boolean {
  if (!body.includes('"background"') && !body.includes('\\u')) return false;
  const twice = ['background', 'background'] as const;
  const values = [findMembers(body, ['background']), findMembers(body, twice)].map((found) => found.get('background'));
  return values.some((range) => range !== undefined && body.toString('latin1', range.start, range.end) !== 'false');
}

function refuse(what: string, field?: string): CompanionError {
  const message = `This token does not have permission for ${what}: it has a token budget, and what they use is told to nobody here.`;
  return new CompanionError('CLIENT_NOT_ALLOWED', message, field === undefined ? {} : { details: { field } });
}
