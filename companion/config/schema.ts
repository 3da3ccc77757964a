/** Every setting there is, in one place: its form, its default, its names and what a person is told of it. */
import { z } from 'zod';
import { builtInProviders, copilotProvider } from '../../shared/api-provider.ts';
import type { BuiltInProviderId } from '../../shared/api-provider.ts';
import { transportChoiceSchema } from '../../shared/credential.ts';
import { Secret } from '../../shared/redact.ts';
import { keyTextWords } from '../base/api-key-text.ts';
import { logLevels } from '../base/log-level.ts';
import { defaultKiroUrl, defaultOidcUrl } from './aws-region.ts';
import {
  alwaysTrue,
  baseUrl,
  baseUrlWords,
  boolean,
  booleanWords,
  directHosts,
  duration,
  durationWords,
  encryptionKey,
  encryptionKeys,
  host,
  hostList,
  listOf,
  nameList,
  path,
  pathWords,
  proxyUrl,
  proxyWords,
  scopes,
  scopeWords,
  text,
  webhookUrl,
  webhookWords,
  wholeNumber,
} from './form.ts';
import { newsKinds } from './news-kinds.ts';
import { keyEntryNames, keyList } from './key-list.ts';
import { kiroSettings } from './kiro-settings.ts';
import { modelAliases } from './model-aliases.ts';
import { blockNames, providerBlocks } from './provider-block.ts';
import { resetSchedules, resetScheduleWords, timeZone, timeZoneWords } from './reset-schedule.ts';
import { factsOf, setting } from './setting.ts';
import type { SettingFacts } from './setting.ts';

const newsKindList = listOf(z.array(z.enum(newsKinds)).max(newsKinds.length));

/** A row here is all that a new upstream needs. */
function upstream(url: string, environment: string, description: string) {
  return setting(baseUrl.default(url), {
    description,
    allowed: baseUrlWords,
    environment: [environment],
    staysLocalInDotEnv: true,
  });
}

function publicUpstream(id: BuiltInProviderId, description: string) {
  const url = builtInProviders.find((provider) => provider.id === id)?.baseUrl ?? '';
  return upstream(url, `CCPROXY_UPSTREAM_${id.toUpperCase()}`, description);
}

