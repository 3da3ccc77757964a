/** The pages of an authorization server: plain, but with the buttons that a person would look for. */
import type { Call } from '../server/call.ts';
import { sendBody } from '../server/send.ts';

/** Thrown where the person is to be told, and not the program: nobody is sent back to an address that was not proved. */
export class PageRefusal extends Error {
  override readonly name = 'PageRefusal';
}

export interface Consent {
  readonly provider: string;
  readonly application: string;
  readonly person: string;
  readonly scopes: readonly string[];
  /** One use. */
  readonly ticket: string;
}

export function sendConsentPage(call: Call, consent: Consent): Promise<void> | void {
  const scopes = consent.scopes.map((scope) => `<li>${escapeHtml(scope)}</li>`).join('');
  return sendPage(
    call,
    200,
    `Authorize | ${consent.provider}`,
    `<h1><span data-testid="application">${escapeHtml(consent.application)}</span> would like to connect</h1>
<p>Signed in as <span data-testid="person">${escapeHtml(consent.person)}</span></p>
<ul data-testid="scopes">${scopes}</ul>
<form method="post" action="/oauth/authorize">
<input type="hidden" name="ticket" value="${consent.ticket}">
<button name="decision" value="allow" data-testid="allow">Authorize</button>
<button name="decision" value="deny" data-testid="deny">Decline</button>
</form>`,
  );
}

/** Where the manual way ends: the person copies one string. */
export function sendCodePage(call: Call, code: string, state: string): Promise<void> | void {
  return sendPage(
    call,
    200,
    'Authentication code',
    `<h1>Paste this into your application</h1><p><code data-testid="code">${escapeHtml(`${code}#${state}`)}</code></p>`,
  );
}

/** A page that leaves by itself. */
export function sendLeavingPage(call: Call, to: string): Promise<void> | void {
  const target = JSON.stringify(to).replaceAll('<', '\\u003c');
  return sendPage(call, 200, 'Redirecting', `<p>Redirecting ...</p><script>location.replace(${target});</script>`);
}

export function sendErrorPage(call: Call, status: number, text: string): Promise<void> | void {
  return sendPage(
    call,
    status,
    'Authorization failed',
    `<h1>Authorization failed</h1><p data-testid="error">${escapeHtml(text)}</p>`,
  );
}

function sendPage(call: Call, status: number, title: string, body: string): Promise<void> | void {
  return sendBody(
    call,
    status,
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head><body>${body}</body></html>`,
    { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
  );
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
