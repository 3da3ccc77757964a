import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../companion/base/clock.ts';
import { memoryLogger } from '../../../companion/base/log.ts';
import type { News } from '../../../companion/notify/news.ts';
import { Webhook } from '../../../companion/notify/webhook.ts';
import type { WebhookOptions } from '../../../companion/notify/webhook.ts';
import { Secret } from '../../../shared/redact.ts';

const news: News = {
  kind: 'quota-low',
  title: 'Limit nearly used up: OpenAI key work',
  text: '90 of 100 tokens are used.',
  provider: 'openai',
  credential: 'openai-1',
};

interface Got {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Serve = (response: ServerResponse, count: number) => void;

const take: Serve = (response) => void response.writeHead(204).end();
const statuses =
  (...all: readonly number[]): Serve =>
  (response, count) =>
    void response.writeHead(all[count - 1] ?? 204).end('words');

async function openDesk(serve: Serve, more: Partial<WebhookOptions> & { readonly signed?: string } = {}) {
  const got: Got[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    got.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
    serve(response, got.length);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/T0PSECRET?token=T0PSECRET`;
  const dispatcher = new Agent();
  const { logger, lines } = memoryLogger();
  const { signed, ...options } = more;
  const webhook = new Webhook({
    settings: () => ({ url: new Secret(url), secret: signed === undefined ? undefined : new Secret(signed) }),
    dispatcher,
    version: '1.2.3',
    userAgent: 'companion/1.2.3',
    clock: systemClock,
    logger,
    backOffMs: [1, 1],
    ...options,
  });
  onTestFinished(async () => {
    await webhook.close();
    await dispatcher.close();
    server.closeAllConnections();
    server.close();
  });
  const until = async (count: number) => {
    for (let round = 0; round < 400 && got.length < count; round += 1)
      await new Promise((resolve) => setTimeout(resolve, 5));
    expect(got.length).toBeGreaterThanOrEqual(count);
  };
  return { webhook, got, lines, url, until };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 60));

describe('the webhook', () => {
  it('gets one JSON document by POST, signed with the secret', async () => {
    const desk = await openDesk(take, { signed: 'the secret' });
    desk.webhook.send(news);
    await desk.until(1);
    const [letter] = desk.got;
    expect(letter?.path).toBe('/hook/T0PSECRET?token=T0PSECRET');
    expect(JSON.parse(letter?.body ?? '')).toEqual({
      event: 'quota-low',
      title: news.title,
      text: news.text,
      provider: 'openai',
      credential: 'openai-1',
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      version: '1.2.3',
    });
    const digest = createHmac('sha256', 'the secret')
      .update(letter?.body ?? '')
      .digest('hex');
    expect(letter?.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'companion/1.2.3',
      'x-companion-signature': `sha256=${digest}`,
    });
  });

  it('is not signed without a secret', async () => {
    const desk = await openDesk(take);
    desk.webhook.send(news);
    await desk.until(1);
    expect(desk.got[0]?.headers).not.toHaveProperty('x-companion-signature');
  });

  it.each([
    ['500, then 429, then taken', statuses(500, 429, 204), 3],
    ['500 again and again', statuses(500, 500, 500, 500), 3],
    ['400, which no other try would change', statuses(400), 1],
    [
      'a redirect, which is not followed',
      (response: ServerResponse) => void response.writeHead(302, { location: '/other' }).end(),
      1,
    ],
  ])('is tried three times at most: %s', async (_what, serve, count) => {
    const desk = await openDesk(serve);
    desk.webhook.send(news);
    await desk.until(count);
    await settled();
    expect(desk.got.length).toBe(count);
    expect(new Set(desk.got.map(({ body }) => body)).size).toBe(1);
    expect(JSON.stringify(desk.lines)).not.toContain('T0PSECRET');
  });

  it('keeps the order, and drops the oldest of too many while one takes its time', async () => {
    const held: ServerResponse[] = [];
    const desk = await openDesk((response, count) => void (count === 1 ? held.push(response) : response.end()));
    for (let n = 0; n < 80; n += 1) desk.webhook.send({ ...news, title: String(n) });
    await desk.until(1);
    held[0]?.end();
    await desk.until(51);
    await settled();
    const titles = desk.got.map(({ body }) => Number((JSON.parse(body) as { title: string }).title));
    expect(titles).toEqual([0, ...Array.from({ length: 50 }, (_, n) => 30 + n)]);
    expect(desk.lines).toContainEqual(expect.objectContaining({ dropped: 29 }));
  });

  it('that never answers holds up neither the next try nor the end', async () => {
    const desk = await openDesk(() => undefined, { timeoutMs: 30 });
    expect(await desk.webhook.try(news)).toMatchObject({ reason: 'it did not answer in time' });
    desk.webhook.send(news);
    await desk.until(2);
    const before = Date.now();
    await desk.webhook.close();
    expect(Date.now() - before).toBeLessThan(1000);
    desk.webhook.send(news);
    await settled();
    expect(desk.got.length).toBe(2);
  });

  it('that is not there is told by its code, never by its address', async () => {
    const { webhook } = await openDesk(take, {
      settings: () => ({ url: new Secret('http://127.0.0.1:1/T0PSECRET'), secret: undefined }),
    });
    expect(await webhook.try(news)).toEqual({ reason: 'it cannot be reached (ECONNREFUSED)', mayPass: true });
  });

  it('is nothing at all while none is set', async () => {
    const desk = await openDesk(take, { settings: () => undefined });
    desk.webhook.send(news);
    expect(await desk.webhook.try(news)).toBeUndefined();
    await settled();
    expect(desk.got).toEqual([]);
  });
});
