import { type ComponentChildren } from 'preact';
import { useContext, useEffect, useLayoutEffect, useMemo, useState } from 'preact/hooks';
import type { CompanionStatus } from '../../../shared/status.ts';
import type { ExtensionState } from '../../state.ts';
import { text } from '../../text.ts';
import type { Background } from '../../ui/background.ts';
import { cleanLabel } from '../../ui/label.ts';
import { LoginCard } from '../../ui/login-card.tsx';
import { waitingLogin } from '../../ui/login-view.ts';
import { message } from '../../ui/message.ts';
import { PageFrame } from '../../ui/page-frame.tsx';
import { lastsMessage } from '../../ui/time.ts';
import { Waiting } from '../../ui/waiting.tsx';
import { NowContext, useTell } from '../../ui/words.tsx';
import { Accounts } from './accounts/accounts.tsx';
import { type Place, placeOf } from './data/route.ts';
import { createQuestions, DeskContext } from './data/use-question.ts';
import { ClientKeys } from './keys/client-keys.tsx';
import { NoticeList } from './notice-list.tsx';
import { Overview } from './overview/overview.tsx';
import { Requests } from './requests/requests.tsx';
import { Settings } from './settings/settings.tsx';
import { sectionWord, Tabs } from './tabs.tsx';

/** Everything that the companion knows, one section at a time. */
export function Dashboard({ background }: { readonly background: Background }) {
  const state = background.state.value;
  const place = usePlace();
  const questions = useMemo(() => createQuestions(background), [background]);
  const isLive = state?.link.kind === 'online';
  const desk = useMemo(() => ({ background, questions, isLive }), [background, questions, isLive]);
  useLayoutEffect(() => scrollTo(0, 0), [place.section]);
  useEffect(() => {
    document.title = `${sectionWord(place.section)} · ${text('dashboardTitle')} · ${text('productName')}`;
  }, [place.section]);
  const companion = state?.companion ?? null;
  return (
    <DeskContext.Provider value={desk}>
      <PageFrame
        background={background}
        page="dashboard"
        tabs={<Tabs current={place.section} />}
        line={companion !== null && isLive && <Address companion={companion} />}
      >
        <main class="page-main">
          {state === null && (
            <section class="panel">
              <Waiting />
            </section>
          )}
          {state !== null && companion === null && <Nothing />}
          {state !== null && companion !== null && (
            <Known background={background} state={state} companion={companion}>
              <SectionBody state={state} companion={companion} place={place} />
            </Known>
          )}
        </main>
      </PageFrame>
    </DeskContext.Provider>
  );
}

interface KnownProps {
  readonly background: Background;
  readonly state: ExtensionState;
  readonly companion: CompanionStatus;
  readonly children: ComponentChildren;
}

/** What stands above every section: that it is old, and a sign-in that waits for the person. */
function Known({ background, state, companion, children }: KnownProps) {
  const tell = useTell();
  const attempt = waitingLogin(state);
  return (
    <>
      {state.link.kind !== 'online' && (
        <p class="note warn">{tell(message('dashboardAsOf', { agoFromMs: companion.atMs }))}</p>
      )}
      <NoticeList />
      {attempt !== null && (
        <div class="panel">
          <LoginCard attempt={attempt} background={background} />
        </div>
      )}
      {children}
    </>
  );
}

interface SectionBodyProps {
  readonly state: ExtensionState;
  readonly companion: CompanionStatus;
  readonly place: Place;
}

function SectionBody({ state, companion, place }: SectionBodyProps) {
  const now = useContext(NowContext);
  switch (place.section) {
    case 'overview':
      return <Overview companion={companion} period={place.period} nowMs={now.value} />;
    case 'requests':
      return <Requests place={place} />;
    case 'accounts':
      return <Accounts companion={companion} ownSeatId={state.pair?.seatId ?? null} nowMs={now.value} />;
    case 'keys':
      return <ClientKeys companion={companion} />;
    case 'settings':
      return <Settings companion={companion} />;
  }
}

/** `127.0.0.1:8000 · up 3 h` */
function Address({ companion }: { readonly companion: CompanionStatus }) {
  const tell = useTell();
  const now = useContext(NowContext);
  const host = cleanLabel(companion.url.replace(/^https?:\/\//, ''), 60);
  return (
    <span class="address">{tell(message('addressUp', host, lastsMessage(now.value - companion.startedAtMs)))}</span>
  );
}

function Nothing() {
  return (
    <section class="panel">
      <p>{text('dashboardNothing')}</p>
      <a class="button" href="/options.html#pair">
        {text('actionOpenSettings')}
      </a>
    </section>
  );
}

function usePlace(): Place {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const follow = (): void => setHash(location.hash);
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return useMemo(() => placeOf(hash), [hash]);
}
