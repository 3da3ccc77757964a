import type { ExtensionState } from './state.ts';
import type { Message } from './ui/message.ts';
import { popupView } from './ui/view/popup-view.ts';

/** The mark on the toolbar icon. Empty text is no mark. */
export interface Badge {
  readonly text: string;
  readonly colour: string;
  /** The tooltip: the line that heads the popup. */
  readonly title: Message;
}

const red = '#b3261e';
const amber = '#b06000';
const grey = '#6b6b6b';

/**
 * Quiet when all is well, and marked when something waits for the person. Says what the popup says, so that the two never
 * disagree. `null` while the link is being made: whatever is shown stays until there is news.
 */
export function badgeFor(state: ExtensionState, nowMs: number): Badge | null {
  if (state.link.kind === 'connecting') return null;
  const view = popupView(state, nowMs);
  const { word: title, tone } = view.line;
  if (view.kind === 'login' && tone === 'warn') return { text: '1', colour: amber, title };
  // A companion that does not run is no fault: many people start it only when they need it.
  if (state.link.kind === 'offline') return { text: '–', colour: grey, title };
  switch (tone) {
    case 'bad':
      return { text: '!', colour: red, title };
    case 'warn':
      return { text: '!', colour: amber, title };
    case 'ok':
    case 'off':
      return { text: '', colour: grey, title };
  }
}
