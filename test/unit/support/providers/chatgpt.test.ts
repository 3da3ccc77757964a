import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startChatGptBackend } from '../../../support/providers/chatgpt/backend.ts';
import type { ChatGptBackend } from '../../../support/providers/chatgpt/backend.ts';
import { mary } from '../../../support/providers/oauth/openai-account.ts';
import { startOpenAiAuth } from '../../../support/providers/oauth/openai-auth.ts';
import type { OpenAiAuth } from '../../../support/providers/oauth/openai-auth.ts';

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

type Json = ReturnType<typeof JSON.parse>;
type Body = Readonly<Record<string, unknown>>;

function userMessage(text: string): Body {
  return { type: 'message', role: 'user', content: [{ type: 'input_text', text }] };
}

/** What the backend wants; without the members that `changes` sets to `undefined`. */
function bodyWith(changes: Body = {}): Body {
  return {
    model: 'gpt-5.5',
    instructions: 'Be brief.',
    input: [userMessage('hi')],
    tools: [],
    tool_choice: 'auto',
    parallel_tool_calls: false,
    reasoning: { effort: 'medium', summary: 'auto' },
    store: false,
    stream: true,
    include: ['reasoning.encrypted_content'],
    ...changes,
  };
}

interface Caller {
  readonly token?: string;
  readonly account?: string | null;
  readonly path?: string;
}

async function ask(body: Body | null, caller: Caller = {}): Promise<Response> {
  const token = caller.token ?? String(auth.signIn()['access_token']);
  const account = caller.account === undefined ? mary.accountId : caller.account;
  return fetch(`${backend.url}${caller.path ?? '/codex/responses'}`, {
    method: body === null ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'text/event-stream',
      ...(account !== null && { 'chatgpt-account-id': account }),
    },
    ...(body !== null && { body: JSON.stringify(body) }),
  });
}

async function eventsOf(response: Response): Promise<Json[]> {
  const text = await response.text();
  return [...text.matchAll(/^data: (.*)$/gm)].map(([, json]) => JSON.parse(json ?? ''));
}

describe('an answer', () => {
  it('is a stream whose end repeats nothing of it', async () => {
    backend.scenario = {
      answer: () => ({
        parts: [
          { kind: 'reasoning', text: 'hm' },
          { kind: 'text', text: 'Hello there' },
          { kind: 'tool-call', name: 'look', arguments: { at: 1 } },
          { kind: 'custom-tool-call', name: 'patch', input: '*** Begin' },
        ],
      }),
    };
    const response = await ask(bodyWith());
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const events = await eventsOf(response);
    const done = events.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item);
    expect(done).toMatchObject([
      { type: 'reasoning', encrypted_content: expect.any(String) },
      { type: 'message', content: [{ text: 'Hello there' }] },
      { type: 'function_call', id: expect.stringMatching(/^fc_/), arguments: '{"at":1}' },
      { type: 'custom_tool_call', input: '*** Begin' },
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'response.completed', response: { output: [], store: false } });
    expect(events.at(-1).response.usage.total_tokens).toBeGreaterThan(0);
  });

  it('tells in its headers how the plan stands, and in the stream when told', async () => {
    const resetAt = Math.floor(Date.now() / 1000) + 100;
    const primary = { usedPercent: 99.5, windowMinutes: 300, resetAt };
    backend.scenario = {
      sendsLimitEvent: true,
      limits: { primary, secondary: null, credits: { hasCredits: true, isUnlimited: false, balance: '9.99' } },
    };
    const response = await ask(bodyWith());
    expect(response.headers.get('x-codex-primary-used-percent')).toBe('99.5');
    expect(response.headers.get('x-codex-primary-reset-at')).toBe(String(resetAt));
    expect(response.headers.get('x-codex-secondary-used-percent')).toBeNull();
    expect(response.headers.get('x-codex-credits-balance')).toBe('9.99');
    const [first] = await eventsOf(response);
    expect(first).toMatchObject({ type: 'codex.rate_limits', rate_limits: { primary: { used_percent: 99.5 } } });
  });

  it('is one that the official client understands', async () => {
    const client = new OpenAI({
      baseURL: `${backend.url}/codex`,
      apiKey: String(auth.signIn()['access_token']),
      defaultHeaders: { 'chatgpt-account-id': mary.accountId },
    });
    const stream = await client.responses.create(bodyWith() as never as OpenAI.Responses.ResponseCreateParamsStreaming);
    let text = '';
    for await (const event of stream) if (event.type === 'response.output_text.delta') text += event.delta;
    expect(text).toBe('You said: hi');
  });

  it('takes its own thoughts back, and no others', async () => {
    backend.scenario = {
      answer: () => ({
        parts: [
          { kind: 'reasoning', text: 'hm' },
          { kind: 'text', text: 'x' },
        ],
      }),
    };
    const events = await eventsOf(await ask(bodyWith()));
    const thought = events.find(
      ({ type, item }) => type === 'response.output_item.done' && item.type === 'reasoning',
    ).item;
    const again = (item: Body) => ask(bodyWith({ input: [userMessage('hi'), item, userMessage('more')] }));
    const taken = await again(thought);
    expect(taken.status).toBe(200);
    await taken.text();
    const forged = await again({ ...thought, encrypted_content: 'gAAAAAforged' });
    expect(forged.status).toBe(400);
    expect(await forged.json()).toMatchObject({ error: { code: 'invalid_encrypted_content' } });
    const { encrypted_content: _, ...bare } = thought;
    expect((await again(bare)).status).toBe(404);
  });
});

