import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { RedirectLoginProviderId } from '../../../../shared/credential.ts';
import type { CompanionStatus } from '../../../../shared/status.ts';
import { text } from '../../../text.ts';
import { LoginIntro } from '../../../ui/login-intro.tsx';
import { LoginOffers } from '../../../ui/login-offers.tsx';
import { loginProviders, offeredLogins, providerName, signInHash } from '../../../ui/login-view.ts';
import { message } from '../../../ui/message.ts';
import { Panel } from '../../../ui/panel.tsx';
import { useTell } from '../../../ui/words.tsx';
import { useDesk } from '../data/use-question.ts';

/** Where "Begin again" leads: `dashboard.html#sign-in-anthropic`. */
function providerOfHash(): RedirectLoginProviderId | null {
  return loginProviders.find((provider) => location.hash === signInHash(provider)) ?? null;
}

export interface SignInProps {
  readonly companion: CompanionStatus;
  /** Other ways to sign in, beside these. */
  readonly children?: ComponentChildren;
}

/** The logins that could be added, and what is to be read before one is. */
export function SignIn({ companion, children }: SignInProps) {
  const tell = useTell();
  const { background } = useDesk();
  const [chosen, setChosen] = useState(providerOfHash);
  useEffect(() => {
    const follow = () => setChosen(providerOfHash());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  useEffect(() => {
    if (chosen !== null) document.getElementById('sign-in')?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  if (companion.logins === undefined) return null;
  if (chosen === null) {
    return (
      <div class="row offers">
        <LoginOffers providers={offeredLogins(companion)} look="button quiet" onChoose={setChosen} />
        {children}
      </div>
    );
  }
  return (
    <Panel id="sign-in" title={tell(message('actionSignInTo', providerName(chosen)))}>
      <LoginIntro key={chosen} provider={chosen} background={background} onBegun={() => setChosen(null)} />
      <button type="button" class="plain" data-testid="login-dismiss" onClick={() => setChosen(null)}>
        {text('actionCancel')}
      </button>
    </Panel>
  );
}
