import type { LoginWay } from './login-desk-contract.ts';
import type { LoginProvider } from './login-providers.ts';

export interface AuthorizeRequest {
  readonly way: LoginWay;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly state: string;
}

/** The page on which the person allows the login. */
export function authorizeUrl(provider: LoginProvider, request: AuthorizeRequest): string {
  const url = new URL(provider.authorizeUrl);
  const parameters = {
    ...provider.extraParameters(request.way),
    response_type: 'code',
    client_id: provider.clientId,
    redirect_uri: request.redirectUri,
    scope: provider.scopes.join(' '),
    code_challenge: request.challenge,
    code_challenge_method: 'S256',
    state: request.state,
  };
  // Not `+` for a space, which some authorization servers do not undo.
  url.search = Object.entries(parameters)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
  return url.href;
}
