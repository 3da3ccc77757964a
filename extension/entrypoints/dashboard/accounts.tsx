import type { CompanionStatus, SessionStatus } from '../../../shared/status.ts';
import { text, type TextKey } from '../../text.ts';
import { AccountCard } from '../../ui/account-card.tsx';
import { accountView } from '../../ui/account-view.ts';
import type { Background } from '../../ui/background.ts';
import { isOwnState, troubleOf, troubleWords } from '../../ui/trouble.ts';
import { type Tone } from '../../ui/view/panel.ts';
import { useTell } from '../../ui/words.tsx';
import { Keys } from './keys.tsx';
import { Login } from './login.tsx';
import { SignIn } from './sign-in.tsx';

export interface AccountsProps {
  readonly background: Background;
  readonly companion: CompanionStatus;
  readonly isLive: boolean;
  readonly nowMs: number;
}

export function Accounts({ background, companion, isLive, nowMs }: AccountsProps) {
  const logins = companion.logins ?? [];
  const isEmpty = companion.sessions.length === 0 && logins.length === 0;
  return (
    <section class="section" aria-labelledby="accounts-title">
      <h2 id="accounts-title">{text('accountsSection')}</h2>
      {isEmpty && <p>{text('accountsEmpty')}</p>}
      <div class="cards">
        {companion.sessions.map((session) => (
          <Account key={session.id} session={session} nowMs={nowMs} />
        ))}
        {logins.map((login) => (
          <Login key={login.id} login={login} background={background} isLive={isLive} nowMs={nowMs} />
        ))}
        <Keys companion={companion} />
      </div>
      {isLive && <SignIn background={background} companion={companion} />}
    </section>
  );
}

function Account({ session, nowMs }: { readonly session: SessionStatus; readonly nowMs: number }) {
  const tell = useTell();
  const standing = standingOf(session);
  const trouble = session.trouble === null ? null : troubleOf(session.trouble.code);
  const place = text(session.restsIn === 'vault' ? 'restsInVaultShort' : 'restsInBrowserShort');
  return (
    <AccountCard account={accountView(session, nowMs, null)}>
      {trouble !== null && !isOwnState(trouble) && (
        <p class="note warn">
          <strong>{tell(troubleWords(trouble).title)}.</strong> {tell(troubleWords(trouble).body)}
        </p>
      )}
      <div class="card-foot">
        <span class={`status ${standing.tone}`}>{text(standing.word)}</span>
        <span>{text('sessionKindShort', place)}</span>
      </div>
    </AccountCard>
  );
}

function standingOf(session: SessionStatus): { readonly word: TextKey; readonly tone: Tone } {
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
