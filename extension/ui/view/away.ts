/** What the popup shows while there is no link: why, what that means, and what brings it back. Pure. */
import type { ExtensionState, LinkState } from '../../state.ts';
import { lastKnownAccount } from '../account-view.ts';
import { type Message, message } from '../message.ts';
import { type Action, line, openOwn, pairAgain, panel, type PanelView, tryNow } from './panel.ts';

/** The port that the companion listens on unless told otherwise. */
const DEFAULT_PORT = 8000;

export type Away = Exclude<LinkState, { kind: 'online' | 'unpaired' }>;

export function awayView(state: ExtensionState, link: Away, nowMs: number): PanelView {
  switch (link.kind) {
    case 'connecting':
      return panel('connecting', line('statusConnecting', 'off'), tryNow, {
        title: message('connectingTitle'),
        paragraphs: [message('connectingMeaning')],
        account: lastKnownAccount(state, nowMs),
      });
    case 'offline':
      return link.wasEverOnline ? offlineView(state, link, nowMs) : missingView(state, link, nowMs);
    case 'impostor':
      return impostorView(state);
    case 'forgotten':
      return panel('forgotten', line('statusPairingEnded', 'bad'), pairAgain, {
        title: message('forgottenTitle'),
        paragraphs: [message('forgottenMeaning')],
      });
    case 'version':
      return link.update === 'companion' ? oldCompanionView() : oldExtensionView();
  }
}

type Offline = Extract<LinkState, { kind: 'offline' }>;

function offlineView(state: ExtensionState, link: Offline, nowMs: number): PanelView {
  return panel('offline', line('statusOffline', 'bad'), tryNow, {
    title: message('offlineTitle'),
    paragraphs: [message('offlineMeaning'), searchingMessage(state, link, nowMs)],
    command: 'companion start',
    account: lastKnownAccount(state, nowMs),
  });
}

function missingView(state: ExtensionState, link: Offline, nowMs: number): PanelView {
  return panel('companion-missing', line('statusOffline', 'bad'), tryNow, {
    title: message('missingTitle'),
    paragraphs: [message('missingMeaning'), searchingMessage(state, link, nowMs)],
    command: 'companion start',
    secondary: openOwn('install', 'actionNotInstalled'),
  });
}

function searchingMessage({ pair }: ExtensionState, { nextTryAtMs }: Offline, nowMs: number): Message {
  const port = portText(pair);
  if (nextTryAtMs === null) return message('offlineSearching', port);
  const seconds = Math.max(0, Math.ceil((nextTryAtMs - nowMs) / 1_000));
  return message('offlineNextTry', port, String(seconds));
}

function impostorView({ pair }: ExtensionState): PanelView {
  return panel('impostor', line('statusStopped', 'bad'), pairAgain, {
    title: message('impostorTitle'),
    paragraphs: [message('impostorMeaning', portText(pair))],
    emphasis: message('nothingSent'),
    secondary: openOwn('not-your-companion', 'actionFindOutWhy'),
  });
}

function oldCompanionView(): PanelView {
  const retry: Action = { does: 'try-now', label: message('actionTryAgain') };
  return panel('version-companion', line('statusUpdateNeeded', 'bad'), retry, {
    title: message('updateCompanionTitle'),
    paragraphs: [message('updateCompanionMeaning')],
    secondary: openOwn('update', 'actionHowToUpdate'),
  });
}

function oldExtensionView(): PanelView {
  return panel('version-extension', line('statusUpdateNeeded', 'bad'), openOwn('update', 'actionHowToUpdate'), {
    title: message('updateExtensionTitle'),
    paragraphs: [message('updateExtensionMeaning')],
  });
}

function portText(pair: ExtensionState['pair']): string {
  return String(pair?.port ?? DEFAULT_PORT);
}
