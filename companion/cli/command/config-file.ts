/** `companion config path`, `validate` and `schema`. */
import { resolve } from 'node:path';
import { CompanionError, toCompanionError } from '../../base/error.ts';
import { readIfExists } from '../../config/config-file.ts';
import { findHome } from '../../config/home.ts';
import { checkConfigText, checkSettings, readSettings } from '../../config/load.ts';
import { pathsOf } from '../../config/paths.ts';
import type { GlobalOptions } from '../define-command.ts';
import { createOutput, paint } from '../print.ts';

const places = () => ({ environment: process.env, cwd: process.cwd() });

export function printPath(options: GlobalOptions): void {
  const output = createOutput(options.json === true);
  const { configFile } = pathsOf(findHome(places()).path);
  if (output.isJson) output.json({ path: configFile, exists: readIfExists(configFile) !== undefined });
  else output.line(configFile);
}

/** Exit code 2 when something is wrong. */
export function validateConfig(file: string | undefined, options: GlobalOptions): void {
  const output = createOutput(options.json === true);
  const path = file === undefined ? pathsOf(findHome(places()).path).configFile : resolve(file);
  const problems = problemsOf(file === undefined ? undefined : path);
  if (problems.length > 0) process.exitCode = 2;
  if (output.isJson) return output.json({ path, is_valid: problems.length === 0, problems });
  if (problems.length === 0) return output.line(`${paint.good('Valid:')} ${path}`);
  for (const problem of problems) output.line(problem);
}

function problemsOf(path: string | undefined): readonly string[] {
  try {
    if (path === undefined) checkSettings(readSettings(places()));
    else checkConfigText(needText(path), path);
    return [];
  } catch (thrown) {
    const [first = '', ...rest] = toCompanionError(thrown).message.split('\n  ');
    return rest.length === 0 ? [first] : rest;
  }
}

function needText(path: string): string {
  const text = readIfExists(path);
  if (text === undefined) throw new CompanionError('NOT_FOUND', `${path} does not exist.`);
  return text;
}

export async function printSchema(): Promise<void> {
  const { jsonSchemaOfConfig } = await import('../../config/json-schema.ts');
  process.stdout.write(`${JSON.stringify(jsonSchemaOfConfig(), null, 2)}\n`);
}
