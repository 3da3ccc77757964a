/**
 * What the background needs of its surroundings, as small interfaces: `browser-ports.ts` gives the browser's own, tests
 * give fakes. Cookies are not among them: only `session-reader.ts` touches those.
 */

/** One area of `browser.storage`. */
export interface StoragePort {
  read(key: string): Promise<unknown>;
  write(key: string, value: unknown): Promise<void>;
  remove(key: string): Promise<void>;
}

export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** Runs `action` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, action: () => void): () => void;
}

/** The part of a `WebSocket` that the link uses. */
export interface Socket {
  binaryType: string;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { readonly code: number }) => void): void;
  addEventListener(type: 'error', listener: () => void): void;
}
export type OpenSocket = (url: string) => Socket;

/** A `runtime.Port`, whoever is at the other end. */
export interface MessagePort {
  post(message: unknown): void;
  disconnect(): void;
  onMessage(listener: (message: unknown) => void): void;
  onDisconnect(listener: () => void): void;
}

/** A tab of claude.ai. */
export interface SiteTab {
  readonly id: number;
  /** Cookie store that the tab lives in. */
  readonly store: string;
  readonly isActive: boolean;
  /** Loaded, and neither discarded nor frozen: a script would run in it now. */
  readonly isReady: boolean;
  /** Unix milliseconds; 0 where the browser does not tell. */
  readonly lastUsedAtMs: number;
}

export interface TabsPort {
  listSiteTabs(): Promise<readonly SiteTab[]>;
  /** Opens `url` in an inactive tab of `store` and resolves with its id; rejects when there is no window for it. */
  open(url: string, store: string): Promise<number>;
  /** Resolves when the tab has loaded; rejects when it is gone. */
  whenLoaded(tabId: number, signal: AbortSignal): Promise<void>;
  close(tabId: number): Promise<void>;
  /** Runs the job runner in the tab's isolated world; it then connects by itself. */
  injectRunner(tabId: number): Promise<void>;
}

/** What logins need of the browser's tabs. */
export interface LoginTabsPort {
  /** Opens `url` in a tab before the person's eyes, and resolves with its id; rejects when there is no window for it. */
  openInFront(url: string): Promise<number>;
  /** Brings the tab before the person's eyes; rejects when it is gone. */
  show(tabId: number): Promise<void>;
  /** Puts a new tab with our own `page` in the place of the tab, whose history goes with it. */
  replace(tabId: number, page: string): Promise<void>;
}

/** What the system shows beside everything else, where the person allowed it. */
export interface NoticePort {
  /** The same `id` again takes the place of the notice before. Resolves without one where it is not allowed. */
  show(notice: { readonly id: string; readonly title: string; readonly text: string }): Promise<void>;
}

/** A navigation of a tab's own document to an address that may be a redirect. */
export interface RedirectNavigation {
  readonly tabId: number;
  readonly url: string;
  /** The page could not be loaded, and the browser shows its own error in its place. */
  readonly isDead: boolean;
}
