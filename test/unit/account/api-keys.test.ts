/** Keys of all places: counted once, kept in the vault, taken out again; and never said aloud. */
import { describe, expect, test } from 'vitest';
import { builtInProviders, compatibleQuirks } from '../../../shared/api-provider.ts';
import type { ApiProvider } from '../../../shared/api-provider.ts';
import { Secret } from '../../../shared/redact.ts';
import { ApiKeyService } from '../../../companion/account/api-keys.ts';
import type { ApiKeyOptions } from '../../../companion/account/api-keys.ts';
import { memoryLogger } from '../../../companion/base/log.ts';
import { MemoryVault } from '../../../companion/vault/memory-vault.ts';
import type { Vault } from '../../../companion/vault/vault.ts';
import { vaultHome } from '../../support/vault-home.ts';

type Configured = ApiKeyOptions['configured'][number];

const localServer: ApiProvider = {
  id: 'local',
  name: 'Local',
  wire: 'openai',
  baseUrl: 'http://127.0.0.1:1/v1',
  hasResponses: false,
  modelPrefixes: [],
  models: null,
  isKeyless: true,
  quirks: compatibleQuirks,
};

function fromEnvironment(secret: string, more: Partial<Configured> = {}): Configured {
  const source = 'environment CCPROXY_OPENAI_API_KEYS';
  const unnamed = { name: undefined, priority: undefined };
  return { providerId: 'openai', secret: new Secret(secret), ...unnamed, origin: 'environment', source, ...more };
}

function open(vault: Vault, more: Partial<ApiKeyOptions> = {}): Promise<ApiKeyService> {
  let nowMs = 1_000;
  const { logger } = memoryLogger();
  return ApiKeyService.open({
    vault,
    providers: builtInProviders,
    configured: [],
    logger,
    nowMs: () => (nowMs += 1),
    ...more,
  });
}

const add = (keys: ApiKeyService, providerId: string, secret: string, more: object = {}) =>
  keys.add({ providerId, secret: new Secret(secret), ...more });

describe('a key that is added', () => {
  test('is listed at once, and by the next companion on the same vault', async () => {
    const vault = new MemoryVault();
    const keys = await open(vault);
    const added = await add(keys, 'OpenAI', '  sk-one\n', { name: 'work', priority: 5 });
    expect(added).toEqual({
      kind: 'api-key',
      id: expect.stringMatching(/^openai-[0-9a-f]{8}$/),
      providerId: 'openai',
      name: 'work',
      secret: new Secret('sk-one'),
      origin: 'vault',
      priority: 5,
    });
    expect(added.secret?.reveal()).toBe('sk-one');
    expect(keys.list()).toEqual([added]);
    const later = await open(vault);
    expect(later.list()).toEqual([added]);
    expect(later.list()[0]?.secret?.reveal()).toBe('sk-one');
  });

  test('is called by its id and has the usual priority unless told otherwise', async () => {
    const keys = await open(new MemoryVault());
    const added = await add(keys, 'anthropic', 'sk-ant-1');
    expect(added).toMatchObject({ name: added.id, priority: 100 });
  });

  test.each([
    ['   ', 'it is empty'],
    ['sk-one sk-two', 'it has spaces or line breaks inside'],
    ['sk-one\nsk-two', 'it has spaces or line breaks inside'],
    ['sk-ónе', 'it has characters that no key has'],
    ['k'.repeat(1001), 'it is too long for a key'],
  ])('is refused when it cannot be one: %j', async (secret, problem) => {
    const keys = await open(new MemoryVault());
    const refused: unknown = await add(keys, 'openai', secret).catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({ code: 'INVALID_REQUEST', message: expect.stringContaining(problem) });
    expect(keys.list()).toEqual([]);
  });

  test('is refused when it is there already, and the one that is there is named', async () => {
    const keys = await open(new MemoryVault(), { configured: [fromEnvironment('sk-env')] });
    await add(keys, 'openai', 'sk-one', { name: 'work' });
    await expect(add(keys, 'openai', ' sk-one ')).rejects.toThrow('This key is there already: work (vault).');
    await expect(add(keys, 'openai', 'sk-env')).rejects.toThrow('(environment CCPROXY_OPENAI_API_KEYS)');
    await expect(add(keys, 'openai', 'sk-two', { name: 'work' })).rejects.toThrow(
      'There is a key called "work" already',
    );
    expect(keys.list()).toHaveLength(2);
  });

  test('may be the same for two providers', async () => {
    const keys = await open(new MemoryVault());
    await add(keys, 'openai', 'same');
    await add(keys, 'groq', 'same');
    expect(keys.list().map(({ providerId }) => providerId)).toEqual(['openai', 'groq']);
  });

  test('wants a provider that there is and that takes keys; what may be a key is not repeated', async () => {
    const keys = await open(new MemoryVault(), { providers: [...builtInProviders, localServer] });
    await expect(add(keys, 'opnai', 'k')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('"opnai"'),
    });
    await expect(add(keys, 'local', 'k')).rejects.toThrow('Local wants no key.');
    for (const canary of ['sk-canary', `AIza${'canary'.repeat(6)}`, 'Canary7canary']) {
      await expect(add(keys, canary, 'k')).rejects.toThrow(/^There is no provider of that name\.$/);
    }
  });

  test.each([-1, 1001, 1.5, Number.NaN])('wants a priority that makes sense: %s', async (priority) => {
    await expect(add(await open(new MemoryVault()), 'openai', 'k', { priority })).rejects.toThrow('whole number');
  });

  test('is not lost when many are added at once', async () => {
    const keys = await open(new MemoryVault());
    const secrets = Array.from({ length: 20 }, (_, index) => `sk-${index}`);
    await Promise.all(secrets.map((secret) => add(keys, 'openai', secret)));
    expect(keys.list().map((key) => key.secret?.reveal())).toEqual(secrets);
  });

  test('rests sealed: its text is in no file of the vault', async () => {
    const home = await vaultHome();
    const { vault } = await home.open({ kind: 'file' });
    await add(await open(vault), 'openai', 'sk-canary-in-the-vault', { name: 'work' });
    const { readFile, readdir } = await import('node:fs/promises');
    const { join } = await import('node:path');
    const entries = await readdir(home.paths.home, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    expect(files.map(({ name }) => name)).toContain('vault.json');
    for (const { parentPath, name } of files) {
      expect(await readFile(join(parentPath, name), 'latin1')).not.toContain('canary');
    }
    const again = await open((await home.open({ kind: 'file' })).vault);
    expect(again.list().map((key) => key.name)).toEqual(['work']);
  });
});

