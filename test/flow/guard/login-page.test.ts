/** The page of a login by code: who is let in to it, and that nobody else's page gets at its calls. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RawAnswer } from '../../support/raw-http.ts';
import { openDoor } from './door.ts';
import type { Door } from './door.ts';

let door: Door;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.close());

const pages = ['/v0/oauth/copilot', '/v0/oauth/kiro'] as const;
const files = ['/v0/oauth/login.js', '/v0/oauth/login.css'] as const;
const attempt = '/v0/oauth/copilot/attempts/00000000-0000-4000-8000-000000000000';
const pageCalls = [
  '/v0/oauth/copilot/redeem',
  '/v0/oauth/copilot/session',
  '/v0/oauth/copilot/begin',
  '/v0/oauth/kiro/begin',
  `${attempt}/cancel`,
];
const withPort = (text: string) => text.replace('PORT', String(door.port));

function post(path: string, lines: readonly string[], body = '{}', host = door.host): Promise<RawAnswer> {
  const length = `content-length: ${Buffer.byteLength(body)}`;
  const all = [`Host: ${host}`, 'content-type: application/json', length, ...lines];
  return door.send(`POST ${path} HTTP/1.1`, all, body);
}

const refusalOf = ({ headers }: RawAnswer) => headers['x-companion-error'];

interface Link {
  readonly url: string;
}

async function ticketFor(provider: string): Promise<string> {
  const answer = await door.app.control.inject({
    method: 'POST',
    url: '/v0/management/logins/device',
    payload: { provider },
  });
  return new URL(answer.json<Link>().url).hash.slice(1);
}

const redeem = (provider: string, ticket: string) =>
  fetch(`${door.url}/v0/oauth/${provider}/redeem`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ticket }),
  });

describe('CPP-2: the pages', () => {
  test.each([...pages, ...files])('%s is served to anybody on this computer, without a secret', async (path) => {
    const response = await fetch(door.url + path);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    const policy = response.headers.get('content-security-policy')?.split('; ');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy?.join()).not.toContain('unsafe');
    const text = await response.text();
    for (const secret of [door.key, door.app.service.adminKey().reveal(), door.home])
      expect(text).not.toContain(secret);
  });

  test.each(pages)('%s has no script, style or handler of its own', async (path) => {
    const text = await (await fetch(door.url + path)).text();
    expect(text).not.toMatch(/<script(?! src="\/v0\/oauth\/login\.js")|<style|\son\w+=|style=|javascript:/i);
  });
});

describe('the calls of the page', () => {
  test.each(pageCalls)('POST %s passes the guard from our own page, and then wants a key', async (path) => {
    const answer = await post(path, [withPort('Origin: http://127.0.0.1:PORT'), 'Sec-Fetch-Site: same-origin']);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(refusalOf(answer)).toMatch(/^(ADMIN_KEY_MISSING|INVALID_REQUEST)$/);
  });

  test.each([
    'https://evil.com',
    'https://127.0.0.1:PORT',
    'http://localhost:PORT',
    'http://127.0.0.1:9',
    'http://127.0.0.1:PORT.evil.com',
    'http://evil.com@127.0.0.1:PORT',
    'null',
    '',
  ])('are refused to a page of the origin "%s"', async (origin) => {
    for (const path of pageCalls) {
      expect(refusalOf(await post(path, [withPort(`Origin: ${origin}`)]))).toBe('ORIGIN_REFUSED');
    }
  });

  test('are refused when the browser says that another site caused them, and when there are two origins', async () => {
    const own = withPort('Origin: http://127.0.0.1:PORT');
    for (const path of pageCalls) {
      expect(refusalOf(await post(path, [own, 'Sec-Fetch-Site: cross-site']))).toBe('ORIGIN_REFUSED');
      expect(refusalOf(await post(path, [own, 'Origin: https://evil.com']))).toBe('ORIGIN_REFUSED');
    }
  });

  test('are refused to a page that had its own name point to this computer', async () => {
    const host = `evil.com:${door.port}`;
    for (const path of pageCalls) {
      expect(refusalOf(await post(path, [`Origin: http://${host}`], '{}', host))).toBe('HOST_REFUSED');
    }
  });

  test.each([
    '/v0/management/logins/device',
    '/v0/oauth/copilot/begin/',
    '/v0/oauth/copilot/begin?x=1',
    '/v0/oauth/copilot/../../v1/messages',
    '/v0/oauth/copilot',
    '/v0/oauth/other/begin',
    '/v1/messages',
    '/v0/oauth/copilot/attempts/x/cancel',
  ])('are no other than these: POST %s is refused even to our own page', async (path) => {
    const answer = await post(path, [withPort('Origin: http://127.0.0.1:PORT')]);
    expect(refusalOf(answer)).toBe('ORIGIN_REFUSED');
  });

  test('are POSTs alone: whatever else names an Origin is refused', async () => {
    for (const method of ['GET', 'PUT', 'OPTIONS', 'DELETE']) {
      const lines = [`Host: ${door.host}`, withPort('Origin: http://127.0.0.1:PORT')];
      expect(refusalOf(await door.send(`${method} ${attempt} HTTP/1.1`, lines))).toBe('ORIGIN_REFUSED');
    }
  });
});

describe('a ticket', () => {
  test('lets its page in once, and opens nothing but the calls of that page', async () => {
    const ticket = await ticketFor('copilot');
    const first = await redeem('copilot', ticket);
    expect(first.status).toBe(200);
    const { session, attempt: current } = (await first.json()) as { session: string; attempt: unknown };
    expect(current).toBeNull();
    expect((await redeem('copilot', ticket)).status).toBe(401);
    const ask = (path: string, method = 'GET') =>
      fetch(door.url + path, { method, headers: { 'x-login-session': session } }).then(({ headers }) =>
        headers.get('x-companion-error'),
      );
    expect(await ask(attempt)).toBe('NOT_FOUND');
    expect(await ask('/v0/oauth/copilot/begin', 'POST')).toBe('LOGIN_UNCONFIGURED');
    expect(await ask(attempt.replace('copilot', 'kiro'))).toBe('ADMIN_KEY_MISSING');
    expect(await ask('/v0/oauth/copilot/session', 'POST')).toBe('ADMIN_KEY_MISSING');
    expect(await ask('/v0/management/logins/device', 'POST')).toBe('ADMIN_KEY_MISSING');
    expect(await ask('/v1/models')).toBe('CLIENT_KEY_MISSING');
  });

  test('is for one provider, and no guess', async () => {
    const ticket = await ticketFor('kiro');
    expect((await redeem('copilot', ticket)).status).toBe(401);
    expect((await redeem('copilot', `cclt_${'A'.repeat(43)}`)).status).toBe(401);
    expect((await redeem('kiro', ticket)).status).toBe(200);
  });

  test('stands behind the # of its link, and in no log', async () => {
    const ticket = await ticketFor('copilot');
    const { session } = (await (await redeem('copilot', ticket)).json()) as { session: string };
    expect(ticket).toMatch(/^cclt_[A-Za-z0-9_-]{43}$/);
    for (const secret of [ticket, session]) expect(door.log.text()).not.toContain(secret);
  });

  test('is not needed with the admin key', async () => {
    const headers = { 'x-admin-key': door.app.service.adminKey().reveal() };
    const answer = await fetch(`${door.url}/v0/oauth/copilot/session`, { method: 'POST', headers });
    expect(answer.status).toBe(200);
    const { disclosure } = (await answer.json()) as { disclosure: readonly string[] };
    expect(disclosure[0]).toBe('Sign in with GitHub Copilot');
  });
});
