/** What a person may call a key. */

export const keyNameWords = 'a name of 1 to 60 characters';

/** `undefined` for a text that can be a name, else what is wrong with it. */
export function problemOfKeyName(name: string): string | undefined {
  if (name.trim() === '') return 'it is empty';
  if (name.length > 60) return 'it is longer than 60 characters';
  return /\p{Cc}/u.test(name) ? 'it has control characters' : undefined;
}
