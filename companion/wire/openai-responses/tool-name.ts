/** Tools by the name that the hub knows them by, and what the client calls them. */
import { createHash } from 'node:crypto';

export interface ClientToolName {
  /** `search` finds more tools; the client runs it, and its calls and results are items of their own. */
  readonly kind: 'function' | 'custom' | 'search';
  readonly name: string;
  readonly namespace?: string;
}

/** The name that a search for tools goes by: clients send it without one. */
export const SEARCH_TOOL_NAME = 'tool_search';

const MAX_NAME_LENGTH = 128;

/** The hub has no namespaces: theirs goes before the name. The same pair gives the same name, within its length. */
export function hubToolName(name: string, namespace: string | null | undefined): string {
  if (!namespace) return name;
  const joined = `${namespace}${namespace.endsWith('_') ? '' : '__'}${name}`;
  if (/^[a-zA-Z0-9_-]+$/.test(joined) && joined.length <= MAX_NAME_LENGTH) return joined;
  const suffix = createHash('sha256').update(joined).digest('hex').slice(0, 8);
  return `${joined.replaceAll(/[^a-zA-Z0-9_-]/g, '_').slice(0, MAX_NAME_LENGTH - 9)}_${suffix}`;
}
