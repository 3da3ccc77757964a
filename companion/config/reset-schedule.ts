/** When the tokens that a credential used are counted anew, for each provider. */
import { z } from 'zod';
import { providerIdOf } from '../../shared/api-provider.ts';
import { listFromText, text, written } from './form.ts';

/** `provider`: whenever the longest limit window begins anew that the provider itself told of. */
export const resetScheduleNames = ['never', 'daily', 'weekly', 'monthly', 'provider'] as const;
export type ResetSchedule = (typeof resetScheduleNames)[number];

/** By the id of a provider; what holds for all others stands under `everyProvider`. */
export type ResetSchedules = ReadonlyMap<string, ResetSchedule>;

export const everyProvider = '*';

/** Providers bill by the month. */
const usualSchedule: ResetSchedule = 'monthly';

/** What belongs to the same account goes by the same word unless it has one of its own. */
const relatives: ReadonlyMap<string, string> = new Map([
  ['claude-web', 'anthropic'],
  ['codex', 'openai'],
]);

const scheduleJson = { enum: resetScheduleNames };
const scheduleWords = `must be ${resetScheduleNames.join(', ')}`;
export const resetScheduleWords =
  'never, daily, weekly, monthly or provider, or providers with one of them each, such as `claude: monthly`';

/** `claude=monthly,gemini=daily`, the same as a map, or one word for all of them. */
export const resetSchedules = written(
  z.preprocess(
    fromText,
    z
      .record(z.string().regex(/\S/), z.enum(resetScheduleNames, { error: scheduleWords }), { error: scheduleWords })
      .transform((schedules): ResetSchedules => {
        return new Map(Object.entries(schedules).map(([name, schedule]) => [providerIdOf(name), schedule]));
      }),
  ),
  { json: { anyOf: [scheduleJson, { type: 'object', additionalProperties: scheduleJson }] } },
);

function fromText(value: unknown): unknown {
  const items = listFromText(value);
  if (typeof value !== 'string' || !Array.isArray(items)) return value;
  if (!value.includes('=')) return { [everyProvider]: value.trim() };
  return Object.fromEntries(
    items.map((item: string) => {
      const [name = '', schedule = ''] = item.split('=', 2);
      return [name.trim(), schedule.trim()];
    }),
  );
}

/** When the credentials of a provider are counted anew: monthly, unless the settings say otherwise. */
export function resetScheduleOf(schedules: ResetSchedules, providerId: string): ResetSchedule {
  const own = schedules.get(providerId) ?? schedules.get(relatives.get(providerId) ?? providerId);
  return own ?? schedules.get(everyProvider) ?? usualSchedule;
}

/** A name that no credential goes by, given the ids of the providers with keys and logins; `undefined` if all are known. */
export function unknownProviderIn(schedules: ResetSchedules, ids: readonly string[]): string | undefined {
  const known = new Set([...ids, ...relatives.keys(), everyProvider]);
  return [...schedules.keys()].find((name) => !known.has(name));
}

export const timeZoneWords = 'the name of a time zone, such as Europe/Berlin or UTC';
export const timeZone = text.refine(isTimeZone);

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
