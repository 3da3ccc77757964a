/** What one request may do, because of the key that it came with. */
import type { ClientKeyMode, ClientKeyUse } from '../store/client-keys.ts';
import type { ModelList } from './model-list.ts';

export interface Permit {
  /** Id of the client key; `null` for the companion's own. */
  readonly keyId: string | null;
  /** `both`: the client may choose. */
  readonly mode: ClientKeyMode;
  /** `null`: every model. */
  readonly models: ModelList | null;
  /** What it uses has to be counted, or not be asked for. */
  readonly hasTokenBudget: boolean;
  /**
   * An exchange that began at `atMs` takes the reservation over, and owes `end`. Errors: `CLIENT_BUDGET_SPENT`, where a
   * new period has begun since it was made, and is used up already.
   */
  begin(atMs: number): void;
  /** The exchange is over: `use` as it stands in the ledger, `undefined` where it does not stand there. */
  end(use: ClientKeyUse | undefined): void;
  /** No exchange will come of the request. Does nothing once one has begun. */
  release(): void;
}

const nothing = (): void => undefined;

/** Of the companion's own key, where the settings limit all clients. */
export function permitOfMode(mode: ClientKeyMode): Permit {
  return { keyId: null, mode, models: null, hasTokenBudget: false, begin: nothing, end: nothing, release: nothing };
}
