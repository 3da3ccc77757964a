/** Logins among keys: who is asked first, who steps in, and what a person is told of it. */
import { describe, expect, test } from 'vitest';
import type { NamedUsage } from '../../../companion/http/control/ledger-routes.ts';
import type { CompanionStatus } from '../../../shared/status.ts';
import { unifiedHeaders } from '../../support/providers/anthropic/keys.ts';
import { bob, mary } from '../../support/providers/anthropic/account.ts';
import { eventually } from '../api/house.ts';
import { bodyFor, claude, gpt, hourMs, moveClock, openAccountHouse, passTime, sharedGpt, statusesOf } from './house.ts';
import type { AccountHouse } from './house.ts';

const isMary = (call: string) => call.endsWith('mary@example.com');

/** The five-hour window is full, and begins anew in two hours. */
function fullWindow(): { readonly canned: { status: number; headers: Readonly<Record<string, string>> } } {
  const reset = Math.floor(Date.now() / 1000) + 2 * 3600;
  const windows = [{ name: '5h', status: 'rejected', utilization: 1, reset }] as const;
  const headers = unifiedHeaders({
    status: 'rejected',
    claim: 'five_hour',
    windows,
    overageStatus: 'rejected',
    overageDisabledReason: null,
  });
  return { canned: { status: 429, headers } };
}

test('a login goes before a key, steps back until its window begins anew, and serves again from then on', async () => {
  const house = await openAccountHouse({ hasClaudeKey: true });
  await house.signIn('anthropic');
  expect((await house.say('/v1/messages', 'x')).status).toBe(200);
  expect(house.claudeCalls).toEqual(['200 mary@example.com']);

  const full = fullWindow();
  house.claude.api.scenario = { faults: ({ key }) => (key === 'spare' ? undefined : full) };
  const first = await house.say('/v1/messages', 'x');
  expect(first.status).toBe(200);
  const answers = [];
  for (let round = 0; round < 30; round += 1) answers.push(await house.say('/v1/messages', 'x'));
  expect(statusesOf(answers)).toEqual({ 200: 30 });
  expect(house.claudeCalls.filter(isMary)).toEqual(['200 mary@example.com', '429 mary@example.com']);
  expect((await house.explain(first)).explanation.attempts).toMatchObject([
    { who: 'Anthropic login mary@example.com', status: 429 },
    { who: 'Anthropic key spare', status: 200, outcome: 'served' },
  ]);
  const [later = first] = answers;
  expect((await house.explain(later)).explanation.considered).toContainEqual({
    who: 'Anthropic login mary@example.com',
    verdict: 'passed over',
    reason: expect.stringMatching(/^cooling until /),
  });

  house.claude.api.scenario = {};
  moveClock(2 * hourMs + 60_000);
  passTime(2 * hourMs + 60_000);
  expect((await house.say('/v1/messages', 'x')).status).toBe(200);
  expect(house.claudeCalls.at(-1)).toBe('200 mary@example.com');
});

test('with nobody beside it the client is told until when', async () => {
  const house = await openAccountHouse();
  await house.signIn('anthropic');
  house.claude.api.scenario = { faults: fullWindow() };
  expect((await house.say('/v1/messages', 'x')).status).toBe(429);
  const refused = await house.say('/v1/chat/completions', 'x');
  expect(refused.status).toBe(429);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(7000);
  expect(house.claudeCalls).toHaveLength(1);
});