describe('the list', () => {
  test('has the keys by provider, environment before configuration before vault, oldest first', async () => {
    const vault = new MemoryVault();
    const first = await open(vault);
    await add(first, 'openai', 'v1');
    await add(first, 'anthropic', 'a1');
    await add(first, 'openai', 'v2');
    const config = { origin: 'config', source: 'config.yaml:3' } as const;
    const keys = await open(vault, { configured: [fromEnvironment('e1'), fromEnvironment('c1', config)] });
    expect(keys.list().map((key) => key.secret?.reveal())).toEqual(['a1', 'e1', 'c1', 'v1', 'v2']);
    expect(keys.list()).toBe(keys.list());
  });

  test('counts the same key of several places once, under the name and rank that somebody gave it', async () => {
    const vault = new MemoryVault();
    const [added] = [await add(await open(vault), 'openai', 'same', { name: 'work', priority: 3 })];
    const keys = await open(vault, { configured: [fromEnvironment('same'), fromEnvironment('same')] });
    expect(keys.list()).toEqual([{ ...added, origin: 'environment' }]);
    expect(keys.entries()[0]?.places).toEqual(['environment CCPROXY_OPENAI_API_KEYS', 'vault']);
  });

  test('has one without a secret for a provider that wants none', async () => {
    const keys = await open(new MemoryVault(), { providers: [localServer] });
    expect(keys.list()).toMatchObject([{ id: 'local-keyless', providerId: 'local', secret: null }]);
    await expect(keys.remove('local-keyless')).rejects.toThrow('wants no key');
  });

  test('passes over a key whose provider is gone, but does not forget it', async () => {
    const vault = new MemoryVault();
    await add(await open(vault), 'groq', 'gsk', { name: 'fast' });
    const without = await open(vault, { providers: builtInProviders.slice(0, 2) });
    expect(without.list()).toEqual([]);
    expect(without.entries()).toMatchObject([{ key: { name: 'fast' }, hasProvider: false }]);
    expect((await without.remove('fast')).remainsIn).toEqual([]);
    expect((await open(vault)).list()).toEqual([]);
  });

  test('passes over an entry that cannot be read, and says so', async () => {
    const vault = new MemoryVault();
    await vault.set('api-key/openai/openai-00000000', new Secret('{"key":"canary"'));
    const log = memoryLogger();
    const keys = await open(vault, { logger: log.logger });
    expect(keys.list()).toEqual([]);
    expect(JSON.stringify(log)).not.toContain('canary');
    expect(await vault.list('api-key/')).toHaveLength(1);
  });
});

describe('a key that is removed', () => {
  test('by id, by name or by the start of its id, is gone for good', async () => {
    const vault = new MemoryVault();
    const keys = await open(vault);
    const [a, b, c] = [
      await add(keys, 'openai', 'k1'),
      await add(keys, 'groq', 'k2', { name: 'fast' }),
      await add(keys, 'gemini', 'k3'),
    ];
    await keys.remove(a.id);
    await keys.remove('fast');
    await keys.remove(c.id.slice(0, 9));
    expect([keys.list(), await vault.list('')]).toEqual([[], []]);
    expect(b.providerId).toBe('groq');
  });

  test('stays in use where it stands besides the vault, and that is told', async () => {
    const vault = new MemoryVault();
    await add(await open(vault), 'openai', 'same', { name: 'work' });
    const keys = await open(vault, { configured: [fromEnvironment('same')] });
    expect((await keys.remove('work')).remainsIn).toEqual(['environment CCPROXY_OPENAI_API_KEYS']);
    expect(keys.list()).toHaveLength(1);
    const [left] = keys.list();
    await expect(keys.remove(left?.id ?? '')).rejects.toThrow('It stands in: environment CCPROXY_OPENAI_API_KEYS.');
  });

  test('must be one: neither none, nor several, nor an empty name', async () => {
    const keys = await open(new MemoryVault());
    await add(keys, 'openai', 'k1');
    await add(keys, 'openai', 'k2');
    await expect(keys.remove('nobody')).rejects.toThrow('There is no key called "nobody".');
    await expect(keys.remove('openai-')).rejects.toThrow('There are several keys called "openai-"');
    await expect(keys.remove('')).rejects.toThrow('There is no key');
    await expect(keys.remove(`sk-${'canary'.repeat(8)}`)).rejects.toThrow(/^There is no key of that name\.$/);
  });
});

test('nothing of a key shows when the service or its list is printed', async () => {
  const { inspect } = await import('node:util');
  const keys = await open(new MemoryVault(), { configured: [fromEnvironment('sk-canary-1')] });
  await add(keys, 'openai', 'sk-canary-2');
  expect(inspect(keys, { depth: 9, showHidden: true }) + JSON.stringify(keys.entries())).not.toContain('canary');
});
