import type { CompanionStatus, LoginStatus, SessionStatus } from '../../../shared/status.ts';
import type { QuotaWindow } from '../../../shared/quota.ts';
import { askRunning } from '../control-client.ts';
import { accountOf, describeLoginState, kindOf } from '../login-words.ts';
import { createOutput, formatAgo, formatDuration, formatMoment, paint, table, wrap } from '../print.ts';
import type { Output } from '../print.ts';
import { printable } from '../terminal.ts';
import { nameOfWindow, usedOfWindow } from '../window-words.ts';
import { describeState, troubleOf } from './session.ts';

export async function status({ isJson }: { readonly isJson: boolean }): Promise<void> {
  const output = createOutput(isJson);
  const now = await askRunning<CompanionStatus>('GET', '/control/status');
  if (output.isJson) return output.json(now);
  printStatus(output, now);
}

function printStatus(output: Output, now: CompanionStatus): void {
  output.line(
    `${paint.good('Running')} at ${paint.strong(now.url)}, version ${now.version}, for ${formatDuration(now.atMs - now.startedAtMs)}`,
  );
  output.line();
  output.line(
    table([
      ['Secrets', now.vault.location],
      ...(now.vault.note === null ? [] : [['', paint.warn(now.vault.note)]]),
      ['Clients', now.isAuthRequired ? 'need the client key (`companion env`)' : paint.warn('need no key')],
      ['claude.ai', `reached ${describeTransport(now.transport)}`],
    ]),
  );
  printSettings(output, now);
  printLogins(output, now);
  printKeys(output, now.keys ?? []);
  printBrowsers(output, now);
  printFiles(output, now.fileNotices ?? []);
  output.line();
  output.line(paint.strong('Sessions'));
  if (now.sessions.length === 0) output.line('  none yet: open the extension and click "Sync session"');
  for (const session of now.sessions) printSession(output, session, now.atMs);
  printClaudeCode(output, now);
  for (const one of now.activity)
    output.line(`  ${one.client} is using ${one.model} now, for ${formatDuration(now.atMs - one.startedAtMs)}`);
}

/** Nothing while the settings on disk are those that hold. */
function printSettings(output: Output, { settings }: CompanionStatus): void {
  if (settings === undefined || (settings.problem === null && settings.pending.length === 0)) return;
  output.line();
  output.line(paint.strong('Settings'));
  if (settings.problem !== null) {
    output.line(`  ${paint.warn('The settings on disk are wrong; those from before go on:')}`);
    for (const line of settings.problem.split('\n')) output.line(`  ${line.trim()}`);
  }
  if (settings.pending.length > 0) output.line(`  After a restart: ${settings.pending.join(', ')}`);
}

function describeTransport(transport: CompanionStatus['transport']): string {
  switch (transport) {
    case 'auto':
      return 'through the browser when it is open, else directly';
    case 'browser':
      return 'through the browser only';
    case 'direct':
      return 'directly';
  }
}

/** Nothing at all for a companion that knows no logins. */
function printLogins(output: Output, { logins, atMs }: CompanionStatus): void {
  if (logins === undefined) return;
  output.line();
  output.line(paint.strong('Logins'));
  if (logins.length === 0)
    return output.line('  none: `companion auth login`, `login-openai`, `login-copilot` or `login-kiro`');
  output.line(
    table(
      logins.map((login) => [
        kindOf(login),
        accountOf(login),
        `${describeLoginState(login.state, login.isOff)}${describeUntil(login, atMs)}`,
      ]),
    ),
  );
  const quotas = logins.flatMap((login) => login.quotas.map((window) => [kindOf(login), ...quotaRow(window, atMs)]));
  if (quotas.length > 0) output.line(table(quotas));
  if (logins.some(({ trouble }) => trouble !== null)) output.line('  `companion auth status` says what to do.');
}

function describeUntil({ state, expiresAtMs }: LoginStatus, nowMs: number): string {
  const isLasting = state === 'usable' && expiresAtMs !== null && expiresAtMs > nowMs;
  return isLasting ? `, until ${formatMoment(expiresAtMs, nowMs)}` : '';
}

function printKeys(output: Output, keys: NonNullable<CompanionStatus['keys']>): void {
  output.line();
  output.line(paint.strong('API keys'));
  if (keys.length === 0) return output.line('  none: `companion keys add <provider>` asks for one');
  output.line(
    table(
      keys.map(({ provider, count, healthy }) => {
        const all = count === 1 ? '1 key' : `${count} keys`;
        return [provider, healthy === count ? paint.good(`${all}, ready`) : paint.warn(`${all}, ${healthy} ready`)];
      }),
    ),
  );
}

/** Nothing at all for whoever has no such files. */
function printFiles(output: Output, notices: readonly string[]): void {
  if (notices.length === 0) return;
  output.line();
  output.line(paint.strong('Files with plain keys'));
  for (const notice of notices) for (const line of wrap(printable(notice), 2)) output.line(`  ${paint.warn(line)}`);
}

function printBrowsers(output: Output, now: CompanionStatus): void {
  output.line();
  output.line(paint.strong('Browsers'));
  if (now.seats.length === 0) return output.line('  none paired: `companion pair` prints a token for one');
  output.line(
    table(
      now.seats.map((seat) => [
        seat.name,
        seat.isOnline ? paint.good('connected') : `offline, ${lastSeen(seat.lastSeenAtMs, now.atMs)}`,
      ]),
    ),
  );
}

function lastSeen(atMs: number | null, nowMs: number): string {
  return atMs === null ? 'not seen yet' : `last seen ${formatAgo(atMs, nowMs)}`;
}

function printSession(output: Output, session: SessionStatus, nowMs: number): void {
  const mark = session.isDefault ? paint.soft(' (default)') : '';
  const plan = session.plan === null ? '' : `  ${session.plan}`;
  output.line(
    `  ${session.name}${mark}${plan}  ${session.isOff === true ? paint.soft('turned off') : describeState(session.state)}, synced ${formatAgo(session.syncedAtMs, nowMs)}`,
  );
  for (const line of troubleOf(session, 4)) output.line(`    ${line}`);
  if (session.quotas.length > 0)
    output.line(
      table(
        session.quotas.map((window) => quotaRow(window, nowMs)),
        '    ',
      ),
    );
}

/** Nothing until it has told of a limit. */
function printClaudeCode(output: Output, { claudeCode, atMs }: CompanionStatus): void {
  if (claudeCode === undefined || claudeCode.quotas.length === 0) return;
  output.line();
  output.line(paint.strong("Claude Code's own login"));
  output.line(table(claudeCode.quotas.map((window) => quotaRow(window, atMs))));
}

function quotaRow(window: QuotaWindow, nowMs: number): readonly string[] {
  const resets = window.resetsAtMs === null ? '' : `resets ${formatMoment(window.resetsAtMs, nowMs)}`;
  return [
    nameOfWindow(window.window, window.model),
    usedOfWindow(window.usedFraction, window.status),
    resets,
    paint.soft(formatAgo(window.observedAtMs, nowMs)),
  ];
}
