/** Values of settings as a person reads them: in the form that `config.yaml` takes, and never with a secret in them. */
import { z } from 'zod';
import { Secret } from '../../shared/redact.ts';
import { formatDuration, writtenFormOf } from './form.ts';
import { configSchema } from './schema.ts';
import type { SettingKey } from './schema.ts';

/** The form of a setting, with its default. */
export function schemaOf(key: SettingKey): z.ZodType {
  const step = (group: z.ZodType, name: string) => (group as z.ZodObject).shape[name] as z.ZodType;
  return key.split('.').reduce(step, configSchema);
}

/** What holds when nobody sets it; `null` for nothing. */
export function defaultOf(key: SettingKey): unknown {
  return describeValue(key, schemaOf(key).safeParse(undefined).data);
}

/** As JSON: times as `5m`, secrets as `***`, nothing as `null`. */
export function describeValue(key: SettingKey, value: unknown): unknown {
  if (typeof value === 'number' && isDuration(schemaOf(key))) return formatDuration(value);
  return withoutSecrets(value);
}

function isDuration(schema: z.ZodType): boolean {
  const isWrapped = schema instanceof z.ZodDefault || schema instanceof z.ZodOptional;
  return isWrapped ? isDuration(schema.unwrap() as z.ZodType) : writtenFormOf(schema)?.isDuration === true;
}

function withoutSecrets(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (value instanceof Secret) return '***';
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, inner]) => [name, withoutSecrets(inner)]));
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object') return value;
  const given = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(given.map(([name, inner]) => [name, withoutSecrets(inner)]));
}
