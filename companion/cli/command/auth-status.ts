/** `companion auth status`: whatever may serve, at one glance. */
import { deviceLoginProviderIdSchema } from '../../../shared/credential.ts';
import { signInCommand } from '../../../shared/sign-in.ts';
import type { LoginStatus, CompanionStatus } from '../../../shared/status.ts';
import type { LoginFiles, RefreshWorkerStatus } from '../../account/login/login-service-contract.ts';
import { CompanionError } from '../../base/error.ts';
import type { ClaudeCodeReport } from '../../http/control/claude-code-route.ts';
import type { ListedLogins } from '../../http/control/login-routes.ts';
import type { ClaudeCodeSignIn, ClaudeCodeTrouble } from '../../upstream/claude-code/readiness.ts';
import { openConversation } from '../control-client.ts';
import { accountOf, describeLasting, describeLoginState, titleOf } from '../login-words.ts';
import { createOutput, formatAgo, formatDuration, paint, table, wrap } from '../print.ts';
import { printable } from '../terminal.ts';
import { describeState } from './session.ts';

export interface AuthOverview extends Omit<ListedLogins, 'importable'> {
  /** Absent from a companion of a version that does not tell. */
  readonly importable?: LoginFiles;
  /** Absent from a companion of a version that does not tell. */
  readonly claudeCode?: ClaudeCodeReport;
  readonly keys: NonNullable<CompanionStatus['keys']>;
  /** Of files with plain keys; absent where none was found. */
  readonly fileNotices?: readonly string[];
  readonly sessions: CompanionStatus['sessions'];
}

export async function authStatus(options: { readonly json?: true }): Promise<void> {
  const output = createOutput(options.json === true);
  const overview = await readOverview();
  if (output.isJson) return output.json(overview);
  for (const line of overviewLines(overview, Date.now())) output.line(line);
}

async function readOverview(): Promise<AuthOverview> {
  const talk = await openConversation();
  try {
    const { logins, worker, importable } = await talk.ask<ListedLogins>('GET', '/control/logins');
    const status = await talk.ask<CompanionStatus>('GET', '/control/status');
    const { keys = [], sessions, fileNotices = [] } = status;
    const claudeCode = await talk.ask<ClaudeCodeReport>('GET', '/control/claude-code').catch(unlessUnknown);
    const files = fileNotices.length === 0 ? {} : { fileNotices };
    return {
      logins: logins.map((login) => status.logins?.find(({ id }) => id === login.id) ?? login),
      ...(claudeCode === undefined ? {} : { claudeCode }),
      keys,
      ...files,
      sessions,
      worker,
      importable,
    };
  } finally {
    await talk.close();
  }
}

/** An older companion still runs, and has no such route. */
function unlessUnknown(thrown: unknown): void {
  if (!(thrown instanceof CompanionError) || thrown.code !== 'ROUTE_NOT_FOUND') throw thrown;
}

type Row = readonly [title: string, text: string];

/** Wide enough for the longest title, between its indent and the text. */
const textColumn = 19;

export function overviewLines(overview: AuthOverview, nowMs: number): readonly string[] {
  const { logins, claudeCode, keys, sessions, worker, importable } = overview;
  const of = (wanted: (login: LoginStatus) => boolean) => logins.filter(wanted);
  const claude = of(({ provider, owner }) => provider === 'anthropic' && owner !== 'claude-code');
  const rows: readonly Row[] = [
    ...loginRows('Claude', claude, nowMs, `none: \`${signInCommand('anthropic')}\` signs in`),
    ...importRows(importable, claude),
    ...loginRows(
      'Claude Code',
      of(({ owner }) => owner === 'claude-code'),
      nowMs,
      'none found: `claude` signs in there',
    ),
    ...(claudeCode === undefined ? [] : claudeCodeRows(claudeCode)),
    ...loginRows(
      'ChatGPT (Codex)',
      of(({ provider }) => provider === 'openai'),
      nowMs,
      `none: \`${signInCommand('openai')}\` signs in`,
    ),
    // Few people have one, and those who do not need not read of it.
    ...deviceLoginProviderIdSchema.options.flatMap((id) => {
      const ofProvider = of(({ provider }) => provider === id);
      return ofProvider.length === 0 ? [] : loginRows(titleOf(id), ofProvider, nowMs, '');
    }),
    ['API keys', describeKeys(keys)],
    ...(overview.fileNotices ?? []).flatMap((notice) =>
      wrap(printable(notice), textColumn).map((line): Row => ['', paint.warn(line)]),
    ),
    ...sessionRows(sessions),
    ['Renewal', describeWorker(worker, nowMs)],
  ];
  return [table(rows)];
}

