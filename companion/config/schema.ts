/** Every setting there is, in one place: its form, default, environment names and the words for an error. */
import { z } from 'zod';
import { builtInProviders } from '../../shared/api-provider.ts';
import type { BuiltInProviderId } from '../../shared/api-provider.ts';
import { transportChoiceSchema } from '../../shared/credential.ts';
import { Secret } from '../../shared/redact.ts';
import { keyTextWords } from '../base/api-key-text.ts';
import { logLevels } from '../base/log-level.ts';
import {
  baseUrl,
  baseUrlWords,
  boolean,
  booleanWords,
  directHosts,
  duration,
  durationWords,
  encryptionKey,
  host,
  hostList,
  nameList,
  path,
  pathWords,
  proxyUrl,
  proxyWords,
  scopes,
  scopeWords,
  text,
  wholeNumber,
} from './form.ts';
import { keyEntryNames, keyList } from './key-list.ts';
import { modelAliases } from './model-aliases.ts';
import { blockNames, providerBlocks } from './provider-block.ts';

export interface SettingFacts {
  /** Completes the sentence "... must be". */
  readonly allowed: string;
  /** Environment names besides `CCPROXY_<SECTION>_<NAME>`, which every setting has; the first that is set wins. */
  readonly environment?: readonly string[];
  /** The command line flag, as the person types it. */
  readonly flag?: string;
  /** Its value is never echoed. */
  readonly isSecret?: true;
  /** A folder that somebody merely stands in must not decide who gets at credentials: `.env` may name this computer only. */
  readonly staysLocalInDotEnv?: true;
  /** For the same reason, what a `.env` may not set at all. */
  readonly neverInDotEnv?: true;
  /** Variables that belong to all programs alike, so they count only when no place of our own has the setting. */
  readonly generalEnvironment?: readonly string[];
  /** Names by which `config.yaml` may call it as well, as the dotted path. */
  readonly formerly?: readonly string[];
  /** Has no name in the environment. */
  readonly isInFileOnly?: true;
  /** A list to which every place adds, instead of the first one that has it deciding alone. */
  readonly addsUp?: true;
  /** Its issues say themselves what a part of it must be; the names that its parts may have, for a guess. */
  readonly parts?: readonly string[];
  /** A path: `~` is expanded, a relative one starts at the folder its source stands in. */
  readonly isPath?: true;
}

const settingFacts = z.registry<SettingFacts>();

/** What is known about a setting besides its form. */
export function factsOf(schema: z.ZodType): SettingFacts {
  const facts = settingFacts.get(schema);
  if (facts === undefined) throw new Error('A setting without facts.');
  return facts;
}

function setting<Schema extends z.ZodType>(schema: Schema, facts: SettingFacts): Schema {
  settingFacts.add(schema, facts);
  return schema;
}

/** A row here is all that a new upstream needs. */
function upstream(url: string, environment: string) {
  return setting(baseUrl.default(url), {
    allowed: baseUrlWords,
    environment: [environment],
    staysLocalInDotEnv: true,
  });
}

function publicUpstream(id: BuiltInProviderId) {
  const url = builtInProviders.find((provider) => provider.id === id)?.baseUrl ?? '';
  return upstream(url, `CCPROXY_UPSTREAM_${id.toUpperCase()}`);
}

/** Keys of one provider, from every place that has some. */
function keys(environment: string) {
  return setting(keyList.default([]), {
    allowed: `a list of keys: ${keyTextWords}`,
    environment: [environment],
    isSecret: true,
    addsUp: true,
    parts: keyEntryNames,
  });
}

export const strategies = ['priority', 'round_robin', 'quota_aware', 'random'] as const;

