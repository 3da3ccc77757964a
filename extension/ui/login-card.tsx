import type { LoginAttempt } from '../state.ts';
import { text } from '../text.ts';
import type { Background } from './background.ts';
import { Disclosure } from './disclosure.tsx';
import { LoginProblem } from './login-problem.tsx';
import { providerName } from './login-view.ts';
import { message } from './message.ts';
import { useLoginStep } from './use-login-step.ts';
import { useTell } from './words.tsx';

export interface LoginCardProps {
  readonly attempt: LoginAttempt;
  readonly background: Background;
  /** Puts it off; absent where there is room for everything. */
  readonly onLater?: (() => void) | undefined;
}

/** A login that waits for the person: what will happen, and the click without which nothing does. */
export function LoginCard({ attempt, background, onLater }: LoginCardProps) {
  const tell = useTell();
  const step = useLoginStep(attempt.provider);
  const { id, provider, stage, expiresAtMs } = attempt;
  const isOpened = stage === 'opened';
  const name = providerName(provider);
  const open = () => void step.run(() => background.ask('open-login', { id }));
  const cancel = () => void step.run(() => background.ask('cancel-login', { id }).then(() => ({ ok: true as const })));
  return (
    <section class="login-card" data-testid="login-card" data-stage={stage} aria-labelledby="login-card-title">
      <div class="heading">
        <h2 id="login-card-title">{tell(message('loginCardTitle', name))}</h2>
        {onLater !== undefined && (
          <button type="button" class="plain" data-testid="login-later" onClick={onLater}>
            {text('actionLater')}
          </button>
        )}
      </div>
      <p>
        {tell(message(isOpened ? 'loginCardOpened' : 'loginCardOffered', name))}{' '}
        {tell(message('loginCardUntil', { momentMs: expiresAtMs }))}
      </p>
      {!isOpened && <Disclosure provider={provider} />}
      <LoginProblem trouble={step.trouble} />
      <div class="row">
        <button type="button" class="button" data-testid="login-open" aria-disabled={step.isRunning} onClick={open}>
          {text(isOpened ? 'actionShowLogin' : 'actionOpenLogin')}
        </button>
        <button type="button" class="button quiet" data-testid="login-cancel" onClick={cancel}>
          {text('actionCancel')}
        </button>
      </div>
    </section>
  );
}
