/** Several keys of one provider: whose turn it is, who rests, and who steps in. */
import { describe, expect, test } from 'vitest';
import { openApiHouse, say, secretOf } from './house.ts';
import type { ApiHouse } from './house.ts';

const three = ['a', 'b', 'c'] as const;

async function askTimes(house: ApiHouse, times: number, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  for (let round = 0; round < times; round += 1) {
    expect((await house.askClaude(say(`question ${round}`), headers)).status).toBe(200);
  }
}

function countOf(house: ApiHouse): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of house.askedWith) counts[name ?? 'none'] = (counts[name ?? 'none'] ?? 0) + 1;
  return counts;
}

describe('strategies', () => {
  test('round robin is fair to a request, also when many come at once', async () => {
    const house = await openApiHouse({ anthropic: three, config: { router: { strategy: 'round_robin' } } });
    await askTimes(house, 9);
    expect(countOf(house)).toEqual({ a: 3, b: 3, c: 3 });
    await Promise.all(Array.from({ length: 90 }, (_, index) => house.askClaude(say(`at once ${index}`))));
    expect(countOf(house)).toEqual({ a: 33, b: 33, c: 33 });
  });

  test('priority keeps to the first key', async () => {
    const house = await openApiHouse({ anthropic: three, config: { router: { strategy: 'priority' } } });
    await askTimes(house, 6);
    expect(countOf(house)).toEqual({ a: 6 });
  });

  test('quota_aware takes the key with most left', async () => {
    const house = await openApiHouse({ anthropic: three, config: { router: { strategy: 'quota_aware' } } });
    const limits = (requestsPerMinute: number) => ({ limits: { requestsPerMinute } });
    house.anthropicApi.setKey({ name: 'a', secret: secretOf('anthropic', 'a'), ...limits(4) });
    house.anthropicApi.setKey({ name: 'b', secret: secretOf('anthropic', 'b'), ...limits(10) });
    house.anthropicApi.setKey({ name: 'c', secret: secretOf('anthropic', 'c'), ...limits(1000) });
    await askTimes(house, 30);
    // Whatever is unknown counts as half full: each is asked once or up to there, and then the one with room.
    const { a = 0, b = 0, c = 0 } = countOf(house);
    expect(a).toBeLessThanOrEqual(2);
    expect(b).toBeLessThanOrEqual(5);
    expect(c).toBeGreaterThanOrEqual(23);
    expect(house.askedWith.slice(-15)).toEqual(Array.from({ length: 15 }, () => 'c'));
  });

  test('random spreads', async () => {
    const house = await openApiHouse({ anthropic: three, config: { router: { strategy: 'random' } } });
    await askTimes(house, 60);
    // Each misses all 60 once in 10 billion runs.
    expect(Object.keys(countOf(house)).toSorted()).toEqual(['a', 'b', 'c']);
  });
});

