/** What the popup shows when a sync failed or a session has trouble. Pure. */
import type { ExtensionState, SyncState } from '../../state.ts';
import { currentAccount } from '../account-view.ts';
import { cleanLabel } from '../label.ts';
import { message } from '../message.ts';
import { isOwnState, troubleOf, troubleWords } from '../trouble.ts';
import { jobViews } from './jobs.ts';
import { ownStateView } from './own-state.ts';
import { type Action, openClaude, openDashboard, panel, type PanelView, withKeys } from './panel.ts';

export function failedView(
  state: ExtensionState,
  failure: Extract<SyncState, { kind: 'failed' }>,
  nowMs: number,
): PanelView {
  const trouble = troubleOf(failure.code);
  if (isOwnState(trouble)) return ownStateView(trouble, state, nowMs);
  return troublePanel('sync-failed', state, failure, nowMs);
}

export function troubleView(state: ExtensionState, found: { code: string; message: string }, nowMs: number): PanelView {
  const trouble = troubleOf(found.code);
  if (isOwnState(trouble)) return ownStateView(trouble, state, nowMs);
  return troublePanel('trouble', state, found, nowMs);
}

function troublePanel(
  kind: 'sync-failed' | 'trouble',
  state: ExtensionState,
  found: { code: string; message: string },
  nowMs: number,
): PanelView {
  const trouble = troubleOf(found.code);
  const words = troubleWords(isOwnState(trouble) ? 'fault' : trouble);
  const retry: Action = { does: 'sync', label: message(kind === 'trouble' ? 'actionSync' : 'actionTryAgain') };
  const remedy = { site: openClaude, sync: retry, time: openDashboard }[words.mendedBy];
  return panel(kind, { word: words.status, tone: words.tone }, remedy, {
    title: words.title,
    // What claude.ai alone is to blame for leaves the keys as they are.
    paragraphs: words.mendedBy === 'sync' ? [words.body] : withKeys(state, words.body),
    secondary: remedy === retry ? null : retry,
    account: currentAccount(state, nowMs),
    jobs: jobViews(state.jobs),
    details: { text: detailsText(found), isOpen: trouble === 'refused' },
  });
}

function detailsText(found: { code: string; message: string }): string {
  return [found.code, found.message]
    .map((part) => cleanLabel(part, 500))
    .filter(Boolean)
    .join(': ');
}
