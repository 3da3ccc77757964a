/**
 * The background worker. Every listener is registered before anything is awaited: a browser that wakes the worker for an
 * event delivers it only to listeners that are there in the first turn.
 */
import browser from 'webextension-polyfill';
import { defineBackground } from 'wxt/utils/define-background';
import { BackgroundCore } from '../background-core.ts';
import {
  closeStorageToPages,
  createNoticeWatch,
  identify,
  keepAlarm,
  keepAwake,
  loginTabsPort,
  noticePort,
  openWebSocket,
  showBadge,
  storagePort,
  systemClock,
  tabsPort,
  watchRedirects,
} from '../browser-ports.ts';
import { JOB_PORT } from '../job-message.ts';
import { messagePort } from '../message-port.ts';
import { parsePageRequest } from '../page-server.ts';
import { takeFollowedLink } from '../pair-link.ts';
import type { Navigation } from '../pair-link.ts';
import { isOwnPage, isOwnRunner } from '../sender.ts';
import { STATE_PORT } from '../state.ts';

export default defineBackground({ type: 'module', main: runBackground });

function runBackground(): void {
  const ownId = browser.runtime.id;
  const baseUrl = browser.runtime.getURL('/');
  const memory = storagePort(browser.storage.session);
  const core = new BackgroundCore({
    local: storagePort(browser.storage.local),
    memory,
    cookieApis: browser,
    tabs: tabsPort,
    loginTabs: loginTabsPort,
    clock: systemClock,
    openSocket: openWebSocket,
    origin: baseUrl.replace(/\/$/, ''),
    random: Math.random,
    identify,
    keepAwake,
    keepAlarm: (isOn) => void keepAlarm(isOn),
    showBadge,
    notices: noticePort,
  });
  const watchNotices = createNoticeWatch(() => void browser.tabs.create({ url: `${baseUrl}dashboard.html` }));

  browser.runtime.onInstalled.addListener(({ reason }) => {
    if (reason === 'install') void browser.tabs.create({ url: `${baseUrl}options.html#welcome` });
  });
  // Nothing to do: being woken is the point, and the worker starts below whatever woke it.
  browser.runtime.onStartup.addListener(() => undefined);
  browser.alarms.onAlarm.addListener(() => void core.noteAlarm());
  browser.cookies.onChanged.addListener(({ cookie }) => void core.noteCookieChange(cookie));
  watchNotices();
  browser.permissions.onAdded.addListener(() => {
    watchNotices();
    void core.notePermissions();
  });
  browser.permissions.onRemoved.addListener(() => void core.notePermissions());
  globalThis.addEventListener('online', () => void core.noteNetwork());

  browser.runtime.onConnect.addListener((port) => {
    if (port.name === STATE_PORT && isOwnPage(port.sender, ownId, baseUrl)) return void core.addPage(messagePort(port));
    const tabId = port.sender?.tab?.id;
    if (port.name === JOB_PORT && tabId !== undefined && isOwnRunner(port.sender, ownId)) {
      return core.addRunner(messagePort(port), tabId);
    }
    port.disconnect();
  });

  browser.runtime.onMessage.addListener((message, sender, sendResponse) => {
    const request = isOwnPage(sender, ownId, baseUrl) ? parsePageRequest(message) : undefined;
    const answer = request === undefined ? Promise.resolve(undefined) : core.answer(request);
    answer.then(sendResponse, () => sendResponse(undefined));
    return true;
  });

  // `onBeforeNavigate` tells the whole address, fragment included, without permission for loopback and before anything is
  // asked of the port, so that a link works even while the companion is away.
  const onNavigation = (navigation: Navigation): void =>
    void takeFollowedLink(navigation, memory, async (tabId) => {
      await browser.tabs.update(tabId, { url: `${baseUrl}options.html#pair` });
    });
  const pairLinks = { url: ['127.0.0.1', 'localhost'].map((hostEquals) => ({ hostEquals, pathEquals: '/pair' })) };
  browser.webNavigation.onBeforeNavigate.addListener(onNavigation, pairLinks);
  browser.webNavigation.onReferenceFragmentUpdated.addListener(onNavigation, pairLinks);

  watchRedirects((navigation) => void core.noteRedirect(navigation));
  // Not `tabs.onCreated`: there, a tab that the person opens beside a page counts as opened by it.
  browser.webNavigation.onCreatedNavigationTarget.addListener(
    ({ tabId, sourceTabId }) => void core.noteTabOpened(tabId, sourceTabId),
  );
  browser.tabs.onRemoved.addListener((tabId) => void core.noteTabClosed(tabId));

  void closeStorageToPages();
  void core.start();
}
