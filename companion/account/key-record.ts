/** A key in the vault: how it is called there, and what stands in its entry. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { providerIdOf } from '../../shared/api-provider.ts';
import type { ApiProvider } from '../../shared/api-provider.ts';
import type { ApiKey } from '../../shared/credential.ts';
import { Secret } from '../../shared/redact.ts';
import { problemOfKeyName } from '../base/api-key-name.ts';
import { problemOfKeyText } from '../base/api-key-text.ts';
import { CompanionError } from '../base/error.ts';

export const vaultPrefix = 'api-key/';
/** Of a key that nobody gave another. */
export const usualPriority = 100;

const recordSchema = z.object({
  key: z.string().min(1),
  /** `null`: called by its id. */
  name: z.string().nullable(),
  priority: z.number(),
  addedAtMs: z.number(),
  /** Ids that it had with earlier secrets, the newest last: what was counted under them is still its own. */
  formerIds: z.array(z.string()).optional(),
  /** The entry that is to go once this one is there; only between two writes, or after a crash. */
  replaces: z.string().optional(),
});
export type KeyRecord = z.infer<typeof recordSchema>;

/** `openai-3f9a2c41`: tells keys apart, and says nothing about one. */
export function idOfKey(providerId: string, secret: string): string {
  return `${providerId}-${createHash('sha256').update(secret).digest('hex').slice(0, 8)}`;
}

/** `api-key/openai/openai-3f9a2c41`. */
export function vaultNameOf({ providerId, id }: Pick<ApiKey, 'providerId' | 'id'>): string {
  return `${vaultPrefix}${providerId}/${id}`;
}

export function writeRecord(record: KeyRecord): Secret {
  return new Secret(JSON.stringify(record));
}

/** `undefined` for an entry that is none of ours. */
export function readRecord(entry: Secret): KeyRecord | undefined {
  try {
    return recordSchema.parse(JSON.parse(entry.reveal()));
  } catch {
    return undefined;
  }
}

export interface NewKey {
  readonly providerId: string;
  /** As it was typed or pasted; spaces around it are taken off. */
  readonly secret: Secret;
  readonly name?: string | undefined;
  /** Lower numbers are preferred. */
  readonly priority?: number | undefined;
}

/** What is to be another about a key that is kept. */
export type KeyChange = Partial<Pick<NewKey, 'secret' | 'name' | 'priority'>>;

/** The same, in order. Errors: `INVALID_REQUEST`, which never quotes the key. */
export function checkNewKey(wanted: NewKey, providers: readonly ApiProvider[]): NewKey {
  const provider = checkProvider(wanted.providerId, providers);
  const secret = wanted.secret.reveal().trim();
  const problem = problemOfKeyText(secret);
  if (problem !== undefined) {
    const remedy = `Copy it again from the console of ${provider.name}: the key alone, in one piece.`;
    throw new CompanionError('INVALID_REQUEST', `This is no key: ${problem}.`, { remedy, details: { field: 'key' } });
  }
  const name = wanted.name?.trim();
  const nameProblem = name === undefined ? undefined : problemOfKeyName(name);
  if (nameProblem !== undefined) throw invalid('name', `The name cannot be used: ${nameProblem}.`);
  const { priority } = wanted;
  if (priority !== undefined && !(Number.isInteger(priority) && priority >= 0 && priority <= 1000)) {
    throw invalid('priority', 'The priority must be a whole number from 0 to 1000.');
  }
  return { providerId: provider.id, secret: new Secret(secret), name, priority };
}

/** One that takes keys, by id or name. Errors: `NOT_FOUND`, with those that there are; `INVALID_REQUEST`. */
export function checkProvider(wanted: string, providers: readonly ApiProvider[]): ApiProvider {
  const provider = findProvider(wanted, providers);
  if (provider.isKeyless) throw invalid('provider', `${provider.name} wants no key.`);
  if (provider.isLoginOnly === true) throw invalid('provider', `${provider.name} takes a login, not a key.`);
  return provider;
}

function findProvider(wanted: string, providers: readonly ApiProvider[]): ApiProvider {
  const lower = wanted.trim().toLowerCase();
  const meant = providerIdOf(wanted);
  const found = providers.find(({ id, name }) => id === meant || name.toLowerCase() === lower);
  if (found !== undefined) return found;
  const known = providers.map(({ id }) => id).join(', ');
  throw new CompanionError('NOT_FOUND', `There is no provider ${quote(wanted.trim())}.`, {
    remedy: `Those that there are: ${known}. Others can be added under \`providers\` in config.yaml.`,
  });
}

/** What was typed, unless it may be a key that landed in the wrong place: those are longer than names. */
export function quote(typed: string): string {
  return typed.length <= 24 && !/^sk-|[A-Z].*\d/.test(typed) ? `called "${typed}"` : 'of that name';
}

export function invalid(field: string, message: string): CompanionError {
  return new CompanionError('INVALID_REQUEST', message, { details: { field } });
}
