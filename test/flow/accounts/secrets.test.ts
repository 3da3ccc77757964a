/** Whatever is planted, even by providers that say it back, turns up in no log, answer, row or file but its own. */
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { CompanionError } from '../../../companion/base/error.ts';
import type { RecordedRequest } from '../../support/providers/server/record.ts';
import { dialectPaths, gpt, hourMs, moveClock, openAccountHouse, passTime } from './house.ts';
import type { AccountHouse } from './house.ts';

/** An answer that says back all that came. */
function parrot(status: number) {
  return ({ method, pathname, headers, body }: RecordedRequest) => {
    // Not the pages that a person sees.
    if (method !== 'POST' || pathname === '/oauth/authorize') return undefined;
    const message = `${headers['authorization'] ?? ''} ${body.toString('utf8')}`;
    return { canned: { status, message, headers: { 'x-echo': headers['authorization'] ?? '' } } };
  };
}

async function askEverything(house: AccountHouse): Promise<readonly number[]> {
  const statuses: number[] = [];
  for (const path of dialectPaths) {
    for (const model of [undefined, gpt]) statuses.push((await house.say(path, 'x', model)).status);
  }
  await house.ask('/v1/models', undefined);
  await house.ask('/v0/quota', undefined);
  for (const url of ['/control/status', '/control/logins', '/control/exchanges', '/control/usage']) {
    await house.control(url);
  }
  return statuses;
}

test.each([400, 401, 403, 429, 500])('the APIs answer %i and say back what they were sent', async (status) => {
  const house = await openAccountHouse();
  await house.signIn('anthropic');
  await house.signIn('openai');
  expect(await askEverything(house)).toEqual(Array.from({ length: 6 }, () => 200));
  house.claude.api.scenario = { faults: parrot(status) };
  house.chatGpt.scenario = { faults: parrot(status) };
  expect(await askEverything(house)).not.toContain(200);
  // It did say it, and what came through is the rest of it.
  if (status === 400) expect(house.answers.join('')).toContain('Bearer ');
  expect(await house.findLeaks()).toEqual([]);
});

test.each([400, 401, 429, 500])('the token endpoints answer %i and say back what they were sent', async (status) => {
  const house = await openAccountHouse();
  await house.signIn('anthropic');
  await house.signIn('openai');
  moveClock(11 * 24 * hourMs);
  for (const auth of [house.claude.auth, house.openAiAuth]) auth.scenario = { faults: parrot(status) };
  expect(await askEverything(house)).not.toContain(200);
  for (const provider of ['anthropic', 'openai']) {
    const reply = await house.app.control.inject({ method: 'POST', url: `/control/logins/${provider}/refresh` });
    house.answers.push(reply.body);
    expect(reply.statusCode).toBeGreaterThanOrEqual(400);
  }
  for (const auth of [house.claude.auth, house.openAiAuth]) auth.reset();
  passTime(hourMs);
  await house.control('/control/status');
  expect(await house.findLeaks()).toEqual([]);
});

test('a code that is traded in vain is told to nobody', async () => {
  const house = await openAccountHouse();
  house.claude.auth.scenario = { faults: parrot(400) };
  const failure: unknown = await house.signIn('anthropic').catch((thrown: unknown) => thrown);
  expect(failure).toBeInstanceOf(CompanionError);
  house.answers.push(inspect(failure, { depth: 10, showHidden: true }));
  expect(house.canaries).toHaveLength(1);
  expect(await house.findLeaks()).toEqual([]);
});
