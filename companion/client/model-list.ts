/** The models that a key may use, by name; a `*` at the end of one stands for any rest. */

export type ModelList = readonly string[];

/** Names compare exactly, letter by letter, as providers do. */
export function allowsModel(list: ModelList, name: string): boolean {
  return list.some((entry) => (entry.endsWith('*') ? name.startsWith(entry.slice(0, -1)) : name === entry));
}

const mostNamed = 8;

/** For a message: `gpt-5-mini, claude-*`. */
export function nameModels(list: ModelList): string {
  if (list.length === 0) return 'none';
  const more = list.length - mostNamed;
  return `${list.slice(0, mostNamed).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
