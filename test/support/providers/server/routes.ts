/** From method and path to what serves them. */
import type { Call } from './call.ts';

export interface Route<Visit> {
  readonly method: string;
  /** Path with `{name}` for a segment. */
  readonly path: string;
  readonly serve: (call: Call, visit: Visit, parameters: Readonly<Record<string, string>>) => Promise<void> | void;
}

export type Match<Visit> =
  | { readonly kind: 'route'; readonly route: Route<Visit>; readonly parameters: Readonly<Record<string, string>> }
  | { readonly kind: 'no-method' }
  | { readonly kind: 'no-route' };

/** Routes with fixed paths first, the others by their segments. */
export class RouteTable<Visit> {
  readonly #fixed = new Map<string, Route<Visit>>();
  readonly #open: readonly { readonly route: Route<Visit>; readonly segments: readonly string[] }[];

  constructor(routes: readonly Route<Visit>[]) {
    for (const route of routes) if (!route.path.includes('{')) this.#fixed.set(`${route.method} ${route.path}`, route);
    this.#open = routes.map((route) => ({ route, segments: route.path.split('/') }));
  }

  match(method: string, pathname: string): Match<Visit> {
    const fixed = this.#fixed.get(`${method} ${pathname}`);
    if (fixed !== undefined) return { kind: 'route', route: fixed, parameters: {} };
    const given = pathname.split('/');
    let isKnownPath = false;
    for (const { route, segments } of this.#open) {
      const parameters = matchSegments(segments, given);
      if (parameters === null) continue;
      isKnownPath = true;
      if (route.method === method) return { kind: 'route', route, parameters };
    }
    return { kind: isKnownPath ? 'no-method' : 'no-route' };
  }
}

function matchSegments(segments: readonly string[], given: readonly string[]): Record<string, string> | null {
  if (segments.length !== given.length) return null;
  const parameters: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const value = given[index] ?? '';
    if (segment.startsWith('{')) parameters[segment.slice(1, -1)] = decodeURIComponent(value);
    else if (segment !== value) return null;
  }
  return parameters;
}
