import type { RedirectLoginProviderId } from '../../../shared/credential.ts';
import type { CompanionStatus } from '../../../shared/status.ts';
import { LoginList } from '../../ui/login-list.tsx';
import { LoginOffers } from '../../ui/login-offers.tsx';
import { offeredLogins, usedLogins } from '../../ui/login-view.ts';

export interface LoginsProps {
  readonly companion: CompanionStatus;
  readonly onChoose: (provider: RedirectLoginProviderId) => void;
}

/** The logins that serve beside the session, and the way to those that are missing; everything else is in the dashboard. */
export function Logins({ companion, onChoose }: LoginsProps) {
  if (companion.logins === undefined) return null;
  return (
    <div class="popup-logins">
      <LoginList logins={usedLogins(companion)} />
      <LoginOffers providers={offeredLogins(companion)} look="plain" onChoose={onChoose} />
    </div>
  );
}
