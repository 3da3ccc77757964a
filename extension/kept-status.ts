import { companionStatusSchema } from '../shared/status.ts';
import type { CompanionStatus } from '../shared/status.ts';
import type { Clock, StoragePort } from './ports.ts';
import { StoredCell } from './stored-cell.ts';

const WRITE_DELAY_MS = 2_000;

/** The newest status of the companion. It changes with every exchange, so it is written a little later than it is known. */
export class KeptStatus {
  readonly #clock: Clock;
  readonly #cell: StoredCell<CompanionStatus | null>;
  #value: CompanionStatus | null = null;
  #isWriteDue = false;

  /** @param local `storage.local`: shown again while the companion is away, with its age. */
  constructor(local: StoragePort, clock: Clock) {
    const schema = companionStatusSchema.nullable();
    this.#clock = clock;
    this.#cell = new StoredCell({ area: local, key: 'status', version: 1, schema, initial: null });
  }

  /** `null` when there never was one, or the pair that it was of has ended. */
  get value(): CompanionStatus | null {
    return this.#value;
  }

  async load(): Promise<void> {
    this.#value = await this.#cell.load();
  }

  keep(status: CompanionStatus | null): void {
    this.#value = status;
    if (this.#isWriteDue) return;
    this.#isWriteDue = true;
    this.#clock.after(WRITE_DELAY_MS, () => {
      this.#isWriteDue = false;
      void this.#cell.update(() => this.#value);
    });
  }
}
