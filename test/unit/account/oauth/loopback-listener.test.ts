/** The listener that a provider's answer comes to when no browser is paired. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { LoginAnswer } from '../../../../companion/account/oauth/login-answer.ts';
import { openLoopbackListener } from '../../../../companion/account/oauth/loopback-listener.ts';
import type { LoopbackListener, LoopbackOptions } from '../../../../companion/account/oauth/loopback-listener.ts';
import type { LoopbackPage } from '../../../../companion/account/oauth/loopback-page.ts';
import { findFreePort, preferFreePort } from '../../../../companion/account/oauth/loopback-port.ts';
import { systemClock } from '../../../../companion/base/clock.ts';

const goodPage: LoopbackPage = {
  status: 200,
  isGood: true,
  title: 'You are signed in',
  paragraphs: ['As <Ada> & "co".'],
};

async function open(options: Partial<LoopbackOptions> = {}) {
  const answers: LoginAnswer[] = [];
  const listener = await openLoopbackListener({
    redirect: { path: '/callback', ports: 'any', manual: null },
    clock: systemClock,
    onAnswer: (answer) => {
      answers.push(answer);
      return Promise.resolve(goodPage);
    },
    ...options,
  });
  onTestFinished(() => listener.close());
  return { listener, answers, port: portOf(listener) };
}

const portOf = ({ redirectUri }: LoopbackListener) => Number(new URL(redirectUri).port);

/** Written by hand, so that nothing is tidied up on the way. */
function ask(port: number, head: string, host = '127.0.0.1'): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host);
    let received = '';
    socket.on('data', (chunk: Buffer) => (received += chunk.toString('utf8')));
    socket.on('close', () => resolve(received));
    socket.on('error', reject);
    socket.write(`${head.replaceAll('\n', '\r\n')}\r\n\r\n`);
  });
}

const get = (port: number, target: string, more = '') =>
  ask(port, `GET ${target} HTTP/1.1\nHost: localhost:${port}${more}`);

async function occupy(host = '127.0.0.1', handle?: (server: Server, path: string) => void): Promise<number> {
  const server = createServer((request, response) => {
    response.end('mine');
    handle?.(server, request.url ?? '');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, host, resolve);
  });
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe('an answer', () => {
  test('is handed over once it is here, and the person reads how it ended', async () => {
    const { answers, port } = await open();
    const reply = await get(port, '/callback?code=abc&state=def&iss=https%3A%2F%2Fx.example&scope=a+b');
    expect(answers[0]).toMatchObject({ state: 'def', error: null, issuer: 'https://x.example' });
    expect(answers[0]?.code?.reveal()).toBe('abc');
    expect(reply).toMatch(/^HTTP\/1\.1 200 /);
    expect(reply).toContain('<h1>You are signed in</h1>');
    expect(reply).toContain('As &lt;Ada&gt; &amp; &quot;co&quot;.');
  });

  test('may be a refusal', async () => {
    const { answers, port } = await open();
    await get(port, '/callback?error=access_denied&error_description=No+thanks&state=def');
    expect(answers[0]).toMatchObject({ code: null, error: 'access_denied', errorDescription: 'No thanks' });
  });

  test('is heard on the other loopback address as well', async () => {
    const { answers, port } = await open();
    const reply = await ask(port, `GET /callback?code=a&state=b HTTP/1.1\nHost: localhost:${port}`, '::1').catch(
      // A computer without IPv6 has nobody there, and no browser that would ask.
      (error: NodeJS.ErrnoException) => error.code ?? '',
    );
    if (reply !== 'EADDRNOTAVAIL') expect(answers).toHaveLength(1);
  });

  test('gets a page that loads nothing, keeps nothing, tells nobody, and closes the connection', async () => {
    const { port } = await open();
    const reply = await get(port, '/callback?code=abcdefghij&state=klmnopqrst');
    const [head = '', body = ''] = reply.split('\r\n\r\n');
    expect(head).toMatch(/content-security-policy: default-src 'none'; style-src 'sha256-[^']+'/i);
    expect(head).toMatch(/referrer-policy: no-referrer/i);
    expect(head).toMatch(/cache-control: no-store/i);
    expect(head).toMatch(/connection: close/i);
    expect(body).toContain('color-scheme: light dark');
    expect(body).not.toContain('<script');
    expect(body).not.toContain('abcdefghij');
    expect(body).not.toContain('klmnopqrst');
  });
});

