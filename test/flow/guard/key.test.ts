/** The client key: where it may stand, what a wrong one gets, and that others' wrong ones never hold up a right one. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCanary } from '../../support/canary.ts';
import { openDoor, question } from './door.ts';
import type { Door } from './door.ts';

let door: Door;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.close());

const wrong = 'ccpk_wrong';

function ask(headers: Readonly<Record<string, string>>, path = '/v1/messages', from: Door = door): Promise<Response> {
  return fetch(`${from.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: question,
  });
}

/** What lies behind the key check, where nobody is signed in. */
async function expectLetIn(response: Response): Promise<void> {
  expect(response.headers.get('x-companion-error')).toBe('SESSION_REQUIRED');
  await response.body?.cancel();
}

describe('the key', () => {
  test.each<[string, (key: string) => Record<string, string>]>([
    ['x-api-key', (key) => ({ 'x-api-key': key })],
    ['a Bearer', (key) => ({ authorization: `Bearer ${key}` })],
    ['a bearer in lower case', (key) => ({ authorization: `bearer ${key}` })],
    ['both', (key) => ({ 'x-api-key': key, authorization: `Bearer ${key}` })],
    ['x-api-key before a wrong Bearer', (key) => ({ 'x-api-key': key, authorization: `Bearer ${wrong}` })],
    ['a Bearer beside an empty x-api-key', (key) => ({ 'x-api-key': '', authorization: `Bearer ${key}` })],
  ])('opens as %s', async (_what, headersFor) => {
    await expectLetIn(await ask(headersFor(door.key)));
  });

  test.each<[string, string, (key: string) => Record<string, string>]>([
    ['nowhere', 'CLIENT_KEY_MISSING', () => ({})],
    ['in another header', 'CLIENT_KEY_MISSING', (key) => ({ 'api-key': key, 'x-goog-api-key': key })],
    ['in a cookie', 'CLIENT_KEY_MISSING', (key) => ({ cookie: `x-api-key=${key}` })],
    ['as Basic', 'CLIENT_KEY_MISSING', (key) => ({ authorization: `Basic ${btoa(`:${key}`)}` })],
    ['without its scheme', 'CLIENT_KEY_MISSING', (key) => ({ authorization: key })],
    [
      'in a Bearer behind a wrong x-api-key',
      'CLIENT_KEY_INVALID',
      (key) => ({ 'x-api-key': wrong, authorization: `Bearer ${key}` }),
    ],
    ['cut short', 'CLIENT_KEY_INVALID', (key) => ({ 'x-api-key': key.slice(0, -1) })],
    ['with something after it', 'CLIENT_KEY_INVALID', (key) => ({ 'x-api-key': `${key}x` })],
    ['in other letters', 'CLIENT_KEY_INVALID', (key) => ({ 'x-api-key': key.toUpperCase() })],
    ['twice', 'CLIENT_KEY_INVALID', (key) => ({ 'x-api-key': `${key}, ${key}` })],
  ])('does not open %s', async (_what, code, headersFor) => {
    const own = await openDoor();
    try {
      const response = await ask(headersFor(own.key), '/v1/messages', own);
      expect(response.status).toBe(401);
      expect(response.headers.get('x-companion-error')).toBe(code);
    } finally {
      await own.close();
    }
  });

  test('does not open as part of the address', async () => {
    const response = await ask({}, `/v1/messages?key=${door.key}&x-api-key=${door.key}`);
    expect(response.headers.get('x-companion-error')).toBe('CLIENT_KEY_MISSING');
    expect(door.log.text()).not.toContain(door.key);
  });

  test('is asked for before the body is read', async () => {
    const response = await fetch(`${door.url}/v1/messages`, { method: 'POST', body: 'not JSON at all' });
    expect(response.status).toBe(401);
  });

  test('that the person set in the settings is the one that counts', async () => {
    const { value } = createCanary('configured key');
    const own = await openDoor({ 'security.auth_token': value });
    try {
      await expectLetIn(await ask({ 'x-api-key': value }, '/v1/messages', own));
      expect((await ask({ 'x-api-key': door.key }, '/v1/messages', own)).status).toBe(401);
    } finally {
      await own.close();
    }
  });

  test('is not asked for when the person switched it off', async () => {
    const own = await openDoor({ 'security.auth': false });
    try {
      await expectLetIn(await ask({}, '/v1/messages', own));
      await expectLetIn(await ask({ 'x-api-key': 'whatever' }, '/v1/messages', own));
    } finally {
      await own.close();
    }
  });
});