describe('a conversation stays with its key', () => {
  const open = () =>
    openApiHouse({ anthropic: three, openai: { openai: three }, config: { router: { strategy: 'round_robin' } } });

  test.each(['x-claude-code-session-id', 'session_id', 'session-id', 'x-session-id'])('by %s', async (header) => {
    const house = await open();
    for (let turn = 0; turn < 3; turn += 1) {
      await askTimes(house, 1, { [header]: 'one' });
      await askTimes(house, 1, { [header]: 'two' });
      await askTimes(house, 1);
    }
    const [ones, twos] = [0, 1].map((offset) => new Set(house.askedWith.filter((_, index) => index % 3 === offset)));
    expect([ones?.size, twos?.size]).toEqual([1, 1]);
    expect(ones).not.toEqual(twos);
  });

  test('by prompt_cache_key', async () => {
    const house = await open();
    for (let turn = 0; turn < 6; turn += 1) {
      const model = 'gpt-5';
      await house.ask({
        path: '/v1/responses',
        body: { model, input: `turn ${turn}`, prompt_cache_key: turn % 2 === 0 ? 'x' : 'y' },
      });
    }
    const keys = house.openaiApi().requests.map(({ key }) => key);
    const [x, y] = keys;
    expect(x).not.toBe(y);
    expect(keys).toEqual([x, y, x, y, x, y]);
  });

  test('by what was said first, from the second turn on', async () => {
    const house = await open();
    const opening = { role: 'user', content: 'Tell me about fjords.' };
    await house.askClaude({ ...say(''), messages: [opening] });
    await askTimes(house, 1);
    for (let turn = 0; turn < 4; turn += 1) {
      const messages = [
        opening,
        { role: 'assistant', content: 'They are deep.' },
        { role: 'user', content: `More ${turn}` },
      ];
      await house.askClaude({ ...say(''), messages });
    }
    const [first, other, ...turns] = house.askedWith;
    expect(other).not.toBe(first);
    expect(turns).toEqual([first, first, first, first]);
  });

  test('by previous_response_id: only the account that gave the answer knows it', async () => {
    const house = await open();
    const { responses } = house.openai();
    const ids: string[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      const isStream = turn === 1;
      const body = { model: 'gpt-5', input: `start ${turn}` };
      ids.push(isStream ? (await responses.stream(body).finalResponse()).id : (await responses.create(body)).id);
    }
    for (const id of ids.toReversed())
      await responses.create({ model: 'gpt-5', input: 'go on', previous_response_id: id });
    const keys = house.openaiApi().requests.map(({ key }) => key);
    expect(new Set(keys).size).toBe(3);
    expect(keys.slice(3)).toEqual(keys.slice(0, 3).toReversed());
  });

  test('by the message that a thread continues', async () => {
    const house = await open();
    const headers = { 'anthropic-beta': 'message-threads-2026-08-12' };
    const ids: string[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      const answer = await house.askClaude({ ...say(`start ${turn}`), thread: { type: 'create' } }, headers);
      ids.push(answer.json.id);
    }
    for (const id of ids.toReversed()) {
      const thread = { type: 'continue', previous_message_id: id };
      const answer = await house.askClaude({ ...say('go on'), thread }, headers);
      expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
    }
    expect(new Set(house.askedWith).size).toBe(3);
    expect(house.askedWith.slice(3)).toEqual(house.askedWith.slice(0, 3).toReversed());
  });

  test('what is stored is always asked of the same key', async () => {
    const house = await open();
    const { batches } = house.anthropic().messages;
    const created = await batches.create({ requests: [{ custom_id: 'a', params: say('in a batch') }] });
    await askTimes(house, 2);
    expect((await batches.retrieve(created.id)).id).toBe(created.id);
    const ofBatches = house.anthropicApi.requests.filter(({ path }) => path.includes('batches'));
    expect(new Set(ofBatches.map(({ key }) => key)).size).toBe(1);
  });
});

describe('limits', () => {
  const limited = { canned: { status: 429, headers: { 'retry-after': '60', 'x-should-retry': 'true' } } };

  test('429 with retry-after: the next key serves, and the cooled one gets no further call', async () => {
    const house = await openApiHouse({ anthropic: ['a', 'b'] });
    house.failKey('a', limited);
    const first = await house.askClaude(say('one'));
    expect(first.status).toBe(200);
    await askTimes(house, 20);
    expect(house.askedWith.slice(0, 2)).toEqual(['a', 'b']);
    expect(house.askedWith.slice(1).filter((name) => name === 'a')).toEqual([]);
    const row = await house.explain(first.headers['x-companion-exchange']);
    expect(row.explanation.attempts.map(({ status, outcome }) => [status, outcome])).toEqual([
      [429, 'status 429'],
      [200, 'served'],
    ]);
    const later = (await house.exchanges())[0];
    expect(later?.explanation.considered).toContainEqual(
      expect.objectContaining({
        who: 'Anthropic key a',
        verdict: 'passed over',
        reason: expect.stringMatching(/^cooling until /),
      }),
    );
  });

  test('a key whose retry-after is over serves again', async () => {
    const house = await openApiHouse({ anthropic: ['a', 'b'] });
    house.anthropicApi.scenario = { faults: [{ canned: { status: 429, headers: { 'retry-after': '1' } } }] };
    await askTimes(house, 2);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    await askTimes(house, 1);
    expect(house.askedWith).toEqual(['a', 'b', 'b', 'a']);
  });

  test('all keys cooled: 429 with retry-after in our words, and nobody is asked', async () => {
    const house = await openApiHouse({ anthropic: ['a', 'b'] });
    house.anthropicApi.scenario = { faults: limited };
    const last = await house.askClaude(say('one'));
    expect(last).toMatchObject({ status: 429, headers: { 'x-should-retry': 'false' } });
    expect(house.askedWith).toEqual(['a', 'b']);
    const refused = await house.askClaude(say('two'));
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(50);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect(refused.json.error).toMatchObject({
      type: 'rate_limit_error',
      message: expect.stringMatching(/^ccproxy: /),
    });
    const openai = await house.ask({ path: '/v1/chat/completions', body: say('x') });
    expect([openai.status, openai.json.error.code]).toEqual([429, 'rate_limit_exceeded']);
    expect(house.askedWith).toEqual(['a', 'b']);
  });

  test('the same for OpenAI, whose limits stand in other words', async () => {
    const house = await openApiHouse({ anthropic: [], openai: { openai: ['a', 'b'] } });
    house.openaiApi().scenario = {
      faults: ({ key }) =>
        key === 'a' ? { canned: { status: 429, headers: { 'retry-after-ms': '60000' } } } : undefined,
    };
    const client = house.openai();
    for (let round = 0; round < 5; round += 1) await client.responses.create({ model: 'gpt-5', input: 'x' });
    await client.chat.completions.create({ model: 'gpt-5', messages: [{ role: 'user', content: 'x' }] });
    expect(house.openaiApi().requests.map(({ key }) => key)).toEqual(['a', 'b', 'b', 'b', 'b', 'b', 'b']);
    expect((await house.anthropic().messages.create({ ...say('y'), model: 'gpt-5' })).stop_reason).toBe('end_turn');
    expect(house.openaiApi().requests.at(-1)?.key).toBe('b');
  });
});

