/** What was opened on the way to a companion that could not be opened after all. */
export class Opened {
  readonly #closers: (() => unknown)[] = [];

  add(close: () => unknown): void {
    this.#closers.push(close);
  }

  /** Closes it, the newest first: whatever stayed open would keep the process alive. Never rejects. */
  async undo(): Promise<void> {
    for (const close of this.#closers.splice(0).toReversed()) {
      try {
        await close();
      } catch {
        // Why nothing could be opened matters more.
      }
    }
  }
}
