/**
 * Claude Code mode as clients meet it: the real SDKs of both families ask the whole companion, which asks the real Claude
 * Code through the real Agent SDK, which asks a stand-in of the API.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Anthropic, { BadRequestError as AnthropicRefusal } from '@anthropic-ai/sdk';
import { BadRequestError as OpenAiRefusal } from 'openai';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ClaudeCodeReport } from '../../companion/http/control/claude-code-route.ts';
import type { CompanionStatus } from '../../shared/status.ts';
import { startCompanion } from '../support/companion-process.ts';
import { startAnthropicApi } from '../support/providers/anthropic/api.ts';
import type { AnswerPlan, JsonObject } from '../support/providers/anthropic/plan.ts';
import { childrenOf, isAlive } from './support/alive.ts';
import { claudeCodeBinary } from './support/claude-code.ts';
import { environmentOf, homeWithSdk, openClaudeCodeHouse } from './support/claude-code-house.ts';
import type { ClaudeCodeHouse } from './support/claude-code-house.ts';
import { startDeadProxy } from './support/dead-proxy.ts';
import { haveParts } from './support/installed.ts';

const file = 'test/clients/claude-code-mode-http.test.ts';
const isReady = haveParts(file, 'libraries', 'programs');
const isLinux = process.platform === 'linux';
const model = 'claude-sonnet-4-5';
/** As the API calls it. */
const fullModel = `${model}-20250929`;
const route = `claude-code; model=${model}`;
const said = 'Hello there, nice to meet you.';
const thought = 'Let me think about it.';
const wanted = { headers: { 'x-proxy-mode': 'claude-code' } };
/** The two ways of asking for it. */
const ways = [
  ['by header', model, wanted],
  ['by the name of the model', `claude-code/${model}`, {}],
] as const;

