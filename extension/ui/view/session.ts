/** What the popup shows while the link is up: how the session of this browser stands. Pure. */
import type { SessionStatus } from '../../../shared/status.ts';
import type { ExtensionState } from '../../state.ts';
import { currentAccount, ownSession, vaultMessage } from '../account-view.ts';
import { type Message, message } from '../message.ts';
import { troubleOf } from '../trouble.ts';
import { jobViews } from './jobs.ts';
import { type Action, line, panel, type PanelView, showClients, sync } from './panel.ts';
import { failedView, troubleView } from './trouble.ts';
import { ownStateView, readyView } from './own-state.ts';

/** The link is up, the person agreed and claude.ai is allowed: now the session itself decides. */
export function sessionView(state: ExtensionState, nowMs: number): PanelView {
  const session = ownSession(state);
  if (state.sync.kind === 'running') return syncingView(state, nowMs);
  if (state.signedIn === 'no') return ownStateView(session === null ? 'not-signed-in' : 'signed-out', state, nowMs);
  if (state.sync.kind === 'failed' && !isMended(state.sync.code)) return failedView(state, state.sync, nowMs);
  if (session === null) return readyView(state);
  if (session.state === 'expired') return ownStateView('expired', state, nowMs);
  if (session.state === 'signed-out') return ownStateView('signed-out', state, nowMs);
  if (session.trouble !== null && !isMended(session.trouble.code)) return troubleView(state, session.trouble, nowMs);
  return syncedView(state, session, nowMs);
}

/** A permission that was missing then is there by now, or this would not be asked; the browser may have given it back. */
function isMended(code: string): boolean {
  return troubleOf(code) === 'permission';
}

function syncingView(state: ExtensionState, nowMs: number): PanelView {
  const syncing: Action = { does: 'sync', label: message('actionSyncing') };
  return panel('syncing', line('statusSyncing', 'ok'), syncing, {
    title: message('syncingTitle'),
    paragraphs: [message('syncingMeaning')],
    account: currentAccount(state, nowMs),
  });
}

function syncedView(state: ExtensionState, session: SessionStatus, nowMs: number): PanelView {
  return panel('synced', line('statusConnected', 'ok'), sync, {
    secondary: showClients,
    account: currentAccount(state, nowMs),
    shared: sharedMessage(state, session),
    jobs: jobViews(state.jobs),
  });
}

function sharedMessage({ companion }: ExtensionState, session: SessionStatus): Message | null {
  if (session.restsIn === 'browser') return message('sharedBrowser');
  return companion === null ? null : message('sharedVault', vaultMessage(companion));
}
