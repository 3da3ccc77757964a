import type { ComponentChildren } from 'preact';
import type { SessionStatus } from '../../../../shared/status.ts';
import { text, type TextKey } from '../../../text.ts';
import { AccountCard } from '../../../ui/account-card.tsx';
import { accountView } from '../../../ui/account-view.ts';
import { isOwnState, troubleOf, troubleWords } from '../../../ui/trouble.ts';
import type { Tone } from '../../../ui/view/panel.ts';
import { useTell } from '../../../ui/words.tsx';

export interface SessionCardProps {
  readonly session: SessionStatus;
  readonly nowMs: number;
  /** What can be done with it, at the foot of the card. */
  readonly children?: ComponentChildren;
}

/** A session of claude.ai: who, what is left, and how it stands. */
export function SessionCard({ session, nowMs, children }: SessionCardProps) {
  const tell = useTell();
  const standing = standingOfSession(session);
  const trouble = session.trouble === null ? null : troubleOf(session.trouble.code);
  return (
    <AccountCard account={accountView(session, nowMs, null)}>
      {trouble !== null && !isOwnState(trouble) && (
        <p class="note warn">
          <strong>{tell(troubleWords(trouble).title)}.</strong> {tell(troubleWords(trouble).body)}
        </p>
      )}
      <div class="card-foot">
        <span class={`status ${standing.tone}`}>{text(standing.word)}</span>
        <span>{text('sessionKindShort', placeOfSession(session))}</span>
      </div>
      {children}
    </AccountCard>
  );
}

export function standingOfSession(session: SessionStatus): { readonly word: TextKey; readonly tone: Tone } {
  if (session.isOff === true) return { word: 'authOff', tone: 'off' };
  switch (session.state) {
    case 'active':
      if (session.trouble !== null) return { word: 'statusNeedsAttention', tone: 'warn' };
      return { word: session.isDefault ? 'sessionServing' : 'sessionActive', tone: 'ok' };
    case 'unchecked':
      return { word: 'sessionUnchecked', tone: 'off' };
    case 'expired':
      return { word: 'sessionExpired', tone: 'warn' };
    case 'signed-out':
      return { word: 'sessionSignedOut', tone: 'warn' };
  }
}

/** Where it is kept, for the middle of a sentence. */
export function placeOfSession({ restsIn }: SessionStatus): string {
  return text(restsIn === 'vault' ? 'restsInVaultShort' : 'restsInBrowserShort');
}
