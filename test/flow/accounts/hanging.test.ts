/** Fault row 8: a token endpoint that says nothing at all. Apart, because half a minute has to pass. */
import { expect, test } from 'vitest';
import { hourMs, moveClock, openAccountHouse, statusesOf } from './house.ts';

test('holds nobody for ever: 503 within the limit, and at once from then on', { timeout: 90_000 }, async () => {
  const house = await openAccountHouse();
  await house.signIn('anthropic');
  const before = await house.readClaudeLogin();
  moveClock(9 * hourMs);
  house.claude.auth.failRefresh('hang', Infinity);
  const startedAtMs = performance.now();
  const answers = await Promise.all(Array.from({ length: 100 }, () => house.say('/v1/messages', 'x')));
  expect(statusesOf(answers)).toEqual({ 503: 100 });
  expect(performance.now() - startedAtMs).toBeLessThan(45_000);
  const later = performance.now();
  expect((await house.say('/v1/messages', 'x')).headers['x-companion-error']).toBe('LOGIN_REFRESH_FAILED');
  expect(performance.now() - later).toBeLessThan(5000);
  expect([house.refreshes(), house.claudeCalls]).toEqual([1, []]);
  expect(await house.readClaudeLogin()).toEqual(before);
});