/** Keys of one provider, from every place that has some. */
function keys(name: string, environment: string, formerly: readonly string[] = []) {
  return setting(keyList.default([]), {
    description: `your API keys of ${name}`,
    reloads: true,
    allowed: `a list of keys: ${keyTextWords}`,
    environment: [environment],
    formerly,
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
      description: 'address to listen on; anything but this computer needs the client key',
      allowed: 'an IP address or a host name',
      environment: ['CCPROXY_HOST', 'CCPROXY_SERVER_HOST', 'SERVER__HOST'],
      flag: '--host',
      staysLocalInDotEnv: true,
    }),
    port: setting(wholeNumber(0, 65_535).default(8000), {
      description: 'port to listen on; 0 picks a free one at each start',
      allowed: 'a whole number from 0 to 65535 (0: any free port)',
      environment: ['CCPROXY_PORT', 'CCPROXY_SERVER_PORT', 'SERVER__PORT'],
      flag: '--port',
    }),
    allowed_hosts: setting(hostList.default([]), {
      description: 'further names that clients may call the companion by, each with its port if it is another one',
      reloads: true,
      allowed: 'a list of host names, each with its port if it is not the default one',
      neverInDotEnv: true,
    }),
    mode: setting(z.enum(['both', 'api', 'web']).default('both'), {
      description:
        'what all clients may use: `api` (keys and logins), `web` (claude.ai) or `both`, Claude Code included',
      reloads: true,
      allowed: 'both, api or web',
    }),
    drain_seconds: setting(wholeNumber(0, 600).default(10), {
      description: 'how long open answers may go on when the companion is stopped',
      reloads: true,
      allowed: 'a whole number of seconds from 0 to 600',
    }),
  }),
  security: z.strictObject({
    auth_token: setting(
      text
        .regex(/^[\x21-\x7e]+$/)
        .transform((value) => new Secret(value))
        .optional(),
      {
        description: 'the client key, instead of the one that the companion makes and keeps in the vault',
        reloads: true,
        allowed: 'printable ASCII characters without spaces',
        environment: ['SECURITY__AUTH_TOKEN'],
        isSecret: true,
      },
    ),
    auth: setting(boolean.default(true), {
      description: 'whether clients need the key at all',
      allowed: booleanWords,
      flag: '--no-auth',
      neverInDotEnv: true,
    }),
    admin_key: setting(
      text
        .regex(/^[\x21-\x7e]+$/)
        .transform((value) => new Secret(value))
        .optional(),
      {
        description:
          'the key that manages the companion over HTTP, instead of the one that it makes and keeps in the vault',
        allowed: 'printable ASCII characters without spaces',
        environment: ['CCPROXY_ADMIN_KEY'],
        formerly: ['admin.key'],
        isSecret: true,
      },
    ),
    jwt_secret: setting(
      text
        .regex(/^[\x21-\x7e]+$/)
        .transform((value) => new Secret(value))
        .optional(),
      {
        description:
          'what the keys of single clients are signed with, instead of the secret that the companion makes and keeps in the vault; with another one they all end',
        allowed: 'printable ASCII characters without spaces; `openssl rand -base64 32` makes some',
        environment: ['CCPROXY_JWT_SECRET'],
        formerly: ['jwt.secret'],
        isSecret: true,
      },
    ),
  }),
  vault: z.strictObject({
    kind: setting(z.enum(['auto', 'keyring', 'file']).default('auto'), {
      description: 'where the key of the vault rests: the system keyring, a file, or what works',
      allowed: 'auto, keyring or file',
      environment: ['CCPROXY_VAULT'],
      flag: '--vault',
    }),
  }),
  auth: z.strictObject({
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
  }),
  oauth: z.strictObject({
    anthropic: z.strictObject({
      client_id: setting(text.default('9d1c250a-e61b-44d9-88ed-5944d1962f5e'), {
        description: 'the OAuth client that the Claude login is made with; the preset is the public one of Claude Code',
        allowed: 'the id of an OAuth client',
      }),
      authorize_url: setting(baseUrl.optional(), {
        description: 'the page where you allow a Claude login; unset, it is at `upstreams.claude_web`',
        allowed: baseUrlWords,
        staysLocalInDotEnv: true,
      }),
      token_path: setting(path.default('/v1/oauth/token'), {
        description: 'where codes are traded for tokens, at `upstreams.anthropic_auth`',
        allowed: pathWords,
      }),
      manual_redirect: setting(baseUrl.default('https://platform.claude.com/oauth/code/callback'), {
        description: 'the page that shows the code to be pasted',
        allowed: baseUrlWords,
        staysLocalInDotEnv: true,
      }),
      scopes: setting(scopes.default(['user:profile', 'user:inference']), {
        description: 'what a Claude login may do',
        allowed: scopeWords,
      }),
    }),
    openai: z.strictObject({
      client_id: setting(text.default('app_EMoamEEZ73f0CkXaXp7hrann'), {
        description: 'the OAuth client that the ChatGPT login is made with; the preset is the public one of Codex',
        allowed: 'the id of an OAuth client',
      }),
      authorize_url: setting(baseUrl.optional(), {
        description: 'the page where you allow a ChatGPT login; unset, it is at `upstreams.openai_auth`',
        allowed: baseUrlWords,
        staysLocalInDotEnv: true,
      }),
      scopes: setting(scopes.default(['openid', 'profile', 'email', 'offline_access']), {
        description: 'what a ChatGPT login may do',
        allowed: scopeWords,
      }),
    }),
  }),
  codex: z.strictObject({
    enabled: setting(boolean.default(false), {
      description: 'the ChatGPT login serves requests; signing in turns it on',
      reloads: true,
      allowed: booleanWords,
      neverInDotEnv: true,
    }),
    home: setting(text.optional(), {
      description: 'the folder of Codex, in which the ChatGPT login rests',
      allowed: 'the path of a folder',
      isPath: true,
      neverInDotEnv: true,
      generalEnvironment: ['CODEX_HOME'],
    }),
    models: setting(nameList.default([]), {
      description: 'the models of the ChatGPT login; unset, it is asked',
      reloads: true,
      allowed: 'a list of model names',
    }),
  }),
  copilot: z.strictObject({
    client_id: setting(text.regex(/^[A-Za-z0-9._-]{1,100}$/).optional(), {
      description: 'the client id of your own OAuth app at GitHub with the device flow, for `auth login-copilot`',
      reloads: true,
      allowed: 'the client id of an OAuth app',
    }),
    scopes: setting(scopes.default(['read:user']), {
      description: 'what the login asks GitHub for',
      reloads: true,
      allowed: scopeWords,
    }),
    exchange: setting(z.enum(['auto', 'always', 'never']).default('auto'), {
      description:
        'whether the GitHub token is traded for a short Copilot token; `never` sends the GitHub token itself, `auto` only where GitHub trades none',
      reloads: true,
      allowed: 'auto, always or never',
    }),
    github_token: setting(
      text
        .regex(/^[\x21-\x7e]{1,1000}$/)
        .transform((value) => new Secret(value))
        .optional(),
      {
        description: 'a GitHub token that you have already and that Copilot takes',
        allowed: 'printable ASCII characters without spaces',
        isSecret: true,
        neverInDotEnv: true,
        generalEnvironment: ['COPILOT_GITHUB_TOKEN'],
      },
    ),
    use_gh: setting(boolean.default(false), {
      description: 'the login of the GitHub CLI opens Copilot here; `auth adopt gh` turns it on',
      reloads: true,
      allowed: booleanWords,
      neverInDotEnv: true,
    }),
  }),
  kiro: kiroSettings,
  claude_code: z.strictObject({
    mode: setting(z.enum(['on-request', 'auto', 'off']).default('on-request'), {
      description: 'when your Claude Code answers: `on-request`, `auto` (also when nothing else can), `off`',
      reloads: true,
      allowed: 'on-request, auto or off',
    }),
    path: setting(text.optional(), {
      description: 'the program, if it is not found by itself',
      allowed: 'the path of a program',
      isPath: true,
      neverInDotEnv: true,
    }),
    use_login: setting(boolean.default(false), {
      description:
        "Claude Code's own login also serves API requests; see what `companion auth adopt claude-code` says of it",
      reloads: true,
      allowed: booleanWords,
      neverInDotEnv: true,
    }),
    warm: setting(wholeNumber(0, 4).default(1), {
      description: 'how many Claude Code processes are kept ready once it was used',
      allowed: 'a whole number from 0 to 4',
    }),
  }),
  metrics: z.strictObject({
    access: setting(z.enum(['admin', 'loopback', 'off']).default('admin'), {
      description:
        'who may read `GET /metrics`: `admin` (with the admin key), `loopback` (everybody on this computer without one), `off`',
      reloads: true,
      allowed: 'admin, loopback or off',
    }),
  }),
  storage: z.strictObject({
    db_path: setting(text.optional(), {
      description: 'the database, if it is to lie elsewhere',
      allowed: 'the path of a file',
      isPath: true,
    }),
  }),
  log: z.strictObject({
    level: setting(z.enum(logLevels).default('info'), {
      description: 'how much is logged: trace, debug, info, warn, error, fatal, silent',
      reloads: true,
      allowed: logLevels.join(', '),
      flag: '--log-level',
    }),
  }),
  web: z.strictObject({
    transport: setting(transportChoiceSchema.optional(), {
      description:
        'how claude.ai is reached: through the browser, directly, or what works; unset, what each browser chose counts',
      reloads: true,
      allowed: 'auto, browser or direct',
      flag: '--transport',
    }),
    temporary: setting(boolean.default(true), {
      description: 'conversations do not show in the history of claude.ai',
      reloads: true,
      allowed: booleanWords,
    }),
    delete_after: setting(boolean.default(true), {
      description: 'conversations are deleted once they are answered',
      reloads: true,
      allowed: booleanWords,
    }),
    attachment_threshold: setting(wholeNumber(0, 10_000_000).default(20_000), {
      description: 'from how many characters on a text goes as an attachment',
      reloads: true,
      allowed: 'a whole number of characters from 0 to 10000000',
    }),
    organisation: setting(text.regex(/^[A-Za-z0-9-]{1,100}$/).optional(), {
      description: 'the organisation to use, by its id, for accounts with several',
      allowed: 'the id of an organisation',
    }),
  }),
  timeouts: z.strictObject({
    connect: setting(duration.default(10_000), {
      description: 'for a connection to a provider',
      reloads: true,
      allowed: durationWords,
    }),
    first_byte: setting(duration.default(600_000), {
      description: 'for the first byte of an answer',
      reloads: true,
      allowed: durationWords,
    }),
    idle: setting(duration.default(300_000), {
      description: 'for silence within an answer',
      reloads: true,
      allowed: durationWords,
    }),
  }),
  upstreams: z.strictObject({
    claude_web: upstream(
      'https://claude.ai',
      'CCPROXY_UPSTREAM_CLAUDE_WEB',
      'where claude.ai is; for tests and gateways of your own',
    ),
    anthropic: publicUpstream('anthropic', "where Anthropic's API is"),
    anthropic_auth: upstream(
      'https://platform.claude.com',
      'CCPROXY_UPSTREAM_ANTHROPIC_AUTH',
      'where Claude logins are renewed',
    ),
    openai: publicUpstream('openai', "where OpenAI's API is"),
    openai_auth: upstream(
      'https://auth.openai.com',
      'CCPROXY_UPSTREAM_OPENAI_AUTH',
      'where ChatGPT logins are made and renewed',
    ),
    chatgpt: upstream('https://chatgpt.com/backend-api', 'CCPROXY_UPSTREAM_CHATGPT', 'where the backend of ChatGPT is'),
    github: upstream('https://github.com', 'CCPROXY_UPSTREAM_GITHUB', 'where a Copilot login is confirmed'),
    github_api: upstream(
      'https://api.github.com',
      'CCPROXY_UPSTREAM_GITHUB_API',
      'where a GitHub token is traded for a Copilot token, and the plan is asked for',
    ),
    copilot: upstream(
      copilotProvider.baseUrl,
      'CCPROXY_UPSTREAM_COPILOT',
      'the API of GitHub Copilot; unset, the one that the token names',
    ),
    aws_oidc: upstream(
      defaultOidcUrl,
      'CCPROXY_UPSTREAM_AWS_OIDC',
      'where Kiro logins are made and renewed; the preset is that of the region of a login',
    ),
    kiro: upstream(
      defaultKiroUrl,
      'CCPROXY_UPSTREAM_KIRO',
      'where Kiro is asked; the preset is that of the region of a login',
    ),
    gemini: publicUpstream('gemini', "where Gemini's API is"),
    mistral: publicUpstream('mistral', "where Mistral's API is"),
    groq: publicUpstream('groq', "where Groq's API is"),
    deepseek: publicUpstream('deepseek', "where DeepSeek's API is"),
  }),
  keys: z.strictObject({
    anthropic: keys('Anthropic', 'CCPROXY_CLAUDE_API_KEYS', ['claude.api_keys']),
    openai: keys('OpenAI', 'CCPROXY_OPENAI_API_KEYS'),
    gemini: keys('Gemini', 'CCPROXY_GEMINI_API_KEYS'),
    mistral: keys('Mistral', 'CCPROXY_MISTRAL_API_KEYS'),
    groq: keys('Groq', 'CCPROXY_GROQ_API_KEYS'),
    deepseek: keys('DeepSeek', 'CCPROXY_DEEPSEEK_API_KEYS'),
  } satisfies Record<BuiltInProviderId, z.ZodType>),
  providers: setting(providerBlocks.default([]), {
    description: 'further providers: servers of your own, or others that speak these APIs',
    reloads: true,
    allowed: 'a list of providers',
    isSecret: true,
    isInFileOnly: true,
    formerly: ['openai-compatibility'],
    parts: blockNames,
  }),
  router: z.strictObject({
    strategy: setting(z.enum(strategies).default('priority'), {
      description: 'which key goes first: `priority`, `round_robin`, `quota_aware`, `random`',
      reloads: true,
      allowed: strategies.join(', '),
      formerly: ['auth.selection_strategy', 'claude.key_strategy'],
    }),
    max_attempts: setting(wholeNumber(1, 20).default(3), {
      description: 'how many keys are tried for one request, at most',
      reloads: true,
      allowed: 'a whole number from 1 to 20',
    }),
  }),
  models: z.strictObject({
    aliases: setting(modelAliases.default(new Map()), {
      description: 'names that stand for models',
      reloads: true,
      allowed: 'names with the model that each stands for, such as `fast: gpt-5-mini`',
      parts: [],
    }),
  }),
  ledger: z.strictObject({
    keep_days: setting(wholeNumber(1, 3650).default(90), {
      description: 'how long the counts of a request are kept',
      reloads: true,
      allowed: 'a whole number of days from 1 to 3650',
    }),
    keep_rows: setting(wholeNumber(1000, 10_000_000).default(200_000), {
      description: 'and of how many requests at most',
      reloads: true,
      allowed: 'a whole number from 1000 to 10000000',
    }),
  }),
  notifications: z.strictObject({
    webhook: setting(webhookUrl.optional(), {
      description: 'where notifications are sent, as JSON by POST',
      allowed: webhookWords,
      isSecret: true,
      neverInDotEnv: true,
      reloads: true,
    }),
    webhook_secret: setting(
      text
        .regex(/^[\x21-\x7e]+$/)
        .transform((value) => new Secret(value))
        .optional(),
      {
        description: 'signs them, so that the receiver knows who sent them',
        allowed: 'printable ASCII characters without spaces',
        isSecret: true,
        reloads: true,
      },
    ),
    desktop: setting(boolean.default(false), {
      description: 'paired browsers show them, once you allow that in the extension',
      allowed: booleanWords,
      reloads: true,
    }),
    events: setting(newsKindList.default([...newsKinds]), {
      description: 'what is sent and shown; the log has all of it',
      allowed: `a list of these: ${newsKinds.join(', ')}`,
      reloads: true,
    }),
  }),
  network: z.strictObject({
    proxy: setting(proxyUrl.optional(), {
      description: 'the HTTP proxy on the way out, with its password if it wants one; `direct` for none',
      allowed: proxyWords,
      isSecret: true,
      staysLocalInDotEnv: true,
      generalEnvironment: ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'],
    }),
    no_proxy: setting(directHosts.default([]), {
      description: 'hosts that are reached without it; this computer always is',
      allowed: 'a list of hosts that are reached without the proxy',
      generalEnvironment: ['no_proxy', 'NO_PROXY'],
    }),
    ca_file: setting(text.optional(), {
      description: 'a PEM file with certificates to trust besides the usual ones',
      allowed: 'the path of a file',
      isPath: true,
      neverInDotEnv: true,
    }),
    use_system_ca: setting(boolean.default(false), {
      description: 'trust what this computer trusts, as browsers do',
      allowed: booleanWords,
    }),
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
