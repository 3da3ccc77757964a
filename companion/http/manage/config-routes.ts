/** `/v0/management/config`: the settings, each with its source, and changing them in `config.yaml`. */
import { z } from 'zod';
import { CompanionError } from '../../base/error.ts';
import { describeSettings, isLocalOnly } from '../../config/describe-settings.ts';
import type { DescribedSetting } from '../../config/describe-settings.ts';
import type { ChangeReport, LiveConfig } from '../../config/live-config.ts';
import { settingCalled } from '../../config/setting-text.ts';
import { defineRoute } from './route.ts';
import type { Route } from './route.ts';

const setting = z.object({
  key: z.string(),
  description: z.string(),
  allowed: z.string(),
  value: z.unknown(),
  default: z.unknown(),
  source: z.string(),
  origin: z.enum(['flag', 'environment', 'config', 'default']),
  is_secret: z.boolean(),
  reloads: z.boolean(),
  is_pending: z.boolean(),
  is_local: z.boolean(),
});
export const settingsAnswer = z.object({
  file: z.string(),
  problem: z.string().nullable(),
  settings: z.array(setting),
});
export type SettingsAnswer = z.input<typeof settingsAnswer>;

export const changeAnswer = z.object({
  key: z.string(),
  effect: z.enum(['now', 'restart', 'beaten', 'none']),
  source: z.string(),
});
const reloadAnswer = z.object({ changed: z.array(z.string()), pending: z.array(z.string()) });

const key = z.string().min(1).max(200);
/** No setting goes deeper; whatever looks at the value may go into it without a thought. */
const deepest = 20;
const value = z
  .unknown()
  .refine((given) => given !== undefined, { error: 'a value is missing' })
  .refine((given) => isWithin(given, deepest), { error: 'it is nested too deeply' })
  .describe('As a person types it, or as JSON: a text, a number, a list, a group');

function isWithin(given: unknown, depth: number): boolean {
  if (typeof given !== 'object' || given === null) return true;
  return depth > 0 && Object.values(given).every((inner) => isWithin(inner, depth - 1));
}
export const changeBody = z.strictObject({ key, value });
export const keyQuery = z.strictObject({ key });

/** `undefined`: the settings were given as they are, by whoever embeds the companion, and there is nothing to change. */
export function configRoutes(live: LiveConfig | undefined): readonly Route[] {
  return [showRoute(live), setRoute(live), unsetRoute(live), reloadRoute(live)];
}

function showRoute(live: LiveConfig | undefined): Route {
  return defineRoute({
    method: 'GET',
    path: '/v0/management/config',
    access: 'admin',
    tag: 'Settings',
    summary: 'Every setting: its value, where that comes from, and what waits for a restart',
    description:
      'Secrets are told as `***`. `problem` says why the settings on disk were not taken, with file and line.',
    query: z.strictObject({}),
    answer: settingsAnswer,
    errors: ['NOT_FOUND'],
    handle: () => showSettings(needed(live)),
  });
}

function setRoute(live: LiveConfig | undefined): Route {
  return defineRoute({
    method: 'PUT',
    path: '/v0/management/config',
    access: 'admin',
    tag: 'Settings',
    summary: 'Sets one in config.yaml',
    description:
      '`effect` says when it counts: `now`, after a `restart`, or not while a stronger place has the setting (`beaten`; ' +
      '`source` names it). A secret is taken and never told again. What decides where credentials rest or go, ' +
      'who is let in, or what runs can only be set on the computer itself, with `companion config set`.',
    body: changeBody,
    answer: changeAnswer,
    errors: ['NOT_FOUND', 'STORE_UNAVAILABLE'],
    handle: ({ body }) => changeSetting(needed(live), body, 'network'),
  });
}

function unsetRoute(live: LiveConfig | undefined): Route {
  return defineRoute({
    method: 'DELETE',
    path: '/v0/management/config',
    access: 'admin',
    tag: 'Settings',
    summary: 'Takes one out of config.yaml',
    query: keyQuery,
    answer: changeAnswer,
    errors: ['NOT_FOUND', 'STORE_UNAVAILABLE'],
    handle: ({ query }) => changeSetting(needed(live), query, 'network'),
  });
}

function reloadRoute(live: LiveConfig | undefined): Route {
  return defineRoute({
    method: 'POST',
    path: '/v0/management/config/reload',
    access: 'admin',
    tag: 'Settings',
    summary: 'Reads the settings again',
    description: 'All or nothing: settings that are wrong change nothing.',
    answer: reloadAnswer,
    errors: ['NOT_FOUND'],
    handle: async () => {
      const { changed, pending } = await needed(live).reload().catch(asInvalidRequest);
      return { changed: [...changed], pending: [...pending] };
    },
  });
}

function needed(live: LiveConfig | undefined): LiveConfig {
  if (live !== undefined) return live;
  throw new CompanionError('NOT_FOUND', 'The settings of this companion were given to it as they are.');
}

export function showSettings(live: LiveConfig): SettingsAnswer {
  const { filePath, problem } = live;
  return { file: filePath, problem, settings: describeSettings(live).map(toAnswer) };
}

function toAnswer({ isSecret, isPending, isLocal, ...told }: DescribedSetting): SettingsAnswer['settings'][number] {
  return { ...told, is_secret: isSecret, is_pending: isPending, is_local: isLocal };
}

/** `value` absent: takes it out. `door`: who asks; from the network some settings cannot be changed. */
export function changeSetting(
  live: LiveConfig,
  change: { readonly key: string; readonly value?: unknown },
  door: 'network' | 'local',
): Promise<ChangeReport> {
  const found = settingCalled(change.key);
  if (door === 'network' && isLocalOnly(found)) throw refuseFromAfar(found.key);
  return live.change({ key: found.key, value: change.value }).catch(asInvalidRequest);
}

/** Wrong settings end a start; whoever asks for them to be changed or read is only told what is wrong with them. */
function asInvalidRequest(thrown: unknown): never {
  if (!(thrown instanceof CompanionError) || thrown.code !== 'CONFIG_INVALID') throw thrown;
  throw new CompanionError('INVALID_REQUEST', thrown.message, { remedy: thrown.remedy, cause: thrown });
}

function refuseFromAfar(name: string): CompanionError {
  return new CompanionError('INVALID_REQUEST', `\`${name}\` can be changed on the computer of the companion only.`, {
    details: { field: 'key' },
    remedy: `\`companion config set ${name}\` there, or config.yaml. It decides where credentials rest or go, who is let in, or what runs.`,
  });
}
