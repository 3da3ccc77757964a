/** The whole program in a company's network: the usual environment of a proxy, and a certificate that only it knows. */
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { createCertificate } from '../../support/browser/certificate.ts';
import type { Certificate } from '../../support/browser/certificate.ts';
import { runCompanion, startCompanion } from '../../support/companion-process.ts';
import { openConnectProxy } from '../../support/connect-proxy.ts';
import { createTemporaryHome } from '../../support/temporary-home.ts';

const host = 'api.provider.example';
const answer = JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion', choices: [] });
let certificate: Certificate;
beforeAll(async () => {
  certificate = await createCertificate([host]);
});

interface Provider {
  readonly port: number;
  readonly authorizations: (string | undefined)[];
}

async function openProvider(): Promise<Provider> {
  const authorizations: (string | undefined)[] = [];
  const server = createServer({ key: certificate.key, cert: certificate.certificate }, (request, response) => {
    authorizations.push(request.headers.authorization);
    request.resume().on('end', () => response.setHeader('content-type', 'application/json').end(answer));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, authorizations };
}

/** A companion whose only provider lies beyond the proxy; resolves to the response of one request and all it printed. */
async function askThroughCompanion(proxy: string, trustsCompany: boolean) {
  const home = await createTemporaryHome();
  const caFile = join(home.path, 'company.pem');
  await writeFile(caFile, certificate.certificate);
  const environment = {
    HTTPS_PROXY: proxy,
    CCPROXY_UPSTREAM_OPENAI: `https://${host}/v1`,
    CCPROXY_OPENAI_API_KEYS: 'sk-beyond-the-proxy-0123456789',
    ...(trustsCompany ? { CCPROXY_NETWORK_CA_FILE: caFile } : {}),
  };
  const companion = await startCompanion({ home: home.path, environment });
  onTestFinished(async () => {
    await companion.stop();
    await home.remove();
  });
  const { json } = await runCompanion(['env'], { home: home.path, environment });
  const response = await fetch(`${json.OPENAI_BASE_URL}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${json.OPENAI_API_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-5', messages: [{ role: 'user', content: 'hi' }] }),
  });
  const log = await runCompanion(['logs'], { home: home.path, environment });
  return { status: response.status, text: await response.text(), printed: log.stdout + companion.output };
}

test('HTTPS_PROXY and a certificate file are all that it takes to reach a provider', async () => {
  const provider = await openProvider();
  const proxy = await openConnectProxy({ targetPort: provider.port, password: 'ada:s3cret-of-the-proxy' });
  const served = await askThroughCompanion(`http://ada:s3cret-of-the-proxy@127.0.0.1:${proxy.port}`, true);
  expect(served).toMatchObject({ status: 200, text: answer });
  expect(proxy.asked.map(({ authority }) => authority)).toEqual([`${host}:443`]);
  expect(provider.authorizations).toEqual(['Bearer sk-beyond-the-proxy-0123456789']);
  expect(served.printed).not.toContain('s3cret-of-the-proxy');
});

test('a certificate that nobody vouches for is named, with the setting that would', async () => {
  const provider = await openProvider();
  const proxy = await openConnectProxy({ targetPort: provider.port });
  const refused = await askThroughCompanion(`http://127.0.0.1:${proxy.port}`, false);
  expect(refused.status).toBe(502);
  expect(refused.text).toContain(host);
  expect(refused.text).toContain('network.ca_file');
  expect(provider.authorizations).toEqual([]);
});

test('a proxy that refuses is named, and its password is not', async () => {
  const proxy = await openConnectProxy({ targetPort: 1, password: 'ada:another' });
  const refused = await askThroughCompanion(`http://ada:wr0ng-password@127.0.0.1:${proxy.port}`, true);
  expect(refused.status).toBe(502);
  expect(refused.text).toContain('407');
  expect(refused.text + refused.printed).not.toContain('wr0ng-password');
});
