/** From the model that a client asks for to the one that an account offers. Pure. */
import { withoutDate } from '../base/model-date.ts';

export interface OfferedModel {
  readonly id: string;
}

/**
 * The offered model that is meant, by these rules in order: the same id; the same id without or with a date
 * (`claude-sonnet-4` and `claude-sonnet-4-20250514` mean each other, the newest date wins); `-latest` as no date. A Claude
 * model that the list does not have is passed on as it is, for the provider to judge: its list may be old. Any other
 * model is `undefined`.
 */
export function resolveModel(requested: string, offered: readonly OfferedModel[]): string | undefined {
  if (offered.some((model) => model.id === requested)) return requested;
  const relative = findRelative(
    requested,
    offered.map((model) => model.id),
  );
  return relative ?? (requested.startsWith('claude') ? requested : undefined);
}

/** The id that differs from `requested` in nothing but its date, `-latest` counting as none; the newest of several. */
export function findRelative(requested: string, ids: Iterable<string>): string | undefined {
  const family = withoutDate(requested);
  let newest: string | undefined;
  for (const id of ids) {
    if (id.startsWith(family) && withoutDate(id) === family && (newest === undefined || id > newest)) newest = id;
  }
  return newest;
}

/** `claude-sonnet-4`, `claude-sonnet-4-20250514` and `claude-sonnet-4-latest` are. */
export function isSameButDate(one: string, other: string): boolean {
  return withoutDate(one) === withoutDate(other);
}

export function isLatest(id: string): boolean {
  return id.endsWith('-latest');
}

/** As resellers write it: `claude-sonnet-4-5-20250929` is `claude-sonnet-4.5` to them. */
export function withDottedVersion(id: string): string {
  return withoutDate(id).replace(/(?<=[a-z]-\d{1,2})-(?=\d{1,2}(?:-|$))/, '.');
}

/** What the longest pattern (a beginning and a star) that covers `name` makes of it. */
export function followPattern(name: string, aliases: ReadonlyMap<string, string>): string | undefined {
  let longest: string | undefined;
  for (const pattern of aliases.keys()) {
    const isMatch = pattern.endsWith('*') && name.startsWith(pattern.slice(0, -1));
    if (isMatch && pattern.length > (longest?.length ?? 0)) longest = pattern;
  }
  return longest === undefined ? undefined : aliases.get(longest);
}

/**
 * The listed names that are most like `name`, nearest first: those that share the most of their three-letter pieces, the
 * others in the order in which they stand.
 */
export function nearestNames(name: string, listed: readonly string[], most: number): readonly string[] {
  const wanted = piecesOf(name);
  return [...new Set(listed)]
    .map((id) => ({ id, likeness: likenessOf(wanted, piecesOf(id)) }))
    .sort((one, other) => other.likeness - one.likeness)
    .slice(0, most)
    .map(({ id }) => id);
}

function piecesOf(name: string): ReadonlySet<string> {
  const text = `  ${name.slice(0, 100).toLowerCase()} `;
  return new Set(Array.from({ length: text.length - 2 }, (_, index) => text.slice(index, index + 3)));
}

function likenessOf(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  let shared = 0;
  for (const piece of one) if (other.has(piece)) shared++;
  return shared / (one.size + other.size - shared);
}
