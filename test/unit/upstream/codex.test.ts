/** The ChatGPT backend as an upstream: what is relayed to it, what is told in its words, and what it says back. */
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, test } from 'vitest';
import { codexProvider } from '../../../shared/api-provider.ts';
import type { ApiProvider } from '../../../shared/api-provider.ts';
import type { OAuthToken } from '../../../shared/credential.ts';
import { Secret } from '../../../shared/redact.ts';
import { ApiUpstream } from '../../../companion/upstream/api-upstream.ts';
import type { RelayedReply } from '../../../companion/upstream/api-upstream.ts';
import { createDispatcher } from '../../../companion/upstream/dispatcher.ts';
import { createModelList } from '../../../companion/upstream/model-list.ts';
import type { RawReply, RawTransport } from '../../../companion/upstream/raw-transport.ts';
import { createRawTransport } from '../../../companion/upstream/undici-raw.ts';
import { decodeRequest } from '../../../companion/wire/anthropic/request.ts';
import { collectMessage } from '../../../companion/wire/hub/collect.ts';
import type { HubMessage } from '../../../companion/wire/hub/event.ts';
import type { LimitFacts } from '../../../companion/wire/limits.ts';
import { startChatGptBackend } from '../../support/providers/chatgpt/backend.ts';
import type { ChatGptBackend } from '../../support/providers/chatgpt/backend.ts';
import { bob, mary } from '../../support/providers/oauth/openai-account.ts';
import { startOpenAiAuth } from '../../support/providers/oauth/openai-auth.ts';
import type { OpenAiAuth } from '../../support/providers/oauth/openai-auth.ts';
import { toGpt55 } from '../wire/openai-responses/codex-requests.ts';

type Body = Readonly<Record<string, unknown>>;

const never = new AbortController().signal;
const us = 'ccproxy-companion/1.2.3';
const timeouts = { connectMs: 5_000, firstByteMs: 5_000, idleMs: 5_000 };
const stamp = { id: 'stampid', createdAtMs: 1_700_000_000_000 };

let auth: OpenAiAuth;
let backend: ChatGptBackend;

beforeAll(async () => {
  auth = await startOpenAiAuth();
  backend = await startChatGptBackend({ auth });
});
afterEach(() => {
  expect(backend.failures).toEqual([]);
  backend.reset();
});
afterAll(() => Promise.all([auth.close(), backend.close()]));

function tokenOf(email = mary.email, secret = String(auth.signIn({ email })['access_token'])): OAuthToken {
  const accountId = email === bob.email ? bob.accountId : mary.accountId;
  const login = { id: `chatgpt-${email}`, providerId: 'codex', name: email, origin: 'codex', priority: 0 } as const;
  return { ...login, kind: 'oauth-token', secret: new Secret(secret), accountId };
}

interface House {
  readonly upstream: ApiUpstream;
  readonly transport: RawTransport;
  readonly provider: ApiProvider;
  readonly limits: { readonly status: number; readonly facts: LimitFacts }[];
}

function openHouse(): House {
  const dispatcher = createDispatcher(timeouts);
  onTestFinished(() => dispatcher.destroy());
  const transport = createRawTransport({ dispatcher, timeouts });
  const limits: House['limits'] = [];
  const upstream = new ApiUpstream({
    transport,
    userAgent: us,
    onLimits: (_key, _model, status, read) => void limits.push({ status, facts: read() }),
    nowMs: () => Date.now(),
  });
  return { upstream, transport, limits, provider: { ...codexProvider, baseUrl: `${backend.url}/codex` } };
}

interface Relaying {
  readonly key?: OAuthToken;
  readonly headers?: readonly string[];
  readonly target?: string;
  readonly method?: string;
}

function relay(house: House, body: Body | string, relaying: Relaying = {}): Promise<RelayedReply> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return house.upstream.relay(
    {
      provider: house.provider,
      key: relaying.key ?? tokenOf(),
      model: 'gpt-5.5',
      method: relaying.method ?? 'POST',
      target: relaying.target ?? '/v1/responses',
      rawHeaders: ['Content-Type', 'application/json', ...(relaying.headers ?? [])],
      body: Buffer.from(text),
    },
    never,
  );
}

async function poured(reply: RawReply): Promise<string> {
  const chunks: Buffer[] = [];
  await reply.pour({ write: (chunk) => chunks.push(Buffer.from(chunk)) > 0, onDrain: () => undefined });
  return Buffer.concat(chunks).toString('utf8');
}

