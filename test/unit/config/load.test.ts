import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../companion/config/load.ts';
import type { ConfigInput } from '../../../companion/config/load.ts';
import { newsKinds } from '../../../companion/config/news-kinds.ts';
import { settings } from '../../../companion/config/schema.ts';
import { builtInProviders, codexProvider, copilotProvider, kiroProvider } from '../../../shared/api-provider.ts';
import { kiroModelIds } from '../../../shared/kiro-models.ts';
import { place } from './place.ts';

describe('defaults', () => {
  it('stand when nothing is set at all', async () => {
    const { load, home } = await place();
    const { config, sources } = load();
    expect(config).toEqual({
      home,
      server: { host: '127.0.0.1', port: 8000, allowedHosts: [], mode: 'both', drainSeconds: 10 },
      security: { authToken: undefined, auth: true },
      vault: { kind: 'auto' },
      auth: {
        folder: undefined,
        watch: true,
        encryption: { enabled: true, key: undefined, previousKeys: [] },
        quota: { resetSchedule: new Map(), timeZone: undefined },
        refresh: { enabled: true, checkInterval: 300_000, refreshLeadTime: 600_000 },
      },
      oauth: {
        anthropic: {
          clientId: '9d1c250a-e61b-44d9-88ed-5944d1962f5e',
          authorizeUrl: undefined,
          tokenPath: '/v1/oauth/token',
          manualRedirect: 'https://platform.claude.com/oauth/code/callback',
          scopes: ['user:profile', 'user:inference'],
        },
        openai: {
          clientId: 'app_EMoamEEZ73f0CkXaXp7hrann',
          authorizeUrl: undefined,
          scopes: ['openid', 'profile', 'email', 'offline_access'],
        },
      },
      codex: { enabled: false, home: undefined, models: [] },
      copilot: {
        clientId: undefined,
        scopes: ['read:user'],
        exchange: 'auto',
        githubToken: undefined,
        useGh: false,
      },
      kiro: {
        useLogin: false,
        clientName: 'CCProxy Companion',
        startUrl: 'https://view.awsapps.com/start',
        region: 'us-east-1',
        scopes: ['completions', 'analysis', 'conversations', 'transformations', 'taskassist'].map(
          (name) => `codewhisperer:${name}`,
        ),
        profileArn: undefined,
        models: kiroModelIds,
      },
      claudeCode: { mode: 'on-request', path: undefined, useLogin: false, warm: 1 },
      storage: { dbPath: join(home, 'companion.db') },
      metrics: { access: 'admin' },
      log: { level: 'info' },
      web: {
        transport: undefined,
        temporary: true,
        deleteAfter: true,
        attachmentThreshold: 20_000,
        organisation: undefined,
      },
      timeouts: { connectMs: 10_000, firstByteMs: 600_000, idleMs: 300_000 },
      upstreams: {
        claudeWeb: 'https://claude.ai',
        anthropic: 'https://api.anthropic.com',
        anthropicAuth: 'https://platform.claude.com',
        openai: 'https://api.openai.com/v1',
        openaiAuth: 'https://auth.openai.com',
        chatgpt: 'https://chatgpt.com/backend-api',
        github: 'https://github.com',
        githubApi: 'https://api.github.com',
        copilot: 'https://api.githubcopilot.com',
        awsOidc: 'https://oidc.us-east-1.amazonaws.com',
        kiro: 'https://q.us-east-1.amazonaws.com',
        gemini: 'https://generativelanguage.googleapis.com/v1beta/openai',
        mistral: 'https://api.mistral.ai/v1',
        groq: 'https://api.groq.com/openai/v1',
        deepseek: 'https://api.deepseek.com',
      },
      providers: [
        builtInProviders[0],
        codexProvider,
        ...builtInProviders.slice(1),
        copilotProvider,
        { ...kiroProvider, models: [...kiroModelIds.keys()] },
      ],
      keys: [],
      router: { strategy: 'priority', maxAttempts: 3 },
      models: { aliases: new Map() },
      ledger: { keepDays: 90, keepRows: 200_000 },
      notifications: { webhook: undefined, webhookSecret: undefined, desktop: false, events: [...newsKinds] },
      network: { proxy: undefined, noProxy: [], caFile: undefined, useSystemCa: false },
    });
    const { home: homeSource, ...others } = sources;
    expect(homeSource).toBe('environment CCPROXY_HOME');
    expect(new Set(Object.values(others))).toEqual(new Set(['default']));
    expect(Object.keys(others)).toHaveLength(settings.length);
  });

  it('stand when config.yaml is empty, only comments, or has empty groups', async () => {
    for (const yaml of ['', '# nothing yet\n', 'server:\n', 'server:\n  port:\nauth:\n  encryption: {}\n']) {
      const { load } = await place({ yaml });
      expect(load().config.server.port).toBe(8000);
    }
  });
});

