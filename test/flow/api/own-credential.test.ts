/** A client that brings its own credential is served with it, and nothing of it stays. */
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { createCanary, findLeaks } from '../../support/canary.ts';
import { claude, openApiHouse, say } from './house.ts';
import type { ApiHouse } from './house.ts';

const version = { 'anthropic-version': '2023-06-01' };

function headersOf(house: ApiHouse, number: number) {
  return house.anthropicApi.requests[number]?.headers ?? {};
}

test.each(['x-api-key', 'authorization'] as const)('it goes out in %s, in which it came', async (header) => {
  const own = createCanary('own key', 'sk-ant-api03-');
  const house = await openApiHouse();
  house.anthropicApi.setKey({ name: 'own', secret: own.value });
  const value = header === 'authorization' ? `Bearer ${own.value}` : own.value;
  const answer = await house.askClaude(say('mine'), { [header]: value, 'x-companion-key': house.key });
  expect(answer.json.content[0].text).toBe('You said: mine');
  expect(house.askedWith).toEqual(['own']);
  const other = header === 'authorization' ? 'x-api-key' : 'authorization';
  expect(headersOf(house, 0)).toMatchObject({ [header]: value });
  expect(headersOf(house, 0)).not.toHaveProperty(other);
  expect(headersOf(house, 0)).not.toHaveProperty('x-companion-key');
  expect(answer.headers['x-companion-route']).toMatch(/^api; provider=anthropic; key=client; /);
});

test('the official SDKs serve with it, on every kind of route', async () => {
  const house = await openApiHouse({ openai: { openai: ['work'] } });
  house.anthropicApi.setKey({ name: 'own', secret: 'sk-ant-api03-own-credential-of-client' });
  house.openaiApi().setKey({ name: 'own', secret: 'sk-proj-own-credential-of-client' });
  const defaultHeaders = { 'x-companion-key': house.key };
  const anthropic = new Anthropic({
    baseURL: house.url,
    apiKey: 'sk-ant-api03-own-credential-of-client',
    authToken: null,
    maxRetries: 0,
    defaultHeaders,
  });
  expect(await anthropic.messages.stream(say('one')).finalText()).toBe('You said: one');
  expect((await anthropic.models.list()).data.length).toBeGreaterThan(3);
  const openai = new OpenAI({
    baseURL: `${house.url}/v1`,
    apiKey: 'sk-proj-own-credential-of-client',
    maxRetries: 0,
    defaultHeaders,
  });
  expect((await openai.responses.create({ model: 'gpt-5', input: 'two' })).output_text).toBe('You said: two');
  expect((await openai.models.list()).data.map(({ id }) => id)).toContain('gpt-5');
  const used = [...house.anthropicApi.requests, ...house.openaiApi().requests].map(({ key }) => key);
  expect(used).toEqual(['own', 'own', 'own', 'own']);
});

test('nothing of it is stored, whether it is accepted or not', async () => {
  const good = createCanary('accepted key', 'sk-ant-api03-');
  const bad = createCanary('refused key', 'sk-ant-api03-');
  const house = await openApiHouse({ settings: { 'log.level': 'trace' } });
  house.anthropicApi.setKey({ name: 'own', secret: good.value });
  const answers: string[] = [];
  for (const { value } of [good, bad]) {
    for (const headers of [{ 'x-api-key': value }, { authorization: `Bearer ${value}` }]) {
      for (const stream of [true, false]) {
        const answer = await house.askClaude(say('hi', { stream }), { ...headers, 'x-companion-key': house.key });
        answers.push(answer.rawHeaders.join('\n'), answer.text);
      }
    }
    answers.push(
      (
        await house.ask({
          path: '/v1/models',
          headers: { ...version, 'x-api-key': value, 'x-companion-key': house.key },
        })
      ).text,
    );
  }
  answers.push(
    JSON.stringify(await house.control('/control/exchanges')),
    JSON.stringify(await house.control('/control/keys')),
  );
  answers.push(JSON.stringify(house.app.service.status()));
  expect(house.askedWith).toEqual(['own', 'own', 'own', 'own', null, null, null, null]);
  const places = () => ({ folders: [house.home], texts: { log: house.log.text(), answers: answers.join('\n') } });
  expect(await findLeaks([good, bad], places())).toEqual([]);
  await house.stop();
  expect(await findLeaks([good, bad], places())).toEqual([]);
});

test('what its provider says to it is passed on as it is, and no other key is tried', async () => {
  const house = await openApiHouse({ anthropic: ['first', 'second'] });
  const own = { 'x-api-key': 'sk-ant-api03-nobody-knows-this-one', 'x-companion-key': house.key };
  for (let round = 0; round < 4; round += 1) {
    const answer = await house.askClaude(say('hi'), own);
    expect(answer.status).toBe(401);
    expect(answer.json).toMatchObject({
      type: 'error',
      error: { type: 'authentication_error', message: 'invalid x-api-key' },
    });
    expect(answer.headers['x-ccproxy-upstream-status']).toBeUndefined();
  }
  expect(house.askedWith).toEqual([null, null, null, null]);
  expect((await house.askClaude(say('hi'))).status).toBe(200);
  expect(house.app.service.keys.list().every(({ isHealthy }) => isHealthy)).toBe(true);
});

test('a wrong x-companion-key is refused before anybody sees the credential', async () => {
  const house = await openApiHouse();
  const answer = await house.askClaude(say('hi'), { 'x-api-key': house.key, 'x-companion-key': `${house.key}x` });
  expect(answer.status).toBe(401);
  expect(answer.json.error.message).toMatch(/^ccproxy: /);
  expect(house.anthropicApi.requests).toEqual([]);
});

test('the same key in both headers is no credential of the client', async () => {
  const house = await openApiHouse();
  await house.askClaude(say('hi'), { authorization: `Bearer ${house.key}`, 'x-companion-key': house.key });
  expect(house.askedWith).toEqual(['first']);
});

test('it serves across wires too: an Anthropic credential behind the OpenAI SDK', async () => {
  const house = await openApiHouse({ anthropic: [] });
  house.anthropicApi.setKey({ name: 'own', secret: 'sk-ant-api03-own-credential-of-client' });
  const openai = new OpenAI({
    baseURL: `${house.url}/v1`,
    apiKey: 'sk-ant-api03-own-credential-of-client',
    maxRetries: 0,
    defaultHeaders: { 'x-companion-key': house.key },
  });
  const completion = await openai.chat.completions.create({
    model: claude,
    messages: [{ role: 'user', content: 'across' }],
  });
  expect(completion.choices[0]?.message.content).toBe('You said: across');
});
