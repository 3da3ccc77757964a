/** The ends that a login can come to without its provider's doing. */
import type { LoginProviderId } from '../../../shared/credential.ts';
import { errorFacts } from '../../../shared/error-code.ts';
import { signInCommand, signInRemedy } from '../../../shared/sign-in.ts';
import { CompanionError } from '../../base/error.ts';
import type { OAuthCancel } from './login-desk-contract.ts';

/** The same, with the command of its provider where the remedy is the table's, which knows of no provider. */
export function aimedAt(provider: LoginProviderId, error: CompanionError): CompanionError {
  const { code, message, details, cause } = error;
  const remedy = signInRemedy(code, provider);
  if (remedy === undefined || error.remedy !== errorFacts(code).remedy) return error;
  return new CompanionError(code, message, { details, remedy, cause });
}

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

export function cancelledByBrowser(reason: OAuthCancel['reason'], provider: LoginProviderId): CompanionError {
  switch (reason) {
    case 'person':
      return new CompanionError('LOGIN_CANCELLED', 'The login was cancelled in the browser.');
    case 'tab-closed':
      return new CompanionError('LOGIN_CANCELLED', "The provider's page was closed before the login was through.");
    case 'refused':
      return new CompanionError('LOGIN_CANCELLED', "The extension may not open the provider's page.", {
        remedy: `Allow it in the extension, or begin again with \`${signInCommand(provider)} --manual\`.`,
      });
  }
}