/** The one schema; keys as they stand in `config.yaml`. */
export const configSchema = z.strictObject({
  server: z.strictObject({
    host: setting(host.default('127.0.0.1'), {
      allowed: 'an IP address or a host name',
      environment: ['CCPROXY_HOST', 'CCPROXY_SERVER_HOST', 'SERVER__HOST'],
      flag: '--host',
      staysLocalInDotEnv: true,
    }),
    port: setting(wholeNumber(0, 65_535).default(8000), {
      allowed: 'a whole number from 0 to 65535 (0: any free port)',
      environment: ['CCPROXY_PORT', 'CCPROXY_SERVER_PORT', 'SERVER__PORT'],
      flag: '--port',
    }),
    allowed_hosts: setting(hostList.default([]), {
      allowed: 'a list of host names, each with its port if it is not the default one',
    }),
    drain_seconds: setting(wholeNumber(0, 600).default(10), { allowed: 'a whole number of seconds from 0 to 600' }),
  }),
  security: z.strictObject({
    auth_token: setting(
      text
        .regex(/^[\x21-\x7e]+$/)
        .transform((value) => new Secret(value))
        .optional(),
      {
        allowed: 'printable ASCII characters without spaces',
        environment: ['SECURITY__AUTH_TOKEN'],
        isSecret: true,
      },
    ),
    auth: setting(boolean.default(true), { allowed: booleanWords, flag: '--no-auth' }),
    admin_key: setting(
      text
        .regex(/^[\x21-\x7e]+$/)
        .transform((value) => new Secret(value))
        .optional(),
      {
        allowed: 'printable ASCII characters without spaces',
        environment: ['CCPROXY_ADMIN_KEY'],
        isSecret: true,
      },
    ),
  }),
  vault: z.strictObject({
    kind: setting(z.enum(['auto', 'keyring', 'file']).default('auto'), {
      allowed: 'auto, keyring or file',
      environment: ['CCPROXY_VAULT'],
      flag: '--vault',
    }),
  }),
  auth: z.strictObject({
    encryption: z.strictObject({
      key: setting(encryptionKey.optional(), {
        allowed: '32 bytes in base64 or hex; `openssl rand -base64 32` makes one',
        environment: ['CCPROXY_ENCRYPTION_KEY'],
        isSecret: true,
      }),
    }),
    refresh: z.strictObject({
      enabled: setting(boolean.default(true), { allowed: booleanWords }),
      check_interval: setting(duration.default(5 * 60_000), { allowed: durationWords }),
      refresh_lead_time: setting(duration.default(10 * 60_000), { allowed: durationWords }),
    }),
  }),
  oauth: z.strictObject({
    anthropic: z.strictObject({
      client_id: setting(text.default('9d1c250a-e61b-44d9-88ed-5944d1962f5e'), {
        allowed: 'the id of an OAuth client',
      }),
      authorize_url: setting(baseUrl.optional(), { allowed: baseUrlWords, staysLocalInDotEnv: true }),
      token_path: setting(path.default('/v1/oauth/token'), { allowed: pathWords }),
      manual_redirect: setting(baseUrl.default('https://platform.claude.com/oauth/code/callback'), {
        allowed: baseUrlWords,
        staysLocalInDotEnv: true,
      }),
      scopes: setting(scopes.default(['user:profile', 'user:inference']), { allowed: scopeWords }),
    }),
    openai: z.strictObject({
      client_id: setting(text.default('app_EMoamEEZ73f0CkXaXp7hrann'), { allowed: 'the id of an OAuth client' }),
      authorize_url: setting(baseUrl.optional(), { allowed: baseUrlWords, staysLocalInDotEnv: true }),
      scopes: setting(scopes.default(['openid', 'profile', 'email', 'offline_access']), { allowed: scopeWords }),
    }),
  }),
  codex: z.strictObject({
    enabled: setting(boolean.default(false), { allowed: booleanWords, neverInDotEnv: true }),
    home: setting(text.optional(), {
      allowed: 'the path of a folder',
      isPath: true,
      neverInDotEnv: true,
      generalEnvironment: ['CODEX_HOME'],
    }),
    models: setting(nameList.default([]), { allowed: 'a list of model names' }),
  }),
  claude_code: z.strictObject({
    mode: setting(z.enum(['on-request', 'auto', 'off']).default('on-request'), {
      allowed: 'on-request, auto or off',
    }),
    path: setting(text.optional(), { allowed: 'the path of a program', isPath: true, neverInDotEnv: true }),
    use_login: setting(boolean.default(false), { allowed: booleanWords, neverInDotEnv: true }),
    warm: setting(wholeNumber(0, 4).default(1), { allowed: 'a whole number from 0 to 4' }),
  }),
  storage: z.strictObject({
    db_path: setting(text.optional(), { allowed: 'the path of a file', isPath: true }),
  }),
  log: z.strictObject({
    level: setting(z.enum(logLevels).default('info'), { allowed: logLevels.join(', '), flag: '--log-level' }),
  }),
  web: z.strictObject({
    transport: setting(transportChoiceSchema.optional(), { allowed: 'auto, browser or direct', flag: '--transport' }),
    temporary: setting(boolean.default(true), { allowed: booleanWords }),
    delete_after: setting(boolean.default(true), { allowed: booleanWords }),
    attachment_threshold: setting(wholeNumber(0, 10_000_000).default(20_000), {
      allowed: 'a whole number of characters from 0 to 10000000',
    }),
    organisation: setting(text.regex(/^[A-Za-z0-9-]{1,100}$/).optional(), { allowed: 'the id of an organisation' }),
  }),
  timeouts: z.strictObject({
    connect: setting(duration.default(10_000), { allowed: durationWords }),
    first_byte: setting(duration.default(600_000), { allowed: durationWords }),
    idle: setting(duration.default(300_000), { allowed: durationWords }),
  }),
  upstreams: z.strictObject({
    claude_web: upstream('https://claude.ai', 'CCPROXY_UPSTREAM_CLAUDE_WEB'),
    anthropic: publicUpstream('anthropic'),
    anthropic_auth: upstream('https://platform.claude.com', 'CCPROXY_UPSTREAM_ANTHROPIC_AUTH'),
    openai: publicUpstream('openai'),
    openai_auth: upstream('https://auth.openai.com', 'CCPROXY_UPSTREAM_OPENAI_AUTH'),
    chatgpt: upstream('https://chatgpt.com/backend-api', 'CCPROXY_UPSTREAM_CHATGPT'),
    gemini: publicUpstream('gemini'),
    mistral: publicUpstream('mistral'),
    groq: publicUpstream('groq'),
    deepseek: publicUpstream('deepseek'),
  }),
  keys: z.strictObject({
    anthropic: keys('CCPROXY_CLAUDE_API_KEYS'),
    openai: keys('CCPROXY_OPENAI_API_KEYS'),
    gemini: keys('CCPROXY_GEMINI_API_KEYS'),
    mistral: keys('CCPROXY_MISTRAL_API_KEYS'),
    groq: keys('CCPROXY_GROQ_API_KEYS'),
    deepseek: keys('CCPROXY_DEEPSEEK_API_KEYS'),
  } satisfies Record<BuiltInProviderId, z.ZodType>),
  providers: setting(providerBlocks.default([]), {
    allowed: 'a list of providers',
    isSecret: true,
    isInFileOnly: true,
    parts: blockNames,
  }),
  router: z.strictObject({
    strategy: setting(z.enum(strategies).default('priority'), {
      allowed: strategies.join(', '),
      formerly: ['auth.selection_strategy', 'claude.key_strategy'],
    }),
    max_attempts: setting(wholeNumber(1, 20).default(3), { allowed: 'a whole number from 1 to 20' }),
  }),
  models: z.strictObject({
    aliases: setting(modelAliases.default(new Map()), {
      allowed: 'names with the model that each stands for, such as `fast: gpt-5-mini`',
      parts: [],
    }),
  }),
  ledger: z.strictObject({
    keep_days: setting(wholeNumber(1, 3650).default(90), { allowed: 'a whole number of days from 1 to 3650' }),
    keep_rows: setting(wholeNumber(1000, 10_000_000).default(200_000), {
      allowed: 'a whole number from 1000 to 10000000',
    }),
  }),
  network: z.strictObject({
    proxy: setting(proxyUrl.optional(), {
      allowed: proxyWords,
      isSecret: true,
      staysLocalInDotEnv: true,
      generalEnvironment: ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'],
    }),
    no_proxy: setting(directHosts.default([]), {
      allowed: 'a list of hosts that are reached without the proxy',
      generalEnvironment: ['no_proxy', 'NO_PROXY'],
    }),
    ca_file: setting(text.optional(), { allowed: 'the path of a file', isPath: true, neverInDotEnv: true }),
    use_system_ca: setting(boolean.default(false), { allowed: booleanWords }),
  }),
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