describe('refused keys', () => {
  test('a key that is not accepted gives way to the next, and is left alone afterwards', async () => {
    const house = await openApiHouse({ anthropic: ['a', 'b'] });
    house.failKey('a', { canned: { status: 401 } });
    await askTimes(house, 3);
    expect(house.askedWith).toEqual(['a', 'b', 'b', 'b']);
    expect(house.app.service.keys.list().map(({ name, isHealthy }) => [name, isHealthy])).toEqual([
      ['a', false],
      ['b', true],
    ]);
  });

  test.each([
    ['/v1/messages', 'api_error'],
    ['/v1/chat/completions', 'server_error'],
  ])('with no other key it is 502 at %s: the client’s own key is fine', async (path, type) => {
    const house = await openApiHouse({ anthropic: ['a'] });
    house.failKey('a', { canned: { status: 401 } });
    const answer = await house.ask({ path, body: say('x') });
    expect(answer.status).toBe(502);
    expect(answer.headers['x-ccproxy-upstream-status']).toBe('401');
    expect(answer.json.error).toMatchObject({
      type,
      message: expect.stringMatching(/^The key a was refused/),
    });
    expect((await house.exchanges())[0]).toMatchObject({ outcome: 'KEY_REJECTED', status: 502 });
  });

  test('a key without credit gives way too', async () => {
    const house = await openApiHouse({ anthropic: ['a', 'b'] });
    house.anthropicApi.setKey({ name: 'a', secret: secretOf('anthropic', 'a'), state: 'without-credit' });
    await askTimes(house, 3);
    expect(house.askedWith).toEqual(['a', 'b', 'b', 'b']);
  });
});

