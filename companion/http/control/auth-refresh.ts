/** Looking after one credential now: a login is renewed, a key is tried at its provider, a session at claude.ai. */
import { toCompanionError } from '../../base/error.ts';
import { testKey } from '../../account/key-check.ts';
import type { AuthEntry } from './auth-entry.ts';
import type { AuthServices } from './auth-services.ts';

/** `skipped`: there was nothing to be done, or not by us. */
export const refreshOutcomes = ['refreshed', 'works', 'failed', 'skipped'] as const;

export interface AuthRefresh {
  readonly id: string;
  readonly outcome: (typeof refreshOutcomes)[number];
  /** What went wrong and what to do about it, or why nothing was done; `null` where all is well. */
  readonly message: string | null;
}

/** Rejects for nothing but an abort of `signal`. */
export async function refreshOne(entry: AuthEntry, services: AuthServices, signal: AbortSignal): Promise<AuthRefresh> {
  const { id } = entry;
  try {
    return { id, ...(await refreshByType(entry, services, signal)) };
  } catch (thrown) {
    signal.throwIfAborted();
    const { code, message, remedy } = toCompanionError(thrown);
    return { id, outcome: code === 'NOT_AVAILABLE_IN_MODE' ? 'skipped' : 'failed', message: `${message} ${remedy}` };
  }
}

type Outcome = Omit<AuthRefresh, 'id'>;

function refreshByType(entry: AuthEntry, services: AuthServices, signal: AbortSignal): Promise<Outcome> {
  switch (entry.type) {
    case 'api_key':
      return tryKey(entry.id, services, signal);
    case 'oauth':
      return renewLogin(entry, services, signal);
    case 'session':
      return checkSession(entry.id, services);
  }
}

async function tryKey(id: string, services: AuthServices, signal: AbortSignal): Promise<Outcome> {
  const { keys, providers, ask, pool } = services;
  const { key, hasProvider } = keys.find(id);
  const provider = providers.find((one) => one.id === key.providerId);
  if (!hasProvider || provider === undefined) return { outcome: 'skipped', message: 'Its provider is not configured.' };
  const { verdict, message, remedy } = await testKey(provider, key, ask, signal);
  if (verdict !== 'works') return { outcome: 'failed', message: `${message ?? ''} ${remedy ?? ''}`.trim() };
  pool.noteSuccess(id, undefined);
  return { outcome: 'works', message: null };
}

async function renewLogin(entry: AuthEntry, { logins, pool }: AuthServices, signal: AbortSignal): Promise<Outcome> {
  if (entry.status === 'off' && entry.source !== 'companion') {
    return { outcome: 'skipped', message: entry.status_reason };
  }
  await logins.refresh(entry.id, signal);
  pool.noteSuccess(entry.id, undefined);
  return { outcome: 'refreshed', message: null };
}

async function checkSession(id: string, { sessions }: AuthServices): Promise<Outcome> {
  await sessions.check(id);
  return { outcome: 'works', message: null };
}
