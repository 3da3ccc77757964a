/** Kiro behind the companion, asked by the real SDKs in all three dialects. */
import { APIError } from '@anthropic-ai/sdk';
import type Anthropic from '@anthropic-ai/sdk';
import { BadRequestError, RateLimitError } from 'openai';
import type { ResponseInputItem } from 'openai/resources/responses/responses';
import { describe, expect, it, test } from 'vitest';
import type { CheckedBody } from '../../support/providers/kiro/check.ts';
import { listed, named, openKiroHouse } from './house.ts';
import type { KiroHouse } from './house.ts';

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

async function signedIn(options?: Parameters<typeof openKiroHouse>[0]): Promise<KiroHouse> {
  const house = await openKiroHouse(options);
  await house.signIn();
  return house;
}

/** Calls a tool when it is asked, and tells its result when it has one. */
function looksAndTells({ conversationState }: CheckedBody) {
  const context = conversationState.currentMessage.userInputMessage.userInputMessageContext;
  const [result] = context?.toolResults ?? [];
  if (result !== undefined) return { text: `It is ${result.content[0]?.text} ☔` };
  return { text: 'I look.', calls: [{ id: 'tooluse_1', name: 'look', input: { wo: '北京' } }] };
}

const parameters = { type: 'object', properties: { wo: { type: 'string' } } } as const;

describe('an Anthropic client', () => {
  it('gets text, streamed and whole, by either name of the model', async () => {
    const house = await signedIn();
    house.kiro.scenario = { sliceBytes: 3 };
    const messages = [{ role: 'user', content: 'Sag 北京 🙂!' } as const];
    for (const model of [named, listed]) {
      const whole = await house.anthropic().messages.create({ model, max_tokens: 100, messages });
      expect(whole).toMatchObject({ stop_reason: 'end_turn', content: [{ type: 'text', text: 'Sag 北京 🙂!' }] });
      expect(whole.usage.output_tokens).toBeGreaterThan(0);
      const stream = house.anthropic().messages.stream({ model, max_tokens: 100, messages });
      expect((await stream.finalMessage()).content).toMatchObject([{ text: 'Sag 北京 🙂!' }]);
    }
    expect(house.lastMessage.modelId).toBe('claude-sonnet-4.5');
  });

  it('calls a tool and tells its result, with the system prompt and an image on the way', async () => {
    const house = await signedIn();
    house.kiro.scenario = { answer: looksAndTells, sliceBytes: 7 };
    const source = { type: 'base64', media_type: 'image/png', data: png } as const;
    const request = {
      model: named,
      max_tokens: 100,
      system: 'You look out of the window.',
      tools: [{ name: 'look', input_schema: parameters }],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Where?' },
            { type: 'image', source },
          ],
        },
      ],
    } satisfies Anthropic.MessageCreateParamsNonStreaming;
    const first = await house.anthropic().messages.stream(request).finalMessage();
    expect(first).toMatchObject({
      stop_reason: 'tool_use',
      content: [
        { type: 'text', text: 'I look.' },
        { type: 'tool_use', id: 'tooluse_1', name: 'look', input: { wo: '北京' } },
      ],
    });
    expect(house.lastMessage.images).toEqual([{ format: 'png', source: { bytes: png } }]);
    const second = await house.anthropic().messages.create({
      ...request,
      messages: [
        ...request.messages,
        { role: 'assistant', content: first.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'tooluse_1', content: 'raining' }] },
      ],
    });
    expect(second).toMatchObject({ stop_reason: 'end_turn', content: [{ text: 'It is raining ☔' }] });
  });
});

