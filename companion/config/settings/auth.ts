/** `auth`: credentials: where they come from, how they are kept, counted and renewed. */
import { z } from 'zod';
import {
  alwaysTrue,
  boolean,
  booleanWords,
  duration,
  durationWords,
  encryptionKey,
  encryptionKeys,
  text,
} from '../form.ts';
import { resetSchedules, resetScheduleWords, timeZone, timeZoneWords } from '../reset-schedule.ts';
import { setting } from '../setting.ts';

export const authSettings = z.strictObject({
  folder: setting(text.optional(), {
    description: 'where credential files such as `claude.json` are looked for; `auths` in the home unless given',
    allowed: 'the path of a folder',
    formerly: ['auth-dir', 'auth_dir'],
    isPath: true,
    neverInDotEnv: true,
  }),
  watch: setting(boolean.default(true), {
    description: 'a credential file that comes or changes is taken over while the companion runs',
    allowed: booleanWords,
  }),
  encryption: z.strictObject({
    enabled: setting(alwaysTrue.default(true), {
      description: 'always on: what rests in the vault is encrypted',
      allowed: 'true: the vault is always encrypted',
    }),
    key: setting(encryptionKey.optional(), {
      description: 'the key of the vault, 32 bytes in base64 or hex, if you keep it yourself',
      allowed: '32 bytes in base64 or hex; `openssl rand -base64 32` makes one',
      environment: ['CCPROXY_ENCRYPTION_KEY'],
      isSecret: true,
    }),
    previous_keys: setting(encryptionKeys.default([]), {
      description: 'keys that it had before: the vault is opened with them and sealed anew with the one above',
      allowed: 'a list of keys, each 32 bytes in base64 or hex',
      environment: ['CCPROXY_ENCRYPTION_PREVIOUS_KEYS'],
      isSecret: true,
    }),
  }),
  quota: z.strictObject({
    reset_schedule: setting(resetSchedules.default(new Map()), {
      description:
        'when the tokens of each credential are counted anew, for all providers or by provider; monthly unless given',
      allowed: resetScheduleWords,
      parts: [],
    }),
    time_zone: setting(timeZone.optional(), {
      description: "the time zone in which days, weeks and months begin; this computer's unless given",
      allowed: timeZoneWords,
    }),
  }),
  refresh: z.strictObject({
    enabled: setting(boolean.default(true), {
      description: 'logins are renewed before they expire',
      reloads: true,
      allowed: booleanWords,
    }),
    check_interval: setting(duration.default(5 * 60_000), {
      description: 'how often the logins are looked at',
      reloads: true,
      allowed: durationWords,
    }),
    refresh_lead_time: setting(duration.default(10 * 60_000), {
      description: 'those that expire within this time are renewed',
      reloads: true,
      allowed: durationWords,
    }),
  }),
});
