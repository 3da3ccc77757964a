/** One change in `config.yaml`, which is valid afterwards or left as it was. */
import { withoutSetting, withSetting, writeConfigText } from './config-file-writer.ts';
import { readIfExists } from './config-file.ts';
import { checkSettings, readSettings } from './load.ts';
import type { ConfigInput } from './load.ts';
import type { SettingKey } from './schema.ts';
import { fileFormOf, settingCalled } from './setting-text.ts';

export interface SettingChange {
  readonly key: SettingKey;
  /** As a person types it, or as JSON; `undefined` takes it out, by each of its names. */
  readonly value?: unknown;
}

export interface ChangedFile {
  readonly isChanged: boolean;
  /** The stronger place that goes on deciding; `null` when the file does. */
  readonly beatenBy: string | null;
}

/**
 * The settings of `input` must be valid with the change in them: a file that was wrong can be put right by it. Errors:
 * `CONFIG_INVALID`, and the file is left alone; `STORE_UNAVAILABLE` (disk).
 */
export async function changeSettingsFile(input: ConfigInput, change: SettingChange): Promise<ChangedFile> {
  const path = readSettings(input, '').filePath;
  const source = readIfExists(path) ?? '';
  // What is no YAML is said in the words of whoever reads it, before anything is edited.
  readSettings(input, source);
  const next = edit(source, change, path);
  const after = readSettings(input, next);
  checkSettings(after);
  await writeConfigText(path, next, source);
  const holds = after.found.get(change.key);
  const isOthers = holds !== undefined && holds.origin !== 'config' && settingCalled(change.key).addsUp !== true;
  return {
    isChanged: next !== source,
    beatenBy: isOthers ? holds.source : null,
  };
}

function edit(source: string, { key, value }: SettingChange, path: string): string {
  if (value !== undefined) return withSetting(source, key, fileFormOf(key, value), path);
  return withoutSetting(source, [key, ...(settingCalled(key).formerly ?? [])], path);
}
