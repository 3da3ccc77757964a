import type { LoginWay } from './login-desk-contract.ts';
import { loopbackRedirect } from './login-providers.ts';
import type { LoginProvider } from './login-providers.ts';
import { findFreePort, preferFreePort } from './loopback-port.ts';

/** Where the provider sends the person back to when no listener is opened for it. */
export async function redirectFor({ redirect }: LoginProvider, way: LoginWay): Promise<string> {
  if (way === 'manual' && redirect.manual !== null) return redirect.manual;
  // Nobody listens there: the browser catches the answer, or the person copies it from the address of a page that fails.
  const port = redirect.ports === 'any' ? await findFreePort() : await preferFreePort(redirect.ports);
  return loopbackRedirect(redirect, port);
}
