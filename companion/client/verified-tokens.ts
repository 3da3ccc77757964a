import { hash } from 'node:crypto';

const mostTokens = 1_000;

/**
 * Which tokens were found to be signed by us, and the ids in them. Owned by `ClientKeys` and kept until the process ends,
 * the least used ones going first; by digest, so that no token stays in memory. It says nothing of whether a key still
 * holds.
 */
export class VerifiedTokens {
  readonly #ids = new Map<string, string>();

  idOf(token: string): string | undefined {
    const digest = digestOf(token);
    const id = this.#ids.get(digest);
    if (id === undefined) return undefined;
    this.#ids.delete(digest);
    this.#ids.set(digest, id);
    return id;
  }

  keep(token: string, id: string): void {
    this.#ids.set(digestOf(token), id);
    if (this.#ids.size <= mostTokens) return;
    const [oldest] = this.#ids.keys();
    if (oldest !== undefined) this.#ids.delete(oldest);
  }
}

function digestOf(token: string): string {
  return hash('sha256', token, 'base64');
}
