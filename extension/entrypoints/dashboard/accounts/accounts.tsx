import type { CompanionStatus } from '../../../../shared/status.ts';
import { text } from '../../../text.ts';
import { Panel } from '../../../ui/panel.tsx';
import { SeatTable } from '../../../ui/seat-table.tsx';
import { authsQuestion, isApiKey } from '../data/auths.ts';
import { useDesk, useQuestion } from '../data/use-question.ts';
import { AddKey } from './add-key.tsx';
import { AuthActions } from './auth-actions.tsx';
import { DeviceOffers } from './device-offers.tsx';
import { AUTHS_EVERY_MS } from './every.ts';
import { KeyCards } from './key-cards.tsx';
import { KeyCounts } from './key-counts.tsx';
import { LimitBar } from './limit-bar.tsx';
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
  return (
    <>
      <Owned companion={companion} nowMs={nowMs} />
      {isLive && companion.logins !== undefined && (
        <section class="section" aria-labelledby="add-account-title">
          <h2 id="add-account-title">{text('accountsAdd')}</h2>
          <SignIn companion={companion}>
            <DeviceOffers companion={companion} />
          </SignIn>
        </section>
      )}
      <Keys companion={companion} />
      {isLive && <AddKey />}
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

/** Sessions and logins: what belongs to an account of the person. */
function Owned({ companion, nowMs }: Pick<AccountsProps, 'companion' | 'nowMs'>) {
  const { data } = useQuestion(authsQuestion, AUTHS_EVERY_MS);
  const logins = companion.logins ?? [];
  const authOf = (id: string) => data?.find((auth) => auth.id === id);
  return (
    <section class="section" aria-labelledby="accounts-title">
      <h2 id="accounts-title">{text('accountsSection')}</h2>
      {companion.sessions.length === 0 && logins.length === 0 && <p>{text('accountsEmpty')}</p>}
      <div class="cards wide">
        {companion.sessions.map((session) => {
          const auth = authOf(session.id);
          return (
            <SessionCard key={session.id} session={session} nowMs={nowMs}>
              {auth !== undefined && <LimitBar auth={auth} />}
              {auth !== undefined && <AuthActions auth={auth} mayRemove />}
            </SessionCard>
          );
        })}
        {logins.map((login) => {
          const auth = authOf(login.id);
          return (
            <Login key={login.id} login={login} nowMs={nowMs} isOff={auth?.status === 'off'}>
              {auth !== undefined && <LimitBar auth={auth} />}
              {auth !== undefined && login.state !== 'off' && <AuthActions auth={auth} />}
            </Login>
          );
        })}
      </div>
    </section>
  );
}

/** One card for each key; a companion that does not list them tells how many there are. */
function Keys({ companion }: { readonly companion: CompanionStatus }) {
  const { data } = useQuestion(authsQuestion, AUTHS_EVERY_MS);
  const count = (companion.keys ?? []).reduce((total, provider) => total + provider.count, 0);
  if (count === 0 && !(data ?? []).some(isApiKey)) return null;
  return (
    <section class="section" aria-labelledby="api-keys-title">
      <h2 id="api-keys-title">{text('keysTitle')}</h2>
      <div class="cards wide">{data === null ? <KeyCounts companion={companion} /> : <KeyCards />}</div>
    </section>
  );
}
