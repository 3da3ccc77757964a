/** The newest word of the providers on what is left, for each credential. */
import type { QuotaWindow } from '../../shared/quota.ts';
import type { Store } from '../store/store.ts';

export interface QuotaBoardOptions {
  readonly store: Pick<Store, 'quotas' | 'saveQuotas'>;
  readonly nowMs: () => number;
}

interface Board {
  /** By window and model. */
  readonly windows: Map<string, QuotaWindow>;
  /** Those that the store does not have yet. */
  readonly unsaved: Map<string, QuotaWindow>;
}

interface Pending {
  readonly keyId: string;
  readonly read: () => readonly QuotaWindow[];
}

/** A provider that names ever new windows fills neither memory nor disk. */
const mostWindows = 64;
const mostPending = 64;

/** Keeps facts in memory for the router, and hands them to the store when the ledger flushes. */
export class QuotaBoard {
  readonly #options: QuotaBoardOptions;
  readonly #boards = new Map<string, Board>();
  /** By key and model: of many answers that nobody asked about, only the newest is ever read. */
  readonly #pending = new Map<string, Pending>();

  constructor(options: QuotaBoardOptions) {
    this.#options = options;
  }

  /** The hot path: what an answer of this key tells about `model` is read when somebody wants to know, or at a flush. */
  noteLater(keyId: string, model: string | undefined, read: () => readonly QuotaWindow[]): void {
    this.#pending.set(`${keyId} ${model ?? ''}`, { keyId, read });
    if (this.#pending.size > mostPending) this.#readPending();
  }

  /** What an answer of this key told. Older facts than those known are passed over. */
  note(keyId: string, windows: readonly QuotaWindow[]): void {
    if (windows.length === 0) return;
    const board = this.#boardOf(ownerOf(keyId));
    for (const window of windows) keep(board, window);
  }

  /** The newest fact for each window of an owner: `key/<id>` or, from the store, `session/<id>`. Never throws. */
  windowsOf(owner: string): readonly QuotaWindow[] {
    this.#readPending();
    return owner.startsWith('key/') ? [...this.#boardOf(owner).windows.values()] : this.#read(owner);
  }

  /** The same of a claude.ai session, whose facts are in the store alone. */
  usedFractionOfSession(sessionId: string, model: string | undefined): number | null {
    return fullestOf(this.#read(`session/${sessionId}`), model, this.#options.nowMs());
  }

  /**
   * How full the fullest window is that `model` counts against: 0 untouched, 1 full. A window that has begun anew since
   * counts as untouched; `null` when nothing is known.
   */
  usedFraction(keyId: string, model: string | undefined): number | null {
    this.#readPending();
    return fullestOf(this.#boardOf(ownerOf(keyId)).windows.values(), model, this.#options.nowMs());
  }

  /** Writes what is new. Errors: `STORE_UNAVAILABLE`; the facts stay in memory then, and the next flush tries again. */
  flush(): void {
    this.#readPending();
    for (const [owner, board] of this.#boards) {
      if (board.unsaved.size === 0) continue;
      this.#options.store.saveQuotas(owner, [...board.unsaved.values()]);
      board.unsaved.clear();
    }
  }

  #readPending(): void {
    for (const { keyId, read } of this.#pending.values()) this.note(keyId, read());
    this.#pending.clear();
  }

  #boardOf(owner: string): Board {
    const known = this.#boards.get(owner);
    if (known !== undefined) return known;
    const windows = this.#read(owner).map((window) => [nameOf(window), window] as const);
    const board: Board = { windows: new Map(windows), unsaved: new Map() };
    this.#boards.set(owner, board);
    return board;
  }

  /** What cannot be read is not known; whether the disk is well is not for the router to find out. */
  #read(owner: string): readonly QuotaWindow[] {
    try {
      return this.#options.store.quotas(owner);
    } catch {
      return [];
    }
  }
}

function fullestOf(windows: Iterable<QuotaWindow>, model: string | undefined, nowMs: number): number | null {
  let fullest: number | null = null;
  for (const window of windows) {
    const used = concerns(window, model) ? usedNow(window, nowMs) : null;
    if (used !== null && (fullest === null || used > fullest)) fullest = used;
  }
  return fullest;
}

function ownerOf(keyId: string): string {
  return `key/${keyId}`;
}

function nameOf({ window, model = '' }: QuotaWindow): string {
  return `${window} ${model}`;
}

function keep({ windows, unsaved }: Board, window: QuotaWindow): void {
  const name = nameOf(window);
  const known = windows.get(name);
  if (known === undefined ? windows.size >= mostWindows : known.observedAtMs > window.observedAtMs) return;
  windows.set(name, window);
  unsaved.set(name, window);
}

/** A window of one model is named after it, or after its family: `opus` is part of `claude-opus-4-5`. */
function concerns(window: QuotaWindow, model: string | undefined): boolean {
  if (window.model === undefined || window.model === model) return true;
  if (model === undefined || /\d/.test(window.model)) return false;
  return model
    .toLowerCase()
    .split(/[^a-z]+/)
    .includes(window.model.toLowerCase());
}

function usedNow({ usedFraction, status, resetsAtMs }: QuotaWindow, nowMs: number): number | null {
  if (resetsAtMs !== null && resetsAtMs <= nowMs) return 0;
  return status === 'exceeded' ? Math.max(1, usedFraction ?? 1) : usedFraction;
}
