/** Steps that need the browser's consent prompt. Each is called straight from a click: later, the browser would refuse. */
import browser from 'webextension-polyfill';
import { CLAUDE_HOST_PERMISSION } from '../../shared/provider.ts';
import type { Choices, ExtensionState } from '../state.ts';
import type { Background } from './background.ts';

/** Asks the browser to open claude.ai to this extension; `true` when it did, or had already. */
export function askForSite(): Promise<boolean> {
  return browser.permissions.request({ origins: [CLAUDE_HOST_PERMISSION] });
}

export function removeSite(): Promise<boolean> {
  return browser.permissions.remove({ origins: [CLAUDE_HOST_PERMISSION] });
}

const notices = { permissions: ['notifications'] } satisfies Parameters<typeof browser.permissions.request>[0];

export function mayShowNotices(): Promise<boolean> {
  return browser.permissions.contains(notices);
}

/** Asks the browser to let this extension show notifications; `true` when it did, or had already. */
export function askForNotices(): Promise<boolean> {
  return browser.permissions.request(notices);
}

export function removeNotices(): Promise<boolean> {
  return browser.permissions.remove(notices);
}

/**
 * Syncs; asks for the site first where it is missing. The choices go out in the same moment, because the browser's prompt
 * may close the popup for good: the background then finds consent and permission, and nothing is asked twice.
 */
export async function syncFromClick(
  background: Background,
  state: ExtensionState,
  choices?: Partial<Choices>,
): Promise<void> {
  const permitted = state.hasSitePermission ? Promise.resolve(true) : askForSite();
  if (choices !== undefined) await background.ask('choose', choices);
  if (await permitted) await background.ask('sync', {});
}