describe('an OpenAI client', () => {
  it('gets text and tool calls of Chat Completions, streamed and whole', async () => {
    const house = await signedIn();
    house.kiro.scenario = { answer: looksAndTells };
    const request = {
      model: named,
      messages: [{ role: 'user', content: 'Where?' } as const],
      tools: [{ type: 'function', function: { name: 'look', parameters } } as const],
    };
    const stream = house.openai().chat.completions.stream({ ...request, stream_options: { include_usage: true } });
    const first = (await stream.finalChatCompletion()).choices[0];
    expect(first).toMatchObject({ finish_reason: 'tool_calls', message: { content: 'I look.' } });
    const [call] = first?.message.tool_calls ?? [];
    expect(call).toMatchObject({ id: 'tooluse_1', function: { name: 'look', arguments: '{"wo":"北京"}' } });
    const second = await house.openai().chat.completions.create({
      ...request,
      messages: [
        ...request.messages,
        { role: 'assistant', content: 'I look.', tool_calls: call === undefined ? [] : [call as never] },
        { role: 'tool', tool_call_id: 'tooluse_1', content: 'raining' },
      ],
    });
    expect(second.choices[0]?.message.content).toBe('It is raining ☔');
    expect(second.usage?.completion_tokens).toBeGreaterThan(0);
  });

  it('gets the Responses API, with a tool and an image', async () => {
    const house = await signedIn();
    house.kiro.scenario = { answer: looksAndTells };
    const input: ResponseInputItem[] = [
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'Where?' },
          { type: 'input_image', image_url: `data:image/png;base64,${png}`, detail: 'auto' },
        ],
      },
    ];
    const tools = [{ type: 'function', name: 'look', parameters, strict: false } as const];
    const first = await house.openai().responses.create({ model: named, input, tools });
    const call = first.output.find((item) => item.type === 'function_call');
    expect(call).toMatchObject({ call_id: 'tooluse_1', arguments: '{"wo":"北京"}' });
    expect(house.lastMessage.images).toHaveLength(1);
    const second = await house.openai().responses.create({
      model: named,
      tools,
      input: [
        ...input,
        ...(call === undefined ? [] : [call]),
        { type: 'function_call_output', call_id: 'tooluse_1', output: 'raining' },
      ],
    });
    expect(second.output_text).toBe('It is raining ☔');
  });

  it('is told 400 with the field for an image by address, and nothing is asked', async () => {
    const house = await signedIn();
    const content = [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } } as const];
    const failure: unknown = await house
      .openai()
      .chat.completions.create({ model: named, messages: [{ role: 'user', content }] })
      .catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(BadRequestError);
    expect(String(failure)).toContain('Images given by address');
    expect(house.calls).toEqual([]);
  });
});

it('says in a header what was not carried over', async () => {
  const house = await signedIn();
  const { headers, status } = await house.say('x', { temperature: 0.5, metadata: { user_id: 'u' } });
  expect(status).toBe(200);
  expect(headers['x-companion-warnings']).toContain('temperature: has no counterpart');
  expect(headers['x-companion-warnings']).toContain('usage: estimated');
});

it('asks under its own name, opted out, with a number of its own for each request', async () => {
  const house = await signedIn();
  await house.say('one');
  await house.say('two');
  const asked = house.kiro.requests.filter(({ method }) => method === 'POST').map(({ headers }) => headers);
  expect(new Set(asked.map((headers) => headers['amz-sdk-invocation-id'])).size).toBe(2);
  expect(asked[0]).toMatchObject({
    'x-amzn-codewhisperer-optout': 'true',
    accept: 'application/vnd.amazon.eventstream',
  });
  expect(asked.map((headers) => headers['x-amzn-kiro-agent-mode'])).toEqual([undefined, undefined]);
  const names = [...house.aws.requests, ...house.kiro.requests].map(({ headers }) => headers['user-agent'] ?? '');
  expect(names.filter((name) => !/ccproxy/i.test(name) && !/^(?:Anthropic|OpenAI|node|undici)/.test(name))).toEqual([]);
});

describe('a stream', () => {
  test.each([
    [{ kind: 'reset', afterMessages: 2 }],
    [{ kind: 'fin', afterMessages: 2 }],
    [{ kind: 'half-message', afterMessages: 2 }],
    [{ kind: 'bad-crc', afterMessages: 2 }],
    [{ kind: 'close', afterMessages: 2 }],
  ] as const)('that breaks (%j) is an error after what came, and never a success', async (ending) => {
    const house = await signedIn();
    house.kiro.scenario = { ending };
    const stream = house.anthropic().messages.stream({
      model: named,
      max_tokens: 100,
      messages: [{ role: 'user', content: 'one two three four' }],
    });
    let text = '';
    stream.on('text', (piece) => void (text += piece));
    const failure: unknown = await stream.finalMessage().catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(APIError);
    expect(text).toBe('one two three '.slice(0, 14));
    const whole = await house.say('one two three four');
    expect([whole.status, whole.headers['x-companion-error']]).toEqual([502, 'STREAM_BROKEN']);
  });

  it('that turns into an exception is that error, in Kiro’s words', async () => {
    const house = await signedIn();
    const exception = { kind: 'exception', type: 'ThrottlingException', message: 'Slow down, please.' } as const;
    house.kiro.scenario = { ending: { ...exception, afterMessages: 0 } };
    const failure: unknown = await house
      .openai()
      .chat.completions.create({ model: named, messages: [{ role: 'user', content: 'x' }] })
      .catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(RateLimitError);
    expect(String(failure)).toContain('Slow down, please.');
  });

  it('ends at Kiro when the client leaves', async () => {
    const house = await signedIn();
    house.kiro.scenario = { answer: () => ({ text: 'word '.repeat(200_000) }) };
    const stream = house.anthropic().messages.stream({
      model: named,
      max_tokens: 100,
      messages: [{ role: 'user', content: 'x' }],
    });
    stream.once('text', () => stream.abort());
    await stream.done().catch(() => undefined);
    await expect.poll(() => house.kiro.abortions.length).toBe(1);
  });
});