describe('trouble of the provider', () => {
  test.each([500, 502, 503, 504])('%i before the first byte: another key is tried', async (status) => {
    const house = await openApiHouse({ anthropic: ['a', 'b'] });
    house.failKey('a', { canned: { status } });
    const answer = await house.askClaude(say('x'));
    expect(answer.status).toBe(200);
    expect(house.askedWith).toEqual(['a', 'b']);
  });

  test('after the first byte nobody is asked again: the stream ends with an error event', async () => {
    const house = await openApiHouse({ anthropic: ['a', 'b'] });
    house.failKey('a', { ending: { kind: 'reset', afterFrames: 3 } });
    const answer = await house.askClaude(say('x', { stream: true }));
    expect(answer.text).toMatch(/event: error\ndata: \{"type":"error".*\}\n\n$/);
    expect(answer.text).not.toContain('message_stop');
    expect(house.askedWith).toEqual(['a']);
  });

  test.each([
    ['529', { canned: { status: 529 } }],
    ['400', { canned: { status: 400, message: 'wrong' } }],
  ])('%s is asked of no other key, for whom it is the same', async (status, faults) => {
    const house = await openApiHouse({ anthropic: ['a', 'b'] });
    house.anthropicApi.scenario = { faults };
    expect((await house.askClaude(say('x'))).status).toBe(Number(status));
    expect(house.askedWith).toEqual(['a']);
  });

  test.each([1, 2, 4])('no more than %i attempts, and then the client is told to stop as well', async (attempts) => {
    const house = await openApiHouse({
      anthropic: ['a', 'b', 'c', 'd', 'e'],
      config: { router: { max_attempts: attempts } },
    });
    house.anthropicApi.scenario = { faults: { canned: { status: 500, headers: { 'x-should-retry': 'true' } } } };
    const answer = await house.askClaude(say('x'));
    expect(answer.status).toBe(500);
    expect(answer.headers['x-should-retry']).toBe(attempts === 1 ? 'true' : 'false');
    expect(house.askedWith).toHaveLength(attempts);
  });

  test('translated too: the client is told to stop after our own retries', async () => {
    const house = await openApiHouse({ anthropic: ['a', 'b'] });
    house.anthropicApi.scenario = { faults: { canned: { status: 500 } } };
    const answer = await house.ask({ path: '/v1/chat/completions', body: say('x') });
    expect([answer.status, answer.headers['x-should-retry']]).toEqual([500, 'false']);
    expect(house.askedWith).toEqual(['a', 'b']);
  });

  test('an outage is not multiplied: retries are a fifth of the requests, and ten', async () => {
    const house = await openApiHouse({ anthropic: ['a', 'b'] });
    const requests = 60;
    house.anthropicApi.scenario = { faults: { canned: { status: 500 } } };
    await Promise.all(Array.from({ length: requests }, (_, index) => house.askClaude(say(`x ${index}`))));
    expect(house.askedWith.length - requests).toBeGreaterThan(0);
    expect(house.askedWith.length - requests).toBeLessThanOrEqual(10 + requests / 5);
  });
});

describe('x-proxy-mode', () => {
  test('api keeps to keys, web to claude.ai, and what is no mode is refused', async () => {
    const house = await openApiHouse();
    expect((await house.askClaude(say('x'), { 'x-proxy-mode': 'api' })).status).toBe(200);
    const web = await house.askClaude(say('x'), { 'x-proxy-mode': 'web' });
    expect([web.status, web.headers['x-companion-error']]).toEqual([503, 'SESSION_REQUIRED']);
    const nonsense = await house.askClaude(say('x'), { 'x-proxy-mode': 'nonsense' });
    expect(nonsense.status).toBe(400);
    expect(house.askedWith).toEqual(['first']);
  });
});

test('the headers of an answer and `explain` tell the same story', async () => {
  const house = await openApiHouse({
    anthropic: ['a', 'b', 'c'],
    config: { models: { aliases: { best: 'claude-opus-5' } } },
  });
  house.failKey('a', { canned: { status: 503 } });
  const answer = await house.askClaude(
    { ...say('x'), model: 'best' },
    { 'user-agent': 'claude-cli/2.1.330 (external, sdk-cli)' },
  );
  expect(answer.headers['x-companion-route']).toMatch(/key=anthropic-\w+; model=claude-opus-5; relayed$/);
  const row = await house.explain(answer.headers['x-companion-exchange']);
  expect(row).toMatchObject({
    route: '/v1/messages',
    dialect: 'anthropic',
    model: 'best',
    servedModel: 'claude-opus-5',
    mode: 'api',
    provider: 'anthropic',
    isTranslated: false,
    status: 200,
    outcome: 'ok',
    explanation: {
      plan: 'api: Anthropic, key a (by priority); model best means claude-opus-5',
      considered: [
        { who: 'Anthropic key a', verdict: 'chosen' },
        { who: 'Anthropic key b', verdict: 'next' },
        { who: 'Anthropic key c', verdict: 'next' },
      ],
      attempts: [
        { who: 'Anthropic key a', status: 503 },
        { who: 'Anthropic key b', status: 200, outcome: 'served' },
      ],
    },
  });
  expect(answer.headers['x-companion-route']).toContain(`key=${row.credential}`);
  expect(row.client).toBe('Claude Code');
});
