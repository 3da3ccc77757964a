/** Settings from flag > environment > .env > config.yaml > default, each with where it came from. */
import { dirname, join } from 'node:path';
import { parseEnv } from 'node:util';
import type { z } from 'zod';
import type { ApiProvider } from '../../shared/api-provider.ts';
import type { Secret } from '../../shared/redact.ts';
import { CompanionError } from '../base/error.ts';
import { listKeys, listProviders } from './api-access.ts';
import type { ConfiguredKey } from './api-access.ts';
import { camelKeys } from './camel-case.ts';
import type { CamelCase } from './camel-case.ts';
import { readConfigFile, readConfigText, readIfExists } from './config-file.ts';
import { describeProblems } from './describe-problem.ts';
import { isOnThisComputer } from './form.ts';
import { findValue, isGiven } from './found.ts';
import type { Found } from './found.ts';
import { findHome } from './home.ts';
import { nearest } from './nearest.ts';
import { pathsOf } from './paths.ts';
import { unknownProviderIn } from './reset-schedule.ts';
import { configSchema, settings } from './schema.ts';
import type { SettingKey } from './schema.ts';

type Readable<Value> = Value extends Secret<unknown> | ReadonlyMap<unknown, unknown>
  ? Value
  : Value extends readonly (infer Item)[]
    ? readonly Item[]
    : Value extends object
      ? { readonly [Key in keyof Value & string as CamelCase<Key>]: Readable<Value[Key]> }
      : Value;

type ParsedConfig = z.output<typeof configSchema>;

/** Every setting, read-only, under its name in camel case: `config.server.allowedHosts`. */
export type Config = Readable<Omit<ParsedConfig, 'timeouts' | 'storage' | 'keys' | 'providers'>> & {
  /** Absolute path of the folder that everything rests in. */
  readonly home: string;
  readonly timeouts: { readonly connectMs: number; readonly firstByteMs: number; readonly idleMs: number };
  readonly storage: { readonly dbPath: string };
  /** Everybody that can be reached with a key: the built-in ones, then those of the configuration. */
  readonly providers: readonly ApiProvider[];
  /** The keys of the environment and the configuration, in the order of their places; one may come more than once. */
  readonly keys: readonly ConfiguredKey[];
};

/** `flag --port`, `environment CCPROXY_PORT`, `/some/.env CCPROXY_PORT`, `/home/.../config.yaml:12` or `default`. */
export type ConfigSources = Readonly<Record<SettingKey | 'home', string>>;

export interface ConfigInput {
  /** What the command line gave, by setting key; leave out (or `undefined`) what was not given. */
  readonly flags?: Readonly<Partial<Record<SettingKey | 'home', string | number | boolean | undefined>>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where `.env` is looked for and relative paths start. */
  readonly cwd: string;
}

export interface LoadedConfig {
  readonly config: Config;
  readonly sources: ConfigSources;
}

/** What every place says, before anything is checked. */
export interface ReadSettings {
  readonly home: { readonly path: string; readonly source: string };
  readonly filePath: string;
  /** What is wrong with the form of the file. */
  readonly problems: readonly string[];
  readonly found: FoundSettings;
}

export type FoundSettings = ReadonlyMap<SettingKey, Found | undefined>;

/** Settings that have passed. */
export interface CheckedSettings extends LoadedConfig {
  readonly found: FoundSettings;
  /** By setting key, in the form that the schema gives. */
  valueOf(key: SettingKey): unknown;
}

/**
 * Reads and checks all settings. Errors: `CONFIG_INVALID`, naming every wrong setting, its source and what is allowed,
 * and never the value of a secret.
 */
export function loadConfig(input: ConfigInput): LoadedConfig {
  const { config, sources } = checkSettings(readSettings(input));
  return { config, sources };
}

/** Checks a text as a `config.yaml` by itself, whatever other places say. Errors: as `loadConfig`. */
export function checkConfigText(text: string, path: string): void {
  const file = readConfigText(text, path);
  const dotEnv = { path: '', values: {} };
  const places = { flags: {}, environment: {}, cwd: dirname(path), dotEnv, file, filePath: path };
  parse(new Map(settings.map((setting) => [setting.key, findValue(setting, places)])), file.problems);
}

/** `source`: the text of `config.yaml`, in the place of what is on disk. Errors: `CONFIG_INVALID` for what is no YAML. */
export function readSettings(input: ConfigInput, source?: string): ReadSettings {
  const dotEnv = readDotEnv(join(input.cwd, '.env'));
  const home = findHome({ ...input, flag: textOf(input.flags?.home) });
  const filePath = pathsOf(home.path).configFile;
  const file = source === undefined ? readConfigFile(filePath) : readConfigText(source, filePath);
  const places = { flags: {}, ...input, dotEnv, file, filePath };
  const found = new Map(settings.map((setting) => [setting.key, findValue(setting, places)]));
  return { home, filePath, problems: file.problems, found };
}

