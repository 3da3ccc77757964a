import { useState } from 'preact/hooks';
import type { RedirectLoginProviderId } from '../../shared/credential.ts';
import { text } from '../text.ts';
import { AgreedButton } from './agreed-button.tsx';
import type { Background } from './background.ts';
import { Choice } from './choice.tsx';
import { Disclosure } from './disclosure.tsx';
import { LoginProblem } from './login-problem.tsx';
import { useLoginStep } from './use-login-step.ts';

export interface LoginIntroProps {
  readonly provider: RedirectLoginProviderId;
  readonly background: Background;
  readonly onBegun: () => void;
}

/**
 * What is to be read before a login begins, and the click that begins it. What Anthropic's terms say about this login is
 * agreed to in so many words.
 */
export function LoginIntro({ provider, background, onBegun }: LoginIntroProps) {
  const needsAgreement = provider === 'anthropic';
  const [hasAgreed, setAgreed] = useState(!needsAgreement);
  const step = useLoginStep(provider);

  async function begin() {
    if (await step.run(() => background.ask('begin-login', { provider }))) onBegun();
  }

  return (
    <>
      <Disclosure provider={provider} />
      {needsAgreement && (
        <Choice
          type="checkbox"
          testId="login-agree"
          label={text('loginAgree')}
          isChecked={hasAgreed}
          onChange={setAgreed}
        />
      )}
      <LoginProblem trouble={step.trouble} />
      <div class="row">
        <AgreedButton
          testId="login-open"
          label={text(step.isRunning ? 'actionOpeningLogin' : 'actionOpenLogin')}
          hasAgreed={hasAgreed}
          needed={text('loginAgreeNeeded')}
          isRunning={step.isRunning}
          onClick={() => void begin()}
        />
      </div>
    </>
  );
}
