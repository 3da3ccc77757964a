/** Every setting there is, in the order in which a person reads of them; each group has a file in `settings/`. */
import { z } from 'zod';
import { factsOf } from './setting.ts';
import type { SettingFacts } from './setting.ts';
import { authSettings } from './settings/auth.ts';
import { claudeCodeSettings } from './settings/claude-code.ts';
import { codexSettings } from './settings/codex.ts';
import { copilotSettings } from './settings/copilot.ts';
import { keySettings } from './settings/keys.ts';
import { kiroSettings } from './settings/kiro.ts';
import { ledgerSettings } from './settings/ledger.ts';
import { logSettings } from './settings/log.ts';
import { metricsSettings } from './settings/metrics.ts';
import { modelSettings } from './settings/models.ts';
import { networkSettings } from './settings/network.ts';
import { notificationSettings } from './settings/notifications.ts';
import { oauthSettings } from './settings/oauth.ts';
import { providerSettings } from './settings/providers.ts';
import { routerSettings } from './settings/router.ts';
import { securitySettings } from './settings/security.ts';
import { serverSettings } from './settings/server.ts';
import { storageSettings } from './settings/storage.ts';
import { timeoutSettings } from './settings/timeouts.ts';
import { upstreamSettings } from './settings/upstreams.ts';
import { vaultSettings } from './settings/vault.ts';
import { webSettings } from './settings/web.ts';

/** The one schema; keys as they stand in `config.yaml`. */
export const configSchema = z.strictObject({
  server: serverSettings,
  security: securitySettings,
  vault: vaultSettings,
  auth: authSettings,
  oauth: oauthSettings,
  codex: codexSettings,
  copilot: copilotSettings,
  kiro: kiroSettings,
  claude_code: claudeCodeSettings,
  metrics: metricsSettings,
  storage: storageSettings,
  log: logSettings,
  web: webSettings,
  timeouts: timeoutSettings,
  upstreams: upstreamSettings,
  keys: keySettings,
  providers: providerSettings,
  router: routerSettings,
  models: modelSettings,
  ledger: ledgerSettings,
  notifications: notificationSettings,
  network: networkSettings,
});

type KeysOf<Schema> =
  Schema extends z.ZodObject<infer Shape>
    ? {
        [Key in keyof Shape & string]: Shape[Key] extends z.ZodObject ? `${Key}.${KeysOf<Shape[Key]>}` : Key;
      }[keyof Shape & string]
    : never;

/** `server.port`, `auth.encryption.key`, ... */
export type SettingKey = KeysOf<typeof configSchema>;

export interface Setting extends SettingFacts {
  readonly key: SettingKey;
  /** Every environment name, the first one that is set wins. */
  readonly environment: readonly string[];
}

/** Every setting of the schema, in its order. */
export const settings: readonly Setting[] = [...settingsBelow(configSchema, '')];

function* settingsBelow(group: z.ZodObject, prefix: string): Generator<Setting> {
  for (const [name, schema] of Object.entries(group.shape)) {
    const key = `${prefix}${name}`;
    if (schema instanceof z.ZodObject) yield* settingsBelow(schema, `${key}.`);
    else yield describeSetting(key as SettingKey, factsOf(schema as z.ZodType));
  }
}

function describeSetting(key: SettingKey, facts: SettingFacts): Setting {
  if (facts.isInFileOnly === true) return { ...facts, key, environment: [] };
  const derived = `CCPROXY_${key.replaceAll('.', '_').toUpperCase()}`;
  return { ...facts, key, environment: [...new Set([...(facts.environment ?? []), derived])] };
}
