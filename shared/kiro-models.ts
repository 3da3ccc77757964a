/**
 * From a name that people know to the id that Kiro is asked by. Uncertain, all of it: read in programs of others in 2026,
 * and asked of nobody. The setting `kiro.models` takes the place of the whole list; a name that is not in it goes out as
 * it is.
 */
export const kiroModelIds: ReadonlyMap<string, string> = new Map([
  ['claude-sonnet-4-5', 'claude-sonnet-4.5'],
  ['claude-sonnet-4-6', 'claude-sonnet-4.6'],
  ['claude-haiku-4-5', 'claude-haiku-4.5'],
  ['claude-opus-4-5', 'claude-opus-4.5'],
  ['claude-opus-4-6', 'claude-opus-4.6'],
]);
