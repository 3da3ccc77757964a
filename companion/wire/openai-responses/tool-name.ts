/** Tools by the name that the hub knows them by, and what the client calls them. */
import { createHash } from 'node:crypto';
import { isObject, parseJson } from '../hub/fields.ts';

export interface ClientToolName {
  /** `search` finds more tools; the client runs it, and its calls and results are items of their own. */
  readonly kind: 'function' | 'custom' | 'search';
  readonly name: string;
  readonly namespace?: string;
}

/** The name that a search for tools goes by: clients send it without one. */
export const SEARCH_TOOL_NAME = 'tool_search';

const MAX_NAME_LENGTH = 128;
/** The one input of a freeform tool, which the hub knows only as a tool with named inputs. */
const INPUT_KEY = 'input';

/** The hub has no namespaces: theirs goes before the name. The same pair gives the same name, within its length. */
export function hubToolName(name: string, namespace: string | null | undefined): string {
  if (!namespace) return name;
  const joined = `${namespace}${namespace.endsWith('_') ? '' : '__'}${name}`;
  if (/^[a-zA-Z0-9_-]+$/.test(joined) && joined.length <= MAX_NAME_LENGTH) return joined;
  const suffix = createHash('sha256').update(joined).digest('hex').slice(0, 8);
  return `${joined.replaceAll(/[^a-zA-Z0-9_-]/g, '_').slice(0, MAX_NAME_LENGTH - 9)}_${suffix}`;
}

/** The JSON Schema of a freeform tool's input. */
export const freeformSchema = {
  type: 'object' as const,
  properties: { [INPUT_KEY]: { type: 'string', description: 'The whole input as plain text.' } },
  required: [INPUT_KEY],
};

export function wrapFreeform(input: string): Readonly<Record<string, string>> {
  return { [INPUT_KEY]: input };
}

/** The text in the JSON of a freeform tool's input; what a model wrote in any other form is given as it is. */
export function unwrapFreeform(json: string): string {
  const value = parseJson(json);
  const input = isObject(value) ? value[INPUT_KEY] : undefined;
  return typeof input === 'string' ? input : json;
}
