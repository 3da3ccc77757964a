/** The organisation that the configuration asks for: which sessions it is for, and what to say where it is not to be had. */
import type { SessionRecord } from '../store/store.ts';

type Organisation = SessionRecord['organisations'][number];

/** The configured organisation, if the account has it and it may chat. */
export function usableConfigured(session: SessionRecord, configured: string | null): Organisation | undefined {
  return session.organisations.find((organisation) => organisation.id === configured && organisation.mayChat);
}

/** The account's organisations are known, and another than the one in use is the configured one. */
export function wantsOtherOrganisation(session: SessionRecord, configured: string | null): boolean {
  const wanted = usableConfigured(session, configured);
  return wanted !== undefined && wanted.id !== session.organisationId;
}

/** A standing warning for a session that serves with another organisation than the configuration asks for. */
export function organisationTrouble(session: SessionRecord, configured: string | null): SessionRecord['trouble'] {
  if (configured === null || session.organisations.length === 0) return null;
  if (session.organisationId === configured || usableConfigured(session, configured) !== undefined) return null;
  const refused = session.organisations.find((organisation) => organisation.id === configured);
  const why = refused === undefined ? 'is none of this account' : `("${refused.name}") may not chat`;
  const used = session.organisations.find((organisation) => organisation.id === session.organisationId);
  const instead = used === undefined ? 'no other may either' : `"${used.name}" serves instead`;
  const message = `The organisation of \`web.organisation\`, ${configured}, ${why}; ${instead}. Correct or remove that setting.`;
  return { code: 'ORGANISATION_UNUSABLE', message, atMs: session.modelsAtMs ?? session.syncedAtMs };
}
