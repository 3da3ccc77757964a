/** Each credential as a metric tells it: whether it can serve, and what is used of its limits. */
import type { RoutedCredential } from '../../shared/credential.ts';
import type { QuotaWindow } from '../../shared/quota.ts';
import type { LoginStatus } from '../../shared/status.ts';
import type { Standing } from '../router/plan.ts';
import type { SessionRecord } from '../store/store.ts';
import type { MeasuredCredential } from './metrics-text.ts';

export interface CredentialSources {
  readonly sessions: readonly Pick<SessionRecord, 'id' | 'state'>[];
  /** Keys, and the logins that can be used; those are told by their own status. */
  readonly keys: readonly Pick<RoutedCredential, 'kind' | 'id' | 'providerId'>[];
  readonly logins: readonly Pick<LoginStatus, 'id' | 'provider' | 'state'>[];
  readonly isOff: (id: string) => boolean;
  readonly standingOf: (id: string) => Standing;
  readonly windowsOf: (id: string) => readonly QuotaWindow[];
}

export function measureCredentials(sources: CredentialSources): readonly MeasuredCredential[] {
  const { sessions, keys, logins, isOff, standingOf, windowsOf } = sources;
  const measure = (id: string, kind: MeasuredCredential['kind'], provider: string, trouble?: string) => ({
    id,
    kind,
    provider,
    status: isOff(id) ? 'off' : (trouble ?? standingOf(id).state),
    windows: windowsOf(id),
  });
  const hasTrouble = (state: SessionRecord['state']) => state === 'expired' || state === 'signed-out';
  return [
    ...sessions.map(({ id, state }) => measure(id, 'web-session', 'claude-web', hasTrouble(state) ? state : undefined)),
    ...keys.filter(({ kind }) => kind === 'api-key').map(({ id, providerId }) => measure(id, 'api-key', providerId)),
    ...logins.map(({ id, provider, state }) =>
      measure(id, 'oauth-token', provider, state === 'usable' ? undefined : state),
    ),
  ];
}
