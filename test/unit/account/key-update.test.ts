/** A key that is changed: its secret, its name, its rank; whole at every moment, whatever crashes in between. */
import { describe, expect, test } from 'vitest';
import { builtInProviders, providerIdOf } from '../../../shared/api-provider.ts';
import { Secret } from '../../../shared/redact.ts';
import { ApiKeyService } from '../../../companion/account/api-keys.ts';
import { memoryLogger } from '../../../companion/base/log.ts';
import { MemoryVault } from '../../../companion/vault/memory-vault.ts';
import type { Vault } from '../../../companion/vault/vault.ts';

const configured = [
  {
    providerId: 'openai',
    secret: new Secret('sk-env'),
    name: 'env',
    priority: undefined,
    origin: 'environment',
    source: 'environment CCPROXY_OPENAI_API_KEYS',
  },
] as const;

function open(vault: Vault): Promise<ApiKeyService> {
  const { logger } = memoryLogger();
  return ApiKeyService.open({ vault, providers: builtInProviders, configured, logger, nowMs: () => 1 });
}

const told = (keys: ApiKeyService) =>
  keys
    .list()
    .filter(({ origin }) => origin === 'vault')
    .map(({ name, priority, secret }) => [name, priority, secret?.reveal()]);

async function opened() {
  const vault = new MemoryVault();
  const keys = await open(vault);
  const added = await keys.add({ providerId: 'openai', secret: new Secret('sk-one'), name: 'work', priority: 5 });
  return { vault, keys, added };
}

describe('a change', () => {
  test('of name and rank keeps the id, and is what the next companion reads', async () => {
    const { vault, keys, added } = await opened();
    const changed = await keys.update('work', { name: 'home', priority: 1 });
    expect(changed).toMatchObject({ id: added.id, name: 'home', priority: 1 });
    expect(told(await open(vault))).toEqual([['home', 1, 'sk-one']]);
    expect((await keys.update('home', {})).id).toBe(added.id);
  });

  test('of the secret gives it another id; the earlier ones stay its own, however often it changes', async () => {
    const { vault, keys, added } = await opened();
    const second = await keys.update(added.id, { secret: new Secret(' sk-two\n') });
    const third = await keys.update('work', { secret: new Secret('sk-three'), priority: 7 });
    expect(new Set([added.id, second.id, third.id]).size).toBe(3);
    for (const one of [keys, await open(vault)]) {
      expect(told(one)).toEqual([['work', 7, 'sk-three']]);
      expect(one.find('work')).toMatchObject({ key: { id: third.id }, formerIds: [added.id, second.id] });
    }
    expect(await vault.list('api-key/')).toHaveLength(1);
    expect((await keys.update('work', { secret: new Secret('sk-one') })).id).toBe(added.id);
    expect(told(await open(vault))).toEqual([['work', 7, 'sk-one']]);
  });

  test('is refused where it stands elsewhere, where its name is taken, and where it is no key', async () => {
    const { keys, added } = await opened();
    await keys.add({ providerId: 'openai', secret: new Secret('sk-two'), name: 'other' });
    await expect(keys.update('env', { priority: 3 })).rejects.toThrow('It stands in: environment CCPROXY_OPENAI');
    await expect(keys.update('work', { name: 'other' })).rejects.toThrow('There is a key called "other" already');
    await expect(keys.update('work', { secret: new Secret('sk-two') })).rejects.toThrow('This key is there already');
    await expect(keys.update('work', { secret: new Secret('sk two') })).rejects.toThrow('This is no key');
    await expect(keys.update('work', { priority: 1.5 })).rejects.toThrow('whole number');
    await expect(keys.update('nobody', {})).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(keys.find('work').key.id).toBe(added.id);
  });

  test('that a crash cuts off after any write leaves the old key or the new one, never none, never two', async () => {
    for (let crashAfter = 0; crashAfter <= 3; crashAfter++) {
      const { vault } = await opened();
      let writes = 0;
      const dying: Vault = new Proxy(vault, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name);
          if (typeof value !== 'function') return value;
          if (name !== 'set' && name !== 'delete') return value.bind(target);
          return (...args: unknown[]) => {
            if (writes++ >= crashAfter) throw new Error('the power went out');
            return (value as (...given: unknown[]) => unknown).apply(target, args);
          };
        },
      });
      const changing = await open(dying);
      const change = changing.update('work', { secret: new Secret('sk-two') });
      await change.catch(() => undefined);
      const later = await open(vault);
      expect(told(later), `after ${crashAfter} writes`).toEqual([['work', 5, crashAfter === 0 ? 'sk-one' : 'sk-two']]);
      // What went is not taken for a leftover when it is added once more.
      if (crashAfter === 0) continue;
      await later.add({ providerId: 'openai', secret: new Secret('sk-one'), name: 'again' });
      expect(
        told(await open(vault))
          .map(([name]) => String(name))
          .toSorted(),
      ).toEqual(['again', 'work']);
    }
  });
});

test.each([
  ['claude', 'anthropic'],
  [' Google ', 'gemini'],
  ['ChatGPT', 'codex'],
  ['claude.ai', 'claude-web'],
  ['Groq', 'groq'],
  ['constructor', 'constructor'],
])('a provider that is called %j is %s', (wanted, id) => {
  expect(providerIdOf(wanted)).toBe(id);
});
