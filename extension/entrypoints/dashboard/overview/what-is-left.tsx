import type { CompanionStatus } from '../../../../shared/status.ts';
import { text } from '../../../text.ts';
import { SessionCard } from '../accounts/session-card.tsx';
import { Login } from '../accounts/login.tsx';
import { KeyCards } from '../accounts/key-cards.tsx';

/** Every account that serves, with how much of it is used. */
export function WhatIsLeft({ companion, nowMs }: { readonly companion: CompanionStatus; readonly nowMs: number }) {
  const logins = (companion.logins ?? []).filter(({ state }) => state !== 'off');
  const keys = (companion.keys ?? []).reduce((total, { count }) => total + count, 0);
  const isEmpty = companion.sessions.length === 0 && logins.length === 0 && keys === 0;
  return (
    <section class="section" aria-labelledby="left-title">
      <div class="section-head">
        <h2 id="left-title">{text('leftSection')}</h2>
        <a href="#accounts">{text('leftManage')}</a>
      </div>
      {isEmpty ? (
        <div class="panel">
          <p>{text('accountsEmpty')}</p>
          <a class="button" href="#accounts">
            {text('accountsAdd')}
          </a>
        </div>
      ) : (
        <div class="cards">
          {companion.sessions.map((session) => (
            <SessionCard key={session.id} session={session} nowMs={nowMs} />
          ))}
          {logins.map((login) => (
            <Login key={login.id} login={login} nowMs={nowMs} isBrief />
          ))}
          {keys > 0 && <KeyCards />}
        </div>
      )}
    </section>
  );
}
