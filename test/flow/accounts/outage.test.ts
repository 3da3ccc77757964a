/** Fault row 8: the token endpoint is down, or answers nonsense. Nothing is lost, nobody is hammered, and it passes. */
import { writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Trouble } from '../../support/providers/oauth/scenario.ts';
import { eventually } from '../api/house.ts';
import { dialectPaths, gpt, hourMs, moveClock, openAccountHouse, statusesOf } from './house.ts';
import type { AccountHouse } from './house.ts';

const troubles = ['500', '429', 'html', 'garbage', 'empty', 'reset'] as const satisfies readonly Trouble[];

async function expired(options: Parameters<typeof openAccountHouse>[0] = {}): Promise<AccountHouse> {
  const house = await openAccountHouse(options);
  await house.signIn('anthropic');
  moveClock(9 * hourMs);
  return house;
}

describe('while the token is still valid', () => {
  test.each([...troubles, 'hang', 'lost-answer'] as const)('%s disturbs no request', async (trouble) => {
    const house = await openAccountHouse({ claude: { auth: { scenario: { expiresInSeconds: 500 } } } });
    await house.signIn('anthropic');
    house.claude.auth.failRefresh(trouble, Infinity);
    const answers = await Promise.all(Array.from({ length: 30 }, () => house.say('/v1/messages', 'x')));
    expect(statusesOf(answers)).toEqual({ 200: 30 });
    await eventually('it was tried', () => house.refreshes() > 0);
    expect(house.refreshes()).toBe(1);
    expect(house.status()).toMatchObject({ state: 'usable', isRefreshable: true });
  });
});

describe('with an expired token', () => {
  test.each(troubles)('%s is 503 at once, one question for 100 requests, and nothing is lost', async (trouble) => {
    const house = await expired();
    const before = await house.readClaudeLogin();
    house.claude.auth.failRefresh(trouble, Infinity);
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => house.say(dialectPaths[index % 3] ?? '/v1/messages', 'x')),
    );
    expect(statusesOf(answers)).toEqual({ 503: 100 });
    expect(new Set(answers.map(({ headers }) => headers['x-companion-error']))).toEqual(
      new Set(['LOGIN_REFRESH_FAILED']),
    );
    expect([house.refreshes(), house.claudeCalls]).toEqual([1, []]);
    expect(answers.filter(({ text }) => text.includes('Nothing is lost'))).toHaveLength(100);
    expect(answers.filter(({ headers }) => Number(headers['retry-after']) > 0)).toHaveLength(100);
    // An SDK that waits as long as it is told is served.
    expect(answers.filter(({ headers }) => headers['x-should-retry'] === 'true')).toHaveLength(100);
    expect(house.status()).toMatchObject({ state: 'expired', trouble: { code: 'LOGIN_REFRESH_FAILED' } });
    expect(await house.readClaudeLogin()).toEqual(before);
    // A new start forgets the wait, not the login.
    house.claude.auth.reset();
    await house.stop();
    await house.start();
    expect((await house.say('/v1/messages', 'x')).status).toBe(200);
    expect([house.refreshes(), house.status()?.state]).toEqual([1, 'usable']);
    expect(await house.findLeaks()).toEqual([]);
  });

  test('it is asked again seldom, and recovers by itself', async () => {
    const house = await expired();
    house.claude.auth.failRefresh('500', Infinity);
    const startedAtMs = performance.now();
    while (performance.now() - startedAtMs < 4000) {
      expect((await house.say('/v1/messages', 'x')).status).toBe(503);
      await pause(20);
    }
    // At 0 s, about 1 s and about 3 s.
    expect(house.refreshes()).toBeGreaterThanOrEqual(2);
    expect(house.refreshes()).toBeLessThanOrEqual(4);
    house.claude.auth.reset();
    await eventually('it serves again', async () => (await house.say('/v1/messages', 'x')).status === 200, 15_000);
    expect(house.status()).toMatchObject({ state: 'usable', trouble: null });
    expect(house.refreshes()).toBe(1);
  });

  test('429 with retry-after is believed: nobody asks before, and the client is told until when', async () => {
    const house = await expired();
    house.claude.auth.scenario = { retryAfterSeconds: 6 };
    house.claude.auth.failRefresh('429');
    const first = await house.say('/v1/messages', 'x');
    expect(first.status).toBe(503);
    expect([5, 6]).toContain(Number(first.headers['retry-after']));
    const askedAtMs = performance.now();
    await eventually('it serves again', async () => (await house.say('/v1/messages', 'x')).status === 200, 15_000);
    expect(performance.now() - askedAtMs).toBeGreaterThan(4500);
    expect(house.refreshes()).toBe(2);
  });

  test('an API key beside it serves every request meanwhile', async () => {
    const house = await expired({ hasClaudeKey: true });
    house.claude.auth.failRefresh('500', Infinity);
    const answers = [];
    for (let round = 0; round < 50; round += 1) answers.push(await house.say('/v1/messages', 'x'));
    expect(statusesOf(answers)).toEqual({ 200: 50 });
    const [first = await house.say('/v1/messages', 'x')] = answers;
    expect((await house.explain(first)).explanation.attempts).toMatchObject([
      { who: 'Anthropic login mary@example.com', outcome: 'LOGIN_REFRESH_FAILED', status: null },
      { who: 'Anthropic key spare', outcome: 'served' },
    ]);
    house.claude.auth.reset();
    await eventually('the login serves again', async () => {
      await house.say('/v1/messages', 'x');
      return house.claudeCalls.at(-1) === '200 mary@example.com';
    });
  });

  test('an answer that is lost on its way costs the login, which is then said, and nothing else', async () => {
    const house = await expired();
    house.claude.auth.failRefresh('lost-answer');
    expect((await house.say('/v1/messages', 'x')).headers['x-companion-error']).toBe('LOGIN_REFRESH_FAILED');
    await eventually('the provider says that the token was used', async () => {
      const { headers } = await house.say('/v1/messages', 'x');
      return headers['x-companion-error'] === 'LOGIN_EXPIRED';
    });
    expect(house.status()).toMatchObject({ state: 'dead', trouble: { code: 'LOGIN_EXPIRED' } });
    await house.signIn('anthropic');
    expect((await house.say('/v1/messages', 'x')).status).toBe(200);
  });
});

