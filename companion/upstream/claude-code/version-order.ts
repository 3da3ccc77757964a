/** `[2, 1, 248]` */
export type Version = readonly [number, number, number];

/** Whether `version`, as `2.1.248` or `2.1.248-beta.1`, comes before `oldest`. What cannot be read does. */
export function isOlder(version: string, oldest: Version): boolean {
  const numbers = version.split('.').map((part) => Number.parseInt(part, 10));
  const at = oldest.findIndex((number, position) => numbers[position] !== number);
  return at >= 0 && !((numbers[at] ?? 0) > (oldest[at] ?? 0));
}
