import { z } from 'zod';
import { listFromText } from './form.ts';

const targetWords = 'must be the name of a model, without a star';
const nameWords = 'must be a name, with a star at its end at most';

const target = z
  .string({ error: targetWords })
  .trim()
  .regex(/^[^\s*]{1,200}$/, { error: targetWords });
const name = z
  .string()
  .regex(/^\s*[^\s*]{0,200}\*?\s*$/, { error: nameWords })
  .regex(/\S/, { error: nameWords });

/** `fast=gpt-5-mini,claude-*=claude-sonnet-4-5`, or the same as a map; in its order. */
export const modelAliases = z.preprocess(
  fromText,
  z
    .record(name, target, { error: 'must be a map from names to models' })
    .transform((aliases): ReadonlyMap<string, string> => {
      return new Map(Object.entries(aliases).map(([from, to]) => [from.trim(), to]));
    }),
);

/** The same where every name is one name, and no pattern. */
export function withoutStars(names: typeof modelAliases) {
  return names.refine((map) => [...map.keys()].every((one) => !one.endsWith('*')), {
    error: 'must be names without a star',
  });
}

function fromText(value: unknown): unknown {
  const items = listFromText(value);
  if (typeof value !== 'string' || !Array.isArray(items)) return value;
  return Object.fromEntries(items.map((item: string) => splitAt(item, item.indexOf('='))));
}

/** Without an equals sign there is no target, and the schema says so. */
function splitAt(item: string, index: number): readonly [string, string | undefined] {
  return index < 0 ? [item, undefined] : [item.slice(0, index).trim(), item.slice(index + 1).trim()];
}
