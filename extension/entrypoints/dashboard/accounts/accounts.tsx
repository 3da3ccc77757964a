import type { CompanionStatus } from '../../../../shared/status.ts';
import { text } from '../../../text.ts';
import { Panel } from '../../../ui/panel.tsx';
import { SeatTable } from '../../../ui/seat-table.tsx';
import { useDesk } from '../data/use-question.ts';
import { KeyCounts } from './key-counts.tsx';
import { Login } from './login.tsx';
import { SessionCard } from './session-card.tsx';
import { SignIn } from './sign-in.tsx';

export interface AccountsProps {
  readonly companion: CompanionStatus;
  readonly ownSeatId: string | null;
  readonly nowMs: number;
}

/** Accounts and keys that serve, what can be done with each, and the browsers that are paired. */
export function Accounts({ companion, ownSeatId, nowMs }: AccountsProps) {
  const { isLive } = useDesk();
  const logins = companion.logins ?? [];
  const isEmpty = companion.sessions.length === 0 && logins.length === 0;
  return (
    <>
      <section class="section" aria-labelledby="accounts-title">
        <h2 id="accounts-title">{text('accountsSection')}</h2>
        {isEmpty && <p>{text('accountsEmpty')}</p>}
        <div class="cards">
          {companion.sessions.map((session) => (
            <SessionCard key={session.id} session={session} nowMs={nowMs} />
          ))}
          {logins.map((login) => (
            <Login key={login.id} login={login} nowMs={nowMs} />
          ))}
          <KeyCounts companion={companion} />
        </div>
        {isLive && <SignIn companion={companion} />}
      </section>
      <Panel id="browsers" title={text('seatsSection')}>
        {companion.seats.length === 0 ? (
          <p>{text('seatsEmpty')}</p>
        ) : (
          <SeatTable seats={companion.seats} ownSeatId={ownSeatId} />
        )}
      </Panel>
    </>
  );
}
