/** For clients that may use some models only: the body means the same model to whoever reads it. */
import { CompanionError } from '../base/error.ts';
import { findMembers } from '../wire/json-scan.ts';
import type { ExchangeRequest } from './exchange.ts';

/** Asked for twice, what is found once is never enough: the search goes on to the end, and finds the last one. */
const toTheEnd = ['model', 'model'] as const;

/**
 * Bodies are passed on as they are, and readers differ: of a member that comes twice some take the first and some the last,
 * and some do not mind capital letters. Providers that offer several upstreams take a list of `models` besides. What names
 * no model at all is the router's to refuse. Throws `INVALID_REQUEST`.
 */
export function checkNamesOneModel(body: ExchangeRequest['body']): void {
  if (!Buffer.isBuffer(body)) return;
  const first = findMembers(body, ['model']).get('model');
  if (first === undefined) return;
  const last = findMembers(body, toTheEnd).get('model');
  const others = namesIn(body).filter((name) => name !== 'model' && /^models?$/iu.test(name));
  if (last?.start === first.start && others.length === 0) return;
  throw new CompanionError(
    'INVALID_REQUEST',
    'The body has to name one model, once: this client key is for some only.',
    {
      details: { field: others[0] ?? 'model' },
    },
  );
}

function namesIn(body: Buffer): readonly string[] {
  try {
    return Object.keys(JSON.parse(body.toString('utf8')) as object);
  } catch {
    throw new CompanionError('INVALID_REQUEST', 'The body is not valid JSON.');
  }
}