describe('is not answered', () => {
  test.each([
    ['another path', 404, (port: number) => `GET /callback/x?code=a&state=b HTTP/1.1\nHost: localhost:${port}`],
    ['the start page', 404, (port: number) => `GET / HTTP/1.1\nHost: localhost:${port}`],
    [
      'a whole address as the target',
      404,
      (port: number) => `GET http://localhost:${port}/callback?code=a HTTP/1.1\nHost: localhost:${port}`,
    ],
    ['another host', 403, () => 'GET /callback?code=a&state=b HTTP/1.1\nHost: evil.example'],
    ['the host without its port', 403, () => 'GET /callback?code=a&state=b HTTP/1.1\nHost: localhost'],
    [
      'the number in place of the name',
      403,
      (port: number) => `GET /callback?code=a HTTP/1.1\nHost: 127.0.0.1:${port}`,
    ],
    ['two hosts', 403, (port: number) => `GET /callback?code=a HTTP/1.1\nHost: localhost:${port}\nHost: evil.example`],
    ['a POST', 405, (port: number) => `POST /callback?code=a HTTP/1.1\nHost: localhost:${port}\nContent-Length: 0`],
    ['a HEAD', 405, (port: number) => `HEAD /callback?code=a HTTP/1.1\nHost: localhost:${port}`],
    [
      'an image',
      403,
      (port: number) => `GET /callback?code=a HTTP/1.1\nHost: localhost:${port}\nSec-Fetch-Dest: image`,
    ],
    [
      'a frame',
      403,
      (port: number) => `GET /callback?code=a HTTP/1.1\nHost: localhost:${port}\nSec-Fetch-Dest: iframe`,
    ],
    [
      'a script of a page',
      403,
      (port: number) => `GET /callback?code=a HTTP/1.1\nHost: localhost:${port}\nOrigin: https://evil.example`,
    ],
    [
      'a parameter twice',
      400,
      (port: number) => `GET /callback?code=a&code=b&state=c HTTP/1.1\nHost: localhost:${port}`,
    ],
  ])('%s (%i)', async (_what, status, head) => {
    const { answers, port } = await open();
    expect(await ask(port, head(port))).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answers).toEqual([]);
  });
});

describe('ports', () => {
  const fixed = (...ports: readonly number[]) => ({ path: '/auth/callback', ports, manual: null });

  test('the first one is taken when it is free', async () => {
    const [first, second] = [await findFreePort(), await findFreePort()];
    const { listener } = await open({ redirect: fixed(first, second) });
    expect(listener.redirectUri).toBe(`http://localhost:${first}/auth/callback`);
  });

  test('a login that somebody gave up is asked to make room, as the Codex CLI does', async () => {
    const asked: string[] = [];
    const busy = await occupy('127.0.0.1', (server, path) => {
      asked.push(path);
      server.close();
    });
    const { listener } = await open({ redirect: fixed(busy, await findFreePort()) });
    expect(asked).toEqual(['/cancel']);
    expect(portOf(listener)).toBe(busy);
  });

  test('whoever stays keeps it, and the second one is taken', async () => {
    const busy = await occupy();
    const second = await findFreePort();
    const startedMs = performance.now();
    const { listener } = await open({ redirect: fixed(busy, second) });
    expect(portOf(listener)).toBe(second);
    expect(performance.now() - startedMs).toBeGreaterThan(1900);
  });

  test('both taken: LOGIN_PORTS_BUSY names them, and nothing stays open', async () => {
    const [first, second] = [await occupy(), await occupy()];
    const opening = openLoopbackListener({
      redirect: fixed(first, second),
      clock: systemClock,
      onAnswer: () => Promise.resolve(goodPage),
    });
    await expect(opening).rejects.toMatchObject({
      code: 'LOGIN_PORTS_BUSY',
      message: expect.stringContaining(`${first} and ${second}`) as string,
    });
  });

  test('one that a stranger has on the other loopback address counts as taken', async () => {
    const busy = await occupy('::1').catch(() => undefined);
    if (busy === undefined) return;
    const second = await findFreePort();
    const { listener } = await open({ redirect: fixed(busy, second) });
    expect(portOf(listener)).toBe(second);
    // And the half that was free was given back.
    await expect(get(busy, '/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('a port for a browser is high, free, and another one each time', async () => {
    const ports = [await findFreePort(), await findFreePort(), await findFreePort()];
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(49_152);
    expect(new Set(ports).size).toBe(3);
    const busy = await occupy();
    expect(await preferFreePort([busy, ports[0] as number])).toBe(ports[0]);
    expect(await preferFreePort([busy])).toBe(busy);
  });
});

test('closing lets the page go out that is being made, then nobody is there', async () => {
  const outcome = Promise.withResolvers<LoopbackPage>();
  const seen = Promise.withResolvers<void>();
  const { listener, port } = await open({
    onAnswer: () => {
      seen.resolve();
      return outcome.promise;
    },
  });
  const reply = get(port, '/callback?code=a&state=b');
  await seen.promise;
  const closed = listener.close();
  outcome.resolve(goodPage);
  expect(await reply).toContain('You are signed in');
  await closed;
  await expect(get(port, '/callback?code=a&state=b')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('closing does not wait for a connection that says nothing', async () => {
  const { listener, port } = await open();
  const silent = connect(port, '127.0.0.1').on('error', () => undefined);
  await new Promise((resolve) => {
    silent.once('connect', resolve);
  });
  await listener.close();
  silent.destroy();
});

test('an answer that breaks us is a page too', async () => {
  const { port } = await open({ onAnswer: () => Promise.reject(new Error('CANARY')) });
  const reply = await get(port, '/callback?code=a&state=b');
  expect(reply).toMatch(/^HTTP\/1\.1 500 /);
  expect(reply).not.toContain('CANARY');
});
