/** What a person said of a credential besides what it is: that it rests, that it is preferred. Outlives a run. */
import { z } from 'zod';
import type { Store } from '../store/store.ts';

export interface Trait {
  /** It is kept, and serves nobody. */
  readonly isOff?: boolean | undefined;
  /** Instead of the usual one of its kind. */
  readonly priority?: number | undefined;
}

const settingName = 'credential-traits';
const traits = z.record(z.string(), z.object({ isOff: z.boolean().optional(), priority: z.number().optional() }));

/** Keys, logins and sessions alike, by their ids. */
export class CredentialTraits {
  readonly #store: Pick<Store, 'setting' | 'saveSetting'>;
  #known: ReadonlyMap<string, Trait>;

  constructor(store: Pick<Store, 'setting' | 'saveSetting'>) {
    this.#store = store;
    this.#known = read(store.setting(settingName));
  }

  /** The same until something changes. */
  get known(): ReadonlyMap<string, Trait> {
    return this.#known;
  }

  isOff(id: string): boolean {
    return this.#known.get(id)?.isOff === true;
  }

  /** `undefined` where nobody said anything. */
  priorityOf(id: string): number | undefined {
    return this.#known.get(id)?.priority;
  }

  /** On disk when it returns. Errors: `STORE_UNAVAILABLE`, with everything as it was. */
  set(id: string, change: Trait): void {
    const next = { ...this.#known.get(id), ...change };
    const isUsual = next.isOff !== true && next.priority === undefined;
    this.#keep([...this.#known].filter(([other]) => other !== id).concat(isUsual ? [] : [[id, next]]));
  }

  /** The credential has another id from now on, or is gone. */
  move(from: string, to: string | undefined): void {
    const trait = this.#known.get(from);
    if (trait === undefined) return;
    const rest = [...this.#known].filter(([id]) => id !== from && id !== to);
    this.#keep(to === undefined ? rest : [...rest, [to, trait]]);
  }

  #keep(entries: readonly (readonly [string, Trait])[]): void {
    this.#store.saveSetting(settingName, JSON.stringify(Object.fromEntries(entries)));
    this.#known = new Map(entries);
  }
}

/** What cannot be read is nothing that anybody said. */
function read(text: string | undefined): ReadonlyMap<string, Trait> {
  if (text === undefined) return new Map();
  try {
    return new Map(Object.entries(traits.parse(JSON.parse(text))));
  } catch {
    return new Map();
  }
}
