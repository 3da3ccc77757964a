/** Fault row 18: the clock of this computer is wrong by a day, or jumps. The providers' clocks are right. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { dayMs, gpt, hourMs, moveClock, openAccountHouse, passTime, rightTime, statusesOf } from './house.ts';
import type { AccountHouse } from './house.ts';

/** Tokens of both last an hour. */
async function opened(provider: 'anthropic' | 'openai', offsetMs: number): Promise<AccountHouse> {
  moveClock(offsetMs);
  const auth = { nowMs: rightTime, scenario: { expiresInSeconds: 3600 } };
  const house = await openAccountHouse({ claude: { auth }, openAiAuth: auth });
  await house.signIn(provider);
  return house;
}

async function askTimes(house: AccountHouse, provider: 'anthropic' | 'openai', times: number): Promise<void> {
  const answers = [];
  for (let round = 0; round < times; round += 1) {
    answers.push(
      await (provider === 'anthropic' ? house.say('/v1/messages', 'x') : house.say('/v1/responses', 'x', gpt)),
    );
  }
  expect(statusesOf(answers)).toEqual({ 200: times });
}

describe.each(['anthropic', 'openai'] as const)('%s', (provider) => {
  test.each([
    ['forwards', dayMs],
    ['backwards', -dayMs],
  ])('a clock that is a day %s from the start: no refresh for 20 requests', async (_, offsetMs) => {
    const house = await opened(provider, offsetMs);
    await askTimes(house, provider, 20);
    expect(house.refreshes(provider)).toBe(0);
    const auth = provider === 'anthropic' ? house.claude.auth : house.openAiAuth;
    auth.expireAccess();
    await askTimes(house, provider, 20);
    expect(house.refreshes(provider)).toBe(1);
  });

  test.each([
    ['forwards', dayMs],
    ['backwards', -dayMs],
  ])('a clock that is put a day %s: at most one refresh, and a 401 still brings the next', async (_, offsetMs) => {
    const house = await opened(provider, 0);
    await askTimes(house, provider, 3);
    moveClock(offsetMs);
    await askTimes(house, provider, 20);
    const refreshes = house.refreshes(provider);
    expect(refreshes).toBe(offsetMs > 0 ? 1 : 0);
    // A token that was only just renewed would not be renewed again.
    passTime(61_000);
    const auth = provider === 'anthropic' ? house.claude.auth : house.openAiAuth;
    auth.expireAccess();
    await askTimes(house, provider, 20);
    expect(house.refreshes(provider)).toBe(refreshes + 1);
  });

  test('a clock that jumps to and fro between requests: no more refreshes than jumps', async () => {
    const house = await opened(provider, 0);
    const jumps = [dayMs, 0, -dayMs, dayMs, -3 * hourMs, 3 * hourMs, 0];
    for (const offsetMs of jumps) {
      moveClock(offsetMs);
      await askTimes(house, provider, 5);
      // What is renewed in the background is there before the next jump.
      await pause(100);
    }
    const before = house.refreshes(provider);
    expect(before).toBeLessThanOrEqual(jumps.length);
    await askTimes(house, provider, 20);
    expect(house.refreshes(provider)).toBe(before);
  });
});