describe('order', () => {
  const yaml = 'log:\n  level: error\nserver:\n  host: 10.0.0.5\n  port: 8005\n';
  const dotEnv = 'CCPROXY_PORT=8004\nSECURITY__AUTH_TOKEN="from-dot-env"\n';

  it('takes flag, environment, .env, file and default in this order, and tells which', async () => {
    const { load, cwd, file } = await place({ yaml, dotEnv });
    const port = (input: Partial<ConfigInput>): [number, string] => {
      const { config, sources } = load(input);
      return [config.server.port, sources['server.port']];
    };
    const environment = { CCPROXY_SERVER_PORT: '8003', CCPROXY_PORT: '8002' };
    expect(port({ environment, flags: { 'server.port': 8001 } })).toEqual([8001, 'flag --port']);
    expect(port({ environment })).toEqual([8002, 'environment CCPROXY_PORT']);
    expect(port({ environment: { SERVER__PORT: '8003' } })).toEqual([8003, 'environment SERVER__PORT']);
    expect(port({})).toEqual([8004, `${join(cwd, '.env')} CCPROXY_PORT`]);
    const { config, sources } = load();
    expect([config.server.host, sources['server.host']]).toEqual(['10.0.0.5', `${file}:4`]);
    expect([config.log.level, sources['log.level']]).toEqual(['error', `${file}:2`]);
    expect(config.security.authToken?.reveal()).toBe('from-dot-env');
  });

  it('takes an empty variable and an absent flag for not set', async () => {
    const { load } = await place({ yaml });
    const { config } = load({ environment: { CCPROXY_PORT: '' }, flags: { 'server.port': undefined } });
    expect(config.server.port).toBe(8005);
  });

  it('does not listen to PORT, which belongs to other programs', async () => {
    const { load } = await place();
    expect(load({ environment: { PORT: '1234' } }).config.server.port).toBe(8000);
  });

  it('gives every setting a name in the environment', async () => {
    const { load } = await place();
    const { config } = load({ environment: { CCPROXY_WEB_DELETE_AFTER: 'no', CCPROXY_TIMEOUTS_FIRST_BYTE: '3m' } });
    expect(config.web.deleteAfter).toBe(false);
    expect(config.timeouts.firstByteMs).toBe(180_000);
  });
});

