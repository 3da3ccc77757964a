/** Which key served a conversation last, so that its prompt cache is found again. In memory, bounded. */

const longestMemory = 10_000;
const lifetimeMs = 60 * 60_000;

interface Kept {
  readonly keyId: string;
  readonly atMs: number;
}

export class ConversationKeys {
  readonly #monotonicMs: () => number;
  /** By provider and conversation, the least recently served one first. */
  readonly #kept = new Map<string, Kept>();

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  find(conversation: string, providerId: string): string | undefined {
    const kept = this.#kept.get(nameOf(conversation, providerId));
    if (kept === undefined || this.#monotonicMs() - kept.atMs > lifetimeMs) return undefined;
    return kept.keyId;
  }

  keep(conversation: string, providerId: string, keyId: string): void {
    const name = nameOf(conversation, providerId);
    this.#kept.delete(name);
    this.#kept.set(name, { keyId, atMs: this.#monotonicMs() });
    if (this.#kept.size > longestMemory) this.#forgetOldest();
  }

  get size(): number {
    return this.#kept.size;
  }

  #forgetOldest(): void {
    for (const name of this.#kept.keys()) {
      this.#kept.delete(name);
      return;
    }
  }
}

function nameOf(conversation: string, providerId: string): string {
  return `${providerId}\n${conversation}`;
}
