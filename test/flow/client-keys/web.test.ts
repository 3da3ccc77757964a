/** A client key and claude.ai: served in its mode, held to its models. */
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { expect, test } from 'vitest';
import type { CreatedToken, TokenWish } from '../../../companion/http/manage/client-key-routes.ts';
import { ask, eventually, model, openSyncedHouse } from '../web/house.ts';
import type { House } from '../web/house.ts';
import { refusalOf } from './house.ts';

async function create({ app }: House, wish: Partial<TokenWish>): Promise<CreatedToken> {
  const payload = { name: 'laptop', ...wish };
  return (await app.control.inject({ method: 'POST', url: '/api/token/generate', payload })).json();
}

function clientsOf({ url }: House, { token }: CreatedToken) {
  return {
    anthropic: new Anthropic({ baseURL: url, apiKey: null, authToken: token, maxRetries: 0 }),
    openai: new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 }),
  };
}

test('a key for web is served by claude.ai, whole and streamed, and asked for nothing else', async () => {
  const { house } = await openSyncedHouse('direct');
  const { anthropic, openai } = clientsOf(house, await create(house, { mode: 'web' }));
  const { content } = await anthropic.messages.create(ask('hello'));
  expect(content).toMatchObject([{ type: 'text', text: expect.stringContaining('hello') }]);
  const stream = await openai.chat.completions.create({ ...ask('hello'), stream: true });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  expect(text).toContain('hello');
  const wrongMode = anthropic.messages.create(ask('hello'), { headers: { 'x-proxy-mode': 'api' } });
  expect(await refusalOf(wrongMode)).toMatchObject({ code: 'CLIENT_NOT_ALLOWED', status: 403 });
  const noSuchRoute = await refusalOf(openai.embeddings.create({ model, input: 'x' }));
  expect(noSuchRoute).toMatchObject({ code: 'NOT_AVAILABLE_IN_MODE', status: 400 });
  expect(noSuchRoute.message).toContain('to which this client is limited');
  expect((await anthropic.models.list()).data.length).toBeGreaterThan(1);
});

test('a key for api sees nothing of claude.ai, and is told so', async () => {
  const { house } = await openSyncedHouse('direct');
  const { anthropic, openai } = clientsOf(house, await create(house, { mode: 'api' }));
  expect((await openai.models.list()).data).toEqual([]);
  const refused = await refusalOf(anthropic.messages.create(ask('hello')));
  expect(refused).toMatchObject({ code: 'NOT_AVAILABLE_IN_MODE' });
  expect(refused.message).toContain('Use a client key that is not limited to this mode');
  expect(house.routes).toEqual([]);
});

test('models hold there too, and so do budgets', async () => {
  const { house } = await openSyncedHouse('direct');
  const made = await create(house, { models: [model], request_budget: 3 });
  const { anthropic } = clientsOf(house, made);
  expect((await anthropic.models.list()).data.map(({ id }) => id)).toEqual([model]);
  expect((await anthropic.messages.create(ask('hello'))).type).toBe('message');
  const other = await refusalOf(anthropic.messages.create(ask('hello', { model: 'claude-opus-5' })));
  expect(other).toMatchObject({ code: 'CLIENT_NOT_ALLOWED', status: 403 });
  expect((await anthropic.messages.create(ask('hello'))).type).toBe('message');
  expect(await refusalOf(anthropic.messages.create(ask('hello')))).toMatchObject({ code: 'CLIENT_BUDGET_SPENT' });
  const list = async () => (await house.app.control.inject('/api/token/list')).json().tokens[0];
  const key = await list();
  await eventually('it is counted', () => key.total_requests === 3);
  expect(key.requests_left).toBe(0);
});
