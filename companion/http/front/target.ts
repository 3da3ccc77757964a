/** What of a request's address goes on to a provider. */
import { CompanionError } from '../../base/error.ts';

/**
 * Path and query as a provider would see them. Base URLs are entered in several ways: with `/openai` before the version,
 * with the version twice, or as those of the ChatGPT backend.
 */
export function providerTarget(url: string): string {
  return url
    .replace(/^\/(?:openai|codex)(?=\/)/, '')
    .replace(/^\/backend-api\/codex(?=\/)/, '/v1')
    .replace(/^\/v1(?=\/v1(?:[/?]|$))/, '');
}

/** A segment of dots in any spelling that some server takes for one: encoded, with `\`, or with parameters after it. */
const climbs = /(?:^|[/\\]|%2f|%5c)(?:\.|%2e){1,2}(?:$|[/\\;]|%2f|%5c|%3b)/i;

/**
 * Whether a provider would look for `target` where it seems to be. A path that climbs would leave the API with a
 * credential in hand, and nobody agrees on what follows a `#`.
 */
export function isStraight(target: string): boolean {
  return !target.includes('#') && !climbs.test(target.split('?', 1)[0] ?? '');
}

export function routeNotFound(method: string, target: string): CompanionError {
  const path = target.split('?', 1)[0] ?? '';
  return new CompanionError('ROUTE_NOT_FOUND', `There is nothing at ${method} ${path.slice(0, 200)}.`);
}
