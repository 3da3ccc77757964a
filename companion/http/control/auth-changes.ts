/** What may be changed of a credential, which depends on its kind. Each resolves to the id that it has from now on. */
import { Secret } from '../../../shared/redact.ts';
import type { AuthEntry } from './auth-entry.ts';
import { invalid, noRank } from './auth-errors.ts';
import type { AuthServices } from './auth-services.ts';

/** `undefined`: stays as it is. */
export interface AuthChange {
  readonly token: string | undefined;
  readonly name: string | undefined;
  readonly priority: number | undefined;
  readonly isOn: boolean | undefined;
}

/** A key that stands in the environment or the configuration can only be turned off here. */
export async function changeKey(entry: AuthEntry, change: AuthChange, services: AuthServices): Promise<string> {
  const { keys, traits, pool, onReplaced } = services;
  const { token, name, priority } = change;
  let { id } = entry;
  if (token !== undefined || name !== undefined || priority !== undefined) {
    const secret = token === undefined ? {} : { secret: new Secret(token) };
    ({ id } = await keys.update(entry.id, { ...secret, name, priority }));
  }
  if (id !== entry.id) {
    traits.move(entry.id, id);
    pool.forget(entry.id);
    onReplaced(entry.id, id);
  }
  turn(id, change, services);
  return id;
}

export async function changeLogin(entry: AuthEntry, change: AuthChange, services: AuthServices): Promise<string> {
  const { token, name, priority } = change;
  if (token !== undefined)
    throw invalid('token', 'The tokens of a login are not set: it renews itself.', 'Sign in anew.');
  if (name !== undefined) throw invalid('name', 'A login is called by its e-mail address.', 'Leave the name out.');
  if (change.isOn === true && entry.status === 'off' && !services.traits.isOff(entry.id)) {
    throw invalid(
      'enabled',
      `The login belongs to another program: ${entry.status_reason ?? ''}.`,
      'Run that command.',
    );
  }
  if (priority !== undefined) services.traits.set(entry.id, { priority });
  turn(entry.id, change, services);
  return entry.id;
}

export async function changeSession(entry: AuthEntry, change: AuthChange, services: AuthServices): Promise<string> {
  const { token, name, priority } = change;
  if (token !== undefined) {
    const remedy = 'Hand the new one over with POST /api/session/add: an account that is known keeps its session.';
    throw invalid('token', 'The cookie of a session is not set here.', remedy);
  }
  if (priority !== undefined) throw noRank();
  if (name !== undefined) await services.sessions.rename(entry.id, name);
  turn(entry.id, change, services);
  return entry.id;
}

function turn(id: string, { isOn }: AuthChange, { traits }: AuthServices): void {
  if (isOn !== undefined && traits.isOff(id) === isOn) traits.set(id, { isOff: !isOn });
}
