import { useContext } from 'preact/hooks';
import type { CompanionStatus } from '../../../shared/status.ts';
import type { ExtensionState } from '../../state.ts';
import { text } from '../../text.ts';
import type { Background } from '../../ui/background.ts';
import { LoginCard } from '../../ui/login-card.tsx';
import { waitingLogin } from '../../ui/login-view.ts';
import { message } from '../../ui/message.ts';
import { PageFrame } from '../../ui/page-frame.tsx';
import { Panel } from '../../ui/panel.tsx';
import { SeatTable } from '../../ui/seat-table.tsx';
import { NowContext, useTell } from '../../ui/words.tsx';
import { Accounts } from './accounts.tsx';
import { CompanionFacts } from './companion-facts.tsx';
import { RunningNow } from './running-now.tsx';

/** Everything that the companion told, as it is now. */
export function Dashboard({ background }: { readonly background: Background }) {
  const state = background.state.value;
  return (
    <PageFrame background={background} page="dashboard">
      <main class="page-main">
        {state === null && <Waiting />}
        {state?.companion === null && <Nothing />}
        {state !== null && state.companion !== null && (
          <Overview background={background} state={state} companion={state.companion} />
        )}
      </main>
    </PageFrame>
  );
}

interface OverviewProps {
  readonly background: Background;
  readonly state: ExtensionState;
  readonly companion: CompanionStatus;
}

function Overview({ background, state, companion }: OverviewProps) {
  const tell = useTell();
  const now = useContext(NowContext);
  const isLive = state.link.kind === 'online';
  const attempt = waitingLogin(state);
  return (
    <>
      {!isLive && <p class="note warn">{tell(message('dashboardAsOf', { agoFromMs: companion.atMs }))}</p>}
      {attempt !== null && (
        <div class="panel">
          <LoginCard attempt={attempt} background={background} />
        </div>
      )}
      <Accounts background={background} companion={companion} isLive={isLive} nowMs={now.value} />
      {isLive && <RunningNow activity={companion.activity} />}
      <div class="columns">
        <Panel id="browsers" title={text('seatsSection')}>
          {companion.seats.length === 0 ? (
            <p>{text('seatsEmpty')}</p>
          ) : (
            <SeatTable seats={companion.seats} ownSeatId={state.pair?.seatId ?? null} />
          )}
        </Panel>
        <CompanionFacts companion={companion} nowMs={isLive ? now.value : companion.atMs} />
      </div>
    </>
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

function Waiting() {
  return (
    <section class="panel">
      <div class="waiting" aria-hidden="true">
        <span />
        <span />
        <span />
      </div>
    </section>
  );
}