describe('home', () => {
  it('is ~/.config/ccproxy unless set, with ~ for the home of the user', async () => {
    const { cwd } = await place();
    const homeOf = (environment: Record<string, string>, flag?: string): string =>
      loadConfig({ cwd, environment: { HOME: cwd, ...environment }, flags: { home: flag } }).config.home;
    expect(homeOf({})).toBe(join(cwd, '.config', 'ccproxy'));
    expect(homeOf({ CCPROXY_HOME: '~/elsewhere' })).toBe(join(cwd, 'elsewhere'));
    expect(homeOf({ CCPROXY_HOME: 'relative' })).toBe(join(cwd, 'relative'));
    expect(homeOf({ CCPROXY_HOME: '/a' }, '/b')).toBe('/b');
  });

  it.each([
    'CCPROXY_HOME=/tmp/x',
    'CCPROXY_UPSTREAM_CLAUDE_WEB=https://evil.example',
    'CCPROXY_HOST=0.0.0.0',
    'CCPROXY_SERVER_HOST=::',
    'SERVER__HOST=192.168.1.2',
    'CCPROXY_UPSTREAM_OPENAI=https://evil.example/v1',
    'CCPROXY_NETWORK_PROXY=http://evil.example:3128',
    'CCPROXY_NETWORK_CA_FILE=localhost',
    'CCPROXY_HOST=127.0.0.1.evil.example',
    'CCPROXY_UPSTREAM_ANTHROPIC_AUTH=https://evil.example',
    'CCPROXY_UPSTREAM_OPENAI_AUTH=https://evil.example',
    'CCPROXY_UPSTREAM_CHATGPT=https://evil.example/backend-api',
    'CCPROXY_OAUTH_ANTHROPIC_AUTHORIZE_URL=https://evil.example/authorize',
    'CCPROXY_OAUTH_OPENAI_AUTHORIZE_URL=https://evil.example/authorize',
    'CCPROXY_OAUTH_ANTHROPIC_MANUAL_REDIRECT=https://evil.example/callback',
    'CCPROXY_CODEX_HOME=/tmp/evil',
    'CCPROXY_CLAUDE_CODE_PATH=/tmp/evil/claude',
    'CCPROXY_CLAUDE_CODE_USE_LOGIN=true',
    'CCPROXY_CODEX_ENABLED=true',
    'CCPROXY_SECURITY_AUTH=false',
    'CCPROXY_SERVER_ALLOWED_HOSTS=evil.example:8000',
  ])(
    'cannot be moved, nor the upstream, nor opened to others, by the .env of a folder somebody stands in: %s',
    async (dotEnv) => {
      const { message } = await place({ dotEnv });
      expect(message()).toMatch(/\.env: \w+ may not stand in a \.env file/);
    },
  );

  it.each(['@evil.example/token', 'https://evil.example/token', '.evil.example/token', '/a@evil', '\\\\evil.example'])(
    'has a path of the token endpoint that leads to no other server: %s',
    async (path) => {
      const { load } = await place();
      expect(() => load({ environment: { CCPROXY_OAUTH_ANTHROPIC_TOKEN_PATH: path } })).toThrow(/begins with a slash/);
    },
  );

  it.each(['127.0.0.1', 'localhost', '::1'])('lets a .env file choose the loopback address %s', async (host) => {
    const { load } = await place({ dotEnv: `SERVER__HOST=${host}` });
    expect(load({}).config.server.host).toBe(host);
  });

  it("lets a .env file send the upstream to this computer, for tests and gateways of one's own", async () => {
    const { load } = await place({ dotEnv: 'CCPROXY_UPSTREAM_CLAUDE_WEB=http://127.0.0.1:9000' });
    expect(load({}).config.upstreams.claudeWeb).toBe('http://127.0.0.1:9000');
  });
});

