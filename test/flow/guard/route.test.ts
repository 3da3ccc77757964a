/** Paths, bodies and methods at their edges: clients differ in how they join a base URL, and a mistake must say what it is. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDoor, question } from './door.ts';
import type { Door } from './door.ts';

let door: Door;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.close());

const json = { 'content-type': 'application/json' };
const post = (path: string, body: NonNullable<RequestInit['body']> = question) =>
  door.fetch(path, { method: 'POST', headers: json, body });

describe('a path', () => {
  test.each([
    '/v1/messages',
    '/v1/messages/',
    '/v1/messages?beta=true',
    '/v1/messages/?beta=true',
    '/v1/v1/messages',
    '/v1/chat/completions',
    '/v1/chat/completions/',
    '/v1/v1/chat/completions',
    '/openai/v1/chat/completions',
    '/openai/v1/chat/completions?api-version=1',
  ])('%s leads to a model', async (path) => {
    const response = await post(path);
    expect(response.headers.get('x-companion-error')).toBe('SESSION_REQUIRED');
  });

  test.each(['/v1/models', '/v1/models/', '/v1/models?limit=1000', '/v1/v1/models', '/openai/v1/models'])(
    '%s leads to the models',
    async (path) => {
      expect((await door.fetch(path)).headers.get('x-companion-error')).toBe('SESSION_REQUIRED');
    },
  );

  test.each([
    ['POST', '/v1/message'],
    ['POST', '/messages'],
    ['POST', '/V1/MESSAGES'],
    ['POST', '//v1/messages'],
    ['GET', '/v1/messages'],
    ['PUT', '/v1/messages'],
    ['DELETE', '/v1/nothing/x'],
    ['GET', '/v1/messages/../models'.replace('..', '%2e%2e%2fx')],
    ['GET', '/__proto__'],
  ])('of %s %s leads nowhere, and both SDKs can read why', async (method, path) => {
    const response = await door.fetch(path, {
      method,
      headers: method === 'GET' ? {} : json,
      body: method === 'GET' ? null : '{}',
    });
    expect(response.status).toBe(404);
    expect(response.headers.get('x-companion-error')).toBe('ROUTE_NOT_FOUND');
    expect(await response.json()).toEqual({
      type: 'error',
      error: {
        type: 'not_found_error',
        message: expect.stringContaining('companion env'),
        param: null,
        code: 'ROUTE_NOT_FOUND',
      },
    });
  });

  test('that does not exist is named without its query, which may hold a secret', async () => {
    const text = await (await door.fetch('/nothing?key=s3cret')).text();
    expect(text).toContain('GET /nothing.');
    expect(text).not.toContain('s3cret');
    expect(door.log.text()).not.toContain('s3cret');
  });

  test('that cannot be decoded is a mistake of the client, not a fault of ours', async () => {
    const answer = await door.send('GET /v1/models/%zz HTTP/1.1', [`Host: ${door.host}`, `x-api-key: ${door.key}`]);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
  });

  test('may be long only so far', async () => {
    const answer = await door.send(`GET /${'x'.repeat(40_000)} HTTP/1.1`, [`Host: ${door.host}`]);
    expect(answer.status).toBe(431);
    expect((await door.fetch('/healthz')).status).toBe(200);
  });
});

describe('HEAD', () => {
  test.each(['/', '/healthz', '/pair'])('%s answers without a body, as monitors ask', async (path) => {
    const response = await door.fetch(path, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });
});

describe('a body', () => {
  test.each([
    ['nothing', ''],
    ['half an object', '{"model": "x"'],
    ['a form', 'model=x&max_tokens=1'],
    ['single quotes', "{'model': 'x'}"],
    ['two documents', '{}{}'],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00])],
  ])('of %s is refused as no JSON, in the native shape', async (_what, body) => {
    const anthropic = await post('/v1/messages', body);
    expect(anthropic.status).toBe(400);
    expect(anthropic.headers.get('x-companion-error')).toBe('INVALID_REQUEST');
    expect(await anthropic.json()).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } });
    const openai = await post('/v1/chat/completions', body);
    expect(openai.status).toBe(400);
    expect(await openai.json()).toMatchObject({ error: { type: 'invalid_request_error', code: null } });
  });

  test.each(['null', '[]', '"text"', '1', '{"__proto__": {"model": "x"}}', '{"constructor": {"prototype": {}}}'])(
    'of %s is JSON but no request',
    async (body) => {
      const response = await post('/v1/messages', body);
      expect(response.status).toBe(400);
      expect(response.headers.get('x-companion-error')).toBe('INVALID_REQUEST');
    },
  );

  test('says which field is wrong, and does not repeat what stands in it', async () => {
    const response = await post(
      '/v1/messages',
      JSON.stringify({ model: 'x', max_tokens: 'c4nary-content', messages: [] }),
    );
    const text = await response.text();
    expect(text).toContain('max_tokens');
    expect(text).not.toContain('c4nary-content');
  });

  test('just under 32 MB is read', async () => {
    const filler = 'x'.repeat(32 * 1024 * 1024 - question.length - 1000);
    const response = await post('/v1/messages', JSON.stringify({ ...JSON.parse(question), system: filler }));
    expect(response.headers.get('x-companion-error')).toBe('SESSION_REQUIRED');
  });

  test('over 32 MB is refused without being read', async () => {
    const size = 32 * 1024 * 1024 + 1;
    const answer = await door.send('POST /v1/messages HTTP/1.1', [
      `Host: ${door.host}`,
      `x-api-key: ${door.key}`,
      'content-type: application/json',
      `content-length: ${size}`,
    ]);
    expect(answer).toMatchObject({ status: 413, headers: { 'x-companion-error': 'BODY_TOO_LARGE' } });
    expect(JSON.parse(answer.body)).toMatchObject({ error: { type: 'request_too_large' } });
  });

  test('over 32 MB in pieces of unknown length is refused when it gets there', async () => {
    const piece = new Uint8Array(1024 * 1024).fill(0x20);
    let sent = 0;
    const endless = new ReadableStream({
      pull(controller) {
        sent += 1;
        controller.enqueue(piece);
        if (sent > 60) controller.close();
      },
    });
    const init = { method: 'POST', headers: json, body: endless, duplex: 'half' } as RequestInit;
    const status = await door.fetch('/v1/messages', init).then(
      (response) => response.status,
      () => 'connection closed',
    );
    expect([413, 'connection closed']).toContain(status);
    expect(sent).toBeLessThan(60);
    expect((await door.fetch('/healthz')).status).toBe(200);
  });

  test('that stops half-way holds up nobody', async () => {
    const hanging = door.send('POST /v1/messages HTTP/1.1', [
      `Host: ${door.host}`,
      `x-api-key: ${door.key}`,
      'content-type: application/json',
      'content-length: 100',
    ]);
    expect((await post('/v1/messages')).status).toBe(503);
    await expect(hanging).rejects.toThrow('no end of the answer');
  });
});

describe('the mode', () => {
  test.each(['api', 'claude-code'])(
    '%s is refused with the name of the header where nothing serves it',
    async (mode) => {
      const bare = await openDoor({ 'claude_code.mode': 'off' });
      const response = await bare.fetch('/v1/messages', {
        method: 'POST',
        headers: { ...json, 'x-proxy-mode': mode },
        body: question,
      });
      expect(response.status).toBe(400);
      expect(response.headers.get('x-companion-error')).toBe('NOT_AVAILABLE_IN_MODE');
      await bare.close();
    },
  );

  test('that does not exist is refused', async () => {
    const response = await door.fetch('/v1/messages', {
      method: 'POST',
      headers: { ...json, 'x-proxy-mode': 'warp' },
      body: question,
    });
    expect(response.headers.get('x-companion-error')).toBe('INVALID_REQUEST');
    expect(await response.text()).toContain('x-proxy-mode');
  });
});
