/** Web pages may not call the companion, whatever they send and wherever they come from; programs may. */
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Dirent } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHROME_ORIGIN, FIREFOX_ORIGIN } from '../../support/link-client.ts';
import { openDoor, question } from './door.ts';
import type { Door } from './door.ts';

let door: Door;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.close());

const getPaths = ['/', '/pair', '/pair.js', '/page.css', '/favicon.ico', '/healthz', '/v1/models', '/openai/v1/models'];
const postPaths = ['/v1/messages', '/v1/chat/completions', '/openai/v1/chat/completions'];

const withPort = (text: string) => text.replace('PORT', String(door.port));

function get(path: string, lines: readonly string[]) {
  return door.send(`GET ${path} HTTP/1.1`, [`Host: ${door.host}`, `x-api-key: ${door.key}`, ...lines]);
}

function post(path: string, lines: readonly string[], body = question) {
  const length = `content-length: ${Buffer.byteLength(body)}`;
  return door.send(`POST ${path} HTTP/1.1`, [`Host: ${door.host}`, `x-api-key: ${door.key}`, length, ...lines], body);
}

describe('a page', () => {
  test.each([
    'https://evil.com',
    'http://127.0.0.1:PORT',
    'http://localhost:PORT',
    'http://[::1]:PORT',
    'https://claude.ai',
    'null',
    '',
    'file://',
    CHROME_ORIGIN,
    FIREFOX_ORIGIN,
  ])('of the origin "%s" is refused on every route', async (origin) => {
    const line = withPort(`Origin: ${origin}`);
    for (const path of [...getPaths, '/no/such/path']) {
      expect((await get(path, [line])).headers['x-companion-error']).toBe('ORIGIN_REFUSED');
    }
    for (const path of postPaths) {
      const answer = await post(path, [line, 'content-type: application/json']);
      expect(answer).toMatchObject({ status: 403, headers: { 'x-companion-error': 'ORIGIN_REFUSED' } });
    }
  });

  test.each(['cross-site', 'same-site', 'CROSS-SITE', 'nonsense', '', 'none, cross-site'])(
    'that the browser marks as "%s" is refused on every route',
    async (site) => {
      for (const path of getPaths) {
        const answer = await get(path, [`Sec-Fetch-Site: ${site}`]);
        expect(answer).toMatchObject({ status: 403, headers: { 'x-companion-error': 'ORIGIN_REFUSED' } });
      }
    },
  );

  test('that says twice where it comes from is refused', async () => {
    const answer = await get('/healthz', ['Sec-Fetch-Site: none', 'Sec-Fetch-Site: cross-site']);
    expect(answer.headers['x-companion-error']).toBe('ORIGIN_REFUSED');
  });

  test('gets no leave to read: not from a preflight, not from an answer, not for private networks', async () => {
    const preflight = [
      'Origin: https://evil.com',
      'Access-Control-Request-Method: POST',
      'Access-Control-Request-Headers: x-api-key',
      'Access-Control-Request-Private-Network: true',
    ];
    const answers = await Promise.all([
      ...[...getPaths, ...postPaths].map((path) =>
        door.send(`OPTIONS ${path} HTTP/1.1`, [`Host: ${door.host}`, ...preflight]),
      ),
      ...postPaths.map((path) => door.send(`OPTIONS ${path} HTTP/1.1`, [`Host: ${door.host}`])),
      ...getPaths.map((path) => get(path, [])),
      ...postPaths.map((path) => post(path, ['content-type: application/json'])),
      get('/', ['Origin: https://evil.com']),
      get('/no/such/path', []),
    ]);
    const corsHeaders = answers.flatMap(({ headers }) =>
      Object.keys(headers).filter((name) => name.startsWith('access-control')),
    );
    expect(corsHeaders).toEqual([]);
    expect(answers.map(({ status }) => status)).not.toContain(0);
    expect(answers.slice(0, getPaths.length + postPaths.length * 2).every(({ status }) => status >= 400)).toBe(true);
  });
});

describe('a person or a program', () => {
  test.each([[[]], [['Sec-Fetch-Site: none']], [['Sec-Fetch-Site: same-origin']]])(
    'is served with %j',
    async (lines) => {
      expect((await get('/healthz', lines)).status).toBe(200);
    },
  );
});

describe('what a form can send', () => {
  test.each([
    'text/plain',
    'text/plain; application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'application/json-patch+json',
    'application/octet-stream',
    'application/json, text/plain',
    'nonsense',
  ])('is refused as %s, though the key is right and the body is JSON', async (type) => {
    for (const path of postPaths) {
      const answer = await post(path, [`content-type: ${type}`]);
      expect(answer).toMatchObject({ status: 415, headers: { 'x-companion-error': 'CONTENT_TYPE_REFUSED' } });
    }
  });

  test('is refused without a type', async () => {
    expect((await post('/v1/messages', [])).status).toBe(415);
  });

  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON',
    'application/json;charset=UTF-8',
  ])('is no matter to %s, which a page may not send unasked', async (type) => {
    const answer = await post('/v1/messages', [`content-type: ${type}`]);
    expect(answer.headers['x-companion-error']).toBe('SESSION_REQUIRED');
  });
});

describe('GET and HEAD', () => {
  test('change nothing on disk and nothing that the status shows', async () => {
    await pause(ledgerWritesWithinMs);
    const before = await keptFacts();
    for (const path of [...getPaths, ...postPaths, '/v1/models/x', '/control/status', '/control/pairings']) {
      await get(path, []);
      await door.send(`HEAD ${path} HTTP/1.1`, [`Host: ${door.host}`, `x-api-key: ${door.key}`]);
    }
    await pause(ledgerWritesWithinMs);
    expect(await keptFacts()).toEqual(before);
  });

  test.each(postPaths)('do not reach %s, which asks a model', async (path) => {
    const asked = encodeURIComponent(question);
    const answer = await get(`${path}?body=${asked}&_method=POST`, ['X-HTTP-Method-Override: POST']);
    expect(answer.headers['x-companion-error']).toBe('ROUTE_NOT_FOUND');
  });

  test('do not reach the commands: those have a socket of their own', async () => {
    for (const path of ['/control/status', '/control/env', '/control/sessions', '/control/pairings', '/control/stop']) {
      expect((await get(path, [])).headers['x-companion-error']).toBe('ROUTE_NOT_FOUND');
      const posted = await post(path, ['content-type: application/json']);
      expect(posted.headers['x-companion-error']).toBe('ROUTE_NOT_FOUND');
    }
  });
});

/** What was asked earlier is written by then, and so would be what is asked now. */
const ledgerWritesWithinMs = 600;

/** Digest of every file but the log and SQLite's index of readers, and the status without its clock. */
async function keptFacts(): Promise<object> {
  const entries = await readdir(door.home, { recursive: true, withFileTypes: true });
  const isKept = ({ name, parentPath }: Dirent) => !parentPath.endsWith('logs') && !name.endsWith('-shm');
  const files = entries.filter((entry) => entry.isFile() && isKept(entry));
  const digests = await Promise.all(
    files.map(async (file) => {
      const path = join(file.parentPath, file.name);
      return [
        path,
        createHash('sha256')
          .update(await readFile(path))
          .digest('hex'),
      ] as const;
    }),
  );
  return { files: Object.fromEntries(digests), status: { ...door.app.service.status(), atMs: 0 } };
}