describe('values', () => {
  it.each([
    ['250', 250],
    ['250ms', 250],
    ['1.5s', 1500],
    ['5m', 300_000],
    ['1h', 3_600_000],
  ])('reads the time %s', async (text, ms) => {
    const { load } = await place();
    expect(load({ environment: { CCPROXY_TIMEOUTS_IDLE: text } }).config.timeouts.idleMs).toBe(ms);
  });

  it.each(['0', '-1s', '25h', 'soon', '5 minutes'])('refuses the time %s', async (text) => {
    const { message } = await place();
    expect(message({ environment: { CCPROXY_TIMEOUTS_IDLE: text } })).toBe(
      'timeouts.idle (environment CCPROXY_TIMEOUTS_IDLE) must be a time such as 500ms, 10s, 5m or 1h ' +
        `(a plain number is milliseconds), at most 24h, not "${text}".`,
    );
  });

  it.each([
    ['server.port', 'CCPROXY_PORT', '65536'],
    ['server.port', 'CCPROXY_PORT', '80.5'],
    ['server.port', 'CCPROXY_PORT', 'http'],
    ['server.host', 'CCPROXY_HOST', 'http://localhost'],
    ['server.host', 'CCPROXY_HOST', '127.0.0.1:8000'],
    ['server.allowed_hosts', 'CCPROXY_SERVER_ALLOWED_HOSTS', 'good.example, bad/example'],
    ['security.auth', 'CCPROXY_SECURITY_AUTH', 'perhaps'],
    ['vault.kind', 'CCPROXY_VAULT', 'memory'],
    ['log.level', 'CCPROXY_LOG_LEVEL', 'loud'],
    ['web.transport', 'CCPROXY_WEB_TRANSPORT', 'pigeon'],
    ['web.organisation', 'CCPROXY_WEB_ORGANISATION', '../x'],
    ['upstreams.claude_web', 'CCPROXY_UPSTREAM_CLAUDE_WEB', 'http://claude.ai'],
    ['upstreams.claude_web', 'CCPROXY_UPSTREAM_CLAUDE_WEB', 'https://user:pw@claude.ai'],
    ['upstreams.claude_web', 'CCPROXY_UPSTREAM_CLAUDE_WEB', 'claude.ai'],
  ])('refuses %s = %s %s, naming setting, source and value', async (key, name, value) => {
    const { message } = await place();
    const text = message({ environment: { [name]: value } });
    expect(text).toContain(`${key} (environment ${name}) must be `);
    expect(text).toContain(`, not ${JSON.stringify(value)}.`);
  });

  it.each([
    ['http://127.0.0.1:8443/', 'http://127.0.0.1:8443'],
    ['http://[::1]:9', 'http://[::1]:9'],
    ['https://gateway.example/claude/', 'https://gateway.example/claude'],
  ])('accepts the upstream %s', async (value, expected) => {
    const { load } = await place();
    expect(load({ environment: { CCPROXY_UPSTREAM_CLAUDE_WEB: value } }).config.upstreams.claudeWeb).toBe(expected);
  });

  it('reads a list with commas from the environment and as a list from the file', async () => {
    const { load } = await place({ yaml: 'server:\n  allowed_hosts: [Box.local:8000, "[::1]:9"]\n' });
    expect(load().config.server.allowedHosts).toEqual(['box.local:8000', '[::1]:9']);
    const environment = { CCPROXY_SERVER_ALLOWED_HOSTS: 'a.example, b.example:81,' };
    expect(load({ environment }).config.server.allowedHosts).toEqual(['a.example', 'b.example:81']);
  });

  it('reads the encryption key in base64, in base64url and in hex', async () => {
    const key = Buffer.from(Array.from({ length: 32 }, (_, index) => 200 + index));
    for (const text of [key.toString('base64'), key.toString('base64url'), key.toString('hex')]) {
      const { load } = await place();
      const { config } = load({ environment: { CCPROXY_ENCRYPTION_KEY: text } });
      expect(Buffer.from(config.auth.encryption.key?.reveal() ?? [])).toEqual(key);
    }
  });

  it('takes a relative database path from the folder that its source stands in', async () => {
    const { load, home, cwd } = await place({ yaml: 'storage:\n  db_path: data/a.db\n' });
    expect(load().config.storage.dbPath).toBe(join(home, 'data', 'a.db'));
    const environment = { CCPROXY_STORAGE_DB_PATH: 'b.db' };
    expect(load({ environment }).config.storage.dbPath).toBe(join(cwd, 'b.db'));
    expect(load({ environment: { CCPROXY_STORAGE_DB_PATH: ':memory:' } }).config.storage.dbPath).toBe(':memory:');
  });
});

