import type { CompanionStatus, LoginStatus, SessionStatus } from '../../../../shared/status.ts';
import { text } from '../../../text.ts';
import { accountView } from '../../../ui/account-view.ts';
import { loginTrouble } from '../../../ui/login-trouble.ts';
import { loginAccount, loginKind } from '../../../ui/login-view.ts';
import { isOwnState, troubleOf, troubleWords } from '../../../ui/trouble.ts';
import { useTell } from '../../../ui/words.tsx';
import { KeyCards } from '../accounts/key-cards.tsx';
import { LimitBar } from '../accounts/limit-bar.tsx';
import { standingOfLogin } from '../accounts/login.tsx';
import { placeOfSession, standingOfSession } from '../accounts/session-card.tsx';
import { AUTHS_EVERY_MS } from '../accounts/every.ts';
import { type Auth, authsQuestion } from '../data/auths.ts';
import { useQuestion } from '../data/use-question.ts';
import { AccountTile } from './account-tile.tsx';

/** Every account that serves, with how much of it is used. */
export function WhatIsLeft({ companion, nowMs }: { readonly companion: CompanionStatus; readonly nowMs: number }) {
  const { data } = useQuestion(authsQuestion, AUTHS_EVERY_MS);
  const logins = (companion.logins ?? []).filter(({ state }) => state !== 'off');
  const keys = (companion.keys ?? []).reduce((total, { count }) => total + count, 0);
  const isEmpty = companion.sessions.length === 0 && logins.length === 0 && keys === 0;
  const authOf = (id: string) => data?.find((auth) => auth.id === id) ?? null;
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
            <SessionTile key={session.id} session={session} auth={authOf(session.id)} nowMs={nowMs} />
          ))}
          {logins.map((login) => (
            <LoginTile key={login.id} login={login} auth={authOf(login.id)} nowMs={nowMs} />
          ))}
          {keys > 0 && <KeyCards isBrief />}
        </div>
      )}
    </section>
  );
}

interface SessionTileProps {
  readonly session: SessionStatus;
  readonly auth: Auth | null;
  readonly nowMs: number;
}

function SessionTile({ session, auth, nowMs }: SessionTileProps) {
  const tell = useTell();
  const { word, tone } = standingOfSession(session);
  const trouble = session.trouble === null ? null : troubleOf(session.trouble.code);
  return (
    <AccountTile
      account={accountView(session, nowMs, null)}
      word={text(word)}
      tone={tone}
      kind={text('sessionKindShort', placeOfSession(session))}
      trouble={trouble === null || isOwnState(trouble) ? null : tell(troubleWords(trouble).title)}
    >
      {auth !== null && <LimitBar auth={auth} />}
    </AccountTile>
  );
}

interface LoginTileProps {
  readonly login: LoginStatus;
  readonly auth: Auth | null;
  readonly nowMs: number;
}

function LoginTile({ login, auth, nowMs }: LoginTileProps) {
  const tell = useTell();
  const { word, tone } = standingOfLogin(login, auth?.status === 'off');
  return (
    <AccountTile
      account={loginAccount(login, nowMs)}
      word={text(word)}
      tone={tone}
      kind={loginKind(login)}
      trouble={login.trouble === null ? null : tell(loginTrouble(login.trouble, login.provider).title)}
    >
      {auth !== null && <LimitBar auth={auth} />}
    </AccountTile>
  );
}
