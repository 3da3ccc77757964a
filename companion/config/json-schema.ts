/** The schema of `config.yaml` as JSON Schema, for editors: they complete, explain and underline while somebody types. */
import { z } from 'zod';
import { defaultOf } from './describe-value.ts';
import { writtenFormOf } from './form.ts';
import { blockShape } from './provider-block.ts';
import { configSchema, settings } from './schema.ts';
import type { Setting } from './schema.ts';

type JsonSchema = Record<string, unknown>;

const keyForms = {
  anyOf: [{ type: 'string' }, { type: 'array', items: { $ref: '#/$defs/key' } }, { $ref: '#/$defs/keyGroup' }],
};

const definitions = {
  key: { anyOf: [{ type: 'string' }, { $ref: '#/$defs/keyGroup' }] },
  keyGroup: {
    type: 'object',
    properties: { key: { type: 'string' }, name: { type: 'string' }, priority: { type: 'integer' } },
    required: ['key'],
    additionalProperties: false,
  },
};

/** `https://json-schema.org/draft/2020-12`; every setting with its description, defaults as a person would write them. */
export function jsonSchemaOfConfig(): JsonSchema {
  const root = groupSchema(configSchema, '');
  for (const setting of settings) for (const name of setting.formerly ?? []) addFormerName(root, setting, name);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'config.yaml of CCProxy Companion',
    ...root,
    $defs: definitions,
  };
}

function groupSchema(group: z.ZodObject, prefix: string): JsonSchema {
  const properties = Object.entries(group.shape).map(([name, schema]) => {
    const key = `${prefix}${name}`;
    if (schema instanceof z.ZodObject) return [name, groupSchema(schema, `${key}.`)];
    return [name, settingSchema(schema as z.ZodType, key)];
  });
  return { type: ['object', 'null'], properties: Object.fromEntries(properties), additionalProperties: false };
}

function settingSchema(schema: z.ZodType, key: string): JsonSchema {
  const setting = settings.find((one) => one.key === key);
  return { description: setting?.description, ...formOf(schema, setting), ...(setting && plainDefault(setting)) };
}

function formOf(schema: z.ZodType, setting: Setting | undefined): JsonSchema {
  if (setting?.addsUp === true) return keyForms;
  if (setting?.key === 'providers') return providersForm();
  if (setting?.key === 'models.aliases') return { type: 'object', additionalProperties: { type: 'string' } };
  const written = writtenFormOf(innermost(schema));
  if (written !== undefined) return { ...written.json };
  return plainForm(schema);
}

function plainForm(schema: z.ZodType): JsonSchema {
  const {
    $schema: _version,
    default: _default,
    ...form
  } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return form;
}

/** Without its default, and whether it must be there. */
function innermost(schema: z.ZodType): z.ZodType {
  const isWrapped = schema instanceof z.ZodDefault || schema instanceof z.ZodOptional;
  return isWrapped ? innermost(schema.unwrap() as z.ZodType) : schema;
}

/** A list or a map that is empty says nothing to a person. */
function plainDefault({ key }: Setting): JsonSchema {
  const value = defaultOf(key);
  return value === null || typeof value === 'object' ? {} : { default: value };
}

function providersForm(): JsonSchema {
  const properties = Object.fromEntries(
    Object.entries(blockShape).map(([name, schema]) => [name, name === 'keys' ? keyForms : plainForm(schema)]),
  );
  const block = { type: 'object', properties, required: ['base_url'] };
  return {
    anyOf: [
      { type: 'array', items: block },
      { type: 'object', additionalProperties: block },
    ],
  };
}

function addFormerName(root: JsonSchema, setting: Setting, name: string): void {
  const names = name.split('.');
  const last = names.pop() ?? name;
  const group = names.reduce(groupIn, root);
  const form = { description: `Another name of ${setting.key}`, deprecated: true };
  (group['properties'] as JsonSchema)[last] = form;
}

function groupIn(parent: JsonSchema, name: string): JsonSchema {
  const properties = parent['properties'] as Record<string, JsonSchema>;
  return (properties[name] ??= { type: ['object', 'null'], properties: {}, additionalProperties: false });
}
