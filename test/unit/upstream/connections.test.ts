/** When connections are left behind. */
import { Agent } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { Connections } from '../../../companion/upstream/connections.ts';
import { createDispatcher } from '../../../companion/upstream/dispatcher.ts';
import { createRawTransport } from '../../../companion/upstream/undici-raw.ts';
import { onRequest, openSocketServer } from '../../support/socket-server.ts';

const never = new AbortController().signal;
const timeouts = { connectMs: 1_000, firstByteMs: 1_000, idleMs: 1_000 };

/** Two clocks, and a server that counts connections. */
async function openScene() {
  const clocks = { wallMs: 1_000_000, steadyMs: 0 };
  const dispatcher = new Connections(
    () => new Agent({ keepAliveTimeout: 60_000 }),
    () => clocks.wallMs,
    () => clocks.steadyMs,
  );
  onTestFinished(() => dispatcher.destroy());
  const { url, sockets } = await openSocketServer((socket) =>
    onRequest(socket, (head) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n');
      setTimeout(() => socket.write('ok'), head.includes('/slow') ? 100 : 0);
    }),
  );
  const transport = createRawTransport({ dispatcher, timeouts });
  const ask = async (path: string) => {
    const reply = await transport.send({ method: 'GET', url: url + path, headers: [], body: null }, never);
    const body = await reply.read(100);
    await new Promise((resolve) => setTimeout(resolve, 5));
    return body.toString();
  };
  const pass = (wallMs: number, steadyMs: number) => {
    clocks.wallMs += wallMs;
    clocks.steadyMs += steadyMs;
  };
  return { ask, pass, sockets, dispatcher };
}

test('connections are kept while time passes as it should', async () => {
  const { ask, pass, sockets } = await openScene();
  for (let round = 0; round < 5; round += 1) {
    expect(await ask('/')).toBe('ok');
    pass(3_600_000, 3_600_000);
  }
  expect(sockets).toHaveLength(1);
});

test('after the computer slept a request goes over a new connection, and the old ones are closed', async () => {
  const { ask, pass, sockets } = await openScene();
  await ask('/');
  pass(600_000, 10);
  expect(await ask('/')).toBe('ok');
  expect(sockets).toHaveLength(2);
  await expect.poll(() => sockets[0]?.destroyed).toBe(true);
  await ask('/');
  expect(sockets).toHaveLength(2);
});

test('a clock that is set back, or a little forward, is no sleep', async () => {
  const { ask, pass, sockets } = await openScene();
  await ask('/');
  pass(-600_000, 10);
  await ask('/');
  pass(2_000, 10);
  await ask('/');
  expect(sockets).toHaveLength(1);
});

test('an answer on its way is not disturbed when connections are left behind', async () => {
  const { ask, dispatcher } = await openScene();
  const slow = ask('/slow');
  await new Promise((resolve) => setTimeout(resolve, 20));
  const stale = dispatcher.current;
  dispatcher.renew(stale);
  dispatcher.renew(stale);
  expect(dispatcher.current).not.toBe(stale);
  expect(await slow).toBe('ok');
});

test('closing waits for what is on its way over old connections too', async () => {
  const { ask, dispatcher, sockets } = await openScene();
  const slow = ask('/slow');
  await new Promise((resolve) => setTimeout(resolve, 20));
  dispatcher.renew(dispatcher.current);
  await dispatcher.close();
  expect(await slow).toBe('ok');
  await expect.poll(() => sockets[0]?.destroyed).toBe(true);
});

test('a request finds a server that closed every kept connection while the process stood still', async () => {
  const dispatcher = createDispatcher(timeouts);
  onTestFinished(() => dispatcher.destroy());
  const { url, sockets } = await openSocketServer((socket) =>
    onRequest(socket, () => setTimeout(() => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'), 10)),
  );
  const transport = createRawTransport({ dispatcher, timeouts });
  const ask = async () =>
    (await transport.send({ method: 'POST', url, headers: [], body: Buffer.from('{}') }, never)).read(100);
  await Promise.all(Array.from({ length: 8 }, ask));
  for (const socket of sockets) socket.resetAndDestroy();
  expect((await ask()).toString()).toBe('ok');
});
