/** The models that a key may use, by name; a `*` at the end of one stands for any rest. */
import { withoutDate } from '../base/model-date.ts';

export type ModelList = readonly string[];

/**
 * Names compare exactly, letter by letter, as providers do, but for a date at the end: who may use `claude-sonnet-4` may use
 * it of any date, and who may use it of one date may use that one alone.
 */
export function allowsModel(list: ModelList, name: string): boolean {
  return covers(list, name) || covers(list, withoutDate(name));
}

function covers(list: ModelList, name: string): boolean {
  return list.some((entry) => (entry.endsWith('*') ? name.startsWith(entry.slice(0, -1)) : name === entry));
}

const mostNamed = 8;

/** For a message: `gpt-5-mini, claude-*`. */
export function nameModels(list: ModelList): string {
  if (list.length === 0) return 'none';
  const more = list.length - mostNamed;
  return `${list.slice(0, mostNamed).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
