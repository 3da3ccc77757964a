/** The browser's own side of `ports.ts`. No decisions here: those are in the files that use the ports. */
import browser from 'webextension-polyfill';
import type { Runtime, Storage, Tabs, WebNavigation } from 'webextension-polyfill';
import type { ClientIdentity } from '../shared/link/frame.ts';
import { CLAUDE_HOST_PERMISSION, CLAUDE_ORIGIN } from '../shared/provider.ts';
import type { Badge } from './badge.ts';
import { redirectFilters } from './oauth-rules.ts';
import type {
  Clock,
  LoginTabsPort,
  NoticePort,
  OpenSocket,
  RedirectNavigation,
  SiteTab,
  StoragePort,
  TabsPort,
} from './ports.ts';
import { say } from './ui/say.ts';

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
};

export const openWebSocket: OpenSocket = (url) => new WebSocket(url);

export function storagePort(area: Storage.StorageArea): StoragePort {
  return {
    read: async (key) => (await area.get(key))[key],
    write: (key, value) => area.set({ [key]: value }),
    remove: (key) => area.remove(key),
  };
}

/** Keeps content scripts, and so a claude.ai page that was taken over, away from what we store. Not in every browser. */
export async function closeStorageToPages(): Promise<void> {
  for (const area of [browser.storage.local, browser.storage.session]) {
    const guarded = area as Partial<Pick<ChromeStorageArea, 'setAccessLevel'>>;
    await guarded.setAccessLevel?.({ accessLevel: 'TRUSTED_CONTEXTS' }).catch(() => undefined);
  }
}

interface ChromeStorageArea {
  setAccessLevel(options: { accessLevel: 'TRUSTED_CONTEXTS' }): Promise<void>;
}

type BrowserTab = Tabs.Tab & { readonly frozen?: boolean };

export const tabsPort: TabsPort = {
  async listSiteTabs() {
    const tabs = await browser.tabs.query({ url: CLAUDE_HOST_PERMISSION });
    return tabs.flatMap((tab) => (tab.id === undefined ? [] : [siteTab(tab, tab.id)]));
  },
  async open(url, store) {
    const { id } = await openInactiveTab(url, store);
    if (id === undefined) throw new Error('the browser opened a tab without an id');
    return id;
  },
  whenLoaded,
  close: (tabId) => browser.tabs.remove(tabId),
  async injectRunner(tabId) {
    await browser.scripting.executeScript({ target: { tabId }, files: ['/job-runner.js'] });
  },
};

function siteTab(tab: BrowserTab, id: number): SiteTab {
  return {
    id,
    store: storeOf(tab),
    isActive: tab.active,
    isReady: tab.status === 'complete' && tab.discarded !== true && tab.frozen !== true,
    lastUsedAtMs: tab.lastAccessed ?? 0,
  };
}

/** Firefox names a tab's cookie store; Chromium has one for normal and one for private windows. */
function storeOf(tab: Tabs.Tab): string {
  return tab.cookieStoreId ?? (tab.incognito ? '1' : '0');
}

async function openInactiveTab(url: string, store: string): Promise<Tabs.Tab> {
  if (store.startsWith('firefox-') && store !== 'firefox-private') {
    return browser.tabs.create({ url, active: false, cookieStoreId: store });
  }
  const isPrivate = store === '1' || store === 'firefox-private';
  const windows = await browser.windows.getAll({ windowTypes: ['normal'] });
  const windowId = windows.find((window) => window.incognito === isPrivate)?.id;
  if (windowId !== undefined) return browser.tabs.create({ url, active: false, windowId });
  if (isPrivate) throw new Error('no private window is open');
  return openMinimisedWindow(url);
}

/** The browser runs without a window, as on macOS after the last one was closed. */
async function openMinimisedWindow(url: string): Promise<Tabs.Tab> {
  const window = await browser.windows.create({ url, state: 'minimized' });
  const tab = window.tabs?.[0];
  if (tab === undefined) throw new Error('the browser opened a window without a tab');
  return tab;
}

function whenLoaded(tabId: number, signal: AbortSignal): Promise<void> {
  const { onUpdated, onRemoved } = browser.tabs;
  return new Promise<void>((resolve, reject) => {
    const settle = (finish: () => void): void => {
      onUpdated.removeListener(onUpdate);
      onRemoved.removeListener(onRemove);
      finish();
    };
    const onUpdate = (id: number, _change: object, tab: Tabs.Tab): void => {
      // Firefox reports the empty page that every new tab begins with as complete, too.
      const isThere = tab.url?.startsWith(`${CLAUDE_ORIGIN}/`) === true && tab.status === 'complete';
      if (id === tabId && isThere) settle(resolve);
    };
    const onRemove = (id: number): void => {
      if (id === tabId) settle(() => reject(new Error('the tab was closed')));
    };
    onUpdated.addListener(onUpdate);
    onRemoved.addListener(onRemove);
    signal.addEventListener('abort', () => settle(() => reject(signal.reason as Error)), { once: true });
    // It may have loaded before anybody listened.
    void browser.tabs.get(tabId).then(
      (tab) => onUpdate(tabId, {}, tab),
      () => onRemove(tabId),
    );
  });
}

