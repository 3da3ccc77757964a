/** States in which a step of the person is missing: to allow, to sign in, to sync. API keys may serve all the while. Pure. */
import type { ExtensionState } from '../../state.ts';
import { endedAccount } from '../account-view.ts';
import { keysServeMessage } from '../keys-view.ts';
import { message } from '../message.ts';
import type { OwnState } from '../trouble.ts';
import { allow, line, panel, type PanelView, showClients, signIn, sync, withKeys } from './panel.ts';

export function ownStateView(own: OwnState, state: ExtensionState, nowMs: number): PanelView {
  switch (own) {
    case 'permission':
      return panel('no-permission', line('statusPermissionNeeded', 'warn'), allow, {
        title: message('permissionTitle'),
        paragraphs: withKeys(state, message('permissionMeaning')),
      });
    case 'not-signed-in':
      return notSignedInView(state);
    case 'signed-out':
      return signedOutView(state);
    case 'expired':
      return expiredView(state, nowMs);
    case 'consent':
      return readyView(state);
  }
}

function notSignedInView(state: ExtensionState): PanelView {
  const meaning = state.choices.keepsSynced ? 'notSignedInMeaningAutomatic' : 'notSignedInMeaning';
  return panel('not-signed-in', line('statusSignedOut', 'warn'), signIn, {
    title: message('notSignedInTitle'),
    paragraphs: withKeys(state, message(meaning)),
    secondary: sync,
  });
}

function signedOutView(state: ExtensionState): PanelView {
  const { choices, signedIn } = state;
  const next = choices.keepsSynced ? 'signedOutNextAutomatic' : 'signedOutNext';
  const isBack = signedIn === 'yes';
  return panel('signed-out', line('statusSessionEnded', 'warn'), isBack ? sync : signIn, {
    title: message('signedOutTitle'),
    paragraphs: withKeys(state, message('signedOutMeaning'), message(isBack ? 'expiredNextSync' : next)),
    secondary: isBack ? null : sync,
  });
}

function expiredView(state: ExtensionState, nowMs: number): PanelView {
  const next = state.choices.keepsSynced ? 'signedOutNextAutomatic' : 'signedOutNext';
  const isWorthSyncing = mayHaveFreshSession(state);
  return panel('session-expired', line('statusSessionEnded', 'warn'), isWorthSyncing ? sync : signIn, {
    title: message('expiredTitle'),
    paragraphs: withKeys(state, message('expiredMeaning'), message(isWorthSyncing ? 'expiredNextSync' : next)),
    secondary: isWorthSyncing ? null : sync,
    account: endedAccount(state, nowMs),
  });
}

/** Cookies may be those of the dead session: then, and if fresh ones would have gone out by themselves, syncing is in vain. */
function mayHaveFreshSession({ signedIn, choices, sync: last }: ExtensionState): boolean {
  return signedIn === 'yes' && !choices.keepsSynced && last.kind !== 'failed';
}

export function readyView(state: ExtensionState): PanelView {
  return panel('ready', line('statusConnected', 'ok'), sync, {
    title: message('readyTitle'),
    paragraphs: withKeys(state, message('readyMeaning')),
    secondary: keysServeMessage(state.companion) === null ? null : showClients,
  });
}
