/** The way out through a company's network: a proxy, a certificate of its own, and what is said when neither helps. */
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { request } from 'undici';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Secret } from '../../../shared/redact.ts';
import { CompanionError } from '../../../companion/base/error.ts';
import { createDispatcher } from '../../../companion/upstream/dispatcher.ts';
import type { Network } from '../../../companion/upstream/dispatcher.ts';
import { createCertificate } from '../../support/browser/certificate.ts';
import type { Certificate } from '../../support/browser/certificate.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { openConnectProxy } from '../../support/connect-proxy.ts';

const host = 'api.provider.example';
const timeouts = { connectMs: 1_000, firstByteMs: 2_000, idleMs: 2_000 };
let certificate: Certificate;
beforeAll(async () => {
  certificate = await createCertificate([host, 'localhost']);
});

/** A provider over TLS whose certificate its company's proxy might have made. Answers with the header names it was sent. */
async function openProvider(): Promise<number> {
  const server = createServer({ key: certificate.key, cert: certificate.certificate }, (incoming, response) => {
    response.end(incoming.rawHeaders.filter((_text, index) => index % 2 === 0).join(' '));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function writeCertificate(): Promise<string> {
  const path = join(await temporaryFolder(), 'company.pem');
  await writeFile(path, certificate.certificate);
  return path;
}

interface Way {
  readonly proxy?: string;
  readonly noProxy?: readonly string[];
  readonly caFile?: string | undefined;
}

/** Asks the provider's host, wherever that leads: resolves to what it was sent. */
async function ask(way: Way, url = `https://${host}/v1/models`): Promise<string> {
  const network: Network = {
    proxy: way.proxy === undefined ? null : new Secret(way.proxy),
    noProxy: way.noProxy ?? [],
    caFile: 'caFile' in way ? way.caFile : await writeCertificate(),
    useSystemCa: false,
  };
  const dispatcher = createDispatcher(timeouts, network);
  onTestFinished(() => dispatcher.destroy());
  const headers = ['X-One', '1', 'x-one', '2', 'accept', '*/*'];
  const reply = await request(url, { dispatcher, headers });
  return reply.body.text();
}

async function failure(way: Way, url?: string): Promise<CompanionError> {
  const thrown: unknown = await ask(way, url).catch((cause: unknown) => cause);
  expect(thrown).toBeInstanceOf(CompanionError);
  return thrown as CompanionError;
}

describe('through a proxy', () => {
  test('a provider is reached, and gets what it would get directly', async () => {
    const port = await openProvider();
    const proxy = await openConnectProxy({ targetPort: port });
    const through = await ask({ proxy: `http://127.0.0.1:${proxy.port}` });
    const direct = await ask({}, `https://localhost:${port}/v1/models`);
    expect(through).toBe(direct);
    expect(through).toContain('X-One x-one');
    expect(proxy.asked).toEqual([{ authority: `${host}:443`, authorization: undefined }]);
  });

  test('a connection is kept for the next request', async () => {
    const proxy = await openConnectProxy({ targetPort: await openProvider() });
    const secret = new Secret(`http://127.0.0.1:${proxy.port}`);
    const caFile = await writeCertificate();
    const dispatcher = createDispatcher(timeouts, { proxy: secret, noProxy: [], caFile, useSystemCa: false });
    onTestFinished(() => dispatcher.destroy());
    for (const path of ['/a', '/b', '/c']) {
      await (await request(`https://${host}${path}`, { dispatcher })).body.dump();
      // A connection is free again a moment after its answer has ended.
      await setImmediate();
    }
    expect(proxy.asked).toHaveLength(1);
  });

  test('the password goes to the proxy, special letters and all, and never to the provider', async () => {
    const proxy = await openConnectProxy({ targetPort: await openProvider(), password: 'ada:p@ss%word' });
    const sent = await ask({ proxy: `http://ada:p%40ss%25word@127.0.0.1:${proxy.port}` });
    expect(sent).not.toMatch(/proxy|authorization/i);
    expect(await ask({ proxy: `http://ada:p%40ss%word@127.0.0.1:${proxy.port}` }).catch(String)).toContain('(407)');
  });

  test('that is reached over TLS, a provider is reached too', async () => {
    const plain = await openConnectProxy({ targetPort: await openProvider() });
    const { port } = await openTlsFront(plain.port);
    expect(await ask({ proxy: `https://localhost:${port}` })).toContain('X-One');
    const error = await failure({ proxy: `https://localhost:${port}`, caFile: undefined });
    expect(error.message).toMatch(/^The certificate of the proxy localhost:\d+ is signed by nobody/);
  });

  test.each(['127.0.0.1', 'localhost'])('this computer is never reached: %s', async (address) => {
    const port = await openProvider();
    const proxy = await openConnectProxy({ targetPort: port });
    const url = `https://${address}:${port}/`;
    await ask({ proxy: `http://127.0.0.1:${proxy.port}` }, url).catch(() => undefined);
    expect(proxy.asked).toEqual([]);
  });

  test('a host that is to be reached without it is not', async () => {
    const proxy = await openConnectProxy({ targetPort: await openProvider() });
    await ask({ proxy: `http://127.0.0.1:${proxy.port}`, noProxy: ['.provider.example'] }).catch(() => undefined);
    expect(proxy.asked).toEqual([]);
  });
});

/** The same bytes over TLS. */
async function openTlsFront(port: number): Promise<{ readonly port: number }> {
  const { createServer: createTlsServer } = await import('node:tls');
  const { connect } = await import('node:net');
  const server = createTlsServer({ key: certificate.key, cert: certificate.certificate }, (socket) => {
    const inner = connect(port, '127.0.0.1');
    socket.on('error', () => inner.destroy()).on('close', () => inner.destroy());
    inner.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.pipe(inner).pipe(socket);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port };
}

describe('what goes wrong is told apart', () => {
  const secret = 'canary-password';

  test.each([
    ['wants a password (407)', '', 407, 'http://user:password@host:port'],
    ['did not accept its user and password (407)', `ada:${secret}@`, 407, 'http://user:password@host:port'],
    ['refused to connect to the provider (403)', `ada:${secret}@`, 403, 'has to allow this host'],
    ['refused to connect to the provider (502)', '', 502, '`network.no_proxy`'],
  ])('a proxy %s', async (words, credentials, status, remedy) => {
    const proxy = await openConnectProxy({ targetPort: 9, status });
    const error = await failure({ proxy: `http://${credentials}127.0.0.1:${proxy.port}` });
    expect(error.code).toBe('UPSTREAM_UNREACHABLE');
    expect(error.message).toContain(`The proxy 127.0.0.1:${proxy.port} ${words}`);
    expect(error.remedy).toContain(remedy);
    expect(JSON.stringify([error.message, error.remedy, error.stack, error.cause])).not.toContain(secret);
  });

  test('a proxy that is not there', async () => {
    const error = await failure({ proxy: `http://ada:${secret}@127.0.0.1:9` });
    expect(error.message).toBe('The proxy 127.0.0.1:9 cannot be reached (ECONNREFUSED).');
    expect(error.remedy).toContain('`network.proxy` (or HTTPS_PROXY)');
    expect(JSON.stringify([error.stack, error.cause])).not.toContain(secret);
  });

  test('a proxy that never answers, and is let go of then', async () => {
    const proxy = await openConnectProxy({ targetPort: 9, isMute: true });
    const error = await failure({ proxy: `http://127.0.0.1:${proxy.port}` });
    expect(error).toMatchObject({ code: 'CONNECT_TIMEOUT', message: expect.stringContaining('The proxy') });
    await expect.poll(() => proxy.open.size).toBe(0);
  });

  test('a certificate that nobody here trusts, with the connection closed', async () => {
    const proxy = await openConnectProxy({ targetPort: await openProvider() });
    const error = await failure({ proxy: `http://127.0.0.1:${proxy.port}`, caFile: undefined });
    expect(error).toMatchObject({
      code: 'UPSTREAM_UNREACHABLE',
      message: `The certificate of ${host} is signed by nobody that is trusted here (DEPTH_ZERO_SELF_SIGNED_CERT).`,
      remedy: expect.stringContaining('`network.use_system_ca: true`'),
    });
    await expect.poll(() => proxy.open.size).toBe(0);
  });

  test('the same without a proxy', async () => {
    const port = await openProvider();
    const error = await failure({ caFile: undefined }, `https://localhost:${port}/`);
    expect(error.message).toMatch(/^The certificate of localhost is signed by nobody/);
  });

  test('a certificate of another host', async () => {
    const proxy = await openConnectProxy({ targetPort: await openProvider() });
    const error = await failure({ proxy: `http://127.0.0.1:${proxy.port}` }, 'https://other.example/');
    expect(error.message).toBe('other.example showed a certificate of another host (ERR_TLS_CERT_ALTNAME_INVALID).');
  });

  test.each([
    ['is not there', undefined, 'could not be read (ENOENT)'],
    ['is something else', 'hello', 'holds no certificate in PEM form'],
    [
      'is damaged',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      'holds a certificate that is damaged',
    ],
  ])('a certificate file that %s', async (_name, content, words) => {
    const caFile = join(await temporaryFolder(), 'ca.pem');
    if (content !== undefined) await writeFile(caFile, content);
    expect(() => createDispatcher(timeouts, { noProxy: [], caFile, useSystemCa: false })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: `network.ca_file: ${caFile} ${words}.` }),
    );
  });
});