describe('a plan that cannot serve', () => {
  const throttled = { status: 429, exception: 'ThrottlingException', message: 'Too many requests.' };
  const usedUp = { status: 402, message: 'You have reached the limit.', reason: 'MONTHLY_REQUEST_COUNT' };

  it('steps in for an API key that cannot serve, and is asked after it while it can', async () => {
    const house = await signedIn({ hasClaudeKey: true });
    expect((await house.say('hi', { model: listed })).status).toBe(200);
    expect(house.calls).toEqual([]);
    house.claude.scenario = { faults: { canned: { status: 429, headers: { 'retry-after': '60' } } } };
    const answer = await house.say('hi', { model: listed });
    expect([answer.status, house.calls]).toEqual([200, [200]]);
    expect((await house.explain(answer)).explanation.attempts).toMatchObject([
      { who: 'Anthropic key spare', status: 429 },
      { who: expect.stringContaining('Kiro login'), status: 200 },
    ]);
  });

  it('gives way to an API key where it is the one that cannot serve', async () => {
    const house = await signedIn({ hasClaudeKey: true, config: { models: { aliases: { mine: named } } } });
    house.kiro.scenario = { refuse: usedUp };
    const refused = await house.say('hi', { model: 'mine' });
    expect([refused.status, refused.headers['x-companion-error']]).toEqual([402, 'QUOTA_EXHAUSTED']);
    expect(refused.text).toContain('You have reached the limit.');
    expect((await house.say('hi', { model: listed })).status).toBe(200);
  });

  it('is 429 with retry-after, and is not asked again before', async () => {
    const house = await signedIn();
    house.kiro.scenario = { refuse: { ...throttled, headers: { 'retry-after': '60' } } };
    const first = await house.say('x');
    expect([first.status, first.text]).toEqual([429, expect.stringContaining('Too many requests.')]);
    const second = await house.say('x');
    expect([second.status, Number(second.headers['retry-after'])]).toEqual([429, expect.closeTo(60, -1)]);
    expect(house.calls).toEqual([429]);
  });

  it('without capacity for a moment is tried again', async () => {
    const house = await signedIn();
    const refuse = { status: 500, message: 'Busy.', reason: 'MODEL_TEMPORARILY_UNAVAILABLE' };
    house.kiro.scenario = { refuse, refuseTimes: 1 };
    const first = await house.say('x');
    expect(first.headers['x-companion-error'] ?? 'none').toBe('OVERLOADED');
    expect((await house.say('x')).status).toBe(200);
  });

  it('for a model that it does not know says where to put its id', async () => {
    const house = await signedIn();
    const refuse = {
      status: 400,
      exception: 'ValidationException',
      message: 'Invalid model.',
      reason: 'INVALID_MODEL_ID',
    };
    house.kiro.scenario = { refuse };
    const answer = await house.say('x', { model: 'kiro/claude-next' });
    expect([answer.status, answer.text]).toEqual([404, expect.stringContaining('kiro.models')]);
  });
});

it('lists the models of the settings, under the name of the provider too', async () => {
  const house = await signedIn({ config: { kiro: { models: { 'my-claude': 'claude-next-1' } } } });
  const { data } = await house.openai().models.list();
  expect(data.map(({ id }) => id)).toContain('my-claude');
  await house.say('x', { model: 'my-claude' });
  expect(house.lastMessage.modelId).toBe('claude-next-1');
});
