import { expect, test } from 'vitest';
import { providerIdOf } from '../../../shared/api-provider.ts';

test.each([
  ['claude', 'anthropic'],
  [' Claude ', 'anthropic'],
  ['anthropic', 'anthropic'],
  ['ChatGPT', 'codex'],
  ['claude.ai', 'claude-web'],
  ['google', 'gemini'],
  ['my-own-server', 'my-own-server'],
])('the provider that %j means is %j', (name, id) => {
  expect(providerIdOf(name)).toBe(id);
});
