import type { RedirectLoginProviderId } from '../../shared/credential.ts';
import { providerName } from './login-view.ts';
import { message } from './message.ts';
import { useTell } from './words.tsx';

export interface LoginOffersProps {
  readonly providers: readonly RedirectLoginProviderId[];
  readonly look: 'plain' | 'button quiet';
  readonly onChoose: (provider: RedirectLoginProviderId) => void;
}

/** "Sign in to Claude", "Sign in to ChatGPT": each leads to what is to be read first. */
export function LoginOffers({ providers, look, onChoose }: LoginOffersProps) {
  const tell = useTell();
  if (providers.length === 0) return null;
  return (
    <div class="row login-offers">
      {providers.map((provider) => (
        <button
          key={provider}
          type="button"
          class={look}
          data-testid={provider === 'anthropic' ? 'login-claude' : 'login-chatgpt'}
          onClick={() => onChoose(provider)}
        >
          {tell(message('actionSignInTo', providerName(provider)))}
        </button>
      ))}
    </div>
  );
}