describe('two logins of one provider', () => {
  async function opened(): Promise<AccountHouse> {
    const house = await openAccountHouse({ config: { router: { strategy: 'round_robin' } } });
    await house.signIn('anthropic');
    house.claude.auth.visitor = bob.email;
    await house.signIn('anthropic');
    return house;
  }

  test('take turns, and a conversation stays with the one that it began with', async () => {
    const house = await opened();
    for (let round = 0; round < 3; round += 1) {
      for (const session of ['one', 'two']) {
        const body = bodyFor('/v1/messages', 'x');
        await house.ask('/v1/messages', body, { 'x-claude-code-session-id': session });
      }
      await house.say('/v1/messages', 'x');
    }
    const ones = new Set(house.claudeCalls.filter((_, index) => index % 3 === 0));
    const twos = new Set(house.claudeCalls.filter((_, index) => index % 3 === 1));
    expect([ones.size, twos.size]).toEqual([1, 1]);
    expect(new Set([...ones, ...twos]).size).toBe(2);
  });

  test('step in for each other', async () => {
    const house = await opened();
    const full = fullWindow();
    house.claude.api.scenario = { faults: ({ key }) => (key === mary.email ? full : undefined) };
    const answers = [];
    for (let round = 0; round < 10; round += 1) answers.push(await house.say('/v1/messages', 'x'));
    expect(statusesOf(answers)).toEqual({ 200: 10 });
    expect(house.claudeCalls.filter(isMary)).toEqual(['429 mary@example.com']);
  });
});

test('GET /v1/models lists the models of logins', async () => {
  const house = await openAccountHouse();
  await house.signIn('anthropic');
  await house.signIn('openai');
  const ids = (await house.ask('/v1/models', undefined)).json.data.map(({ id }: { id: string }) => id);
  expect(ids).toEqual(expect.arrayContaining([claude, gpt, sharedGpt]));
  const { data } = await house.openai().models.list();
  expect(data.map(({ id }) => id)).toEqual(expect.arrayContaining([claude, gpt]));
});

test('quotas, status, usage and explain name logins and their windows', async () => {
  const house = await openAccountHouse();
  const claudeLogin = await house.signIn('anthropic');
  const chatGptLogin = await house.signIn('openai');
  const answer = await house.say('/v1/messages', 'x');
  await house.say('/v1/responses', 'x', gpt);
  const { credentials } = (await house.ask('/v0/quota', undefined)).json;
  const windows = (name: string, used: number) => expect.objectContaining({ window: name, used_fraction: used });
  expect(credentials).toEqual([
    expect.objectContaining({
      provider: 'anthropic',
      kind: 'oauth-token',
      id: claudeLogin.id,
      name: 'mary@example.com',
      cooldown: null,
      windows: expect.arrayContaining([windows('five_hour', 0.12), windows('seven_day', 0.31)]),
    }),
    expect.objectContaining({
      provider: 'codex',
      kind: 'oauth-token',
      id: chatGptLogin.id,
      windows: expect.arrayContaining([windows('five_hour', 0.12), windows('seven_day', 0.31)]),
    }),
  ]);
  const status = await house.control<CompanionStatus>('/control/status');
  expect(status.logins).toMatchObject([
    { id: claudeLogin.id, provider: 'anthropic', state: 'usable', plan: 'Pro' },
    { id: chatGptLogin.id, provider: 'openai', owner: 'codex', state: 'usable', plan: 'Plus' },
  ]);
  for (const login of status.logins ?? []) {
    expect(login.quotas.map(({ window }) => window)).toEqual(expect.arrayContaining(['five_hour', 'seven_day']));
  }
  expect(await house.explain(answer)).toMatchObject({
    credential: claudeLogin.id,
    provider: 'anthropic',
    outcome: 'ok',
    explanation: { plan: expect.stringContaining('login mary@example.com') },
  });
  const usage = await eventually('both rows are written', async () => {
    const { groups } = await house.control<{ groups: readonly NamedUsage[] }>('/control/usage?by=credential');
    return groups.length >= 2 ? groups : undefined;
  });
  expect(usage.map(({ key, name }) => [key, name]).toSorted()).toEqual([
    [chatGptLogin.id, 'mary@example.com'],
    [claudeLogin.id, 'mary@example.com'],
  ]);
  expect(await house.findLeaks()).toEqual([]);
});
