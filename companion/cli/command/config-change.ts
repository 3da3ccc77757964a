/** `companion config set`, `unset` and `reload`. */
import { CompanionError } from '../../base/error.ts';
import type { ChangeReport, ReloadReport } from '../../config/live-config.ts';
import { settingCalled } from '../../config/setting-text.ts';
import type { Setting } from '../../config/schema.ts';
import { changeSettingsFile } from '../../config/settings-file.ts';
import type { ChangedFile, SettingChange } from '../../config/settings-file.ts';
import { askIfRunning, askRunning } from '../control-client.ts';
import type { GlobalOptions } from '../define-command.ts';
import { createOutput, paint } from '../print.ts';
import type { Output } from '../print.ts';
import { readSecret } from '../read-secret.ts';

export async function setSetting(key: string, value: string | undefined, options: GlobalOptions): Promise<void> {
  const output = createOutput(options.json === true);
  const setting = settingCalled(key);
  const typed = setting.isSecret === true ? await askForSecret(setting, value) : needValue(setting, value);
  const change = { key: setting.key, value: typed };
  const report = await askIfRunning<ChangeReport>('PUT', '/control/config', change);
  if (report === undefined) tellFile(output, setting.key, await changeHere(change), 'set');
  else tell(output, report, 'set');
}

export async function unsetSetting(key: string, options: GlobalOptions): Promise<void> {
  const output = createOutput(options.json === true);
  const setting = settingCalled(key);
  const report = await askIfRunning<ChangeReport>('DELETE', `/control/config?key=${setting.key}`);
  if (report === undefined) tellFile(output, setting.key, await changeHere({ key: setting.key }), 'unset');
  else tell(output, report, 'unset');
}

export async function reloadSettings(options: GlobalOptions): Promise<void> {
  const output = createOutput(options.json === true);
  const report = await askRunning<ReloadReport>('POST', '/v0/management/config/reload', {});
  if (output.isJson) return output.json(report);
  output.line(report.changed.length === 0 ? 'Nothing has changed.' : `In effect now: ${report.changed.join(', ')}`);
  if (report.pending.length > 0) output.line(`After a restart: ${report.pending.join(', ')}`);
}

function changeHere(change: SettingChange): Promise<ChangedFile> {
  return changeSettingsFile({ environment: process.env, cwd: process.cwd() }, change);
}

/** Arguments show in the list of processes, and in the history of the shell. */
async function askForSecret({ key }: Setting, value: string | undefined): Promise<string> {
  if (value !== undefined) {
    throw new CompanionError('INVALID_REQUEST', `${key} is a secret, and was not taken from the command line.`, {
      remedy: `Type \`companion config set ${key}\` and be asked for it, or pipe it in. What you typed is in your history now.`,
    });
  }
  return (await readSecret(`${key} (not shown): `, process.stdin, process.stderr)).reveal().trim();
}

function needValue({ key, allowed }: Setting, value: string | undefined): string {
  if (value !== undefined) return value;
  throw new CompanionError('INVALID_REQUEST', `A value is missing: ${key} must be ${allowed}.`, {
    remedy: `\`companion config set ${key} <value>\`, or \`companion config unset ${key}\` for the default.`,
  });
}

type Verb = 'set' | 'unset';

function tell(output: Output, report: ChangeReport, verb: Verb): void {
  if (output.isJson) return output.json({ ...report, is_running: true });
  const { key, effect, source } = report;
  switch (effect) {
    case 'now':
      return output.line(`${key} is ${verb}, and in effect.`);
    case 'restart':
      return output.line(`${key} is ${verb}: it counts after a restart of the companion.`);
    case 'beaten':
      return output.line(beaten(key, verb, source));
    case 'none':
      return output.line(`${key} is ${verb}; nothing changes by that.`);
  }
}

/** No companion runs. */
function tellFile(output: Output, key: string, { isChanged, beatenBy }: ChangedFile, verb: Verb): void {
  const effect = beatenBy === null ? (isChanged ? 'restart' : 'none') : 'beaten';
  if (output.isJson) return output.json({ key, effect, source: beatenBy, is_running: false });
  if (beatenBy !== null) return output.line(beaten(key, verb, beatenBy));
  output.line(isChanged ? `${key} is ${verb}, for the next start.` : `${key} was ${verb} already.`);
}

function beaten(key: string, verb: Verb, source: string): string {
  return paint.warn(`${key} is ${verb}, but ${source} decides before config.yaml.`);
}
