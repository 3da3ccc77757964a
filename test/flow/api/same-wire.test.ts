/** Clients of a provider reach it as if the companion were not there: every route, every byte. */
import { toFile } from '@anthropic-ai/sdk';
import { toFile as toOpenAiFile } from 'openai';
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { claude, openApiHouse, say, secretOf } from './house.ts';

const anthropicHead = { 'anthropic-version': '2023-06-01' };

describe('Anthropic', () => {
  test('answers messages, whole and streamed, with the bytes that it sent', async () => {
    const house = await openApiHouse();
    const client = house.anthropic();
    const message = await client.messages.create(say('hello'));
    expect(message.content).toMatchObject([{ type: 'text', text: 'You said: hello' }]);
    expect(await client.messages.stream(say('stream')).finalText()).toBe('You said: stream');
    expect(house.anthropicApi.requests.map(({ path, key }) => [path, key])).toEqual([
      ['/v1/messages', 'first'],
      ['/v1/messages', 'first'],
    ]);
  });

  test("is told the API's version where a client says none, and the client's own where it does", async () => {
    const house = await openApiHouse();
    const ask = (headers: Readonly<Record<string, string>>) =>
      house.ask({ path: '/v1/messages', body: say('typed by hand'), headers });
    const json = { 'content-type': 'application/json' };
    expect((await ask(json)).json.content[0].text).toBe('You said: typed by hand');
    await ask({ ...json, 'Anthropic-Version': '2023-01-01' });
    const versions = house.anthropicApi.requests.map(({ headers }) => headers['anthropic-version']);
    expect(versions).toEqual(['2023-06-01', '2023-01-01']);
  });

  test('counts tokens, with the query and the betas that the client sent', async () => {
    const house = await openApiHouse();
    const { max_tokens: _, ...body } = say('hello');
    const { beta } = house.anthropic();
    const { input_tokens: tokens } = await beta.messages.countTokens(
      { ...body, betas: ['token-counting-2024-11-01'] },
      { query: { beta: true } },
    );
    expect(tokens).toBeGreaterThan(0);
    expect(house.anthropicApi.requests[0]).toMatchObject({
      path: '/v1/messages/count_tokens?beta=true',
      headers: { 'anthropic-beta': expect.stringContaining('token-counting-2024-11-01') },
    });
  });

  test('runs batches to their results', async () => {
    const house = await openApiHouse();
    const { batches } = house.anthropic().messages;
    const created = await batches.create({ requests: [{ custom_id: 'a', params: say('in a batch') }] });
    expect((await batches.retrieve(created.id)).processing_status).toBe('in_progress');
    expect((await batches.retrieve(created.id)).processing_status).toBe('ended');
    const list = await house.ask({ path: '/v1/messages/batches?limit=5', headers: anthropicHead });
    expect(list.json.data).toHaveLength(1);
    // `results_url` names the provider itself: the SDK follows it there, other clients ask under our address.
    const results = await house.ask({ path: `/v1/messages/batches/${created.id}/results`, headers: anthropicHead });
    expect(JSON.parse(results.text.trim())).toMatchObject({ custom_id: 'a', result: { type: 'succeeded' } });
    await batches.delete(created.id);
    await expect(batches.retrieve(created.id)).rejects.toMatchObject({ status: 404 });
  });

  test('stores files of several megabytes, which pass through in pieces', async () => {
    const house = await openApiHouse();
    const client = house.anthropic();
    const bytes = randomBytes(6 << 20);
    const file = await client.beta.files.upload({ file: await toFile(bytes, 'noise.bin', { type: 'image/png' }) });
    expect(file.size_bytes).toBe(bytes.length);
    const copy = Buffer.from(await (await client.beta.files.download(file.id)).arrayBuffer());
    expect(copy.equals(bytes)).toBe(true);
    expect(await client.beta.files.retrieveMetadata(file.id)).toMatchObject({ filename: 'noise.bin' });
    await client.beta.files.delete(file.id);
    await expect(client.beta.files.retrieveMetadata(file.id)).rejects.toMatchObject({ status: 404 });
  });

  test('lists its models itself while it is the only provider', async () => {
    const house = await openApiHouse();
    const client = house.anthropic();
    const page = await client.models.list({ limit: 2 });
    expect(page.data).toHaveLength(2);
    expect(page.has_more).toBe(true);
    expect((await client.models.retrieve(claude)).id).toBe(claude);
    await expect(client.models.retrieve('claude-0')).rejects.toMatchObject({ status: 404 });
  });

  test('gets routes that nobody here has heard of', async () => {
    const house = await openApiHouse();
    const answer = await house.ask({ path: '/v1/brand_new/thing?x=1', headers: anthropicHead, body: { a: 1 } });
    expect(answer).toMatchObject({ status: 404, json: { type: 'error', error: { message: 'Not found' } } });
    expect(house.anthropicApi.requests[0]).toMatchObject({ method: 'POST', path: '/v1/brand_new/thing?x=1' });
  });

  test('is reached under a base URL that has its version already', async () => {
    const house = await openApiHouse();
    const answer = await house.ask({ path: '/v1/v1/messages?beta=true', headers: anthropicHead, body: say('twice') });
    expect(answer.status).toBe(200);
    const models = await house.ask({ path: '/v1/v1/models', headers: anthropicHead });
    expect(models.status).toBe(200);
    expect(house.anthropicApi.requests.map(({ path }) => path)).toEqual(['/v1/messages?beta=true', '/v1/models']);
  });

  test('sees betas, fields nobody knows and the spelling of the body, but no header of the connection or of ours', async () => {
    const house = await openApiHouse();
    const body = Buffer.from(
      `{ "model":"${claude}" ,\r\n\t"max_tokens":1e2,"messages":[{"role":"user","content":"\\u0068i \\ud83d\\ude00"}],"made_up":[1.0,{}]}`,
    );
    await house.askClaude(body, {
      'anthropic-beta': 'one-2025-01-01,two-2025-01-02',
      'x-stainless-lang': 'js',
      'user-agent': 'a client/1',
      cookie: 'secret=1',
      te: 'trailers',
      connection: 'keep-alive, x-mine',
      'x-mine': 'for this connection',
      'proxy-authorization': 'Basic x',
      'x-proxy-mode': 'api',
      'x-companion-note': 'hi',
    });
    const [request] = house.anthropicApi.requests;
    expect(request?.body.equals(body)).toBe(true);
    expect(request?.headers).toMatchObject({
      'anthropic-beta': 'one-2025-01-01,two-2025-01-02',
      'x-stainless-lang': 'js',
      'user-agent': 'a client/1',
      'x-api-key': secretOf('anthropic', 'first'),
    });
    const strangers = ['cookie', 'te', 'x-mine', 'proxy-authorization', 'x-proxy-mode', 'x-companion-note'];
    expect(strangers.filter((name) => name in (request?.headers ?? {}))).toEqual([]);
    expect(JSON.stringify(request?.rawHeaders)).not.toContain(house.key);
  });

  test('hands its own headers on, but none of the connection and no cookie', async () => {
    const house = await openApiHouse();
    house.anthropicApi.scenario = {
      faults: { headers: { 'x-new-header': 'yes', 'set-cookie': 'a=1', 'keep-alive': 'timeout=99', 'alt-svc': 'h3' } },
    };
    const { headers } = await house.askClaude(say('hi'));
    expect(headers).toMatchObject({
      'x-new-header': 'yes',
      'request-id': expect.stringMatching(/^req_011C/),
      'anthropic-ratelimit-requests-limit': expect.any(String),
      'x-companion-exchange': expect.stringMatching(/^exc_/),
      'x-companion-route': expect.stringMatching(/^api; provider=anthropic; key=anthropic-\w+; model=.*; relayed$/),
    });
    expect(headers['set-cookie']).toBeUndefined();
    expect(headers['alt-svc']).toBeUndefined();
    expect(headers['keep-alive']).not.toBe('timeout=99');
  });

  test('is told from OpenAI by its version header, whatever the version', async () => {
    const house = await openApiHouse({ openai: { openai: ['work'] } });
    const list = await house.ask({ path: '/v1/models', headers: { 'anthropic-version': '2099-01-01' } });
    expect(list.json.data[0]).toMatchObject({ type: 'model', display_name: expect.any(String) });
    const plain = await house.ask({ path: '/v1/models' });
    expect(plain.json).toMatchObject({ object: 'list' });
    const ids = plain.json.data.map(({ id }: { id: string }) => id);
    expect(ids).toContain(claude);
    expect(ids).toContain('gpt-5');
    expect((await house.openai().models.retrieve('gpt-5')).owned_by).toBe('system');
    expect((await house.anthropic().models.retrieve('gpt-5')).type).toBe('model');
  });

  test('is not asked whether anybody is there: HEAD / is answered here', async () => {
    const house = await openApiHouse();
    const answer = await house.ask({ method: 'HEAD', path: '/' });
    expect(answer).toMatchObject({ status: 200, text: '' });
    expect(house.anthropicApi.requests).toEqual([]);
  });
});

