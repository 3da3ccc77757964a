/** Settings by their name, and their values as a person types them. */
import { parse as parseYaml } from 'yaml';
import { CompanionError } from '../base/error.ts';
import type { FileSetting } from './config-file-writer.ts';
import { describeValue, schemaOf } from './describe-value.ts';
import { asKeyList } from './key-list.ts';
import { isWord, nearest } from './nearest.ts';
import { settings } from './schema.ts';
import type { Setting, SettingKey } from './schema.ts';

/** By its name, or one that it had. Errors: `NOT_FOUND`, with the one that was probably meant. */
export function settingCalled(name: string): Setting {
  const wanted = name.trim();
  const found = settings.find(({ key, formerly }) => key === wanted || formerly?.includes(wanted));
  if (found !== undefined) return found;
  const guess = nearest(
    wanted,
    settings.map(({ key }) => key),
  );
  const message = isWord(wanted) ? `There is no setting "${wanted}".` : 'There is no setting of that name.';
  throw new CompanionError('NOT_FOUND', guess === undefined ? message : `${message} Did you mean "${guess}"?`, {
    remedy: '`companion config show --all` lists all of them.',
  });
}

/** What a value is in `config.yaml`: numbers and lists as such, times as they were typed. What is wrong stays as it is. */
export function fileFormOf(key: SettingKey, value: unknown): FileSetting {
  if (typeof value !== 'string') return value as FileSetting;
  const parsed = schemaOf(key).safeParse(structured(key, value));
  return parsed.success ? writtenAs(key, value, parsed.data) : value;
}

function writtenAs(key: SettingKey, typed: string, parsed: unknown): FileSetting {
  const { addsUp, isSecret } = settingCalled(key);
  if (key === 'providers') return structured(key, typed) as FileSetting;
  if (addsUp === true) return asKeyList(typed) as FileSetting;
  if (Array.isArray(parsed) && isSecret === true) return typed.split(',').map((item) => item.trim());
  if (Array.isArray(parsed) || parsed instanceof Map) return describeValue(key, parsed) as FileSetting;
  // `direct` of the proxy means none, and none in the file would mean that nothing is set.
  const isTyped = parsed === null || typeof describeValue(key, parsed) === 'string';
  return isTyped ? typed.trim() : (parsed as FileSetting);
}

/** Blocks of providers have no form between commas: they are typed as YAML, of which JSON is a part. */
function structured(key: SettingKey, typed: string): unknown {
  if (key !== 'providers') return typed;
  try {
    return parseYaml(typed) as unknown;
  } catch {
    return typed;
  }
}