describe('a refusal', () => {
  test.each(['/v1/messages', '/v1/v1/messages'])('has the shape of Anthropic on %s', async (path) => {
    const response = await ask({}, path);
    expect(await response.json()).toEqual({
      type: 'error',
      error: { type: 'authentication_error', message: expect.stringContaining('companion env') },
      request_id: null,
    });
  });

  test.each(['/v1/chat/completions', '/openai/v1/chat/completions'])('has the shape of OpenAI on %s', async (path) => {
    const response = await ask({}, path);
    expect(await response.json()).toEqual({
      error: {
        message: expect.stringContaining('companion env'),
        type: 'invalid_request_error',
        param: null,
        code: 'invalid_api_key',
      },
    });
  });

  test('on /v1/models has the shape of whoever asks', async () => {
    const anthropic = await fetch(`${door.url}/v1/models`, { headers: { 'anthropic-version': '2023-06-01' } });
    expect(await anthropic.json()).toMatchObject({ type: 'error', error: { type: 'authentication_error' } });
    for (const path of ['/v1/models', '/openai/v1/models', '/v1/models/x']) {
      const openai = await fetch(`${door.url}${path}`);
      expect(await openai.json()).toMatchObject({ error: { code: 'invalid_api_key', param: null } });
    }
  });

  test('PY-18: asks for a Bearer token on every front, when there is none and when it is wrong', async () => {
    const own = await openDoor();
    try {
      const fronts = ['messages', 'chat/completions', 'responses', 'files', 'models'].map((path) => `/v1/${path}`);
      for (const path of [...fronts, '/openai/v1/chat/completions', '/codex/v1/responses']) {
        for (const headers of [{}, { authorization: `Bearer ${wrong}` }, { 'x-api-key': wrong }]) {
          const response = await ask(headers, path, own);
          expect([path, response.status, response.headers.get('www-authenticate')]).toEqual([path, 401, 'Bearer']);
          expect(await response.text()).toContain('companion env');
        }
      }
      const quota = await fetch(`${own.url}/v0/quota`);
      expect([quota.status, quota.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    } finally {
      await own.close();
    }
  });

  test('tells clients not to try again, and says nothing of the key', async () => {
    const response = await ask({ 'x-api-key': wrong });
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(await response.text()).not.toContain(wrong);
  });
});

describe('after many wrong keys', () => {
  test('further wrong ones are told to wait, and the right one is served at once', async () => {
    const own = await openDoor();
    try {
      const codes = [];
      for (let count = 0; count < 40; count += 1) {
        const response = await ask({ 'x-api-key': `${wrong}${count}` }, '/v1/messages', own);
        codes.push(response.headers.get('x-companion-error'));
        if (count % 10 === 0) await expectLetIn(await ask({ 'x-api-key': own.key }, '/v1/messages', own));
      }
      expect(codes.slice(0, 30)).toEqual(Array(30).fill('CLIENT_KEY_INVALID'));
      expect(codes.slice(30)).toEqual(Array(10).fill('TOO_MANY_FAILED_KEYS'));
      const held = await ask({}, '/v1/chat/completions', own);
      expect(held.status).toBe(429);
      expect(Number(held.headers.get('retry-after'))).toBeGreaterThan(0);
      await expectLetIn(await ask({ 'x-api-key': own.key }, '/v1/messages', own));
    } finally {
      await own.close();
    }
  });
});