function thoughtful(): AnswerPlan {
  return {
    parts: [
      { kind: 'thinking', thinking: thought },
      { kind: 'text', text: said },
    ],
    usage: { input_tokens: 321, output_tokens: 45, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
  };
}

describe.runIf(isReady)('@anthropic-ai/sdk through Claude Code', () => {
  test.each(ways)('gets a message with its thinking and usage, asked %s', async (_, name, options) => {
    const house = await openClaudeCodeHouse();
    house.api.scenario = { answer: thoughtful };
    const { data, response } = await house.anthropic.messages
      .create({ ...conversation(name), thinking: { type: 'enabled', budget_tokens: 2000 } }, options)
      .withResponse();
    expect(data).toMatchObject({
      type: 'message',
      model: fullModel,
      content: [
        { type: 'thinking', thinking: thought },
        { type: 'text', text: said },
      ],
      stop_reason: 'end_turn',
      usage: { input_tokens: 321, output_tokens: 45 },
    });
    expect(response.headers.get('x-companion-route')).toBe(route);
    expect(askedOf(house)).toEqual(conversationAsked);
    expect(house.api.requests).toHaveLength(1);
    expect(house.wanted).toEqual([]);
  });

  test.each(ways)('gets it piece by piece with its stream helper, asked %s', async (_, name, options) => {
    const house = await openClaudeCodeHouse();
    house.api.scenario = { answer: thoughtful };
    const ask = { ...conversation(name), thinking: { type: 'enabled', budget_tokens: 2000 } } as const;
    const stream = house.anthropic.messages.stream(ask, options);
    const pieces: Record<'text' | 'thinking', string[]> = { text: [], thinking: [] };
    stream.on('text', (text) => pieces.text.push(text)).on('thinking', (text) => pieces.thinking.push(text));
    const message = await stream.finalMessage();
    expect(message).toMatchObject({
      model: fullModel,
      stop_reason: 'end_turn',
      usage: { input_tokens: 321, output_tokens: 45 },
    });
    expect(pieces.text.join('')).toBe(said);
    expect(pieces.thinking.join('')).toBe(thought);
    expect(pieces.text.length).toBeGreaterThan(1);
    expect(stream.response?.headers.get('x-companion-route')).toBe(route);
    expect(askedOf(house)).toEqual(conversationAsked);
  });

  test('is refused its tools with a 400 that names the field, and nothing is started', async () => {
    const house = await openClaudeCodeHouse();
    const tools = [{ name: 'look_up', input_schema: { type: 'object' as const } }];
    const failed = house.anthropic.messages.create({ ...conversation(model), tools }, wanted);
    await expect(failed).rejects.toBeInstanceOf(AnthropicRefusal);
    await expect(failed).rejects.toMatchObject({
      status: 400,
      error: { type: 'error', error: { type: 'invalid_request_error', message: expect.stringContaining('(tools)') } },
    });
    expect(house.api.requests).toEqual([]);
    if (isLinux) expect(house.pids()).toEqual([]);
    expect(await house.lastExchange()).toMatchObject({
      mode: 'claude-code',
      outcome: 'NOT_AVAILABLE_IN_MODE',
      status: 400,
    });
  });
});

describe.runIf(isReady)('openai through Claude Code', () => {
  const turns = [
    { role: 'system', content: 'Speak like a pirate.' },
    { role: 'user', content: 'My name is Ada.' },
    { role: 'assistant', content: 'Ahoy, Ada.' },
    { role: 'user', content: 'And now?' },
  ] as const;

  test.each(ways)('gets a chat completion, asked %s', async (_, name, options) => {
    const house = await openClaudeCodeHouse();
    house.api.scenario = { answer: thoughtful };
    const { data, response } = await house.openai.chat.completions
      .create({ model: name, messages: [...turns], reasoning_effort: 'low' }, options)
      .withResponse();
    expect(data.choices[0]).toMatchObject({ message: { role: 'assistant', content: said }, finish_reason: 'stop' });
    expect(data.usage).toMatchObject({ prompt_tokens: 321, completion_tokens: 45 });
    expect(response.headers.get('x-companion-route')).toBe(route);
    expect(askedOf(house)).toEqual(conversationAsked);
    expect(house.api.requests.at(-1)?.json).toMatchObject({ thinking: { type: 'enabled' } });
  });

  test.each(ways)('gets it piece by piece, asked %s', async (_, name, options) => {
    const house = await openClaudeCodeHouse();
    house.api.scenario = { answer: thoughtful };
    const stream = house.openai.chat.completions.stream({ model: name, messages: [...turns] }, options);
    const pieces: string[] = [];
    stream.on('content', (piece) => pieces.push(piece));
    const completion = await stream.finalChatCompletion();
    expect(completion.choices[0]).toMatchObject({ message: { content: said }, finish_reason: 'stop' });
    expect(pieces.length).toBeGreaterThan(1);
    expect(askedOf(house)).toEqual(conversationAsked);
  });

  test.each(ways)('gets a response, asked %s', async (_, name, options) => {
    const house = await openClaudeCodeHouse();
    house.api.scenario = { answer: thoughtful };
    const [system, ...input] = turns;
    const ask = { model: name, instructions: system.content, input: [...input], store: false };
    const { data, response } = await house.openai.responses.create(ask, options).withResponse();
    expect(data).toMatchObject({
      status: 'completed',
      output_text: said,
      usage: { input_tokens: 321, output_tokens: 45 },
    });
    expect(response.headers.get('x-companion-route')).toBe(route);
    expect(askedOf(house)).toEqual(conversationAsked);
  });

  test.each(ways)('gets it event by event, asked %s', async (_, name, options) => {
    const house = await openClaudeCodeHouse();
    house.api.scenario = { answer: thoughtful };
    const [system, ...input] = turns;
    const ask = { model: name, instructions: system.content, input: [...input], store: false };
    const stream = house.openai.responses.stream({ ...ask, reasoning: { effort: 'low', summary: 'auto' } }, options);
    const pieces: string[] = [];
    const thoughts: string[] = [];
    stream.on('response.output_text.delta', ({ delta }) => pieces.push(delta));
    stream.on('response.reasoning_summary_text.delta', ({ delta }) => thoughts.push(delta));
    const response = await stream.finalResponse();
    expect(response).toMatchObject({ status: 'completed', output_text: said });
    expect(pieces.join('')).toBe(said);
    expect(pieces.length).toBeGreaterThan(1);
    expect(thoughts.join('')).toBe(thought);
    expect(askedOf(house)).toEqual(conversationAsked);
  });

  test('is refused its tools with a 400 that names the field, in both of its APIs', async () => {
    const house = await openClaudeCodeHouse();
    const parameters = { type: 'object', properties: {} };
    const refusal = { status: 400, type: 'invalid_request_error', param: 'tools', code: 'not_available_in_mode' };
    const chat = house.openai.chat.completions.create(
      { model, messages: [...turns], tools: [{ type: 'function', function: { name: 'look_up', parameters } }] },
      wanted,
    );
    await expect(chat).rejects.toBeInstanceOf(OpenAiRefusal);
    await expect(chat).rejects.toMatchObject(refusal);
    const tools = [{ type: 'function' as const, name: 'look_up', parameters, strict: false }];
    const response = house.openai.responses.create({ model, input: 'Hi.', tools, store: false }, wanted);
    await expect(response).rejects.toMatchObject(refusal);
    expect(house.api.requests).toEqual([]);
  });
});

describe.runIf(isReady)('Claude Code mode in the companion', () => {
  test.runIf(isLinux)('a client that leaves takes the process along, in every dialect', async () => {
    const house = await openClaudeCodeHouse();
    house.api.scenario = { faults: { frameDelayMs: 100 }, answer: () => 'word '.repeat(200) };
    const leaving = [
      async (signal: AbortSignal) => {
        const ask = { ...conversation(model), stream: true } as const;
        for await (const _ of await house.anthropic.messages.create(ask, { ...wanted, signal })) return;
      },
      async (signal: AbortSignal) => {
        const ask = { model, messages: [{ role: 'user' as const, content: 'Hi.' }], stream: true as const };
        for await (const _ of await house.openai.chat.completions.create(ask, { ...wanted, signal })) return;
      },
      async (signal: AbortSignal) => {
        const ask = { model, input: 'Hi.', store: false, stream: true as const };
        for await (const _ of await house.openai.responses.create(ask, { ...wanted, signal })) return;
      },
    ];
    for (const [index, ask] of leaving.entries()) {
      const client = new AbortController();
      const asked = ask(client.signal);
      await expect.poll(() => house.api.requests.length).toBe(index + 1);
      await asked;
      client.abort();
      await expect.poll(() => house.pids()).toEqual([]);
      await expect.poll(() => house.api.abortions.length).toBe(index + 1);
      await expect.poll(async () => (await house.lastExchange()).outcome).toBe('CLIENT_GONE');
    }
  });

  test('the ledger and `explain` tell that Claude Code answered, and why', async () => {
    const house = await openClaudeCodeHouse({ keys: 'sk-ant-api03-of-the-companion' });
    house.api.scenario = { answer: thoughtful };
    await house.anthropic.messages.create(conversation(`claude-code/${model}`));
    expect(await house.lastExchange()).toMatchObject({
      mode: 'claude-code',
      provider: 'claude-code',
      credential: null,
      model: `claude-code/${model}`,
      servedModel: model,
      isTranslated: true,
      status: 200,
      outcome: 'ok',
      inputTokens: 321,
      outputTokens: 45,
      explanation: {
        plan: expect.stringMatching(/^claude-code: Claude Code, the name of the model asks for it/),
        considered: [
          { who: 'Claude Code', verdict: 'chosen' },
          { verdict: 'passed over', reason: 'Claude Code is wanted' },
        ],
      },
    });
  });

  test('that is off refuses whoever asks for it, and serves nobody else', async () => {
    const house = await openClaudeCodeHouse({ mode: 'off' });
    const failed = house.anthropic.messages.create(conversation(model), wanted);
    await expect(failed).rejects.toMatchObject({ status: 400 });
    await expect(failed).rejects.toThrow('`claude_code.mode` is off');
    await expect(house.openai.responses.create({ model: `claude-code/${model}`, input: 'Hi.' })).rejects.toMatchObject({
      status: 400,
      code: 'not_available_in_mode',
    });
    await expect(house.anthropic.messages.create(conversation(model))).rejects.toMatchObject({ status: 503 });
    expect(await house.control('/control/claude-code')).toEqual({ mode: 'off', readiness: null });
    expect(house.api.requests).toEqual([]);
  });

  test('by default serves only those who ask for it', async () => {
    const house = await openClaudeCodeHouse();
    await expect(house.anthropic.messages.create(conversation(model))).rejects.toMatchObject({ status: 503 });
    expect(house.api.requests).toEqual([]);
  });

  test('that is `auto` serves Claude where nobody else can, and stands back where a key can', async () => {
    const alone = await openClaudeCodeHouse({ mode: 'auto' });
    alone.api.scenario = { answer: () => said };
    const { data, response } = await alone.openai.chat.completions
      .create({ model, messages: [{ role: 'user', content: 'Hi.' }] })
      .withResponse();
    expect(data.choices[0]?.message.content).toBe(said);
    expect(response.headers.get('x-companion-route')).toBe(route);
    const gpt = alone.openai.responses.create({ model: 'gpt-5', input: 'Hi.' });
    await expect(gpt).rejects.toThrow(/neither an API key nor a login to serve "gpt-5"/);

    const secret = 'sk-ant-api03-of-the-companion';
    const keyed = await openClaudeCodeHouse({ mode: 'auto', keys: secret, api: { keys: [{ name: 'own', secret }] } });
    const { response: served } = await keyed.anthropic.messages.create(conversation(model)).withResponse();
    expect(served.headers.get('x-companion-route')).toMatch(/^api; provider=anthropic; .*relayed$/);
    if (isLinux) expect(keyed.pids()).toEqual([]);
  });

  test('is no part of the list of models', async () => {
    const house = await openClaudeCodeHouse({ mode: 'auto', keys: 'sk-ant-api03-of-the-companion' });
    house.api.setKey({ name: 'own', secret: 'sk-ant-api03-of-the-companion' });
    const ids = (await house.anthropic.models.list()).data.map(({ id }) => id);
    expect(ids).toContain(fullModel);
    expect(ids.filter((id) => id.startsWith('claude-code/'))).toEqual([]);
  });

  test('what is left of its plan shows in `status` and in /v0/quota', async () => {
    const secret = 'sk-ant-oat01-stand-in-token';
    const house = await openClaudeCodeHouse({
      api: { keys: [{ name: 'login', secret, kind: 'oauth-token' }] },
      environment: { ANTHROPIC_API_KEY: undefined, CLAUDE_CODE_OAUTH_TOKEN: secret },
    });
    const reset = Math.floor(Date.now() / 1000) + 3600;
    const limit = {
      'anthropic-ratelimit-unified-status': 'rejected',
      'anthropic-ratelimit-unified-reset': String(reset),
      'anthropic-ratelimit-unified-representative-claim': 'five_hour',
    };
    house.api.scenario = { faults: { canned: { status: 429, headers: limit } } };
    await expect(house.anthropic.messages.create(conversation(model), wanted)).rejects.toMatchObject({ status: 429 });
    const window = { window: 'five_hour', status: 'exceeded', resetsAtMs: reset * 1000, source: 'stream' };
    const status = await house.control<CompanionStatus>('/control/status');
    expect(status.claudeCode?.quotas).toMatchObject([window]);
    const quota = await fetch(`${house.url}/v0/quota`, { headers: { 'x-api-key': house.key } });
    expect(await quota.json()).toMatchObject({
      credentials: [{ provider: 'claude-code', windows: [{ window: 'five_hour', status: 'exceeded' }] }],
    });
  });

  test('`auth status` tells whether it is usable, and what to do if not', async () => {
    const house = await openClaudeCodeHouse();
    const read = () => house.control<ClaudeCodeReport>('/control/claude-code');
    expect(await read()).toMatchObject({
      mode: 'on-request',
      readiness: {
        program: { path: claudeCodeBinary(), version: expect.stringMatching(/^2\.\d+\.\d+$/) },
        sdk: { version: expect.stringMatching(/^0\.3\.\d+$/) },
        signIn: { isSignedIn: true, method: 'api_key' },
        troubles: [],
      },
    });
    const out = await openClaudeCodeHouse({ environment: { ANTHROPIC_API_KEY: undefined } });
    expect((await out.control<ClaudeCodeReport>('/control/claude-code')).readiness).toMatchObject({
      signIn: { isSignedIn: false },
      troubles: [{ message: 'Claude Code is not signed in.' }],
    });
    expect([...house.api.requests, ...out.api.requests, ...house.wanted, ...out.wanted]).toEqual([]);
  });
});

describe.runIf(isReady)('processes of Claude Code in the companion', () => {
  test('the second request is clearly faster than the first', async () => {
    const house = await openClaudeCodeHouse({ warm: 1 });
    house.api.scenario = { answer: () => said };
    const first = await addedMs(house);
    const later: number[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      await sleep(1500);
      later.push(await addedMs(house));
    }
    console.info(`Claude Code mode adds ${first} ms to the first request over HTTP, then ${later.join(', ')} ms.`);
    // The least of three: a moment in which the machine is busy says nothing.
    expect(Math.min(...later)).toBeLessThan(first * 0.6);
  });

  test.runIf(isLinux)('are four at most, however many ask, and everybody is answered', async () => {
    const house = await openClaudeCodeHouse({ warm: 1 });
    house.api.scenario = { faults: { frameDelayMs: 40 }, answer: () => said };
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, house.pids().length)), 20);
    onTestFinished(() => clearInterval(watch));
    const asked = Array.from({ length: 7 }, () => house.anthropic.messages.create(conversation(model), wanted));
    const answers = await Promise.all(asked);
    expect(answers.map(({ content }) => content[0])).toEqual(
      answers.map(() => expect.objectContaining({ text: said })),
    );
    expect(most).toBeGreaterThanOrEqual(3);
    // One that was told to end may still be at it.
    expect(most).toBeLessThanOrEqual(6);
    expect(house.pids().length).toBeLessThanOrEqual(4);
  });

  test.runIf(isLinux)('end with a companion that is killed, and the next start cleans up behind it', async () => {
    const [api, proxy] = await Promise.all([startAnthropicApi(), startDeadProxy()]);
    onTestFinished(async () => void (await Promise.all([api.close(), proxy.close()])));
    api.scenario = { faults: { frameDelayMs: 30 }, answer: () => 'word '.repeat(100) };
    const home = await homeWithSdk({ claude_code: { path: claudeCodeBinary(), warm: 1 } });
    const environment = { ...(await environmentOf(api, proxy)), CCPROXY_UPSTREAM_ANTHROPIC: api.url };
    const companion = await startCompanion({ home, environment, args: ['--no-auth'] });
    onTestFinished(() => companion.kill());
    const client = new Anthropic({ baseURL: companion.url, apiKey: 'none', authToken: null, maxRetries: 0 });
    const stream = client.messages.stream(conversation(model), wanted);
    const ended = stream.done().catch((error: unknown) => error);
    await new Promise((resolve) => stream.once('text', resolve));
    await expect.poll(() => childrenOf(companion.pid).length).toBe(2);
    const pids = childrenOf(companion.pid);
    const work = join(home, 'claude-code');
    expect(await readdir(work)).toHaveLength(2);
    await companion.kill();
    expect(await ended).toBeInstanceOf(Error);
    await expect.poll(() => pids.filter(isAlive), { timeout: 30_000 }).toEqual([]);
    await mkdir(join(work, 'run-left'), { recursive: true });
    const next = await startCompanion({ home, environment });
    onTestFinished(() => next.kill());
    await expect.poll(() => existsSync(work)).toBe(false);
    expect(await next.stop()).toBe(0);
  });
});