/** What a test reaches into. */
// oxlint-disable-next-line typescript/no-explicit-any
async function jsonOf(reply: RawReply): Promise<any> {
  return JSON.parse(await poured(reply));
}

function fieldsOf({ warnings }: RelayedReply): readonly string[] {
  return warnings.map(({ field }) => field);
}

const user = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi 北京' }] };
const fit = { model: 'gpt-5.5', instructions: 'Be brief.', input: [user], store: false, stream: true };

describe('a request of a Responses client that the backend takes', () => {
  it('CCP-4: goes there byte for byte, and its answer comes back so to Codex', async () => {
    const text = JSON.stringify(fit).replace('"gpt-5.5"', '"gpt\\u002d5.5"').replace('{', '{\n  ');
    const headers = ['originator', 'codex_cli_rs', 'accept-encoding', 'gzip'];
    const { reply, warnings, refusal } = await relay(openHouse(), text, { headers });
    const answer = await poured(reply);
    const [request] = backend.requests;
    expect(request?.body.toString('utf8')).toBe(text);
    expect(request?.path).toBe('/backend-api/codex/responses');
    expect([warnings, refusal]).toEqual([[], undefined]);
    expect(reply.header('content-type')).toContain('text/event-stream');
    expect(answer).toMatch(/^event: response\.created\n/);
    expect(answer).toMatch(/event: response\.completed\ndata: .*"output":\[\].*\n\n$/);
    expect(request?.headers['accept-encoding']).toBe('gzip');
  });

  it('ends for any other program with the whole output, as the Responses API does', async () => {
    const { reply } = await relay(openHouse(), fit, { headers: ['accept-encoding', 'gzip'] });
    const end = /event: response\.completed\ndata: (.*)\n\n$/.exec(await poured(reply))?.[1] ?? '';
    expect(JSON.parse(end).response.output).toMatchObject([{ content: [{ text: 'You said: hi 北京' }] }]);
    expect(backend.requests.at(-1)?.headers['accept-encoding']).toBe('identity');
  });

  it('says whose it is, and who asks: the client, or else we', async () => {
    const secret = String(auth.signIn()['access_token']);
    const ours = ['X-Api-Key', 'ours', 'Authorization', 'Bearer ours', 'ChatGPT-Account-Id', 'somebody-else'];
    await relay(openHouse(), fit, { key: tokenOf(mary.email, secret), headers: ours });
    const theirs = [
      'originator',
      'codex_exec',
      'session_id',
      'their-session',
      'User-Agent',
      'codex/9',
      'Accept',
      '*/*',
    ];
    await relay(openHouse(), { ...fit, prompt_cache_key: 'key' }, { headers: theirs });
    await relay(openHouse(), { ...fit, prompt_cache_key: 'key-1' });
    expect(backend.requests[0]?.headers).toMatchObject({
      authorization: `Bearer ${secret}`,
      'chatgpt-account-id': mary.accountId,
      accept: 'text/event-stream',
      originator: 'ccproxy-companion',
      'user-agent': us,
    });
    expect(backend.requests[0]?.headers).not.toHaveProperty('x-api-key');
    expect(backend.requests[0]?.headers).not.toHaveProperty('session_id');
    expect(backend.requests[1]?.headers).toMatchObject({
      originator: 'codex_exec',
      session_id: 'their-session',
      'user-agent': 'codex/9',
      accept: 'text/event-stream',
    });
    expect(backend.requests[2]?.headers).toMatchObject({ session_id: 'key-1' });
  });

  it('may be that of Codex itself, which leaves the instructions out', async () => {
    const codex = { ...toGpt55(), model: 'gpt-5.5' };
    const { reply, warnings } = await relay(openHouse(), codex);
    expect([reply.status, warnings]).toEqual([200, []]);
    expect(backend.requests[0]?.json).toEqual({ instructions: '', ...codex });
  });

  it('may be to shorten a conversation', async () => {
    const { stream: _, store: __, ...body } = fit;
    const { reply } = await relay(openHouse(), body, { target: '/v1/responses/compact?a=b' });
    expect(reply.status).toBe(200);
    expect(backend.requests[0]?.path).toBe('/backend-api/codex/responses/compact?a=b');
    expect(backend.requests[0]?.json).toEqual(body);
  });
});

