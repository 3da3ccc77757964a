/** Fault row 7: several companions with one home, one login, and one renewal. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { statusesOf } from './house.ts';
import type { AccountHouse } from './house.ts';
import { authOf, CompanionProgram, leaveSignedIn, modelOf, pathOf, providers, tokensOf } from './programs.ts';

describe.each(providers)('%s: 100 requests at a time in each of two companions', (provider) => {
  const startTwo = async (house: AccountHouse, key: string) => [
    await new CompanionProgram(house, key).ready(),
    await new CompanionProgram(house, key).ready(),
  ];
  const ask = (program: CompanionProgram) =>
    Array.from({ length: 100 }, () => program.say(pathOf[provider], 'all at once', modelOf[provider]));

  test('PY-12: on an expired token: one question to the token endpoint, 200 of 200 served', async () => {
    // Long enough that it has not ended when it comes, however busy the machine is.
    const { house, key, endsAtMs } = await leaveSignedIn(provider, 3);
    const before = await tokensOf(house, provider);
    const programs = await startTwo(house, key);
    const auth = authOf(house, provider);
    auth.reset();
    auth.scenario = { tokenDelayMs: 150 };
    await pause(Math.max(0, endsAtMs + 100 - Date.now()));
    const answers = await Promise.all(programs.flatMap(ask));
    expect(statusesOf(answers)).toEqual({ 200: 200 });
    expect(auth.calls.token.map(({ grant, outcome }) => [grant, outcome])).toEqual([['refresh_token', 'granted']]);
    const after = await tokensOf(house, provider);
    expect([auth.isRenewable(before.refresh_token), auth.isRenewable(after.refresh_token)]).toEqual([false, true]);
    expect(await house.findLeaks()).toEqual([]);
  });

  test('PY-12: on one that was refused before its end', async () => {
    const { house, key } = await leaveSignedIn(provider, null);
    const programs = await startTwo(house, key);
    const auth = authOf(house, provider);
    auth.reset();
    auth.scenario = { tokenDelayMs: 150 };
    auth.expireAccess();
    const answers = await Promise.all(programs.flatMap(ask));
    expect(statusesOf(answers)).toEqual({ 200: 200 });
    expect(auth.calls.count('refresh_token')).toBe(1);
  });
});