export const loginTabsPort: LoginTabsPort = {
  async openInFront(url) {
    const { id } = await browser.tabs.create({ url, active: true });
    if (id === undefined) throw new Error('the browser opened a tab without an id');
    return id;
  },
  async show(tabId) {
    const { windowId } = await browser.tabs.update(tabId, { active: true });
    if (windowId !== undefined) await browser.windows.update(windowId, { focused: true });
  },
  /**
   * Not `tabs.update`: the dead page would stay behind "Back", and Firefox, in the middle of a navigation, may go on to it
   * all the same. Neither happens to a new tab.
   */
  async replace(tabId, page) {
    const url = browser.runtime.getURL(page);
    const { index, windowId, active, pinned } = await browser.tabs.get(tabId);
    const place = { index, active, pinned, ...(windowId === undefined ? {} : { windowId }) };
    // A window that a site opened as a popup takes no second tab.
    await browser.tabs.create({ url, ...place }).catch(() => browser.tabs.create({ url }));
    await browser.tabs.remove(tabId);
  },
};

/** How each browser calls a navigation that something else took the place of: that page is not dead. */
const abortedErrors: ReadonlySet<string> = new Set(['net::ERR_ABORTED', 'Error code 2152398850']);

interface NavigationDetails {
  readonly tabId: number;
  readonly frameId: number;
  readonly url: string;
  /** Chromium's own: `prerender` for a page that nobody sees yet. */
  readonly documentLifecycle?: string;
  readonly error?: string;
}

/**
 * Reports whatever goes to an address that may be a login's redirect. A redirect by the server is seen when it failed
 * (nobody listens there) or was committed, one by a page already when it begins; none of it needs access to a site.
 */
export function watchRedirects(listener: (navigation: RedirectNavigation) => void): void {
  const note = ({ tabId, frameId, url, documentLifecycle, error }: NavigationDetails): void => {
    if (frameId !== 0 || documentLifecycle === 'prerender') return;
    listener({ tabId, url, isDead: error !== undefined && !abortedErrors.has(error) });
  };
  const filters: WebNavigation.EventUrlFilters = { url: [...redirectFilters] };
  const { onBeforeNavigate, onCommitted, onErrorOccurred, onHistoryStateUpdated } = browser.webNavigation;
  for (const event of [onBeforeNavigate, onCommitted, onHistoryStateUpdated, onErrorOccurred]) {
    event.addListener(note, filters);
  }
}

const alarmName = 'reconnect';

/** An alarm that is there already is left alone: creating it again would put it off. */
export async function keepAlarm(isOn: boolean): Promise<void> {
  if (!isOn) await browser.alarms.clear(alarmName);
  else if ((await browser.alarms.get(alarmName)) === undefined) {
    browser.alarms.create(alarmName, { periodInMinutes: 1 });
  }
}

const noticePrefix = 'companion-';

/** The API is there only while the permission is. */
function noticeApi(): typeof browser.notifications | undefined {
  return browser.notifications as typeof browser.notifications | undefined;
}

export const noticePort: NoticePort = {
  async show({ id, title, text }) {
    if (!(await browser.permissions.contains({ permissions: ['notifications'] }))) return;
    const iconUrl = browser.runtime.getURL('icon/128.png');
    await noticeApi()?.create(noticePrefix + id, { type: 'basic', iconUrl, title, message: text });
  },
};

/**
 * Hears of clicks on notices. The function that it returns is called at once, and again when a permission was given: without
 * the permission there is nothing to listen to.
 */
export function createNoticeWatch(onClick: () => void): () => void {
  const listener = (id: string): void => {
    if (!id.startsWith(noticePrefix)) return;
    void noticeApi()?.clear(id);
    onClick();
  };
  return () => noticeApi()?.onClicked.addListener(listener);
}

export function showBadge({ text, colour, title }: Badge): void {
  void browser.action.setBadgeBackgroundColor({ color: colour });
  void browser.action.setBadgeText({ text });
  void browser.action.setTitle({ title: `${browser.i18n.getMessage('productName')}: ${say(title, Date.now())}` });
}

/** Firefox counts only calls of its own API as work; an open socket alone would let the background be unloaded. */
export function keepAwake(): void {
  void browser.runtime.getPlatformInfo();
}

const systemNames: Readonly<Record<string, string>> = {
  mac: 'macOS',
  win: 'Windows',
  android: 'Android',
  cros: 'ChromeOS',
  linux: 'Linux',
};

/** What the companion lists this browser as: `Chromium on Linux`. */
export async function identify(): Promise<ClientIdentity> {
  const { os } = await browser.runtime.getPlatformInfo();
  const name = (await ownBrowserName()) ?? brandName();
  const { name: extensionName, version } = browser.runtime.getManifest();
  return { name: extensionName, version, browser: `${name} on ${systemNames[os] ?? os}` };
}

/** Only Firefox tells its name. */
async function ownBrowserName(): Promise<string | undefined> {
  const runtime: Partial<Pick<Runtime.Static, 'getBrowserInfo'>> = browser.runtime;
  return (await runtime.getBrowserInfo?.().catch(() => undefined))?.name;
}

/** Chromium's brands are the browser's own (`Google Chrome`, `Microsoft Edge`), `Chromium`, and a decoy. */
function brandName(): string {
  const { userAgentData } = navigator as { userAgentData?: { brands: readonly { brand: string }[] } };
  const brands = (userAgentData?.brands ?? [])
    .map(({ brand }) => brand)
    .filter((brand) => !/not.?a.?brand/i.test(brand));
  return brands.find((brand) => brand !== 'Chromium') ?? 'Chromium';
}
