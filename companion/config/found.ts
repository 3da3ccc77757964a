/** What the places of the settings hold for each of them, strongest first, before anything is checked. */
import { dirname, resolve } from 'node:path';
import { asKeyList } from './key-list.ts';
import type { ConfigFile, FileValue } from './config-file.ts';
import { expandTilde } from './home.ts';
import { isGroup } from './provider-block.ts';
import type { Setting, SettingKey } from './schema.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface Found {
  readonly value: unknown;
  readonly origin: 'flag' | 'environment' | 'config';
  /** `flag --port`, `environment CCPROXY_PORT`, `/home/.../config.yaml:12`. */
  readonly source: string;
  /** The same of a part of the value. */
  partAt(path: readonly PropertyKey[]): Pick<Found, 'origin' | 'source'>;
}

export interface Places {
  readonly flags: Readonly<Partial<Record<SettingKey | 'home', string | number | boolean | undefined>>>;
  readonly environment: Environment;
  readonly cwd: string;
  readonly dotEnv: { readonly path: string; readonly values: Environment };
  readonly file: ConfigFile;
  readonly filePath: string;
}

export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== '';
}

/** The value of the strongest place that has one; of all places together where a setting adds up. */
export function findValue(setting: Setting, places: Places): Found | undefined {
  const all = [...valuesOf(setting, places)];
  return setting.addsUp === true && all.length > 0 ? sum(all) : all[0];
}

function* valuesOf(setting: Setting, places: Places): Generator<Found> {
  const { key, flag } = setting;
  const { flags, environment, cwd, dotEnv, file, filePath } = places;
  const located = (value: unknown, origin: Found['origin'], source: string, folder: string): Found => ({
    value: setting.isPath ? absolutePath(value, folder, environment) : value,
    origin,
    source,
    partAt: () => ({ origin, source }),
  });
  if (isGiven(flags[key])) yield located(flags[key], 'flag', `flag ${flag ?? key}`, cwd);
  const name = nameIn(environment, setting.environment);
  if (name !== undefined) yield located(environment[name], 'environment', `environment ${name}`, cwd);
  const dotName = nameIn(dotEnv.values, setting.environment);
  if (dotName !== undefined)
    yield located(dotEnv.values[dotName], 'environment', `${dotEnv.path} ${dotName}`, dirname(dotEnv.path));
  const entry = file.values.get(key);
  if (entry !== undefined) {
    const found = located(entry.value, 'config', `${filePath}:${entry.line}`, dirname(filePath));
    yield { ...found, partAt: (path) => ({ origin: 'config', source: `${filePath}:${lineOf(entry, path)}` }) };
  }
  const general = nameIn(environment, setting.generalEnvironment ?? []);
  if (general !== undefined) yield located(environment[general], 'environment', `environment ${general}`, cwd);
}

function nameIn(environment: Environment, names: readonly string[]): string | undefined {
  return names.find((candidate) => isGiven(environment[candidate]));
}

/** A map of blocks is read as a list, so what is at an index of the list is at a name in the file. */
function lineOf({ value, lineOf: lineAt }: FileValue, [first, ...rest]: readonly PropertyKey[]): number {
  if (first === undefined) return lineAt([]);
  return lineAt([isGroup(value) && typeof first === 'number' ? (Object.keys(value)[first] ?? first) : first, ...rest]);
}

/** `:memory:` names no file. */
function absolutePath(value: unknown, folder: string, environment: Environment): unknown {
  return typeof value !== 'string' || value === ':memory:' ? value : resolve(folder, expandTilde(value, environment));
}

/** The lists of several places as one, in which each item remembers its own. */
function sum(all: readonly Found[]): Found | undefined {
  const items = all.flatMap((found) => {
    const list: unknown = asKeyList(found.value);
    return (Array.isArray(list) ? list : [list]).map((value: unknown, index) => ({ value, found, index }));
  });
  const [first] = all;
  return (
    first && {
      value: items.map((item) => item.value),
      origin: first.origin,
      source: all.map((found) => found.source).join(' and '),
      partAt: ([index, ...rest]) => {
        const item = items[Number(index)];
        return (item?.found ?? first).partAt(item === undefined ? [] : [item.index, ...rest]);
      },
    }
  );
}
