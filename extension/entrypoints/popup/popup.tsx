import { useContext, useState } from 'preact/hooks';
import type { ExtensionState } from '../../state.ts';
import { text } from '../../text.ts';
import type { Background } from '../../ui/background.ts';
import { StatusLine } from '../../ui/status-line.tsx';
import { type PopupView, popupView } from '../../ui/view/popup-view.ts';
import { NowContext } from '../../ui/words.tsx';
import { Clients } from './clients.tsx';
import { Consent } from './consent.tsx';
import { Footer } from './footer.tsx';
import { Pair } from './pair.tsx';
import { Panel } from './panel.tsx';

/** What the person opened over the state's own view, until they go back. */
type Screen = 'state' | 'pair' | 'clients';

export function Popup({ background }: { readonly background: Background }) {
  const now = useContext(NowContext);
  const [screen, setScreen] = useState<Screen>('state');
  const state = background.state.value;
  const view = popupView(state, now.value);
  return (
    <>
      <header class="top">
        <img src="/icon/48.png" alt="" width={20} height={20} />
        <h1>{text('productName')}</h1>
        <StatusLine line={view.line} state={view.kind} />
      </header>
      <main>
        <Body background={background} state={state} view={view} screen={screen} onScreen={setScreen} />
      </main>
      <Footer state={state} view={view} />
    </>
  );
}

interface BodyProps {
  readonly background: Background;
  readonly state: ExtensionState | null;
  readonly view: PopupView;
  readonly screen: Screen;
  readonly onScreen: (screen: Screen) => void;
}

function Body({ background, state, view, screen, onScreen }: BodyProps) {
  const goBack = () => onScreen('state');
  if (state === null || view.kind === 'loading') return <Waiting />;
  if (view.kind === 'unpaired') return <Pair background={background} goodbye={view.goodbye} onPaired={goBack} />;
  if (screen === 'pair') return <Pair background={background} onPaired={goBack} onBack={goBack} />;
  if (screen === 'clients') return <Clients background={background} onBack={goBack} />;
  if (view.kind === 'consent') return <Consent background={background} state={state} view={view} />;
  return <Panel background={background} state={state} view={view} onScreen={onScreen} />;
}

function Waiting() {
  return (
    <div class="waiting" aria-hidden="true">
      <span />
      <span />
      <span />
    </div>
  );
}