describe('a login that is over', () => {
  test('is 401 LOGIN_EXPIRED in every dialect, asked for once, and alive again after a new login', async () => {
    const house = await expired();
    house.claude.auth.revoke();
    for (let round = 0; round < 21; round += 1) {
      const answer = await house.say(dialectPaths[round % 3] ?? '/v1/messages', 'x');
      expect([answer.status, answer.headers['x-companion-error']]).toEqual([401, 'LOGIN_EXPIRED']);
      expect(answer.json.error.message).toMatch(/Sign in again with `companion auth login`\.$/);
    }
    expect([house.refreshes(), house.claudeCalls]).toEqual([1, []]);
    expect(house.status()).toMatchObject({ state: 'dead', isRefreshable: false, trouble: { code: 'LOGIN_EXPIRED' } });
    expect(await house.readClaudeLogin()).toMatchObject({ claudeAiOauth: { accessToken: expect.any(String) } });
    await house.signIn('anthropic');
    for (const path of dialectPaths) expect((await house.say(path, 'x')).status).toBe(200);
    expect(house.status()).toMatchObject({ state: 'usable', trouble: null });
  });

  test('keeps no API key from serving, however many requests come', async () => {
    const house = await expired({ hasClaudeKey: true, config: { router: { max_attempts: 1 } } });
    house.claude.auth.revoke();
    const answers = [];
    for (let round = 0; round < 50; round += 1) answers.push(await house.say('/v1/messages', 'x'));
    expect(statusesOf(answers)).toEqual({ 200: 50 });
    expect(house.refreshes()).toBe(1);
  });

  test('of ChatGPT names its own command, and Codex’s own new login revives it', async () => {
    const house = await openAccountHouse();
    await house.signIn('openai');
    house.openAiAuth.revoke();
    const answer = await house.say('/v1/responses', 'x', gpt);
    expect([answer.status, answer.headers['x-companion-error']]).toEqual([401, 'LOGIN_EXPIRED']);
    expect(answer.json.error.message).toMatch(/Sign in again with `companion auth login-openai`\.$/);
    expect(house.status('openai')?.state).toBe('dead');
    await writeFile(house.authFile, JSON.stringify(house.openAiAuth.signInToCodex()));
    await eventually('the file was noticed', () => house.status('openai')?.state === 'usable');
    expect((await house.say('/v1/responses', 'x', gpt)).status).toBe(200);
  });
});
