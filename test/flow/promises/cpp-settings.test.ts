/** Settings as the guides of cliproxyapi++ and of the Go ccproxy write them, as printed there. */
import { randomBytes } from 'node:crypto';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LiveConfig } from '../../../companion/config/live-config.ts';
import { openVault } from '../../../companion/vault/open-vault.ts';
import { pathsOf } from '../../../companion/config/paths.ts';
import { memoryLogger } from '../../../companion/base/log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { openApiHouse, say, secretOf } from '../api/house.ts';

async function settingsOf(yaml: string, environment: Record<string, string> = {}, cwd?: string) {
  const home = await temporaryFolder();
  await writeFile(join(home, 'config.yaml'), yaml);
  const read = () => new LiveConfig({ environment: { CCPROXY_HOME: home, ...environment }, cwd: cwd ?? home }).config;
  return { home, read };
}

const encryption = (key: string, enabled = true) => `auth:
  encryption:
    enabled: ${enabled}
    key: "${key}"
`;

describe('encryption', () => {
  test('CPP-19: the vault is sealed with the key of the settings, and with no other', async () => {
    const { home, read } = await settingsOf(encryption(randomBytes(32).toString('base64')));
    const { vault } = await openVault({ config: read(), paths: pathsOf(home), logger: memoryLogger().logger });
    expect(vault.description.kind).toBe('configured-key');
  });

  test('CPP-19: is always on, and the key that stands in the guide is nobody’s', async () => {
    const off = await settingsOf(encryption(randomBytes(32).toString('base64'), false));
    expect(off.read).toThrow(
      /auth\.encryption\.enabled \(.*config\.yaml:3\) must be true: the vault is always encrypted/,
    );
    const printed = await settingsOf(encryption('YOUR_32_BYTE_ENCRYPTION_KEY_HERE'));
    expect(printed.read).toThrow(
      /auth\.encryption\.key \(.*:4\) must be 32 bytes .* `openssl rand -base64 32` makes one/,
    );
  });
});

describe('providers', () => {
  test('CPP-4, CPP-7: one of your own answers with its key, in the form of either program, as soon as it is there', async () => {
    const house = await openApiHouse({ openai: { groq: ['first'] } });
    const block = {
      name: 'Mine',
      'base-url': house.openaiApi('groq').url,
      'api-key-entries': [{ 'api-key': secretOf('groq', 'first') }],
      models: [{ name: 'llama-3.3-70b-versatile' }],
    };
    const set = { key: 'providers', value: [block] };
    const change = await house.app.control.inject({ method: 'PUT', url: '/control/config', payload: set });
    expect(change.json()).toMatchObject({ effect: 'now' });
    const answer = await house
      .openai()
      .chat.completions.create(say('Hello', { model: 'mine/llama-3.3-70b-versatile' }));
    expect(answer.choices[0]?.message.content).toBeTruthy();
    expect(house.openaiApi('groq').requests.at(-1)?.key).toBe('first');
  });

  test('CPP-4: stand in the file under the name that they have there, and a part that nobody knows is not passed over', async () => {
    const yaml = (entry: string) => `openai-compatibility:
  - name: openrouter
    base-url: https://openrouter.ai/api/v1
    api-key-entries:
      - api-key: sk-or-v1-b780
${entry}    models:
      - name: moonshotai/kimi-k2
        alias: kimi-k2
`;
    const { read } = await settingsOf(yaml('').replace(/ +alias.*\n/, ''));
    expect(read().providers.at(-1)).toMatchObject({ id: 'openrouter', models: ['moonshotai/kimi-k2'] });
    expect(read().keys.map(({ providerId }) => providerId)).toEqual(['openrouter']);
    expect((await settingsOf(yaml(''))).read).toThrow(/models.*names for them stand in `models\.aliases`/);
    const odd = await settingsOf(yaml('        proxy-url: socks5://10.0.0.1\n'));
    expect(odd.read).toThrow(/config\.yaml:\d+/);
  });
});

describe('practices', () => {
  test('CPP-20: what is kept is its owner’s alone, and two homes share nothing', async () => {
    const [one, other] = [await openApiHouse({ anthropic: ['first'] }), await openApiHouse({ anthropic: ['first'] })];
    for (const name of ['vault.json', 'vault.key', 'companion.db', 'config.yaml']) {
      expect(((await stat(join(one.home, name))).mode & 0o777).toString(8), name).toBe('600');
    }
    expect([one.key, one.adminKey]).not.toContain(other.key);
    const foreign = await fetch(`${other.url}/v0/management/config`, { headers: { 'x-admin-key': one.adminKey } });
    expect(foreign.status).toBe(401);
  });
});

describe('the Go program', () => {
  test('GO-2: its variables, and its keys in config.yaml, mean the same here', async () => {
    const { home, read } = await settingsOf('claude:\n  api_keys: [sk-ant-one, sk-ant-two]\n  key_strategy: random\n', {
      CCPROXY_CLAUDE_API_KEYS: 'sk-ant-three,sk-ant-four',
      CCPROXY_ADMIN_KEY: 'admin123',
      CCPROXY_JWT_SECRET: 'your-secret',
      CCPROXY_SERVER_PORT: '8080',
      CCPROXY_SERVER_MODE: 'both',
      CCPROXY_STORAGE_DB_PATH: './data/ccproxy.db',
    });
    const { keys, server, storage, router, security } = read();
    expect(keys.map(({ secret }) => secret.reveal())).toEqual([
      'sk-ant-three',
      'sk-ant-four',
      'sk-ant-one',
      'sk-ant-two',
    ]);
    expect([server.port, server.mode, router.strategy]).toEqual([8080, 'both', 'random']);
    expect(storage.dbPath).toBe(join(home, 'data', 'ccproxy.db'));
    expect(security.adminKey?.reveal()).toBe('admin123');
  });

  test('GO-2: a config.yaml in the folder that somebody stands in decides nothing', async () => {
    const cwd = await temporaryFolder();
    await mkdir(join(cwd, 'config'));
    const yaml = 'upstreams:\n  anthropic: https://thief.example\n';
    await Promise.all([writeFile(join(cwd, 'config.yaml'), yaml), writeFile(join(cwd, 'config', 'config.yaml'), yaml)]);
    const { read } = await settingsOf('', {}, cwd);
    expect(read().upstreams.anthropic).toBe('https://api.anthropic.com');
  });

  test('GO-2: one list of keys under two names in one file is refused, not halved', async () => {
    const both = 'keys:\n  anthropic: [sk-ant-one]\nclaude:\n  api_keys: [sk-ant-two]\n';
    const { read } = await settingsOf(both);
    expect(read).toThrow(/config\.yaml:4: "keys\.anthropic" stands here under two names/);
  });
});
