/** An id, and what else a person may call the thing by. */
type Names = readonly [id: string, ...others: readonly (string | null)[]];

/**
 * Those that a person could mean by `wanted`: what has exactly this id or name, else what has an id that begins with it.
 * Several are for the caller to refuse, in words of its own; nothing at all means nothing.
 */
export function called<Thing>(
  wanted: string,
  things: readonly Thing[],
  namesOf: (thing: Thing) => Names,
): readonly Thing[] {
  if (wanted === '') return [];
  const exact = things.filter((thing) => namesOf(thing).includes(wanted));
  return exact.length > 0 ? exact : things.filter((thing) => namesOf(thing)[0].startsWith(wanted));
}
