/** Clients of one family against providers of the other, with the official SDKs at both ends of the wire. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { MessageParam, Tool } from '@anthropic-ai/sdk/resources/messages';
import type { ChatCompletionMessageParam, ChatCompletionTool } from 'openai/resources/chat/completions';
import type { ResponseInputItem } from 'openai/resources/responses/responses';
import { describe, expect, test } from 'vitest';
import type { Flavour } from '../../support/providers/openai/flavour.ts';
import type { AnswerPlan as ClaudePlan } from '../../support/providers/anthropic/plan.ts';
import type { AnswerPlan as GptPlan } from '../../support/providers/openai/plan.ts';
import { claude, openApiHouse, say } from './house.ts';

const flavourModels = {
  openai: 'gpt-5',
  gemini: 'gemini-3-pro-preview',
  mistral: 'mistral-large-latest',
  groq: 'groq/openai/gpt-oss-120b',
  deepseek: 'deepseek-v4-pro',
  local: 'llama3.2:latest',
} as const satisfies Record<Flavour, string>;
const flavours = Object.entries(flavourModels) as [Flavour, string][];

const weatherSchema = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] };
const weather: Tool = { name: 'get_weather', description: 'The weather.', input_schema: weatherSchema };
const chatWeather: ChatCompletionTool = {
  type: 'function',
  function: { name: 'get_weather', description: 'The weather.', parameters: weatherSchema },
};
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

function openFlavour(flavour: Flavour) {
  return openApiHouse({ anthropic: [], openai: { [flavour]: ['only'] } });
}

describe.each(flavours)('the Anthropic SDK against %s', (flavour, model) => {
  test('gets text, whole and streamed, with the tokens that were counted', async () => {
    const house = await openFlavour(flavour);
    const client = house.anthropic();
    const body = { ...say('hello ✓'), model, system: 'Be kind.' };
    const message = await client.messages.create(body);
    expect(message).toMatchObject({
      type: 'message',
      content: [{ type: 'text', text: 'You said: hello ✓' }],
      stop_reason: 'end_turn',
    });
    const streamed = await client.messages.stream(body).finalMessage();
    expect(streamed.content).toEqual(message.content);
    expect(streamed.usage.output_tokens).toBe(message.usage.output_tokens);
    expect(streamed.usage.input_tokens + (streamed.usage.cache_read_input_tokens ?? 0)).toBe(
      message.usage.input_tokens,
    );
    expect(message.usage.input_tokens).toBeGreaterThan(0);
  });

  test('runs parallel tools and comes back with their results, streamed and whole', async () => {
    const house = await openFlavour(flavour);
    house.openaiApi(flavour).scenario = {
      answer: ({ toolResults }): GptPlan | string =>
        toolResults.length === 0
          ? {
              parts: [
                ...(flavour === 'deepseek' ? [{ kind: 'reasoning' as const, text: 'Two cities.' }] : []),
                { kind: 'tool-call', name: 'get_weather', arguments: { city: 'Oslo' } },
                { kind: 'tool-call', name: 'get_weather', arguments: { city: 'Ålesund' } },
              ],
            }
          : `Results: ${toolResults.map(({ content }) => JSON.stringify(content)).join()}`,
    };
    const client = house.anthropic();
    const messages: MessageParam[] = [{ role: 'user', content: 'Weather in both?' }];
    const body = { model, max_tokens: 2000, tools: [weather] };
    for (const turn of [
      () => client.messages.stream({ ...body, messages }).finalMessage(),
      () => client.messages.create({ ...body, messages }),
    ]) {
      const asked = await turn();
      expect(asked.stop_reason).toBe('tool_use');
      const calls = asked.content.filter((block) => block.type === 'tool_use');
      expect(calls.map(({ input }) => input)).toEqual([{ city: 'Oslo' }, { city: 'Ålesund' }]);
      const results = calls.map(({ id }, index) => ({
        type: 'tool_result' as const,
        tool_use_id: id,
        content: `${index} degrees`,
      }));
      const next: MessageParam[] = [
        ...messages,
        { role: 'assistant', content: asked.content },
        { role: 'user', content: results },
      ];
      const told = await client.messages.create({ ...body, messages: next });
      expect(told.content.at(-1)).toMatchObject({ type: 'text', text: expect.stringMatching(/0 degrees.*1 degrees/) });
    }
  });

  test('is told of a refusal as Anthropic would tell it', async () => {
    const house = await openFlavour(flavour);
    house.openaiApi(flavour).scenario = { faults: { canned: { status: 400, message: 'This cannot be.' } } };
    const call = house.anthropic().messages.create({ ...say('x'), model });
    await expect(call).rejects.toMatchObject({
      status: 400,
      error: {
        type: 'error',
        error: { type: 'invalid_request_error', message: expect.stringContaining('This cannot be.') },
      },
    });
  });

  test('gets an answer that has the shape it asked for', async () => {
    const house = await openFlavour(flavour);
    house.openaiApi(flavour).scenario = { answer: () => '{"city":"Oslo"}' };
    const schema = { ...weatherSchema, additionalProperties: false };
    const message = await house.anthropic().messages.create({
      ...say('as JSON'),
      model,
      output_config: { format: { type: 'json_schema', schema } },
    });
    expect(message.content).toMatchObject([{ type: 'text', text: '{"city":"Oslo"}' }]);
    expect(house.openaiApi(flavour).requests.at(-1)?.body.toString()).toMatch(/\\?"required\\?":\[\\?"city\\?"\]/);
  });
});

test.each(flavours.filter(([flavour]) => flavour !== 'deepseek'))(
  '%s gets the images of an Anthropic client',
  async (flavour, model) => {
    const house = await openFlavour(flavour);
    const content = [
      { type: 'image' as const, source: { type: 'base64' as const, media_type: 'image/png' as const, data: pixel } },
      { type: 'text' as const, text: 'What is it?' },
    ];
    const message = await house
      .anthropic()
      .messages.create({ model, max_tokens: 100, messages: [{ role: 'user', content }] });
    expect(message.content).toMatchObject([{ type: 'text', text: expect.stringContaining('What is it?') }]);
    expect(house.openaiApi(flavour).requests.at(-1)?.body.toString()).toContain(`data:image/png;base64,${pixel}`);
  },
);

describe('the OpenAI SDK against Anthropic', () => {
  const thinkThenCall: ClaudePlan = {
    parts: [
      { kind: 'thinking', thinking: 'I should look at the sky.' },
      { kind: 'tool-use', name: 'get_weather', input: { city: 'Oslo' } },
      { kind: 'tool-use', name: 'get_weather', input: { city: 'Bergen' } },
    ],
  };

  test.each([false, true])(
    'Chat keeps thinking and its signature through a tool loop, streamed: %s',
    async (isStream) => {
      const house = await openApiHouse();
      house.anthropicApi.scenario = {
        answer: ({ toolResults }) =>
          toolResults.length === 0
            ? thinkThenCall
            : `Cold: ${JSON.stringify(toolResults.map(({ content }) => content))}`,
      };
      const client = house.openai();
      const body = { model: claude, tools: [chatWeather], reasoning_effort: 'high' as const };
      const messages: ChatCompletionMessageParam[] = [{ role: 'user', content: 'Weather?' }];
      const first = isStream
        ? (await client.chat.completions.stream({ ...body, messages }).finalChatCompletion()).choices[0]
        : (await client.chat.completions.create({ ...body, messages })).choices[0];
      expect(first?.finish_reason).toBe('tool_calls');
      const calls = first?.message.tool_calls ?? [];
      expect(calls.map((call) => call.type === 'function' && call.function.arguments)).toEqual([
        '{"city":"Oslo"}',
        '{"city":"Bergen"}',
      ]);
      expect(JSON.stringify(first?.message.content)).not.toContain('sky');
      const results = calls.map(({ id }, index) => ({
        role: 'tool' as const,
        tool_call_id: id,
        content: `${index} C`,
      }));
      const assistant = { role: 'assistant' as const, content: first?.message.content ?? null, tool_calls: calls };
      const second = await client.chat.completions.create({ ...body, messages: [...messages, assistant, ...results] });
      expect(second.choices[0]?.message.content).toMatch(/Cold:.*0 C.*1 C/);
      // The stand-in refuses a turn of results whose thinking is missing, or signed by nobody.
      const sent = house.anthropicApi.requests[1]?.json as { messages: { content: object[] }[]; thinking: object };
      expect(sent.thinking).toBeDefined();
      expect(sent.messages[1]?.content[0]).toMatchObject({
        type: 'thinking',
        thinking: 'I should look at the sky.',
        signature: expect.any(String),
      });
    },
  );

  test('Responses keeps thinking through a tool loop', async () => {
    const house = await openApiHouse();
    house.anthropicApi.scenario = {
      answer: ({ toolResults }) => (toolResults.length === 0 ? thinkThenCall : 'It is cold.'),
    };
    const { responses } = house.openai();
    const body = {
      model: claude,
      store: false,
      reasoning: { effort: 'high' as const },
      include: ['reasoning.encrypted_content' as const],
      tools: [{ type: 'function' as const, name: 'get_weather', parameters: weatherSchema, strict: false }],
    };
    const input: ResponseInputItem[] = [{ role: 'user', content: 'Weather?' }];
    const first = await responses.stream({ ...body, input }).finalResponse();
    const calls = first.output.filter((item) => item.type === 'function_call');
    expect(calls).toHaveLength(2);
    const outputs = calls.map(({ call_id: id }) => ({
      type: 'function_call_output' as const,
      call_id: id,
      output: '-3',
    }));
    const second = await responses.create({
      ...body,
      input: [...input, ...(first.output as ResponseInputItem[]), ...outputs],
    });
    expect(second.output_text).toBe('It is cold.');
    const sent = house.anthropicApi.requests[1]?.json as { messages: { content: object[] }[] };
    expect(sent.messages[1]?.content[0]).toMatchObject({ type: 'thinking', signature: expect.any(String) });
  });

  test('gets streams with usage when it asks, and [DONE] at their end', async () => {
    const house = await openApiHouse();
    const chunks = [];
    const stream = await house.openai().chat.completions.create({
      model: claude,
      messages: [{ role: 'user', content: 'count' }],
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('You said: count');
    expect(chunks.at(-1)?.usage?.total_tokens).toBeGreaterThan(2);
    const raw = await house.ask({ path: '/v1/chat/completions', body: say('end', { stream: true }) });
    expect(raw.text).toMatch(/data: \[DONE\]\n\n$/);
    expect(raw.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'x-request-id': expect.any(String),
    });
  });

  test('parses structured outputs on both surfaces', async () => {
    const house = await openApiHouse();
    house.anthropicApi.scenario = { answer: () => '{"city":"Oslo"}' };
    const schema = { ...weatherSchema, additionalProperties: false };
    const chat = await house.openai().chat.completions.parse({
      model: claude,
      messages: [{ role: 'user', content: 'as JSON' }],
      response_format: { type: 'json_schema', json_schema: { name: 'city', strict: true, schema } },
    });
    expect(chat.choices[0]?.message.parsed).toEqual({ city: 'Oslo' });
    const response = await house.openai().responses.create({
      model: claude,
      input: 'as JSON',
      text: { format: { type: 'json_schema', name: 'city', strict: true, schema } },
    });
    expect(JSON.parse(response.output_text)).toEqual({ city: 'Oslo' });
  });

  test('sends images and documents', async () => {
    const house = await openApiHouse();
    const url = `data:image/png;base64,${pixel}`;
    await house.openai().chat.completions.create({
      model: claude,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url } },
            { type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${btoa('%PDF-1.4')}` } },
            { type: 'text', text: 'look' },
          ],
        },
      ],
    });
    await house.openai().responses.create({
      model: claude,
      input: [{ role: 'user', content: [{ type: 'input_image', image_url: url, detail: 'auto' }] }],
    });
    const [chat, responses] = house.anthropicApi.requests.map(({ body }) => body.toString());
    expect(chat).toContain(`"media_type":"image/png","data":"${pixel}"`);
    expect(chat).toContain('"type":"document"');
    expect(responses).toContain(pixel);
  });

  test('learns that the model refused', async () => {
    const house = await openApiHouse();
    house.anthropicApi.scenario = { answer: () => ({ parts: [{ kind: 'text', text: 'No.' }], stopReason: 'refusal' }) };
    const client = house.openai();
    const chat = await client.chat.completions.create({ model: claude, messages: [{ role: 'user', content: 'x' }] });
    expect(chat.choices[0]?.finish_reason).toBe('content_filter');
    const response = await client.responses.create({ model: claude, input: 'x' });
    expect([response.status, response.incomplete_details?.reason]).toEqual(['incomplete', 'content_filter']);
  });

  test('is stopped in the middle of a stream by the error that Anthropic tells', async () => {
    const house = await openApiHouse();
    house.anthropicApi.scenario = { faults: { ending: { kind: 'error', afterFrames: 5 } } };
    const client = house.openai();
    const stream = await client.chat.completions.create({
      ...say('long enough to be cut', { stream: true as const }),
      stream: true,
    });
    const read = async () => {
      for await (const _ of stream) await sleep(0);
    };
    await expect(read()).rejects.toMatchObject({ error: { type: 'overloaded_error' } });
    const raw = await house.ask({ path: '/v1/chat/completions', body: say('long enough to be cut', { stream: true }) });
    expect(raw.text).not.toContain('[DONE]');
  });
});

test('what cannot be carried over is told in a header, and kept in the ledger', async () => {
  const house = await openApiHouse({ openai: { openai: ['work'] } });
  const answer = await house.askClaude({ ...say('hi'), model: 'gpt-4.1', top_k: 5 });
  expect(answer.status).toBe(200);
  expect(answer.headers['x-companion-warnings']).toContain('top_k');
  expect(answer.headers['x-companion-route']).toMatch(
    /^api; provider=openai; key=openai-\w+; model=gpt-4.1; translated$/,
  );
  const row = await house.explain(answer.headers['x-companion-exchange']);
  expect(row.warnings).toEqual([expect.stringContaining('top_k')]);
});

test('a message thread is refused in the words that make the SDK send everything', async () => {
  const house = await openApiHouse({ anthropic: [], openai: { openai: ['work'] } });
  const answer = await house.askClaude({ ...say('hi'), model: 'gpt-5', thread: { type: 'create' } });
  expect(answer.status).toBe(400);
  expect(answer.json).toEqual({
    type: 'error',
    error: {
      type: 'invalid_request_error',
      message: expect.any(String),
      details: { error_code: 'thread_unsupported_request', unsupported: ['thread'] },
    },
    request_id: null,
  });
  expect(house.openaiApi().requests).toEqual([]);
});

test('a model that nobody has is a 404 that names some', async () => {
  const house = await openApiHouse({ openai: { openai: ['work'] } });
  const messages = [{ role: 'user' as const, content: 'x' }];
  const chat = house.openai().chat.completions.create({ model: 'gpt-9-turbo-ultra', messages });
  await expect(chat).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  const message = house.anthropic().messages.create({ ...say('x'), model: 'claude-99' });
  await expect(message).rejects.toMatchObject({ status: 404, error: { error: { type: 'not_found_error' } } });
});

test('tokens are estimated where nobody counts them', async () => {
  const house = await openApiHouse({ anthropic: [], openai: { openai: ['work'] } });
  const { max_tokens: _, ...body } = { ...say('How many tokens is this?'), model: 'gpt-5' };
  const counted = await house.anthropic().messages.countTokens(body).withResponse();
  expect(counted.data.input_tokens).toBeGreaterThan(3);
  expect(counted.response.headers.get('x-companion-warnings')).toContain('estimated');
});
