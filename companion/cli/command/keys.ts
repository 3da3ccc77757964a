import { basename } from 'node:path';
import { CompanionError } from '../../base/error.ts';
import type { KeyStats, KeyStatus, TestedKey } from '../../http/control/key-control.ts';
import { ask } from '../control-client.ts';
import { createOutput, formatAgo, paint, table, wrap } from '../print.ts';
import type { Output } from '../print.ts';
import { readSecret } from '../read-secret.ts';

interface Options {
  readonly json?: true;
}

interface AddOptions extends Options {
  readonly name?: string;
  readonly priority?: string;
}

const usualPriority = 100;

/** `excess` is what was typed behind the provider: most likely the key, which must not be there. */
export async function addKey(provider: string, excess: readonly string[], options: AddOptions): Promise<void> {
  if (excess.length > 0) throw keyAsArgument();
  const output = createOutput(options.json === true);
  const priority = options.priority === undefined ? undefined : readPriority(options.priority);
  // Before the key is asked for, so that nobody pastes it in vain.
  const found = await ask<{ readonly id: string; readonly name: string }>('POST', '/control/keys/provider', {
    provider,
  });
  const key = await readSecret(`API key of ${found.name} (it is not shown): `, process.stdin, process.stderr);
  const { name } = options;
  const body = { provider: found.id, key: key.reveal(), ...(name === undefined ? {} : { name }) };
  const added = await ask<KeyStatus>('POST', '/control/keys', priority === undefined ? body : { ...body, priority });
  if (output.isJson) return output.json(added);
  output.line(`The ${added.providerName} key ${paint.strong(added.name)} (${added.ending}) is kept, encrypted.`);
  output.line(`\`companion keys test ${quoted(added.name)}\` asks ${added.providerName} whether it works.`);
}

function keyAsArgument(): CompanionError {
  return new CompanionError(
    'INVALID_REQUEST',
    'A key is never an argument: other programs can see it there, and your shell writes it down.',
    { remedy: 'Leave it out: the command asks for it. If that was a real key, replace it at its provider.' },
  );
}

function readPriority(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new CompanionError('INVALID_REQUEST', '--priority must be a whole number from 0 to 1000.', {
    remedy: 'Lower numbers are preferred; a key has 100 unless told otherwise.',
  });
}

function quoted(name: string): string {
  return /^[\w.@-]+$/.test(name) ? name : `"${name}"`;
}

export async function listKeys(options: Options): Promise<void> {
  const output = createOutput(options.json === true);
  const answer = await ask<{ keys: readonly KeyStatus[] }>('GET', '/control/keys');
  if (output.isJson) return output.json(answer);
  if (answer.keys.length === 0) return printNone(output);
  const isRanked = answer.keys.some(({ priority }) => priority !== usualPriority);
  const header = ['NAME', 'PROVIDER', 'KEY', ...(isRanked ? ['PRIORITY'] : []), 'STATE', 'FROM'];
  const rows = answer.keys.map((key) => [
    paint.strong(key.name),
    key.providerName,
    key.ending ?? 'none',
    ...(isRanked ? [String(key.priority)] : []),
    describeState(key.isHealthy),
    key.places.map(shortPlace).join(', '),
  ]);
  output.line(table([header.map(paint.soft), ...rows]));
  printReasons(output, answer.keys);
}

function printNone(output: Output): void {
  output.line('No API key yet. `companion keys add openai` asks for one and keeps it encrypted;');
  output.line('anthropic, gemini, mistral, groq and deepseek work alike.');
}

function printReasons(output: Output, keys: readonly Pick<KeyStatus, 'name' | 'reason'>[]): void {
  for (const { name, reason } of keys) {
    if (reason === null) continue;
    output.line();
    for (const line of wrap(`${name}: ${reason}`, 2)) output.line(`  ${paint.warn(line)}`);
  }
}

function describeState(isHealthy: boolean): string {
  return isHealthy ? paint.good('ready') : paint.warn('resting');
}

/** `CCPROXY_OPENAI_API_KEYS`, `config.yaml:12`, `.env`, `vault`. */
function shortPlace(place: string): string {
  const [path = '', name] = place.split(' ');
  return path === 'environment' ? (name ?? path) : basename(path);
}

