import type { StoredLogin } from './stored-login.ts';

/** The text of a file or entry that holds a login, perhaps among other things that belong to another program. */
export interface LoginCodec {
  /** `undefined`: the text is in order, and no login stands in it. Throws, whatever it likes, for any other text. */
  parse(text: string): StoredLogin | undefined;
  /** The text with `next` in it and everything else as it was; `previous` is one that `parse` took, or nothing. */
  merge(previous: string | undefined, next: StoredLogin): string;
  /** The text without the login; `undefined` when nothing else stands there. Unless given, the whole text goes. */
  without?(text: string): string | undefined;
}
