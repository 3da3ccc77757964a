/** What the companion tells by itself: limits, keys and their rotation, to a webhook that listens on this computer. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openAccountHouse } from '../accounts/house.ts';
import { ask, openSyncedHouse } from '../web/house.ts';
import { connectLink } from '../../support/link-client.ts';
import { eventually, openApiHouse, say } from '../api/house.ts';
import type { ApiHouse } from '../api/house.ts';

interface Told {
  readonly event: string;
  readonly title: string;
  readonly text: string;
  readonly provider: string;
  readonly credential: string;
}

async function openWebhook(status = 204) {
  const told: Told[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    told.push(JSON.parse(Buffer.concat(chunks).toString('utf8')) as Told);
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/T0PSECRET`;
  return { url, told, events: () => told.map(({ event }) => event) };
}

async function manage(house: ApiHouse, method: string, path: string, body?: object) {
  const answer = await fetch(`${house.url}/v0/management/${path}`, {
    method,
    headers: { 'content-type': 'application/json', 'x-admin-key': house.adminKey },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return (await answer.json()) as never;
}

const idsOf = async (house: ApiHouse): Promise<readonly string[]> => {
  const quota: { readonly credentials: readonly { readonly id: string }[] } = await manage(
    house,
    'GET',
    'auths/claude/quota',
  );
  return quota.credentials.map(({ id }) => id);
};

describe('the webhook', () => {
  test('CPP-16: hears that a limit is used up and who has taken over, once, while requests continue', async () => {
    const webhook = await openWebhook();
    const house = await openApiHouse({ anthropic: ['a', 'b'], config: { notifications: { webhook: webhook.url } } });
    const [first, second] = await idsOf(house);
    await manage(house, 'PUT', `auths/claude/quota?id=${first}`, { limit: 1 });
    for (const text of ['one', 'two', 'three']) {
      expect((await house.askClaude(say(text), { 'x-session-id': 'one' })).status).toBe(200);
    }
    await eventually('both news have come', () => webhook.told.length >= 2);
    expect(webhook.events()).toEqual(['quota-exhausted', 'quota-rotated']);
    expect(webhook.told[0]).toMatchObject({
      provider: 'anthropic',
      credential: first,
      title: 'Limit used up: Anthropic key a',
      text: expect.stringContaining('Your limit of 1 tokens is used up'),
    });
    expect(webhook.told[1]?.title).toBe('Anthropic key b has taken over from Anthropic key a');
    expect(second).not.toBe(first);
    expect(house.log.lines).toContainEqual(expect.objectContaining({ event: 'quota-exhausted', level: 'warn' }));
    expect(JSON.stringify(house.log.lines)).not.toContain('T0PSECRET');
  });

  test('CPP-20: hears of a key that its provider does not accept, only of the kinds that are wanted', async () => {
    const webhook = await openWebhook();
    const house = await openApiHouse({
      anthropic: ['a', 'b'],
      config: { notifications: { webhook: webhook.url, events: ['key-rejected'] } },
    });
    const [, second] = await idsOf(house);
    await manage(house, 'PUT', `auths/claude/quota?id=${second}`, { limit: 1 });
    house.failKey('a', { canned: { status: 401 } });
    for (const text of ['one', 'two']) await house.askClaude(say(text));
    await eventually('the news has come', () => webhook.told.length > 0);
    expect(webhook.events()).toEqual(['key-rejected']);
    expect(webhook.told[0]?.title).toBe('Key rejected: Anthropic key a');
  });

  test('that fails or hangs is nothing that a request would notice', async () => {
    const webhook = await openWebhook(500);
    const house = await openApiHouse({ anthropic: ['a', 'b'], config: { notifications: { webhook: webhook.url } } });
    const [first] = await idsOf(house);
    await manage(house, 'PUT', `auths/claude/quota?id=${first}`, { limit: 1 });
    for (const text of ['one', 'two']) expect((await house.askClaude(say(text))).status).toBe(200);
    await eventually('it was tried', () => webhook.told.length > 0);
    const beforeMs = Date.now();
    await house.stop();
    expect(Date.now() - beforeMs).toBeLessThan(2000);
  });
});

test('a test tells what became of each way, and never the address', async () => {
  const webhook = await openWebhook();
  const house = await openApiHouse({
    anthropic: ['a'],
    config: { notifications: { webhook: webhook.url, webhook_secret: 'shhh-secret', desktop: true } },
  });
  const tested = await manage(house, 'POST', 'notifications/test');
  expect(tested).toMatchObject({
    sinks: [
      { sink: 'log', outcome: 'sent' },
      { sink: 'webhook', outcome: 'sent' },
      { sink: 'desktop', outcome: 'nobody' },
    ],
  });
  expect(webhook.events()).toEqual(['test']);
  expect(JSON.stringify([tested, house.log.lines])).not.toMatch(/T0PSECRET|shhh/);
});

test('a paired browser is told too, while it is open, in words that fit its notification', async () => {
  const house = await openApiHouse({ anthropic: ['a', 'b'], config: { notifications: { desktop: true } } });
  const { token } = await house.app.service.issuePairing();
  const browser = await connectLink({ port: house.port, token });
  onTestFinished(() => browser.close());
  const [first] = await idsOf(house);
  await manage(house, 'PUT', `auths/claude/quota?id=${first}`, { limit: 1 });
  await house.askClaude(say('one'));
  expect((await browser.expect('notify')).frame).toMatchObject({
    title: 'Limit used up: Anthropic key a',
    text: expect.stringContaining('`companion quota set` raises it.'),
  });
  const tested = await manage(house, 'POST', 'notifications/test');
  expect((await browser.expect('notify')).frame.title).toBe('Notifications work');
  expect(tested).toMatchObject({ sinks: [{}, { outcome: 'off' }, { outcome: 'sent' }] });
});

test('CPP-16: a login that its provider no longer accepts is told of once', async () => {
  const house = await openAccountHouse();
  await house.signIn('anthropic');
  house.claude.api.scenario = { faults: { canned: { status: 401, message: 'OAuth token has been revoked.' } } };
  for (let round = 0; round < 3; round += 1) expect((await house.say('/v1/messages', 'x')).status).toBe(401);
  expect(house.log.match(/"event":"login-expired"/g)).toHaveLength(1);
  expect(house.log).toContain('Signed out: Claude login mary@example.com');
});

test('a claude.ai session that has expired is told of once', async () => {
  const { house } = await openSyncedHouse('direct');
  house.site.expireSessions();
  for (let round = 0; round < 2; round += 1) {
    await expect(house.anthropic().messages.create(ask('Hi.'))).rejects.toMatchObject({ status: 503 });
  }
  const told = house.log.lines.filter((line) => line['event'] === 'session-expired');
  expect(told).toMatchObject([{ msg: expect.stringMatching(/^Session expired: claude\.ai session /) }]);
});