describe('OpenAI', () => {
  const open = () => openApiHouse({ anthropic: [], openai: { openai: ['work'] } });

  test('answers Chat Completions, whole and streamed', async () => {
    const house = await open();
    const client = house.openai();
    const messages = [{ role: 'user' as const, content: 'hello' }];
    const completion = await client.chat.completions.create({ model: 'gpt-4.1', messages });
    expect(completion.choices[0]?.message.content).toBe('You said: hello');
    const stream = client.chat.completions.stream({ model: 'gpt-4.1', messages });
    expect(await stream.finalContent()).toBe('You said: hello');
    const [request] = house.openaiApi().requests;
    expect(request).toMatchObject({ path: '/v1/chat/completions', key: 'work' });
  });

  test('answers Responses, and keeps what it stored', async () => {
    const house = await open();
    const { responses } = house.openai();
    const first = await responses.create({ model: 'gpt-5', input: 'hello' });
    expect(first.output_text).toBe('You said: hello');
    expect((await responses.retrieve(first.id)).id).toBe(first.id);
    const items = await house.ask({ path: `/v1/responses/${first.id}/input_items` });
    expect(items.json.data).toHaveLength(1);
    let text = '';
    for await (const event of await responses.create({ model: 'gpt-5', input: 'again', stream: true })) {
      if (event.type === 'response.output_text.delta') text += event.delta;
    }
    expect(text).toBe('You said: again');
    await responses.delete(first.id);
    await expect(responses.retrieve(first.id)).rejects.toMatchObject({ status: 404 });
  });

  test('embeds, lists models, and takes files', async () => {
    const house = await open();
    const client = house.openai();
    const embedded = await client.embeddings.create({ model: 'text-embedding-3-small', input: ['a', 'b'] });
    expect(embedded.data[1]?.embedding).toHaveLength(8);
    expect((await client.models.list()).data.map(({ id }) => id)).toContain('gpt-5');
    expect((await client.models.retrieve('gpt-5')).id).toBe('gpt-5');
    const bytes = randomBytes(3 << 20);
    const file = await client.files.create({ purpose: 'batch', file: await toOpenAiFile(bytes, 'a.jsonl') });
    expect(Buffer.from(await (await client.files.content(file.id)).arrayBuffer()).equals(bytes)).toBe(true);
  });

  test.each(['/openai/v1', '/v1/v1'])('is reached under %s', async (prefix) => {
    const house = await open();
    const messages = [{ role: 'user', content: 'hello' }];
    const answers = [
      await house.ask({ path: `${prefix}/chat/completions`, body: { model: 'gpt-4.1', messages } }),
      await house.ask({ path: `${prefix}/responses`, body: { model: 'gpt-5', input: 'hi' } }),
      await house.ask({ path: `${prefix}/embeddings`, body: { model: 'text-embedding-3-small', input: 'a' } }),
      await house.ask({ path: `${prefix}/models` }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(house.openaiApi().requests.map(({ path }) => path)).toEqual([
      '/v1/chat/completions',
      '/v1/responses',
      '/v1/embeddings',
      '/v1/models',
    ]);
  });

  test('sends a socket that wants to be a WebSocket back to HTTP', async () => {
    const house = await open();
    const answer = await house.ask({
      path: '/v1/responses',
      headers: {
        authorization: `Bearer ${house.key}`,
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'openai-beta': 'responses_websockets=2026-02-06',
      },
    });
    expect(answer.status).toBe(426);
  });
});

describe('bodies up to 32 MB', () => {
  const bodyOf = (bytes: number) => {
    const [head, tail] = [`{"model":"${claude}","max_tokens":10,"messages":[{"role":"user","content":"`, '"}]}'];
    return Buffer.from(head + 'x'.repeat(bytes - head.length - tail.length) + tail);
  };
  const limit = 32 * 1024 * 1024;

  test('pass, and larger ones are refused in the words of the dialect', async () => {
    const house = await openApiHouse({ openai: { openai: ['work'] } });
    house.anthropicApi.scenario = { answer: () => 'long' };
    const passed = await house.askClaude(bodyOf(Math.floor(31.9 * 1024 * 1024)));
    expect([passed.status, passed.json.content?.[0]?.text]).toEqual([200, 'long']);
    const refused = await house.askClaude(bodyOf(limit + 1));
    expect([refused.status, refused.json.error]).toMatchObject([413, { type: 'request_too_large' }]);
    const openai = await house.ask({ path: '/v1/chat/completions', body: bodyOf(limit + 1) });
    expect([openai.status, openai.json.error]).toMatchObject([413, { type: 'invalid_request_error', param: null }]);
    expect(house.anthropicApi.requests).toHaveLength(1);
  }, 60_000);
});