function conversation(name: string): Anthropic.MessageCreateParamsNonStreaming {
  return {
    model: name,
    max_tokens: 4000,
    system: 'Speak like a pirate.',
    messages: [
      { role: 'user', content: 'My name is Ada.' },
      { role: 'assistant', content: 'Ahoy, Ada.' },
      { role: 'user', content: 'And now?' },
    ],
  };
}

const conversationAsked = {
  model,
  system: 'Speak like a pirate.',
  tools: [],
  turns: ['user: My name is Ada.', 'assistant: Ahoy, Ada.', 'user: And now?'],
};

/** What the API was asked last, without what Claude Code says of itself, of time and of place. */
function askedOf({ api }: ClaudeCodeHouse): typeof conversationAsked {
  const { model: name, messages, system, tools } = (api.requests.at(-1)?.json ?? {}) as JsonObject;
  const turns = (messages as JsonObject[])
    .filter(({ role }) => role !== 'system')
    .map(({ role, content }) => {
      const blocks = typeof content === 'string' ? [{ text: content }] : (content as { readonly text: string }[]);
      const own = blocks.map(({ text }) => text).filter((text) => !text.startsWith('<system-reminder>'));
      return `${String(role)}: ${own.join(' | ')}`;
    });
  return { model: String(name), system: String((system as JsonObject[]).at(-1)?.['text']), tools: tools as [], turns };
}

/** From the client's request to the one that reaches the API. */
async function addedMs(house: ClaudeCodeHouse): Promise<number> {
  const startedAtMs = performance.timeOrigin + performance.now();
  await house.anthropic.messages.create(conversation(model), wanted);
  return Math.round((house.api.requests.at(-1)?.startedAtMs ?? 0) - startedAtMs);
}
