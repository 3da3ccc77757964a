import { useContext, useState } from 'preact/hooks';
import type { RedirectLoginProviderId } from '../../../shared/credential.ts';
import type { ExtensionState } from '../../state.ts';
import { text } from '../../text.ts';
import type { Background } from '../../ui/background.ts';
import { StatusLine } from '../../ui/status-line.tsx';
import { LoginCard } from '../../ui/login-card.tsx';
import { type PopupView, popupView, stateView } from '../../ui/view/popup-view.ts';
import { Waiting } from '../../ui/waiting.tsx';
import { NowContext } from '../../ui/words.tsx';
import { Clients } from './clients.tsx';
import { Consent } from './consent.tsx';
import { Footer } from './footer.tsx';
import { Login } from './login.tsx';
import { Logins } from './logins.tsx';
import { Pair } from './pair.tsx';
import { Panel } from './panel.tsx';

/** What the person opened over the state's own view, until they go back. */
type Screen = 'state' | 'pair' | 'clients' | RedirectLoginProviderId;

export function Popup({ background }: { readonly background: Background }) {
  const now = useContext(NowContext);
  const [screen, setScreen] = useState<Screen>('state');
  /** The login that the person puts off until the popup opens again. */
  const [later, setLater] = useState<string | null>(null);
  const state = background.state.value;
  const waiting = popupView(state, now.value);
  const isPutOff = waiting.kind === 'login' && waiting.attempt.id === later;
  const view = isPutOff ? stateView(state, now.value) : waiting;
  return (
    <>
      <header class="top">
        <img src="/icon/48.png" alt="" width={20} height={20} />
        <h1>{text('productName')}</h1>
        <StatusLine line={view.line} state={view.kind} />
      </header>
      <main>
        <Body
          background={background}
          state={state}
          view={view}
          screen={screen}
          onScreen={setScreen}
          onLater={setLater}
        />
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
  readonly onLater: (loginId: string) => void;
}

function Body({ background, state, view, screen, onScreen, onLater }: BodyProps) {
  const goBack = () => onScreen('state');
  if (state === null || view.kind === 'loading') return <Waiting />;
  if (view.kind === 'unpaired') return <Pair background={background} goodbye={view.goodbye} onPaired={goBack} />;
  if (screen === 'pair') return <Pair background={background} onPaired={goBack} onBack={goBack} />;
  if (screen === 'clients') return <Clients background={background} onBack={goBack} />;
  if (view.kind === 'login') {
    const { attempt } = view;
    return <LoginCard attempt={attempt} background={background} onLater={() => onLater(attempt.id)} />;
  }
  const isOnline = state.link.kind === 'online';
  if (isOnline && (screen === 'anthropic' || screen === 'openai')) {
    return <Login background={background} provider={screen} onBack={goBack} />;
  }
  return (
    <>
      {view.kind === 'consent' ? (
        <Consent background={background} state={state} view={view} />
      ) : (
        <Panel background={background} state={state} view={view} onScreen={onScreen} />
      )}
      {isOnline && state.companion !== null && <Logins companion={state.companion} onChoose={onScreen} />}
    </>
  );
}
