import { useState } from 'preact/hooks';
import type { Choices, ExtensionState } from '../../state.ts';
import { text } from '../../text.ts';
import { AgreedButton } from '../../ui/agreed-button.tsx';
import type { Background } from '../../ui/background.ts';
import { Choice } from '../../ui/choice.tsx';
import { syncFromClick } from '../../ui/steps.ts';
import { StoreSelect } from '../../ui/store-select.tsx';
import { useStep } from '../../ui/use-step.ts';
import type { ConsentView } from '../../ui/view/popup-view.ts';
import { useTell } from '../../ui/words.tsx';
import { Heading } from './heading.tsx';

export interface ConsentProps {
  readonly background: Background;
  readonly state: ExtensionState;
  readonly view: ConsentView;
}

/** Nothing has been read when this shows, and nothing is until the box is ticked and the button is clicked. */
export function Consent({ background, state, view }: ConsentProps) {
  const tell = useTell();
  const [hasAgreed, setAgreed] = useState(false);
  const [keepsHere, setKeepsHere] = useState(state.choices.restsIn === 'browser');
  const [store, setStore] = useState(state.choices.store);
  const step = useStep();

  function agreeAndSync() {
    const restsIn = keepsHere ? 'browser' : 'vault';
    const choices: Partial<Choices> = { consentedAtMs: Date.now(), restsIn, store };
    step.run(() => syncFromClick(background, state, choices));
  }

  return (
    <>
      {view.fingerprint !== null && <p class="note good">{text('pairedAs', view.fingerprint)}</p>}
      <Heading title={text('consentTitle')} />
      <p>{text(keepsHere ? 'consentBrowser' : 'consentVault')}</p>
      <div class="consent">
        <Choice
          type="checkbox"
          testId="consent"
          label={text('consentAgree')}
          isChecked={hasAgreed}
          onChange={setAgreed}
        />
        <a class="indented" href="/options.html#session" target="_blank">
          {text('actionWhatIsRead')}
        </a>
        <Choice
          type="checkbox"
          testId="rests-in-browser"
          label={text('consentKeepHere')}
          isChecked={keepsHere}
          onChange={setKeepsHere}
        />
      </div>
      <StoreSelect stores={state.stores} chosen={store} onChoose={setStore} />
      {step.problem !== null && (
        <p class="problem" role="alert">
          {step.problem}
        </p>
      )}
      <AgreedButton
        testId="sync"
        label={tell(view.primary.label)}
        hasAgreed={hasAgreed}
        needed={text('consentNeeded')}
        isRunning={step.isRunning}
        onClick={agreeAndSync}
      />
    </>
  );
}
