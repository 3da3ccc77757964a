/** What the text of an API key may look like; the same rule for the environment, the configuration and the terminal. */

export const keyTextWords = 'printable ASCII characters without spaces, at most 1000';

/** `undefined` for a text that can be a key, else what is wrong with it. Never quotes it. */
export function problemOfKeyText(text: string): string | undefined {
  if (text === '') return 'it is empty';
  if (/\s/.test(text)) return 'it has spaces or line breaks inside';
  if (!/^[\x21-\x7e]+$/.test(text)) return 'it has characters that no key has: was something else copied along?';
  return text.length > 1000 ? 'it is too long for a key' : undefined;
}

/** The end of a key, so that a person can tell it from others: `...3f9a2c41`. Less of a short one. */
export function keyEnding(text: string): string {
  return `...${text.slice(text.length - Math.min(8, Math.floor(text.length / 4)))}`;
}
