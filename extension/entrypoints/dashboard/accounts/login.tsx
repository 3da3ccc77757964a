import type { ComponentChildren } from 'preact';
import type { LoginStatus } from '../../../../shared/status.ts';
import { isRedirectLogin } from '../../../../shared/login-name.ts';
import { text } from '../../../text.ts';
import { AccountCard } from '../../../ui/account-card.tsx';
import { CommandLine } from '../../../ui/command-line.tsx';
import { ConfirmButton } from '../../../ui/confirm-button.tsx';
import { cleanLabel } from '../../../ui/label.ts';
import { LoginProblem } from '../../../ui/login-problem.tsx';
import { loginTrouble } from '../../../ui/login-trouble.ts';
import {
  adoptCommand,
  loginAccount,
  loginKind,
  type LoginView,
  loginView,
  providerName,
  signInHash,
} from '../../../ui/login-view.ts';
import { message } from '../../../ui/message.ts';
import { useLoginStep } from '../../../ui/use-login-step.ts';
import { useTell } from '../../../ui/words.tsx';
import { useDesk } from '../data/use-question.ts';

export interface LoginProps {
  readonly login: LoginStatus;
  readonly nowMs: number;
  /** The person turned it off here. */
  readonly isOff: boolean;
  readonly children?: ComponentChildren;
}

/** How it stands, and that the person turned it off. */
export function standingOfLogin(login: LoginStatus, isOff: boolean): Pick<LoginView, 'word' | 'tone'> {
  return isOff && login.state !== 'off' ? { word: 'authOff', tone: 'off' } : loginView(login);
}

/** One login: who, how it stands, where it rests, and what can be done about it. */
export function Login({ login, nowMs, isOff, children }: LoginProps) {
  const tell = useTell();
  const { isLive } = useDesk();
  const { word, tone } = standingOfLogin(login, isOff);
  const { trouble } = login;
  const standing = trouble === null || login.state === 'off' ? null : loginTrouble(trouble, login.provider);
  return (
    <AccountCard account={loginAccount(login, nowMs)}>
      <LoginProblem trouble={standing} tone="warn" />
      {login.state === 'off' && <p>{text('loginOffMeaning')}</p>}
      <p class="login-place">{tell(message('loginRestsIn', cleanLabel(login.location, 200)))}</p>
      <div class="card-foot">
        <span class={`status ${tone}`}>{text(word)}</span>
        <span>{tell(loginKind(login))}</span>
      </div>
      {isLive && <Actions login={login} />}
      <Adoption login={login} />
      {children}
    </AccountCard>
  );
}

function Actions({ login }: { readonly login: LoginStatus }) {
  const tell = useTell();
  const { background } = useDesk();
  const step = useLoginStep(login.provider);
  const { id } = login;
  const mayRenew = login.isRefreshable && (login.state === 'usable' || login.state === 'expired');
  // One that is shared with Codex was made here or there; the companion knows, and says so.
  const maySignOut = (login.owner === 'companion' || login.owner === 'codex') && login.state !== 'off';
  const isLost = login.state === 'dead' && maySignOut;
  if (!mayRenew && !maySignOut) return null;
  const question =
    login.owner === 'codex'
      ? text('loginSignOutOfCodexQuestion')
      : tell(message('loginSignOutQuestion', providerName(login.provider)));
  const signOut = () => step.run(() => background.ask('remove-login', { id }));
  return (
    <>
      <LoginProblem trouble={step.trouble} />
      <div class="row">
        {isLost && isRedirectLogin(login.provider) && (
          <a class="button" data-testid="login-again" href={signInHash(login.provider)}>
            {text('actionSignInAgain')}
          </a>
        )}
        {mayRenew && (
          <button
            type="button"
            class="button quiet"
            data-testid="login-renew"
            aria-disabled={step.isRunning}
            onClick={() => void step.run(() => background.ask('refresh-login', { id }))}
          >
            {text(step.isRunning ? 'actionRenewing' : 'actionRenew')}
          </button>
        )}
        {maySignOut && (
          <ConfirmButton label={text('actionSignOut')} question={question} testId="login-remove" onConfirm={signOut} />
        )}
      </div>
    </>
  );
}

/** Another program's login is turned on and off where the person is told what it means: in a terminal. */
function Adoption({ login }: { readonly login: LoginStatus }) {
  const command = adoptCommand(login);
  if (command === null) return null;
  return (
    <>
      <p>{text(login.state === 'off' ? 'loginTurnOn' : 'loginTurnOff')}</p>
      <CommandLine command={command} />
    </>
  );
}
