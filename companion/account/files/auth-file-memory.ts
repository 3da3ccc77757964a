/** Which keys came from which file, so that one that was removed stays removed, and a changed one takes its place. */
import { z } from 'zod';
import type { Store } from '../../store/store.ts';

/** By the id, which is made from a digest of the key: nothing secret. */
export interface RememberedKey {
  readonly id: string;
  readonly providerId: string;
  readonly name: string | null;
  readonly priority: number | null;
}

const settingName = 'auth-files';
const remembered = z.record(
  z.string(),
  z.array(
    z.object({
      id: z.string(),
      providerId: z.string(),
      name: z.string().nullable(),
      priority: z.number().nullable(),
    }),
  ),
);

export class AuthFileMemory {
  readonly #store: Pick<Store, 'setting' | 'saveSetting'>;

  constructor(store: Pick<Store, 'setting' | 'saveSetting'>) {
    this.#store = store;
  }

  of(path: string): readonly RememberedKey[] {
    return this.#read()[path] ?? [];
  }

  /** On disk when it returns. Errors: `STORE_UNAVAILABLE`. */
  keep(path: string, keys: readonly RememberedKey[]): void {
    const { [path]: _before, ...rest } = this.#read();
    const next = keys.length === 0 ? rest : { ...rest, [path]: keys };
    this.#store.saveSetting(settingName, JSON.stringify(next));
  }

  /** What cannot be read is nothing that is known. */
  #read(): Readonly<Record<string, readonly RememberedKey[]>> {
    try {
      return remembered.parse(JSON.parse(this.#store.setting(settingName) ?? '{}'));
    } catch {
      return {};
    }
  }
}
