import type { RedirectLoginProviderId } from '../../../shared/credential.ts';
import type { Background } from '../../ui/background.ts';
import { LoginIntro } from '../../ui/login-intro.tsx';
import { providerName } from '../../ui/login-view.ts';
import { message } from '../../ui/message.ts';
import { useTell } from '../../ui/words.tsx';
import { Heading } from './heading.tsx';

export interface LoginProps {
  readonly provider: RedirectLoginProviderId;
  readonly background: Background;
  readonly onBack: () => void;
}

/** What is to be read before a login that the person begins here. */
export function Login({ provider, background, onBack }: LoginProps) {
  const tell = useTell();
  return (
    <>
      <Heading title={tell(message('actionSignInTo', providerName(provider)))} onBack={onBack} />
      <LoginIntro provider={provider} background={background} onBegun={onBack} />
    </>
  );
}