describe('who may ask', () => {
  it('is nobody without a token that lives', async () => {
    const unknown = await ask(bodyWith(), { token: 'eyJ.unknown.token' });
    expect(unknown.status).toBe(401);
    expect(await unknown.json()).toEqual({ detail: 'Unauthorized' });
    const token = String(auth.signIn()['access_token']);
    auth.expireAccess(mary.email);
    const expired = await ask(bodyWith(), { token });
    expect(expired.status).toBe(401);
    expect(await expired.json()).toMatchObject({ error: { code: 'token_expired' } });
    auth.revoke(mary.email);
    expect(await (await ask(bodyWith(), { token })).json()).toMatchObject({ error: { code: 'token_revoked' } });
  });

  it('is nobody who names no account, or that of another', async () => {
    expect((await ask(bodyWith(), { account: null })).status).toBe(401);
    expect((await ask(bodyWith(), { account: '00000000-0000-4000-8000-000000000000' })).status).toBe(403);
  });
});

describe('what it refuses', () => {
  it.each([
    ['no stream', { stream: undefined }, 'Stream must be set to true'],
    ['a stream that is not wished for', { stream: false }, 'Stream must be set to true'],
    ['store left out', { store: undefined }, 'Store must be set to false'],
    ['store', { store: true }, 'Store must be set to false'],
    ['instructions that are no text', { instructions: ['x'] }, 'Instructions are not valid'],
    ['input as a text', { input: 'hi' }, 'Input must be a list'],
    ['a limit', { max_output_tokens: 100 }, 'Unsupported parameter: max_output_tokens'],
    ['a temperature', { temperature: 0 }, 'Unsupported parameter: temperature'],
    ['top_p', { top_p: 1 }, 'Unsupported parameter: top_p'],
    ['metadata', { metadata: {} }, 'Unsupported parameter: metadata'],
    ['a former response', { previous_response_id: 'resp_1' }, 'Unsupported parameter: previous_response_id'],
    ['stream options', { stream_options: {} }, 'Unsupported parameter: stream_options'],
    ['a user', { user: 'me' }, 'Unsupported parameter: user'],
    ['a system message', { input: [{ role: 'system', content: 'x' }] }, 'System messages are not allowed'],
    [
      'a model of the API',
      { model: 'gpt-4o' },
      "The 'gpt-4o' model is not supported when using Codex with a ChatGPT account.",
    ],
  ])('%s, in its own words', async (_what, changes, text) => {
    const response = await ask(bodyWith(changes));
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ detail: text });
  });

  it('a call whose id does not begin with fc_, an image of the assistant, an item by reference', async () => {
    const call = { type: 'function_call', id: 'call_1', call_id: 'call_1', name: 'f', arguments: '{}' };
    const output = { type: 'function_call_output', call_id: 'call_1', output: 'x' };
    const refused = await ask(bodyWith({ input: [call, output] }));
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: { message: expect.stringContaining("begins with 'fc'") } });
    const image = { role: 'assistant', content: [{ type: 'input_image', image_url: 'data:image/png;base64,AA==' }] };
    expect((await ask(bodyWith({ input: [image] }))).status).toBe(400);
    expect((await ask(bodyWith({ input: [{ type: 'item_reference', id: 'msg_1' }] }))).status).toBe(404);
    const right = await ask(bodyWith({ input: [{ ...call, id: 'fc_1' }, output] }));
    expect(right.status).toBe(200);
    await right.text();
  });

  it.each([
    [
      { kind: 'usage-limit-reached', resetsInSeconds: 60 },
      429,
      { error: { type: 'usage_limit_reached', plan_type: 'plus', resets_in_seconds: 60 } },
    ],
    [{ kind: 'usage-not-included' }, 429, { error: { type: 'usage_not_included' } }],
    [{ kind: 'overloaded' }, 503, { error: { code: 'server_is_overloaded' } }],
    [{ kind: 'slow-down' }, 503, { error: { code: 'slow_down' } }],
    [{ kind: 'context-length' }, 400, { error: { code: 'context_length_exceeded' } }],
    [{ kind: 'cyber-policy' }, 400, { error: { code: 'cyber_policy' } }],
    [
      { kind: 'rate-limit', tryAgainIn: '500ms' },
      429,
      { error: { message: expect.stringContaining('try again in 500ms') } },
    ],
    [{ kind: 'detail', status: 402, detail: 'Pay' }, 402, { detail: 'Pay' }],
  ] as const)('whatever it is told to refuse: %o, once', async (refuse, status, body) => {
    backend.scenario = { refuse, refuseTimes: 1 };
    const response = await ask(bodyWith());
    expect(response.status).toBe(status);
    expect(response.headers.get('x-codex-primary-used-percent')).toBe('12');
    expect(await response.json()).toMatchObject(body);
    const next = await ask(bodyWith());
    expect(next.status).toBe(200);
    await next.text();
  });

  it('with a page of the edge that is no JSON', async () => {
    backend.scenario = { refuse: { kind: 'challenge' } };
    const response = await ask(bodyWith());
    expect([response.status, response.headers.get('cf-mitigated')]).toEqual([403, 'challenge']);
    await expect(response.json()).rejects.toThrow('JSON');
  });
});