describe('a request of a Responses client that asks for more', () => {
  const asked = { model: 'gpt-5.5', input: 'hi 北京', temperature: 0.2, max_output_tokens: 50, metadata: { a: 'b' } };

  it('is bent to what the backend takes, with a warning of each loss', async () => {
    const answer = await relay(openHouse(), asked);
    expect(answer.reply.status).toBe(200);
    expect(fieldsOf(answer)).toEqual(['store', 'temperature', 'max_output_tokens', 'metadata']);
    expect(backend.requests[0]?.json).toEqual({
      model: 'gpt-5.5',
      instructions: '',
      input: [user],
      store: false,
      stream: true,
    });
  });

  it('gets one JSON object where it asked for no stream, with all of the output', async () => {
    backend.scenario = {
      answer: () => ({
        parts: [
          { kind: 'reasoning', text: 'hm' },
          { kind: 'text', text: 'Grüße aus 北京 🙂' },
          { kind: 'tool-call', name: 'look', arguments: { at: 1 } },
        ],
      }),
    };
    const { reply } = await relay(openHouse(), asked, { headers: ['accept-encoding', 'gzip'] });
    expect(reply.header('content-type')).toBe('application/json');
    const body = await jsonOf(reply);
    expect(body).toMatchObject({
      object: 'response',
      status: 'completed',
      output: [
        { type: 'reasoning' },
        { type: 'message', content: [{ text: 'Grüße aus 北京 🙂' }] },
        { type: 'function_call', arguments: '{"at":1}' },
      ],
    });
    expect(body.usage.total_tokens).toBeGreaterThan(0);
    const length = reply.headers[reply.headers.indexOf('content-length') + 1];
    expect(Number(length)).toBe(Buffer.byteLength(JSON.stringify(body)));
    expect(reply.headers).not.toContain('transfer-encoding');
    expect(reply.header('x-codex-primary-used-percent')).toBe('12');
  });

  it('gets what went wrong in the stream as an error', async () => {
    backend.scenario = { failure: { afterFrames: 3, code: 'server_is_overloaded', message: 'Busy' } };
    await expect(relay(openHouse(), asked)).rejects.toMatchObject({ code: 'OVERLOADED', message: 'Busy' });
  });

  it('is refused where it leans on what is stored', async () => {
    const request = relay(openHouse(), { ...asked, previous_response_id: 'resp_1' });
    await expect(request).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      details: { field: 'previous_response_id' },
    });
    expect(backend.requests).toEqual([]);
  });

  it.each([
    ['GET', '/v1/responses/resp_1'],
    ['POST', '/v1/embeddings'],
    ['POST', '/v1/responses/input_tokens'],
    ['GET', '/v1/responses'],
  ])('is told when a plan has no such thing: %s %s', async (method, target) => {
    await expect(relay(openHouse(), fit, { method, target })).rejects.toMatchObject({ code: 'ROUTE_NOT_FOUND' });
    expect(backend.requests).toEqual([]);
  });
});

describe('reasoning that was given to another account', () => {
  const thought = { type: 'reasoning', summary: [], encrypted_content: 'gAAAAAof-another-account' };

  it('is left out in a second try, so that the conversation goes on', async () => {
    const answer = await relay(openHouse(), { ...fit, input: [user, thought, { ...user, role: 'user' }] });
    expect(answer.reply.status).toBe(200);
    expect(fieldsOf(answer)).toEqual(['input[].reasoning']);
    expect(backend.requests.map(({ json }) => (json as { input: unknown[] }).input.length)).toEqual([3, 2]);
    await poured(answer.reply);
  });

  it('is tried once, and no other refusal is', async () => {
    backend.scenario = { refuse: { kind: 'detail', status: 400, detail: 'invalid_encrypted_content' } };
    const { reply } = await relay(openHouse(), { ...fit, input: [user, thought] });
    expect([reply.status, backend.requests.length]).toEqual([400, 2]);
    backend.reset();
    backend.scenario = { refuse: { kind: 'context-length' } };
    await relay(openHouse(), { ...fit, input: [user] });
    expect(backend.requests.length).toBe(1);
  });
});

