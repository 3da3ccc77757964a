import { request } from 'node:https';
import { expect, it, onTestFinished } from 'vitest';
import { createCertificate } from '../../../support/browser/certificate.ts';
import { startOpenAiAuth } from '../../../support/providers/oauth/openai-auth.ts';

it('serves browsers over TLS too, under a name of the certificate, and closes with their connections open', async () => {
  const certificate = await createCertificate(['auth.openai.com']);
  const auth = await startOpenAiAuth({ certificate });
  onTestFinished(() => auth.close());
  const page = await new Promise<string>((resolve, reject) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port: auth.httpsPort ?? 0,
        servername: 'auth.openai.com',
        ca: certificate.certificate,
        path: '/oauth/authorize',
        headers: { host: 'auth.openai.com', connection: 'keep-alive' },
      },
      (response) => {
        let text = `${response.statusCode} `;
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve(text));
      },
    );
    asked.on('error', reject);
    asked.end();
  });
  expect(page).toMatch(/^400 .*Missing client_id parameter/);
});

it('has no such door without a certificate', async () => {
  const auth = await startOpenAiAuth();
  onTestFinished(() => auth.close());
  expect(auth.httpsPort).toBeNull();
});