function loginRows(title: string, logins: readonly LoginStatus[], nowMs: number, none: string): readonly Row[] {
  if (logins.length === 0) return [[title, paint.soft(none)]];
  return logins.flatMap((login, index): readonly Row[] => [
    [index === 0 ? title : '', `${describeLoginState(login.state, login.isOff)}  ${paint.strong(accountOf(login))}`],
    ['', `${describeLasting(login, nowMs)}`],
    ['', paint.soft(printable(login.location))],
    ...nextSteps(login).map((line): Row => ['', line]),
  ]);
}

/** Nothing for somebody who has a login that works, nor from a companion of a version that does not look. */
function importRows(files: LoginFiles | undefined, claude: readonly LoginStatus[]): readonly Row[] {
  const [path] = files?.found ?? [];
  if (path === undefined || claude.some(({ state }) => state !== 'dead')) return [];
  const words = `found ${printable(path)}: \`companion auth import\` takes its login over`;
  return wrap(words, textColumn).map((line): Row => ['', line]);
}

/** Nobody who never asks for it should have to read what it would take. */
const notInstalled = paint.soft('not installed: only `x-proxy-mode: claude-code` needs it');

/** Whether the program itself can answer, whoever may use its login. */
function claudeCodeRows({ mode, readiness }: ClaudeCodeReport): readonly Row[] {
  const title = 'Claude Code CLI';
  if (readiness === null) return [[title, `${paint.soft('off')}  \`claude_code.mode\` says so`]];
  const { program, signIn, troubles } = readiness;
  if (program === null && mode === 'on-request') return [[title, notInstalled]];
  const when = mode === 'auto' ? 'when asked for, and when nothing else can serve' : 'when a client asks for it';
  const state = troubles.length === 0 ? `${paint.good('ready')}  answers ${when}` : paint.warn('not ready');
  const version = program === null ? [] : [`Claude Code ${program.version}`];
  const facts = [...version, ...(signIn?.isSignedIn === true ? [describeSignIn(signIn)] : [])];
  return [
    [title, state],
    ...(facts.length === 0 ? [] : [['', facts.join(', ')] as const]),
    ...(program === null ? [] : [['', paint.soft(printable(program.path))] as const]),
    ...troubles.flatMap((trouble) => troubleLines(trouble, textColumn)).map((line): Row => ['', line]),
  ];
}

function describeSignIn({ method, email, plan }: ClaudeCodeSignIn): string {
  const account = [email, plan === null ? null : `(${plan})`].filter((part) => part !== null).join(' ');
  const how = account === '' ? (method ?? '') : account;
  return printable(how === '' ? 'signed in' : `signed in: ${how}`);
}

/** What stands in the way, and what to do about it. */
export function nextSteps({ state, owner, trouble }: LoginStatus, column = textColumn): readonly string[] {
  if (state === 'off') return wrap(`\`companion auth adopt ${owner}\` lets the companion use it.`, column);
  if (trouble === null) return [];
  return troubleLines(trouble, column);
}

function troubleLines({ message, remedy }: Pick<ClaudeCodeTrouble, 'message' | 'remedy'>, column: number): string[] {
  return [...wrap(printable(message), column).map(paint.warn), ...wrap(printable(remedy), column)];
}

function describeKeys(keys: AuthOverview['keys']): string {
  if (keys.length === 0) return paint.soft('none: `companion keys add <provider>` asks for one');
  const isFine = keys.every(({ count, healthy }) => healthy === count);
  const each = keys.map(({ provider, count, healthy }) =>
    healthy === count ? `${provider} ${count}` : `${provider} ${count}, of which ${healthy} ready`,
  );
  return `${isFine ? paint.good('usable') : paint.warn('resting')}  ${each.join('; ')}`;
}

function sessionRows(sessions: AuthOverview['sessions']): readonly Row[] {
  if (sessions.length === 0) return [['claude.ai', paint.soft('none: the extension\'s "Sync session" brings one')]];
  return sessions.map((session, index): Row => {
    const plan = session.plan === null ? '' : ` (${printable(session.plan)})`;
    const state = session.isOff === true ? paint.soft('turned off') : describeState(session.state);
    return [index === 0 ? 'claude.ai' : '', `${state}  ${printable(session.name)}${plan}`];
  });
}

function describeWorker(worker: RefreshWorkerStatus, nowMs: number): string {
  if (!worker.enabled) return `${paint.soft('off')}; a login is still renewed when it is used`;
  const { last_check: last, next_check: next, credentials_checked: checked, refreshed, failed } = worker;
  if (last === null) return `${paint.good('on')}, while the companion runs`;
  const counts = `${checked} checked, ${refreshed} renewed, ${failed} failed`;
  const soon = next === null ? '' : `; next in ${formatDuration(Date.parse(next) - nowMs)}`;
  const outcome = failed > 0 ? paint.warn(counts) : counts;
  return `${paint.good('on')}, ${formatAgo(Date.parse(last), nowMs)}: ${outcome}${soon}`;
}