describe('a refusal', () => {
  it('of the token is about the login, by its name, and never repeats the token', async () => {
    const secret = String(auth.signIn()['access_token']);
    const broken = tokenOf(mary.email, `${secret}x`);
    const error = await relay(openHouse(), fit, { key: broken }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'KEY_REJECTED',
      message: `The login ${mary.email} was refused: Unauthorized`,
      remedy: expect.stringContaining('companion auth login-openai'),
    });
    expect(JSON.stringify(error)).not.toContain(secret);
  });

  it('keeps its words, in the form in which SDKs look for them', async () => {
    backend.scenario = { refuse: { kind: 'detail', status: 400, detail: 'Unsupported parameter: x' } };
    const { reply, refusal } = await relay(openHouse(), fit);
    expect(await jsonOf(reply)).toEqual({
      error: { message: 'Unsupported parameter: x', type: 'invalid_request_error', param: null, code: null },
      detail: 'Unsupported parameter: x',
    });
    expect([reply.status, refusal]).toEqual([400, undefined]);
  });

  it('that is in the form of the API stays as it is', async () => {
    backend.scenario = { refuse: { kind: 'cyber-policy' } };
    const { reply } = await relay(openHouse(), fit);
    expect(await jsonOf(reply)).toMatchObject({ error: { code: 'cyber_policy' } });
  });

  it('by a limit says until when, for the router and for the board', async () => {
    backend.scenario = { refuse: { kind: 'usage-limit-reached', resetsInSeconds: 600 } };
    const house = openHouse();
    const { reply, refusal } = await relay(house, fit);
    expect(reply.status).toBe(429);
    expect(refusal).toMatchObject({ code: 'RATE_LIMITED', details: { retryAtMs: expect.any(Number) } });
    expect(house.limits).toMatchObject([{ status: 429, facts: { cooldown: { scope: 'credential' } } }]);
  });

  it('by a plan that does not include it is another login’s chance', async () => {
    backend.scenario = { refuse: { kind: 'usage-not-included' } };
    const { refusal } = await relay(openHouse(), fit);
    expect(refusal).toMatchObject({ code: 'QUOTA_EXHAUSTED', remedy: expect.stringContaining('plan') });
  });

  it('by a page of the edge is told in words, and is nothing about the login', async () => {
    backend.scenario = { refuse: { kind: 'challenge' } };
    await expect(relay(openHouse(), fit)).rejects.toMatchObject({ code: 'CHALLENGE' });
    await expect(ask(openHouse(), {})).rejects.toMatchObject({ code: 'CHALLENGE' });
  });
});

test('every answer tells how the plan stands, by the length of its windows', async () => {
  const resetAt = Math.floor(Date.now() / 1000) + 3600;
  const week = { usedPercent: 50, windowMinutes: 10_080, resetAt };
  const hours = { usedPercent: 5, windowMinutes: 300, resetAt };
  const credits = { hasCredits: true, isUnlimited: false, balance: '9.99' };
  backend.scenario = { limits: { primary: week, secondary: hours, credits } };
  const house = openHouse();
  await poured((await relay(house, fit)).reply);
  await ask(house, {});
  for (const { facts } of house.limits) {
    expect(facts.windows).toMatchObject([
      { window: 'seven_day', usedFraction: 0.5, resetsAtMs: resetAt * 1000 },
      { window: 'five_hour', usedFraction: 0.05 },
      { window: 'credits', status: 'allowed' },
    ]);
  }
  expect(house.limits.length).toBe(2);
});

async function ask(house: House, fields: Body, key = tokenOf()): Promise<HubMessage> {
  const codec = house.upstream.codecOf(house.provider);
  const decoded = decodeRequest({
    model: 'm',
    max_tokens: 4096,
    messages: [{ role: 'user', content: 'hi' }],
    ...fields,
  });
  const encoded = codec.encodeRequest(decoded, 'gpt-5.5');
  const target = { provider: house.provider, key, model: 'gpt-5.5' };
  return collectMessage(await house.upstream.send({ ...target, encoded, isStream: decoded.isStream, stamp }, never));
}