/** Errors: as `loadConfig`. */
export function checkSettings({ home, problems, found }: ReadSettings): CheckedSettings {
  const parsed = parse(found, problems);
  const sources = Object.fromEntries([...found].map(([key, value]) => [key, value?.source ?? 'default']));
  const config = toConfig(parsed, home.path, found);
  refuseUnknownProvider(config, found);
  return {
    config,
    sources: { ...sources, home: home.source } as ConfigSources,
    found,
    valueOf: (key) => key.split('.').reduce((group: unknown, name) => (group as Nested)[name], parsed),
  };
}

interface DotEnv {
  readonly path: string;
  readonly values: Readonly<Record<string, string | undefined>>;
}

function readDotEnv(path: string): DotEnv {
  const values = parseEnv(readIfExists(path) ?? '');
  const guarded = settings.filter((it) => it.staysLocalInDotEnv).flatMap((it) => it.environment);
  const forbidden = settings.filter((it) => it.neverInDotEnv).flatMap((it) => it.environment);
  const isRefused = (candidate: string) => isGiven(values[candidate]) && !isOnThisComputer(values[candidate] ?? '');
  const name = ['CCPROXY_HOME', ...forbidden].find((it) => isGiven(values[it])) ?? guarded.find(isRefused);
  if (name === undefined) return { path, values };
  throw new CompanionError(
    'CONFIG_INVALID',
    `${path}: ${name} may not stand in a .env file, because the folder you happen to be in must not decide where ` +
      'your credentials rest or go, or who may use them. Set it in the environment or in config.yaml.',
  );
}

function textOf(value: unknown): string | undefined {
  return isGiven(value) ? String(value) : undefined;
}

function parse(found: FoundSettings, fileProblems: readonly string[]): ParsedConfig {
  const result = configSchema.safeParse(nest(found));
  const problems = [...fileProblems, ...describeProblems(result.error?.issues ?? [], found)];
  if (result.success && problems.length === 0) return result.data;
  const message = problems.length === 1 ? problems[0] : `Some settings are wrong:\n  ${problems.join('\n  ')}`;
  throw new CompanionError('CONFIG_INVALID', message ?? 'The settings could not be read.');
}

type Nested = { [name: string]: Nested | unknown };

/** Dotted keys as the nested object that the schema reads; every name is there, even when nobody gives it a value. */
function nest(found: FoundSettings): Nested {
  const root: Nested = {};
  for (const [key, entry] of found) {
    const names = key.split('.');
    const last = names.pop() ?? key;
    const group = names.reduce((parent, name) => (parent[name] ??= {}) as Nested, root);
    group[last] = entry?.value;
  }
  return root;
}

function toConfig(
  { timeouts, storage, keys, providers, ...rest }: ParsedConfig,
  home: string,
  found: FoundSettings,
): Config {
  return {
    ...(camelKeys(rest) as Readable<typeof rest>),
    home,
    timeouts: { connectMs: timeouts.connect, firstByteMs: timeouts.first_byte, idleMs: timeouts.idle },
    storage: { dbPath: storage.db_path ?? pathsOf(home).database },
    providers: listProviders(rest.upstreams, providers, rest.codex.models, {
      baseUrl: rest.upstreams.kiro,
      models: [...rest.kiro.models.keys()],
    }),
    keys: listKeys(keys, providers, (path) => placeOf(path, found)),
  };
}

/** A schedule for nobody would be a slip that shows when a limit does not reset. */
function refuseUnknownProvider({ auth, providers }: Config, found: FoundSettings): void {
  const ids = providers.map(({ id }) => id);
  const name = unknownProviderIn(auth.quota.resetSchedule, ids);
  if (name === undefined) return;
  const key = 'auth.quota.reset_schedule';
  const { source } = found.get(key)?.partAt([name]) ?? { source: 'default' };
  const guess = nearest(name, ids);
  const end = guess === undefined ? '.' : `; did you mean "${guess}"?`;
  throw new CompanionError(
    'CONFIG_INVALID',
    `${key}.${name.slice(0, 100)} (${source}) is no provider that there is${end}`,
  );
}

function placeOf(path: readonly PropertyKey[], found: FoundSettings) {
  const setting = settings.find(({ key }) => path.join('.').startsWith(`${key}.`));
  const entry = setting && found.get(setting.key);
  const inside = path.slice(setting?.key.split('.').length);
  const { origin, source } = entry?.partAt(inside) ?? { origin: 'config', source: 'default' };
  return { origin: origin === 'environment' ? origin : 'config', source } as const;
}
