/** How a login ended, as the browsers and the page at its end tell it. */
import type { LoginOutcome, OAuthResult } from './login-desk-contract.ts';
import type { LoginProvider } from './login-providers.ts';
import type { LoopbackPage } from './loopback-page.ts';
import type { CompanionError } from '../../base/error.ts';

export function resultFrame(loginId: string, outcome: LoginOutcome): OAuthResult {
  if (outcome.state === 'done') {
    return { t: 'oauth.result', loginId, ok: true, account: outcome.login.name.slice(0, 300) };
  }
  const { code, message, remedy } = outcome.error;
  // As long as the frame allows.
  const error = { code, message: message.slice(0, 2000), remedy: remedy.slice(0, 1000) };
  return { t: 'oauth.result', loginId, ok: false, error };
}

export function outcomePage({ name }: LoginProvider, outcome: LoginOutcome): LoopbackPage {
  if (outcome.state === 'failed') return failurePage(outcome.error);
  return {
    status: 200,
    isGood: true,
    title: 'You are signed in',
    paragraphs: [`CCProxy Companion now uses ${outcome.login.name} at ${name}.`, 'You can close this tab.'],
  };
}

/** The login itself still waits. */
export function mismatchPage(error: CompanionError): LoopbackPage {
  const paragraphs = [error.message, 'Nothing was taken over, and the login still waits for the right page.'];
  return { status: 400, isGood: false, title: 'This is not the answer that was waited for', paragraphs };
}

function failurePage(error: CompanionError): LoopbackPage {
  const paragraphs = [error.message, withoutMarks(error.remedy)];
  return { status: 400, isGood: false, title: 'The login did not work', paragraphs };
}

/** Remedies put commands between marks, which a terminal shows and a page does not need. */
function withoutMarks(remedy: string): string {
  return remedy.replaceAll('`', '');
}
