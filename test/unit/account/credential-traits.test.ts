/** What was said of a credential outlives a run, and goes with it. */
import { expect, test } from 'vitest';
import { CredentialTraits } from '../../../companion/account/credential-traits.ts';

function memory(text?: string) {
  const settings = new Map<string, string>(text === undefined ? [] : [['credential-traits', text]]);
  return {
    settings,
    setting: (name: string) => settings.get(name),
    saveSetting: (name: string, value: string) => void settings.set(name, value),
  };
}

test('is kept until it is taken back, or its credential is gone', () => {
  const store = memory();
  const traits = new CredentialTraits(store);
  traits.set('openai-1', { isOff: true });
  traits.set('claude-1', { priority: 3 });
  traits.set('openai-1', { priority: 9 });
  const later = new CredentialTraits(store);
  expect([later.isOff('openai-1'), later.priorityOf('openai-1'), later.priorityOf('claude-1')]).toEqual([true, 9, 3]);
  later.set('openai-1', { isOff: false });
  later.move('openai-1', 'openai-2');
  expect([later.priorityOf('openai-1'), later.priorityOf('openai-2')]).toEqual([undefined, 9]);
  later.move('openai-2', undefined);
  later.set('claude-1', { priority: undefined });
  expect(store.settings.get('credential-traits')).toBe('{}');
});

test('is the same map until something changes, so that others need not look again', () => {
  const traits = new CredentialTraits(memory());
  const { known } = traits;
  traits.move('nobody', 'somebody');
  expect(traits.known).toBe(known);
  traits.set('openai-1', { isOff: true });
  expect(traits.known).not.toBe(known);
});

test('is nothing where it cannot be read, and stays as it was where it cannot be written', () => {
  for (const text of ['{', '[]', '{"a":{"isOff":"yes"}}', '{"a":1}']) {
    expect(new CredentialTraits(memory(text)).known.size).toBe(0);
  }
  const full = new CredentialTraits({
    setting: () => undefined,
    saveSetting: () => {
      throw new Error('the disk is full');
    },
  });
  expect(() => full.set('openai-1', { isOff: true })).toThrow('full');
  expect(full.isOff('openai-1')).toBe(false);
});