export async function removeKey(wanted: string, options: Options): Promise<void> {
  const output = createOutput(options.json === true);
  const answer = await ask<{ removed: KeyStatus; remainsIn: readonly string[] }>(
    'DELETE',
    `/control/keys/${encodeURIComponent(wanted)}`,
  );
  if (output.isJson) return output.json({ removed: answer.removed.id, remainsIn: answer.remainsIn });
  const { name, providerName } = answer.removed;
  output.line(`The ${providerName} key ${paint.strong(name)} is forgotten here. At ${providerName} it still exists.`);
  if (answer.remainsIn.length > 0) {
    output.line(paint.warn(`It goes on being used, because it also stands in: ${answer.remainsIn.join(', ')}.`));
  }
}

export async function turnKey(wanted: string, isOn: boolean, options: Options): Promise<void> {
  const output = createOutput(options.json === true);
  const { keys } = await ask<{ keys: readonly KeyStatus[] }>('GET', '/control/keys');
  const key = keys.find(({ id, name }) => id === wanted || name === wanted);
  if (key === undefined) {
    const remedy = '`companion keys list` shows those that there are.';
    throw new CompanionError('NOT_FOUND', 'There is no such key.', { remedy });
  }
  const path = `/v0/management/auths/${encodeURIComponent(key.provider)}?id=${encodeURIComponent(key.id)}`;
  const answer = await ask<object>('PUT', path, { enabled: isOn });
  if (output.isJson) return output.json(answer);
  output.line(
    `The ${key.providerName} key ${paint.strong(key.name)} is ${isOn ? 'used again' : 'kept, and not used'}.`,
  );
}

/** Ends with 1 when a key does not work, for scripts. */
export async function testKeys(wanted: string | undefined, options: Options): Promise<void> {
  const output = createOutput(options.json === true);
  const body = wanted === undefined ? {} : { key: wanted };
  const answer = await ask<{ results: readonly TestedKey[] }>('POST', '/control/keys/test', body);
  if (answer.results.some(({ verdict }) => verdict !== 'works')) process.exitCode = 1;
  if (output.isJson) return output.json(answer);
  if (answer.results.length === 0) return printNone(output);
  const rows = answer.results.map(({ key, verdict, models }) => [
    paint.strong(key.name),
    key.providerName,
    key.ending ?? 'none',
    models === null ? describeVerdict(verdict) : `${describeVerdict(verdict)}, ${countModels(models)}`,
  ]);
  output.line(table(rows));
  for (const { key, message, remedy } of answer.results) {
    if (message === null) continue;
    output.line();
    for (const line of wrap(`${key.name}: ${message}`, 2)) output.line(`  ${line}`);
    for (const line of wrap(remedy ?? '', 2)) output.line(`  ${paint.soft(line)}`);
  }
}

function countModels(count: number): string {
  return count === 1 ? '1 model' : `${count} models`;
}

function describeVerdict(verdict: TestedKey['verdict']): string {
  switch (verdict) {
    case 'works':
      return paint.good('works');
    case 'rejected':
      return paint.bad('rejected');
    case 'limited':
      return paint.warn('limited');
    case 'unreachable':
      return paint.warn('not reached');
  }
}

export async function showKeyStats(options: Options): Promise<void> {
  const output = createOutput(options.json === true);
  const stats = await ask<KeyStats>('GET', '/control/keys/stats');
  if (output.isJson) return output.json(stats);
  if (stats.keys.length === 0) return printNone(output);
  const nowMs = Date.now();
  const ago = (time: string | null) => formatAgo(time === null ? null : Date.parse(time), nowMs);
  const describeError = (key: KeyStats['keys'][number]) =>
    key.last_error === null ? 'none' : paint.soft(`${key.last_error}, ${ago(key.last_error_at)}`);
  const hasFailed = stats.keys.some((key) => key.last_error !== null);
  const header = ['NAME', 'KEY', 'REQUESTS', 'ERRORS', 'LAST USED', 'STATE', ...(hasFailed ? ['LAST ERROR'] : [])];
  const rows = stats.keys.map((key) => [
    paint.strong(key.name),
    key.key ?? 'none',
    String(key.request_count).padStart('REQUESTS'.length),
    String(key.error_count).padStart('ERRORS'.length),
    ago(key.last_used),
    describeState(key.is_healthy),
    ...(hasFailed ? [describeError(key)] : []),
  ]);
  output.line(`${stats.healthy_keys} of ${stats.total_keys} keys ready`);
  output.line();
  output.line(table([header.map(paint.soft), ...rows]));
  printReasons(output, stats.keys);
}
