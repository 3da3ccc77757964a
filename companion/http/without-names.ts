/** Errors for a client with a key of its own: whose accounts the companion has is none of its business. */
import { CompanionError } from '../base/error.ts';

/** `***` in the place of each name; the same error where none of them is in it. */
export function withoutNames(error: CompanionError, names: readonly string[]): CompanionError {
  const message = hideNames(error.message, names);
  const remedy = hideNames(error.remedy, names);
  if (message === error.message && remedy === error.remedy) return error;
  return new CompanionError(error.code, message, { details: error.details, remedy, cause: error });
}

/** The longest first: an address may begin with another name. Of several in a row not even the number is told. */
function hideNames(text: string, names: readonly string[]): string {
  const hidden = names
    .filter((name) => name !== '' && text.includes(name))
    .toSorted((one, other) => other.length - one.length)
    .reduce((rest, name) => rest.replaceAll(wholeWord(name), '***'), text);
  return hidden.replaceAll(/\*{3}(?:, \*{3})+(?: and \d+ more)?/g, '***');
}

/** A key that is called `a` is no part of other words. */
function wholeWord(name: string): RegExp {
  const literal = name.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
  return new RegExp(String.raw`(?<![\p{L}\p{N}_])${literal}(?![\p{L}\p{N}_])`, 'gu');
}
