import type { QuotaWindow } from '../../shared/quota.ts';
import type { SessionStatus } from '../../shared/status.ts';
import type { SessionRecord } from '../store/store.ts';

/** A session as the status shows it: everything but what only the companion needs. */
export function toSessionStatus(session: SessionRecord, quotas: readonly QuotaWindow[], isOff: boolean): SessionStatus {
  const organisation = session.organisations.find((one) => one.id === session.organisationId);
  return {
    id: session.id,
    name: session.name,
    email: session.email,
    displayName: session.displayName,
    organisationId: session.organisationId,
    organisation: organisation?.name ?? null,
    organisations: session.organisations,
    plan: session.plan,
    restsIn: session.restsIn,
    seatId: session.seatId,
    state: session.state,
    isDefault: session.isDefault,
    syncedAtMs: session.syncedAtMs,
    validUntilMs: session.validUntilMs,
    models: session.models,
    quotas: [...quotas],
    trouble: session.trouble,
    ...(isOff && { isOff }),
  };
}
