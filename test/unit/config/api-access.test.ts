/** Keys, providers, names for models and the way through a company's network, as the settings give them. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compatibleQuirks } from '../../../shared/api-provider.ts';
import { place } from './place.ts';

const plain = (key: { readonly secret: { reveal(): string } }) => ({ ...key, secret: key.secret.reveal() });

describe('keys', () => {
  it('of every place are used together, each with where it stands', async () => {
    const { load, cwd, file } = await place({
      dotEnv: 'CCPROXY_OPENAI_API_KEYS=sk-dot\n',
      yaml: 'keys:\n  openai:\n    - sk-file\n    - key: sk-named\n      name: work\n      priority: 5\n',
    });
    const { config } = load({
      environment: { CCPROXY_OPENAI_API_KEYS: ' sk-one, sk-two,', CCPROXY_KEYS_OPENAI: 'no' },
    });
    const unnamed = { providerId: 'openai', name: undefined, priority: undefined };
    const environment = { ...unnamed, origin: 'environment', source: 'environment CCPROXY_OPENAI_API_KEYS' };
    expect(config.keys.map(plain)).toEqual([
      { ...environment, secret: 'sk-one' },
      { ...environment, secret: 'sk-two' },
      { ...environment, secret: 'sk-dot', source: `${join(cwd, '.env')} CCPROXY_OPENAI_API_KEYS` },
      { ...unnamed, secret: 'sk-file', origin: 'config', source: `${file}:3` },
      { ...unnamed, secret: 'sk-named', name: 'work', priority: 5, origin: 'config', source: `${file}:4` },
    ]);
  });

  it.each([
    ['CCPROXY_CLAUDE_API_KEYS', 'anthropic'],
    ['CCPROXY_GEMINI_API_KEYS', 'gemini'],
    ['CCPROXY_MISTRAL_API_KEYS', 'mistral'],
    ['CCPROXY_GROQ_API_KEYS', 'groq'],
    ['CCPROXY_DEEPSEEK_API_KEYS', 'deepseek'],
  ])('of %s are those of %s', async (name, providerId) => {
    const { load } = await place();
    expect(load({ environment: { [name]: 'key-1,key-2' } }).config.keys.map(plain)).toMatchObject([
      { providerId, secret: 'key-1' },
      { providerId, secret: 'key-2' },
    ]);
  });

  it('may be one text, several between commas, or one entry alone in the file', async () => {
    for (const [yaml, count] of [
      ['sk-1', 1],
      ['sk-1, sk-2', 2],
      ['{ key: sk-1, name: a }', 1],
    ] as const) {
      const { load } = await place({ yaml: `keys:\n  groq: ${yaml}\n` });
      expect(load().config.keys).toHaveLength(count);
    }
  });

  it.each([
    [
      '- "canary with spaces"',
      '[0].key (FILE:3) must be a key: printable ASCII characters without spaces, at most 1000.',
    ],
    ['- sk-1\n    - 12345', '[1] (FILE:4) must be a key, or `key` with `name` and `priority`.'],
    ['- key: canäry', '[0].key (FILE:3) must be a key: printable ASCII characters without spaces, at most 1000.'],
    ['- kye: canary\n      key: sk-1', '[0].kye (FILE:3) is not known; did you mean "key"?'],
    ['- sk-canary1234567:', '[0] (FILE:3) has a name in it that is not known.'],
    [
      '- key: sk-1\n      priority: first',
      '[0].priority (FILE:4) must be a whole number from 0 to 1000 (lower numbers',
    ],
    ['- key: sk-1\n      name: ""', '[0].name (FILE:4) must be a name of 1 to 60 characters.'],
  ])('that make no sense are named by place, never shown: %j', async (yaml, problem) => {
    const { message, file } = await place({ yaml: `keys:\n  openai:\n    ${yaml}\n` });
    expect(message()).toContain(`keys.openai${problem.replace('FILE', file)}`);
    expect(message()).not.toMatch(/can(a|ä)ry/);
  });

  it('that landed where a name belongs are not shown either', async () => {
    const { message } = await place({ yaml: 'keys:\n  sk-canary1234567: x\n' });
    expect(message()).toContain('unknown setting');
    expect(message()).not.toContain('canary');
  });

  it('of one place that are wrong leave those of the others out of the blame', async () => {
    const { message } = await place({ yaml: 'keys:\n  openai: [sk-1]\n' });
    const text = message({ environment: { CCPROXY_OPENAI_API_KEYS: 'sk-2,bäd' } });
    expect(text).toMatch(/^keys\.openai\[1\](\.key)? \(environment CCPROXY_OPENAI_API_KEYS\) must be a key/);
  });
});

describe('providers', () => {
  it('that are built in can be sent elsewhere', async () => {
    const { load } = await place({ yaml: 'upstreams:\n  openai: https://gateway.example/openai/v1/\n' });
    const { providers } = load({ environment: { CCPROXY_UPSTREAM_ANTHROPIC: 'http://127.0.0.1:9/v1' } }).config;
    const urls = Object.fromEntries(providers.map(({ id, baseUrl }) => [id, baseUrl]));
    expect(urls).toMatchObject({
      openai: 'https://gateway.example/openai/v1',
      anthropic: 'http://127.0.0.1:9',
      groq: 'https://api.groq.com/openai/v1',
    });
  });

  it('are added from a map, after those that are built in', async () => {
    const { load, file } = await place({
      yaml: [
        'providers:',
        '  ollama: { base_url: "http://127.0.0.1:11434/v1/", keyless: true }',
        '  router-x:',
        '    name: Router X',
        '    base_url: https://router.example/api/v1',
        '    wire: anthropic',
        '    keys: [sk-x]',
        '    models: [a, b]',
        '    prefixes: [x-]',
        '    has_responses: true',
        '    quirks: { takes_images: false, efforts: [], least_temperature: 0.1 }',
      ].join('\n'),
    });
    const { providers, keys } = load().config;
    expect(providers.slice(providers.findIndex(({ id }) => id === 'ollama'))).toEqual([
      {
        id: 'ollama',
        name: 'ollama',
        wire: 'openai',
        baseUrl: 'http://127.0.0.1:11434/v1',
        hasResponses: false,
        modelPrefixes: [],
        models: null,
        isKeyless: true,
        quirks: compatibleQuirks,
      },
      {
        id: 'router-x',
        name: 'Router X',
        wire: 'anthropic',
        baseUrl: 'https://router.example/api',
        hasResponses: true,
        modelPrefixes: ['x-'],
        models: ['a', 'b'],
        isKeyless: false,
        quirks: { ...compatibleQuirks, takesImages: false, efforts: [], leastTemperature: 0.1 },
      },
    ]);
    expect(keys.map(plain)).toMatchObject([{ providerId: 'router-x', secret: 'sk-x', source: `${file}:7` }]);
  });

  it('are added from a list, with an id made of the name', async () => {
    const { load } = await place({ yaml: 'providers:\n  - name: Señor Köln 2\n    base_url: https://a.example/v1\n' });
    expect(load().config.providers.at(-1)).toMatchObject({ id: 'senor-koln-2', name: 'Señor Köln 2' });
  });

  it.each([
    ['ollama:\n    bas_url: x', 'ollama.base_url (FILE:2) must be the address of the server.'],
    ['ollama:\n    bas_url: x', 'ollama.bas_url (FILE:3) is not known; did you mean "base_url"?'],
    ['x:\n    base_url: https://x.example\n    wire: grpc', 'x.wire (FILE:4) must be openai or anthropic.'],
    [
      'x:\n    base_url: https://x.example\n    quirks:\n      takes_imges: no',
      'x.quirks.takes_imges (FILE:5) is not known',
    ],
    ['openai:\n    base_url: https://x.example', 'openai.id (FILE:2) may not be "openai", which is built in'],
    [
      '- name: A\n    base_url: https://a.example\n  - id: a\n    base_url: https://b.example',
      '[1].id (FILE:4) may not be "a" twice.',
    ],
    [
      'x:\n    base_url: http://api.example.com/v1\n    allow_http: true',
      'x.base_url (FILE:3) must begin with https://',
    ],
    [
      'x:\n    base_url: http://192.168.1.7:8080/v1',
      'x.base_url (FILE:3) is http:// in your network: `allow_http: true`',
    ],
    ['x:\n    base_url: https://user:canary@x.example/v1', 'x.base_url (FILE:3) must be an https:// address'],
    ['x:\n    base_url: https://x.example\n    keys: [canary canary]', 'x.keys[0].key (FILE:4) must be a key'],
    ['- nonsense', '[0] (FILE:2) must be a group with at least `name` and `base_url`.'],
  ])('that make no sense are named by file, line and place: %j', async (yaml, problem) => {
    const { message, file } = await place({ yaml: `providers:\n  ${yaml}\n` });
    const [, ...told] = message().split('providers');
    expect(told.map((text) => text.replace(/^\./, ''))).toContainEqual(
      expect.stringContaining(problem.replace('FILE', file)),
    );
    expect(message()).not.toContain('canary');
  });

  it.each([
    ['http://localhost:1234/v1', ''],
    ['http://[::1]:1234/v1', ''],
    ['http://192.168.1.7:8080/v1', '\n    allow_http: true'],
    ['http://100.100.1.1/v1', '\n    allow_http: true'],
    ['http://nas.local/v1', '\n    allow_http: true'],
    ['http://nas:8080/v1', '\n    allow_http: true'],
  ])('may be at %s%s', async (url, more) => {
    const { load } = await place({ yaml: `providers:\n  x:\n    base_url: ${url}${more}\n` });
    expect(load().config.providers.at(-1)?.baseUrl).toBe(url);
  });

  it.each([
    'http://169.254.1.1.example.com/v1',
    'http://8.8.8.8/v1',
    'ftp://nas.local/v1',
    'http://[2001:db8::1]/v1',
    'http://169.254.169.254/v1',
    'https://169.254.169.254/v1',
    'http://[::ffff:169.254.169.254]/v1',
    'http://2852039166/v1',
    'http://[fd00:ec2::254]/v1',
    'http://metadata.google.internal./v1',
  ])('may not be at %s, whatever is allowed', async (url) => {
    const { message } = await place({ yaml: `providers:\n  x:\n    base_url: "${url}"\n    allow_http: true\n` });
    expect(message()).toContain('providers.x.base_url');
  });
});

describe('the folder of credential files', () => {
  it.each(['auth:\n  folder: keys\n', 'auth-dir: keys\n', 'auth_dir: keys\n'])(
    'is found by each of its names, beside the file that names it: %j',
    async (yaml) => {
      const { load } = await place({ yaml });
      const { config } = load();
      expect(config.auth.folder).toBe(join(config.home, 'keys'));
      expect(config.auth.watch).toBe(true);
    },
  );
});

describe('the router', () => {
  it.each([
    ['router:\n  strategy: random\n', 'random'],
    ['auth:\n  selection_strategy: quota_aware\n', 'quota_aware'],
    ['claude:\n  key_strategy: round_robin\n', 'round_robin'],
    ['auth:\n  selection_strategy: random\nrouter:\n  strategy: round_robin\n', 'round_robin'],
    ['router:\n  strategy: round_robin\nclaude:\n  key_strategy: random\n', 'round_robin'],
  ])('takes its strategy by each of its names: %j', async (yaml, strategy) => {
    const { load } = await place({ yaml });
    expect(load().config.router.strategy).toBe(strategy);
  });

  it('names the line of a former name that holds nonsense, and refuses what never was one', async () => {
    const former = await place({ yaml: 'claude:\n  key_strategy: fastest\n' });
    expect(former.message()).toBe(
      `router.strategy (${former.file}:2) must be priority, round_robin, quota_aware, random, not "fastest".`,
    );
    const never = await place({ yaml: 'claude:\n  key_stratgy: random\n' });
    expect(never.message()).toContain(`${never.file}:2: unknown setting "claude.key_stratgy"`);
  });
});

describe('names for models', () => {
  it('keep their order and their form, from the file and from the environment', async () => {
    const { load } = await place({ yaml: 'models:\n  aliases:\n    fast_one: gpt-5-mini\n    claude-*: groq/x\n' });
    expect([...load().config.models.aliases]).toEqual([
      ['fast_one', 'gpt-5-mini'],
      ['claude-*', 'groq/x'],
    ]);
    const { config } = load({ environment: { CCPROXY_MODELS_ALIASES: 'a=b, c* = d=e,' } });
    expect([...config.models.aliases]).toEqual([
      ['a', 'b'],
      ['c*', 'd=e'],
    ]);
  });

  it.each([
    ['a', '.a (environment CCPROXY_MODELS_ALIASES) must be the name of a model'],
    ['a=b*', '.a (environment CCPROXY_MODELS_ALIASES) must be the name of a model'],
  ])('that make no sense are refused: %s', async (text, problem) => {
    const { message } = await place();
    expect(message({ environment: { CCPROXY_MODELS_ALIASES: text } })).toContain(`models.aliases${problem}`);
  });

  it('may have a star at their end only', async () => {
    const { message, file } = await place({ yaml: 'models:\n  aliases:\n    a*b: c\n' });
    expect(message()).toContain(`models.aliases.a*b (${file}:3)`);
  });
});

describe('the network', () => {
  const proxyOf = async (environment: Record<string, string>, yaml?: string) => {
    const { load } = await place(yaml === undefined ? {} : { yaml });
    const { config, sources } = load({ environment });
    return [config.network.proxy?.reveal() ?? config.network.proxy, sources['network.proxy']];
  };

  it('has the proxy of our own settings before that of all programs', async () => {
    const general = { HTTPS_PROXY: 'http://general:1', HTTP_PROXY: 'http://plain:1' };
    const yaml = 'network:\n  proxy: own.example:3128\n';
    expect((await proxyOf(general, yaml))[0]).toBe('http://own.example:3128');
    expect(await proxyOf(general)).toEqual(['http://general:1', 'environment HTTPS_PROXY']);
    expect((await proxyOf({ ...general, https_proxy: 'http://small:1' }))[0]).toBe('http://small:1');
    expect((await proxyOf({ HTTP_PROXY: 'http://plain:1' }))[0]).toBe('http://plain:1');
    expect((await proxyOf(general, 'network:\n  proxy: direct\n'))[0]).toBeNull();
    expect(await proxyOf({})).toEqual([undefined, 'default']);
  });

  it('is not taken from the variables of all programs in a .env', async () => {
    const { load } = await place({ dotEnv: 'HTTPS_PROXY=http://evil.example:1\n' });
    expect(load().config.network.proxy).toBeUndefined();
  });

  it('keeps the password of a proxy to itself', async () => {
    const { load, message } = await place();
    const { config } = load({ environment: { HTTPS_PROXY: 'http://ada:canary@proxy:1' } });
    expect(JSON.stringify(config)).not.toContain('canary');
    const text = message({ environment: { HTTPS_PROXY: 'socks5://ada:canary@proxy:1' } });
    expect(text).toBe(
      'network.proxy (environment HTTPS_PROXY) must be the http:// or https:// address of a proxy, or `direct`.',
    );
  });

  it('has the hosts without a proxy between commas or spaces', async () => {
    const { load } = await place();
    const { network } = load({ environment: { NO_PROXY: '.Corp.example, 10.0.0.0/8 nas:8080' } }).config;
    expect(network.noProxy).toEqual(['.corp.example', '10.0.0.0/8', 'nas:8080']);
  });

  it('takes a relative certificate file from where its setting stands', async () => {
    const { load, home } = await place({ yaml: 'network:\n  ca_file: corp.pem\n  use_system_ca: yes\n' });
    expect(load().config.network).toMatchObject({ caFile: join(home, 'corp.pem'), useSystemCa: true });
  });
});