describe('a stream that goes wrong', () => {
  it('fails in its own words after so many events', async () => {
    backend.scenario = {
      failure: { afterFrames: 4, code: 'rate_limit_exceeded', message: 'Please try again in 1.5s.' },
    };
    const events = await eventsOf(await ask(bodyWith()));
    expect(events).toHaveLength(5);
    expect(events.at(-1)).toMatchObject({
      type: 'response.failed',
      response: { status: 'failed', error: { code: 'rate_limit_exceeded' } },
    });
  });

  it('ends without its last event, or breaks', async () => {
    backend.scenario = { faults: { ending: { kind: 'truncated', afterFrames: 5 } } };
    const types = (await eventsOf(await ask(bodyWith()))).map(({ type }) => type);
    expect(types).toHaveLength(5);
    expect(types).not.toContain('response.completed');
    backend.scenario = { faults: { ending: { kind: 'reset', afterFrames: 5 } } };
    await expect((await ask(bodyWith())).text()).rejects.toThrow('terminated');
  });
});

it('shortens a conversation into something that it takes back', async () => {
  const { stream: _stream, store: _store, include: _include, tool_choice: _choice, ...body } = bodyWith();
  const response = await ask(body, { path: '/codex/responses/compact' });
  const { output } = (await response.json()) as { output: Body[] };
  expect(output).toMatchObject([{ role: 'user' }, { type: 'compaction', encrypted_content: expect.any(String) }]);
  const next = await ask(bodyWith({ input: [...output, userMessage('go on')] }));
  expect(next.status).toBe(200);
  await next.text();
});

it('lists the models of the plan, and tells its usage', async () => {
  const models = await ask(null, { path: '/codex/models?client_version=1.0.0' });
  expect(await models.json()).toMatchObject({
    models: expect.arrayContaining([expect.objectContaining({ slug: 'gpt-5.5' })]),
  });
  const usage = await ask(null, { path: '/wham/usage' });
  expect(await usage.json()).toMatchObject({
    account_id: mary.accountId,
    email: mary.email,
    plan_type: 'plus',
    rate_limit: { allowed: true, primary_window: { used_percent: 12, limit_window_seconds: 18_000 } },
    credits: { has_credits: false },
  });
  expect(backend.requests.at(-1)?.key).toBe(mary.email);
});
