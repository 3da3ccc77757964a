/** A login in the place of a key at the Messages API: how it goes there, and what a refusal of it means. */
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { builtInProviders } from '../../../shared/api-provider.ts';
import type { ApiProvider } from '../../../shared/api-provider.ts';
import type { OAuthToken } from '../../../shared/credential.ts';
import { Secret } from '../../../shared/redact.ts';
import { ApiUpstream } from '../../../companion/upstream/api-upstream.ts';
import type { RelayedReply } from '../../../companion/upstream/api-upstream.ts';
import { createDispatcher } from '../../../companion/upstream/dispatcher.ts';
import { createModelList } from '../../../companion/upstream/model-list.ts';
import type { RawTransport } from '../../../companion/upstream/raw-transport.ts';
import { createRawTransport } from '../../../companion/upstream/undici-raw.ts';
import { collectMessage } from '../../../companion/wire/hub/collect.ts';
import type { LimitFacts } from '../../../companion/wire/limits.ts';
import { openAiChatDialect } from '../../../companion/wire/openai-chat/codec.ts';
import { startAnthropicApi } from '../../support/providers/anthropic/api.ts';
import type { AnthropicApi } from '../../support/providers/anthropic/api.ts';

const secret = 'sk-ant-oat01-of-ada-0123456789';
const key: OAuthToken = {
  kind: 'oauth-token',
  id: 'claude-3f9a2c41',
  providerId: 'anthropic',
  name: 'ada@example.com',
  origin: 'companion',
  priority: 0,
  secret: new Secret(secret),
  accountId: null,
};
const model = 'claude-sonnet-4-6';
const never = new AbortController().signal;
const timeouts = { connectMs: 5_000, firstByteMs: 5_000, idleMs: 5_000 };
const message = JSON.stringify({ model, max_tokens: 50, messages: [{ role: 'user', content: 'hi' }] });

let api: AnthropicApi;
beforeAll(async () => {
  api = await startAnthropicApi();
});
afterEach(() => {
  expect(api.failures).toEqual([]);
  api.reset();
});
afterAll(() => api.close());

interface House {
  readonly upstream: ApiUpstream;
  readonly transport: RawTransport;
  readonly provider: ApiProvider;
  readonly limits: LimitFacts[];
}

function openHouse(state?: 'expired'): House {
  api.setKey({ name: 'ada', secret, kind: 'oauth-token', ...(state && { state }) });
  const dispatcher = createDispatcher(timeouts);
  onTestFinished(() => dispatcher.destroy());
  const transport = createRawTransport({ dispatcher, timeouts });
  const limits: LimitFacts[] = [];
  const onLimits = (...[, , , read]: Parameters<ConstructorParameters<typeof ApiUpstream>[0]['onLimits']>) =>
    void limits.push(read());
  const upstream = new ApiUpstream({ transport, userAgent: 'us/1', onLimits, nowMs: () => Date.now() });
  const [anthropic] = builtInProviders;
  return { upstream, transport, limits, provider: { ...anthropic, baseUrl: api.url } };
}

function relay({ upstream, provider }: House, headers: readonly string[] = [], path = '/v1/messages', body = message) {
  const rawHeaders = ['Content-Type', 'application/json', 'anthropic-version', '2023-06-01', ...headers];
  const request = { provider, key, model, method: 'POST', target: path, rawHeaders, body: Buffer.from(body) };
  return upstream.relay(request, never);
}

async function textOf({ reply }: RelayedReply): Promise<string> {
  return (await reply.read(1_000_000)).toString('utf8');
}

