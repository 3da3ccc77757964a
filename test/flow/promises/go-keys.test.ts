/** How keys are counted and judged, as the README of the Go ccproxy promises it. */
import { expect, test } from 'vitest';
import { curl } from '../../support/curl.ts';
import { openApiHouse, say } from '../api/house.ts';
import type { ApiHouse } from '../api/house.ts';

const statsLine = 'curl -H "X-Admin-Key: your-admin-key" http://localhost:8080/api/keys/stats';

const statsOf = async (house: ApiHouse) =>
  (await curl(statsLine.replace('your-admin-key', house.adminKey), { url: house.url })).json;

test('GO-8: each key is told by its end, with its counts, its newest error and its health', async () => {
  const house = await openApiHouse({ anthropic: ['one', 'two'] });
  expect(await statsOf(house)).toEqual({
    total_keys: 2,
    healthy_keys: 2,
    keys: ['one', 'two'].map(() => ({
      key: '...89abcdef',
      request_count: 0,
      error_count: 0,
      last_used: null,
      last_error: null,
      is_healthy: true,
    })),
  });
  const answer = await house.askClaude(say('hello', { max_tokens: -1 }));
  expect(answer.status).toBe(400);
  await house.explain(answer.headers['x-companion-exchange']);
  const { keys } = await statsOf(house);
  expect(keys[0]).toMatchObject({ request_count: 1, error_count: 1, last_error: 'status 400', is_healthy: true });
  expect(Date.now() - Date.parse(keys[0].last_used)).toBeLessThan(60_000);
  expect(keys[1]).toMatchObject({ request_count: 0, last_used: null });
});

test('GO-11: a key that fails three times in a row is unhealthy and passed over; it comes back by itself, however often it failed before', async () => {
  const house = await openApiHouse({ anthropic: ['one', 'two'], settings: { 'router.strategy': 'round_robin' } });
  const healthOf = async () => (await statsOf(house)).keys.map((key: { is_healthy: boolean }) => key.is_healthy);
  house.failKey('one', { canned: { status: 500 } });
  for (let n = 0; n < 6; n++) expect((await house.askClaude(say(`hello ${n}`))).status).toBe(200);
  expect(await healthOf()).toEqual([false, true]);
  const asked = house.askedWith.filter((name) => name === 'one').length;
  expect(asked).toBe(3);
  await house.askClaude(say('once more'));
  expect(house.askedWith.filter((name) => name === 'one')).toHaveLength(asked);
  house.failKey('two', { canned: { status: 500 } });
  // Where no other is left it is asked nevertheless, and one good answer is enough.
  for (let n = 0; n < 4; n++) await house.askClaude(say(`and ${n}`));
  expect((await house.askClaude(say('well?'))).status).toBe(200);
  expect((await healthOf())[0]).toBe(true);
});

test('GO-11: keys take turns, or are drawn at random, by `claude.key_strategy`', async () => {
  for (const strategy of ['round_robin', 'random']) {
    const config = { claude: { key_strategy: strategy } };
    const house = await openApiHouse({ anthropic: ['one', 'two'], config });
    for (let n = 0; n < 16; n++) await house.askClaude(say(`hello ${n}`));
    expect(new Set(house.askedWith), strategy).toEqual(new Set(['one', 'two']));
    if (strategy === 'round_robin') expect(house.askedWith.filter((name) => name === 'one')).toHaveLength(8);
  }
});