describe('a request of another dialect', () => {
  const thinking = { type: 'adaptive' };
  const tools = [{ name: 'look', input_schema: { type: 'object', properties: { at: { type: 'integer' } } } }];

  it('is taken as it is told, whole or as a stream, and says who asks', async () => {
    backend.scenario = { answer: () => 'Hello' };
    for (const stream of [false, true]) {
      const message = await ask(openHouse(), { stream, system: 'Be brief.', temperature: 0.1, stop_sequences: ['x'] });
      expect(message).toMatchObject({ content: [{ type: 'text', text: 'Hello' }], stop_reason: 'end_turn' });
      expect(message.usage.output_tokens).toBeGreaterThan(0);
    }
    const [request] = backend.requests;
    expect(request?.headers).toMatchObject({
      accept: 'text/event-stream',
      'chatgpt-account-id': mary.accountId,
      originator: 'ccproxy-companion',
      'user-agent': us,
      session_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(request?.json).toMatchObject({ prompt_cache_key: request?.headers['session_id'] });
  });

  it('gets its thinking taken back by the backend that gave it, over several turns', async () => {
    const house = openHouse();
    backend.scenario = {
      answer: ({ toolResults }) =>
        toolResults.length > 0
          ? 'Seen.'
          : {
              parts: [
                { kind: 'reasoning', text: 'hm' },
                { kind: 'tool-call', name: 'look', arguments: { at: 1 } },
              ],
            },
    };
    const first = await ask(house, { thinking, tools });
    expect(first.content).toMatchObject([
      { type: 'thinking', thinking: 'hm', signature: expect.stringMatching(/^openai:gAAAAA/) },
      { type: 'tool_use', name: 'look', input: { at: 1 } },
    ]);
    const [, call] = first.content as unknown as { id: string }[];
    const result = { type: 'tool_result', tool_use_id: call?.id, content: 'r' };
    const messages = [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: first.content },
      { role: 'user', content: [result] },
    ];
    const second = await ask(house, { thinking, tools, messages });
    expect(second.content).toMatchObject([{ type: 'text', text: 'Seen.' }]);
    const sent = backend.requests.at(-1)?.json as { input: Body[] } | undefined;
    expect(sent?.input.map(({ type }) => type)).toEqual([
      'message',
      'reasoning',
      'function_call',
      'function_call_output',
    ]);
    expect(backend.requests.length).toBe(2);
  });

  it('goes on without thinking that another account was given', async () => {
    backend.scenario = { answer: () => 'On.' };
    const foreign = { type: 'thinking', thinking: 'hm', signature: 'openai:gAAAAAother' };
    const messages = [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: [foreign, { type: 'text', text: 'a' }] },
      { role: 'user', content: 'go on' },
    ];
    expect((await ask(openHouse(), { thinking, messages })).content).toMatchObject([{ text: 'On.' }]);
  });

  it('is refused in the words of the backend', async () => {
    backend.scenario = { refuse: { kind: 'usage-limit-reached' } };
    await expect(ask(openHouse(), {})).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      message: 'The usage limit has been reached',
    });
    await expect(ask(openHouse(), {}, tokenOf(mary.email, 'no-such-token'))).rejects.toMatchObject({
      code: 'KEY_REJECTED',
      message: `The login ${mary.email} was refused: Unauthorized`,
    });
  });

  it('that breaks off is an error', async () => {
    backend.scenario = { failure: { afterFrames: 4, code: 'rate_limit_exceeded', message: 'Try again in 1.5s' } };
    await expect(ask(openHouse(), { stream: true })).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  });
});

describe('the list of models', () => {
  function list(house: House, key = tokenOf()) {
    const options = { transport: house.transport, userAgent: us, nowMs: () => Date.now() };
    const read = createModelList({ ...options, codecOf: (provider) => house.upstream.codecOf(provider) });
    return read(house.provider, key, never);
  }

  it('is that of the plan, asked for with our own version', async () => {
    expect((await list(openHouse())).map(({ id }) => id)).toEqual([
      'gpt-5.5',
      'gpt-5.4',
      'gpt-5.4-mini',
      'gpt-5.3-codex',
    ]);
    expect(backend.requests[0]?.path).toBe('/backend-api/codex/models?client_version=1.2.3');
    expect(backend.requests[0]?.headers).toMatchObject({
      'chatgpt-account-id': mary.accountId,
      originator: 'ccproxy-companion',
    });
  });

  it('is empty where the backend has none, which is no error', async () => {
    const house = openHouse();
    const elsewhere = { ...house, provider: { ...house.provider, baseUrl: `${backend.url}/nowhere` } };
    expect(await list(elsewhere)).toEqual([]);
  });

  it('that is refused is about the login', async () => {
    await expect(list(openHouse(), tokenOf(mary.email, 'no-such-token'))).rejects.toMatchObject({
      code: 'KEY_REJECTED',
    });
  });
});