describe('a token', () => {
  it('goes as a bearer, with its beta added to those of the client, once and in one line', async () => {
    const house = openHouse();
    const rows: readonly (readonly [readonly string[], string])[] = [
      [[], 'oauth-2025-04-20'],
      [['anthropic-beta', 'effort-2025-11-24'], 'effort-2025-11-24,oauth-2025-04-20'],
      [
        ['Anthropic-Beta', 'effort-2025-11-24, oauth-2025-04-20', 'anthropic-beta', 'context-1m-2025-08-07'],
        'effort-2025-11-24,oauth-2025-04-20,context-1m-2025-08-07',
      ],
    ];
    for (const [headers, expected] of rows) {
      const { reply, warnings } = await relay(house, ['X-Api-Key', 'ours', ...headers]);
      expect([reply.status, warnings]).toEqual([200, []]);
      await reply.read(1_000_000);
      const request = api.requests.at(-1);
      expect(request?.headers).toMatchObject({ authorization: `Bearer ${secret}`, 'anthropic-beta': expected });
      expect(request?.headers).not.toHaveProperty('x-api-key');
      expect(request?.rawHeaders.filter((name) => name.toLowerCase() === 'anthropic-beta').length).toBe(1);
      expect(request?.body.toString('utf8')).toBe(message);
    }
  });

  it('counts tokens', async () => {
    const { max_tokens: _, ...countable } = JSON.parse(message);
    const reply = await relay(openHouse(), [], '/v1/messages/count_tokens', JSON.stringify(countable));
    expect(JSON.parse(await textOf(reply))).toMatchObject({ input_tokens: expect.any(Number) });
  });

  it('serves clients of other dialects', async () => {
    const { upstream, provider } = openHouse();
    const codec = upstream.codecOf(provider);
    const decoded = openAiChatDialect.decodeRequest({ model, messages: [{ role: 'user', content: 'hi' }] });
    const encoded = codec.encodeRequest(decoded, model);
    const withBeta = { ...encoded, headers: { ...encoded.headers, 'anthropic-beta': 'effort-2025-11-24' } };
    const stamp = { id: 'x', createdAtMs: 0 };
    for (const one of [encoded, withBeta]) {
      const events = await upstream.send({ provider, key, model, encoded: one, isStream: false, stamp }, never);
      expect((await collectMessage(events)).stop_reason).toBe('end_turn');
    }
    expect(api.requests.map(({ headers }) => headers['anthropic-beta'])).toEqual([
      'oauth-2025-04-20',
      'effort-2025-11-24,oauth-2025-04-20',
    ]);
  });

  it('lists models', async () => {
    const { upstream, transport, provider } = openHouse();
    const codecOf = (one: ApiProvider) => upstream.codecOf(one);
    const list = createModelList({ transport, userAgent: 'us/1', codecOf, nowMs: () => Date.now() });
    expect((await list(provider, key, never)).map(({ id }) => id)).toContain(model);
  });

  it('brings the windows of its subscription', async () => {
    const house = openHouse();
    await textOf(await relay(house));
    expect(house.limits[0]?.windows).toMatchObject([
      { window: 'five_hour', usedFraction: 0.12, status: 'allowed' },
      { window: 'seven_day' },
    ]);
  });
});

describe('a refusal', () => {
  it('of a token that expired is about the login', async () => {
    await expect(relay(openHouse('expired'))).rejects.toMatchObject({
      code: 'KEY_REJECTED',
      message: expect.stringMatching(/^The login ada@example\.com was refused: OAuth token has expired/),
      remedy: expect.stringContaining('companion auth login'),
    });
  });

  it.each([
    [{ kind: 'claude-code-only' }, 400, 'This credential is only authorized for use with Claude Code'],
    [{ kind: 'claude-code-only', status: 403 }, 403, 'This credential is only authorized for use with Claude Code'],
    [{ kind: 'organisation' }, 403, 'OAuth authentication is currently not allowed for this organization'],
  ] as const)(
    'by policy is passed on in its own words, and says nothing against the login: %j',
    async (policy, status, words) => {
      const house = openHouse();
      api.scenario = { policy };
      const relayed = await relay(house);
      expect([relayed.reply.status, relayed.refusal]).toEqual([status, undefined]);
      expect(await textOf(relayed)).toContain(words);
      expect(house.limits[0]).not.toHaveProperty('cooldown');
    },
  );
});

describe('thinking that another provider signed', () => {
  const asked = (...blocks: readonly object[]) =>
    JSON.stringify({
      model,
      max_tokens: 50,
      messages: [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: [...blocks, { type: 'text', text: 'a' }] },
        { role: 'user', content: 'go on' },
      ],
    });

  it('is left out in a second try, so that a conversation can move here', async () => {
    const foreign = { type: 'thinking', thinking: 'hm', signature: 'openai:gAAAAAx' };
    const relayed = await relay(openHouse(), [], '/v1/messages', asked(foreign));
    expect([relayed.reply.status, relayed.warnings.map(({ field }) => field)]).toEqual([
      200,
      ['messages[].content[].thinking'],
    ]);
    await textOf(relayed);
    expect(api.requests.map(({ body }) => body.toString('utf8'))).toEqual([asked(foreign), asked()]);
  });

  it('that nobody here knows is refused by the provider, and the client is told', async () => {
    const odd = { type: 'thinking', thinking: 'hm', signature: 'bm90IG91cnM=' };
    const relayed = await relay(openHouse(), [], '/v1/messages', asked(odd));
    expect([relayed.reply.status, api.requests.length]).toEqual([400, 1]);
    expect(await textOf(relayed)).toMatch(/signature/i);
  });
});
