/** Keys as they stand in the settings: one, several between commas, or a list whose entries may have a name and a rank. */
import { z } from 'zod';
import { Secret } from '../../shared/redact.ts';
import { keyTextWords, problemOfKeyText } from '../base/api-key-text.ts';
import { keyNameWords, problemOfKeyName } from '../base/api-key-name.ts';
import { listFromText, numberFromText } from './form.ts';

export const priorityWords = 'a whole number from 0 to 1000 (lower numbers are preferred)';

const keyWords = `must be a key: ${keyTextWords}`;
const key = z
  .string({ error: keyWords })
  .trim()
  .refine((value) => problemOfKeyText(value) === undefined, { error: keyWords })
  .transform((value) => new Secret(value));

const nameWords = `must be ${keyNameWords}`;
const name = z
  .string({ error: nameWords })
  .trim()
  .refine((value) => problemOfKeyName(value) === undefined, { error: nameWords });

const priority = z.preprocess(
  numberFromText,
  z
    .number({ error: `must be ${priorityWords}` })
    .refine((value) => Number.isInteger(value) && value >= 0 && value <= 1000, { error: `must be ${priorityWords}` }),
);

const entry = z.preprocess(
  (value) => (typeof value === 'string' ? { key: value } : value),
  z.strictObject(
    { key, name: name.optional(), priority: priority.optional() },
    { error: 'must be a key, or `key` with `name` and `priority`' },
  ),
);

export const keyEntryNames: readonly string[] = ['key', 'name', 'priority'];

/** `sk-1,sk-2`, `[sk-1, sk-2]`, `[{ key: sk-1, name: work }]` or that one entry alone. */
export const keyList = z.preprocess(asKeyList, z.array(entry, { error: 'must be a list of keys' }));

/** Every form as a list, whatever its items are. */
export function asKeyList(value: unknown): unknown {
  if (typeof value === 'string') return listFromText(value);
  return value === undefined || value === null || Array.isArray(value) ? value : [value];
}