describe('secrets', () => {
  const canary = 'canary secret with spaces';

  it('are never echoed when they are refused, wherever they came from', async () => {
    const secretSettings = settings.filter(({ isSecret }) => isSecret === true);
    expect(secretSettings.map(({ key }) => key)).toEqual([
      'security.auth_token',
      'security.admin_key',
      'security.jwt_secret',
      'auth.encryption.key',
      'auth.encryption.previous_keys',
      'copilot.github_token',
      ...builtInProviders.map(({ id }) => `keys.${id}`),
      'providers',
      'notifications.webhook',
      'notifications.webhook_secret',
      'network.proxy',
    ]);
    for (const { key, environment } of secretSettings.filter(({ isInFileOnly }) => isInFileOnly !== true)) {
      const { message } = await place({ dotEnv: `${environment[0]}="${canary}"\n` });
      expect(message({ flags: { [key]: canary } })).toMatch(new RegExp(`${key}|${environment[0]}`));
      expect(message({ flags: { [key]: canary } })).not.toContain('canary');
      expect(message({ environment: { [environment[0] ?? '']: canary } })).not.toContain('canary');
      expect(message()).not.toContain('canary');
    }
  });

  it('are not quoted from a line that is not YAML', async () => {
    for (const bad of [
      'auth_token: "canary',
      'auth_token: *canary',
      '{auth_token: canary',
      'a: b: canary',
      '\tcanary',
    ]) {
      const { message } = await place({ yaml: `security:\n  ${bad}\n` });
      expect(message()).not.toContain('canary');
    }
  });

  it('print as stars', async () => {
    const { load } = await place();
    const environment = { SECURITY__AUTH_TOKEN: 'canary', CCPROXY_ENCRYPTION_KEY: 'ab'.repeat(32) };
    const { config, sources } = load({ environment });
    expect(JSON.stringify({ config, sources })).not.toMatch(/canary|abab/);
    expect(JSON.stringify(config.security)).toBe('{"authToken":"***","auth":true}');
  });
});

describe('config.yaml', () => {
  it.each([
    ['server:\n  prot: 8001\n', 2, 'unknown setting "server.prot"; did you mean "server.port"?'],
    ['sever:\n  port: 8001\n', 1, 'unknown setting "sever"; did you mean "server"?'],
    [
      'a: 1\n\nserver:\n  allowedHosts: []\n',
      4,
      'unknown setting "server.allowedHosts"; did you mean "server.allowed_hosts"?',
    ],
    ['entirely_different: 1\n', 1, 'unknown setting "entirely_different".'],
    ['__proto__:\n  port: 1\n', 1, 'unknown setting "__proto__".'],
    ['server.port: 8001\n', 1, 'write "server.port" as groups, with one name below the other.'],
    ['# port\nserver: 8001\n', 2, '"server" is a group of settings: host, port, allowed_hosts, mode, drain_seconds.'],
    ['just text\n', 1, 'settings stand in groups, such as `server:` with `port: 8000` below it.'],
  ])('names file, line and remedy for %j', async (yaml, line, problem) => {
    const { message, file } = await place({ yaml });
    expect(message()).toContain(`${file}:${line}: ${problem}`);
  });

  it('names file, line and column when it is not YAML', async () => {
    const { message, file } = await place({ yaml: 'server:\n  port: 8000\n  host: [1\nlog: {}\n' });
    const [position, problem] = message().split(': not valid YAML: ');
    expect(position).toBe(`${file}:4:1`);
    expect(problem).toMatch(/^[A-Z].+[^.]\.$/);
  });

  it('refuses the same key twice', async () => {
    const { message, file } = await place({ yaml: 'server:\n  port: 1\n  port: 2\n' });
    expect(message()).toBe(`${file}:3:3: not valid YAML: Map keys must be unique.`);
  });

  it('names the line of a wrong value', async () => {
    const { message, file } = await place({ yaml: 'server:\n  host: localhost\n  port: eighty\n' });
    expect(message()).toBe(
      `server.port (${file}:3) must be a whole number from 0 to 65535 (0: any free port), not "eighty".`,
    );
  });

  it('names everything that is wrong at once', async () => {
    const { message } = await place({ yaml: 'server:\n  prot: 1\n  port: x\nlog:\n  level: x\n' });
    expect(message().split('\n')).toEqual([
      'Some settings are wrong:',
      expect.stringContaining('server.prot'),
      expect.stringContaining('server.port'),
      expect.stringContaining('log.level'),
    ]);
  });

  it('is refused with its path when it is a folder', async () => {
    const { message, file } = await place();
    await mkdir(file);
    expect(message()).toBe(`${file} could not be read (EISDIR).`);
  });
});
