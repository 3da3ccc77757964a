/** The companion's settings, as the management routes describe them. Pure. */
import type { Question } from './questions.ts';
import { fieldsOf, listOf, textOf, textOrNull } from './read.ts';
import { queryOf } from './usage.ts';

export interface Setting {
  /** `server.port`. */
  readonly key: string;
  readonly description: string;
  /** Completes "must be ...". */
  readonly allowed: string;
  readonly value: unknown;
  readonly default: unknown;
  /** Where the value comes from, as a person reads it. */
  readonly source: string;
  readonly origin: string;
  readonly isSecret: boolean;
  /** A change counts at once; otherwise after a restart. */
  readonly reloads: boolean;
  /** Another value waits for the next start. */
  readonly isPending: boolean;
  /** Can be changed on the companion's computer only. */
  readonly isLocal: boolean;
}

export interface CompanionSettings {
  readonly file: string;
  /** Why what is on disk was not taken. */
  readonly problem: string | null;
  readonly settings: readonly Setting[];
}

export interface SettingGroup {
  readonly name: string;
  readonly settings: readonly Setting[];
}

export const settingsQuestion: Question<CompanionSettings> = {
  key: 'settings',
  path: () => '/v0/management/config',
  read: readSettings,
};

export function settingPath(key: string): string {
  return `/v0/management/config?${queryOf({ key })}`;
}

/** By the part of the name before its first full stop, in the order of their first settings. */
export function groupsOf(settings: readonly Setting[], search: string): readonly SettingGroup[] {
  const wanted = search.trim().toLowerCase();
  const found = settings.filter(({ key, description }) => `${key} ${description}`.toLowerCase().includes(wanted));
  const groups = Map.groupBy(found, ({ key }) => key.split('.')[0] ?? key);
  return [...groups].map(([name, ofGroup]) => ({ name, settings: ofGroup }));
}

/** A value as a person types it. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) {
    return value.every((item) => typeof item === 'string' || typeof item === 'number')
      ? value.join(', ')
      : JSON.stringify(value);
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
}

function readSettings(body: unknown): CompanionSettings {
  const { file, problem, settings } = fieldsOf(body);
  return { file: textOf(file), problem: textOrNull(problem), settings: listOf(settings, readSetting) };
}

function readSetting(value: unknown): Setting {
  const fields = fieldsOf(value);
  return {
    key: textOf(fields['key']),
    description: textOf(fields['description']),
    allowed: textOf(fields['allowed']),
    value: fields['value'],
    default: fields['default'],
    source: textOf(fields['source']),
    origin: textOf(fields['origin']),
    isSecret: fields['is_secret'] === true,
    reloads: fields['reloads'] === true,
    isPending: fields['is_pending'] === true,
    isLocal: fields['is_local'] === true,
  };
}
