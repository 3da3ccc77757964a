/** The parts that every view of the popup is made of, and the panel that most of them are. Pure. */
import { CLAUDE_ORIGIN } from '../../../shared/provider.ts';
import type { ExtensionState } from '../../state.ts';
import type { AccountView } from '../account-view.ts';
import { keysServeMessage } from '../keys-view.ts';
import { type Message, message } from '../message.ts';
import type { JobView } from './jobs.ts';

export type Tone = 'ok' | 'warn' | 'bad' | 'off';

/** A step that a click takes; `open` leads to a page, everything else is asked of the background. */
export type Action =
  | { readonly does: 'pair' | 'sync' | 'allow' | 'try-now' | 'show-pairing' | 'show-clients'; readonly label: Message }
  | { readonly does: 'open'; readonly label: Message; readonly url: string };

export interface StatusLine {
  readonly word: Message;
  readonly tone: Tone;
}

export interface PanelView {
  readonly kind: PanelKind;
  readonly line: StatusLine;
  readonly title: Message | null;
  readonly paragraphs: readonly Message[];
  /** What a person should not miss in the last paragraph. */
  readonly emphasis: Message | null;
  /** What to type in a terminal. */
  readonly command: string | null;
  readonly primary: Action;
  readonly secondary: Action | null;
  readonly account: AccountView | null;
  /** What is shared, and where it rests. */
  readonly shared: Message | null;
  readonly jobs: readonly JobView[];
  readonly details: Details | null;
}

/** The words of others about what went wrong, for the person who wants to know or to report it. */
export interface Details {
  readonly text: string;
  /** Folded away unless they are the only explanation there is. */
  readonly isOpen: boolean;
}

export type PanelKind =
  | 'companion-missing'
  | 'connecting'
  | 'offline'
  | 'impostor'
  | 'forgotten'
  | 'version-companion'
  | 'version-extension'
  | 'no-permission'
  | 'not-signed-in'
  | 'signed-out'
  | 'session-expired'
  | 'ready'
  | 'syncing'
  | 'sync-failed'
  | 'trouble'
  | 'synced';

export const sync: Action = { does: 'sync', label: message('actionSync') };
export const allow: Action = { does: 'allow', label: message('actionAllow') };
export const tryNow: Action = { does: 'try-now', label: message('actionTryNow') };
export const pairAgain: Action = { does: 'show-pairing', label: message('actionPairAgain') };
export const showClients: Action = { does: 'show-clients', label: message('actionClientSettings') };
export const signIn: Action = { does: 'open', label: message('actionSignIn'), url: `${CLAUDE_ORIGIN}/login` };
export const openClaude: Action = { does: 'open', label: message('actionOpenClaude'), url: `${CLAUDE_ORIGIN}/new` };
export const openDashboard: Action = { does: 'open', label: message('actionDashboard'), url: '/dashboard.html' };

/** `paragraphs`, and that API keys serve meanwhile, if they do: a missing session does not mean that nothing works. */
export function withKeys({ companion }: ExtensionState, ...paragraphs: readonly Message[]): readonly Message[] {
  const serve = keysServeMessage(companion);
  return serve === null ? paragraphs : [...paragraphs, serve];
}

/** Leads to a section of our own settings page. */
export function openOwn(
  section: string,
  label: 'actionNotInstalled' | 'actionFindOutWhy' | 'actionHowToUpdate',
): Action {
  return { does: 'open', label: message(label), url: `/options.html#${section}` };
}

export function line(word: Message['key'], tone: Tone): StatusLine {
  return { word: message(word), tone };
}

const emptyPanel = {
  title: null,
  paragraphs: [],
  emphasis: null,
  command: null,
  secondary: null,
  account: null,
  shared: null,
  jobs: [],
  details: null,
} satisfies Partial<PanelView>;

export function panel(kind: PanelKind, status: StatusLine, primary: Action, rest: Partial<PanelView>): PanelView {
  return { ...emptyPanel, ...rest, kind, line: status, primary };
}
