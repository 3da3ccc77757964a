import { useEffect, useState } from 'preact/hooks';
import type { ExtensionState } from '../../state.ts';
import { text } from '../../text.ts';
import type { Background } from '../../ui/background.ts';
import { PageFrame } from '../../ui/page-frame.tsx';
import { Panel } from '../../ui/panel.tsx';
import { SeatTable } from '../../ui/seat-table.tsx';
import { About, Help } from './help.tsx';
import { NoticeSection } from './notice-section.tsx';
import { PairingSection } from './pairing-section.tsx';
import { SessionSection } from './session-section.tsx';
import { SiteSection } from './site-section.tsx';
import { TransportSection } from './transport-section.tsx';
import { Welcome } from './welcome.tsx';

/** Settings; also the first page after the install (`#welcome`) and the one that a pairing link leads to (`#pair`). */
export function Options({ background }: { readonly background: Background }) {
  const state = background.state.value;
  const section = useSection(state !== null);
  return (
    <PageFrame background={background} page="options">
      <main class="page-main">
        {state === null ? <Waiting /> : <Sections background={background} state={state} section={section} />}
      </main>
    </PageFrame>
  );
}

interface SectionsProps {
  readonly background: Background;
  readonly state: ExtensionState;
  readonly section: string;
}

function Sections({ background, state, section }: SectionsProps) {
  return section === 'welcome' ? (
    <>
      <Welcome state={state} />
      <PairingSection background={background} state={state} />
      <Help />
    </>
  ) : (
    <>
      <PairingSection background={background} state={state} />
      <SessionSection background={background} state={state} />
      <TransportSection background={background} state={state} />
      <SiteSection state={state} />
      <NoticeSection />
      <SeatSection state={state} />
      <Help />
      <About state={state} />
    </>
  );
}

function SeatSection({ state }: { readonly state: ExtensionState }) {
  const seats = state.companion?.seats;
  return (
    <Panel id="browsers" title={text('seatsSection')}>
      {seats === undefined && <p>{text('seatsUnknown')}</p>}
      {seats?.length === 0 && <p>{text('seatsEmpty')}</p>}
      {seats !== undefined && seats.length > 0 && (
        <>
          <SeatTable seats={seats} ownSeatId={state.pair?.seatId ?? null} />
          <p>{text('seatsHint')}</p>
        </>
      )}
    </Panel>
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

/** The part of the address after `#`. Once the sections are there, the one it names is brought into sight. */
function useSection(areSectionsShown: boolean): string {
  const [section, setSection] = useState(location.hash.slice(1));

  useEffect(() => {
    const follow = () => setSection(location.hash.slice(1));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);

  useEffect(() => {
    if (areSectionsShown && section !== '') document.getElementById(section)?.scrollIntoView();
  }, [areSectionsShown, section]);

  return section;
}
