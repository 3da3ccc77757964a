import { errorFacts, errorTable } from '../../../shared/error-code.ts';
import type { ErrorCode } from '../../../shared/error-code.ts';
import type { SessionStatus } from '../../../shared/status.ts';
import { ask } from '../control-client.ts';
import { createOutput, formatAgo, formatMoment, paint, table, wrap } from '../print.ts';

interface Options {
  readonly json?: true;
}

export async function listSessions(options: Options): Promise<void> {
  const output = createOutput(options.json === true);
  const answer = await ask<{ sessions: readonly SessionStatus[] }>('GET', '/control/sessions');
  if (output.isJson) return output.json(answer);
  if (answer.sessions.length === 0) {
    output.line('No session yet. Open the extension and click "Sync session".');
    return output.line('No browser paired? `companion pair` prints a token for one.');
  }
  output.line(answer.sessions.map(describeSession).join('\n\n'));
}

function describeSession(session: SessionStatus): string {
  const now = Date.now();
  const until = session.validUntilMs === null ? '' : `, valid until ${formatMoment(session.validUntilMs, now)}`;
  const others = session.organisations.filter((one) => one.mayChat && one.id !== session.organisationId);
  const facts = [
    ...(session.isOff === true
      ? [['Off', paint.warn(`\`companion session activate ${quoted(session.name)}\` turns it on`)]]
      : []),
    ['State', `${describeState(session.state)}, synced ${formatAgo(session.syncedAtMs, now)}${until}`],
    ...troubleOf(session, 16).map((line) => ['', line]),
    ['Plan', session.plan ?? 'not known'],
    ['Organisation', session.organisation ?? 'not known'],
    ...others.map((one) => ['', paint.soft(`or ${one.name}, ${one.id}`)]),
    ['Kept in', session.restsIn === 'vault' ? 'the companion' : 'the browser only'],
    ['Id', session.id],
  ];
  return `${paint.strong(session.name)}${session.isDefault ? ' (default)' : ''}\n${table(facts)}`;
}

/** What stands in the way of a session and what to do about it, for a place that begins at column `indent`. */
export function troubleOf({ trouble }: SessionStatus, indent: number): readonly string[] {
  if (trouble === null) return [];
  const remedy = trouble.code in errorTable ? errorFacts(trouble.code as ErrorCode).remedy : '';
  return [...wrap(trouble.message, indent).map(paint.warn), ...(remedy === '' ? [] : wrap(remedy, indent))];
}

/** The state of a session in a word or two, coloured. */
export function describeState(state: SessionStatus['state']): string {
  switch (state) {
    case 'active':
      return paint.good('ready');
    case 'unchecked':
      return paint.warn('not checked yet');
    case 'expired':
      return paint.bad('ended');
    case 'signed-out':
      return paint.bad('signed out');
  }
}

export async function useSession(name: string, options: Options & { readonly organisation?: string }): Promise<void> {
  const output = createOutput(options.json === true);
  const body = options.organisation === undefined ? {} : { organisation: options.organisation };
  const session = await ask<SessionStatus>('POST', `/control/sessions/${encodeURIComponent(name)}/use`, body);
  if (output.isJson) return output.json(session);
  const organisation = session.organisation === null ? '' : ` with the organisation "${session.organisation}"`;
  output.line(`${session.name} now serves by default${organisation}.`);
}

export async function turnSession(name: string, verb: 'activate' | 'deactivate', options: Options): Promise<void> {
  const output = createOutput(options.json === true);
  const answer = await ask<{ readonly message: string }>('POST', `/api/session/${encodeURIComponent(name)}/${verb}`);
  if (output.isJson) return output.json(answer);
  output.line(answer.message);
}

function quoted(name: string): string {
  return /^[\w.@-]+$/.test(name) ? name : `"${name}"`;
}

export async function removeSession(name: string, options: Options): Promise<void> {
  const output = createOutput(options.json === true);
  const session = await ask<SessionStatus>('DELETE', `/control/sessions/${encodeURIComponent(name)}`);
  if (output.isJson) return output.json({ removed: session.id });
  output.line(`The session of ${session.name} is forgotten, its secret included. You stay signed in on claude.ai.`);
}
