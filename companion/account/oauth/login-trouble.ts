/** The ends that a login can come to without its provider's doing. */
import { CompanionError } from '../../base/error.ts';
import type { OAuthCancel } from './login-desk-contract.ts';

export function noBrowser(): CompanionError {
  return new CompanionError('SEAT_OFFLINE', 'No paired browser is online that could finish the login.', {
    remedy: 'Open a paired browser, or leave the choice out: a listener here, or `--manual`, does it too.',
  });
}

export function timedOut(providerName: string): CompanionError {
  return new CompanionError('LOGIN_TIMED_OUT', `Nobody finished the login at ${providerName} within ten minutes.`);
}

export function notWaiting(): CompanionError {
  return new CompanionError('LOGIN_MISMATCH', 'No login that this answer belongs to waits here.');
}

/** A browser's answer to a login that nobody here knows: it was offered by a companion that ran before this one. */
export function beforeRestart(): CompanionError {
  return new CompanionError('LOGIN_CANCELLED', 'The companion was started anew before the login was through.');
}

export function cancelledByBrowser(reason: OAuthCancel['reason']): CompanionError {
  switch (reason) {
    case 'person':
      return new CompanionError('LOGIN_CANCELLED', 'The login was cancelled in the browser.');
    case 'tab-closed':
      return new CompanionError('LOGIN_CANCELLED', "The provider's page was closed before the login was through.");
    case 'refused':
      return new CompanionError('LOGIN_CANCELLED', "The extension may not open the provider's page.", {
        remedy: 'Allow it in the extension, or begin again with `companion auth login --manual`.',
      });
  }
}
