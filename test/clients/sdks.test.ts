/** The official SDKs, used as their users use them: stream helpers, tool runners, structured output, aborting. */
import Anthropic, { APIUserAbortError as AnthropicAbort } from '@anthropic-ai/sdk';
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import OpenAI, { APIUserAbortError as OpenAiAbort } from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openApiHouse } from './support/api-house.ts';
import type { ApiHouse } from './support/api-house.ts';
import { greeting, person } from './support/player.ts';

const models = ['claude-sonnet-4-5', 'gpt-5'] as const;
const tool = { name: 'look_up', input: { title: 'shopping' } };
const told = 'It gave: The note shopping says marzipan.';
const personSchema = z.object({ name: z.string(), age: z.number() });
const question = [{ role: 'user', content: 'What does the note say?' }] as const;

describe.each(models)('@anthropic-ai/sdk with %s', (model) => {
  const ask = { model, max_tokens: 1024, messages: [...question] };

  test('its stream helper gives pieces, and the whole message at the end', async () => {
    const stream = clientOf(await openApiHouse()).messages.stream(ask);
    const pieces: string[] = [];
    stream.on('text', (text) => pieces.push(text));
    const message = await stream.finalMessage();
    expect(message).toMatchObject({ content: [{ type: 'text', text: greeting }], stop_reason: 'end_turn' });
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join('')).toBe(greeting);
  });

  test.each([false, true])('its tool runner runs the tool and gets the last answer (stream: %s)', async (isStream) => {
    const house = await openApiHouse({ tool });
    const tools = [
      betaZodTool({
        name: 'look_up',
        description: 'Looks up a note.',
        inputSchema: z.object({ title: z.string() }),
        run: async ({ title }) => `The note ${title} says marzipan.`,
      }),
    ];
    const runner = clientOf(house).beta.messages.toolRunner({ ...ask, tools, stream: isStream });
    const message = await runner.runUntilDone();
    expect(message.content.at(-1)).toMatchObject({ type: 'text', text: told });
    expect(await house.findLeaks()).toEqual([]);
  });

  test('its parse helper gives an object of the schema', async () => {
    const output_config = { format: zodOutputFormat(personSchema) };
    const message = await clientOf(await openApiHouse()).messages.parse({ ...ask, output_config });
    expect(message.parsed_output).toEqual(person);
  });

  test('aborted, it leaves, and so does the companion', async () => {
    const house = await openApiHouse();
    stallAfterFirstFrames(house);
    const stream = clientOf(house).messages.stream(ask);
    stream.on('streamEvent', () => stream.abort());
    await expect(stream.done()).rejects.toThrow(AnthropicAbort);
    await expect.poll(() => abortionsOf(house)).toBe(1);
  });

  function clientOf({ url, key }: ApiHouse): Anthropic {
    return new Anthropic({ baseURL: url, apiKey: key, authToken: null, maxRetries: 0 });
  }
});

describe.each(models)('openai with %s', (model) => {
  test('its chat stream helper gives pieces, and the whole completion at the end', async () => {
    const stream = clientOf(await openApiHouse()).chat.completions.stream({ model, messages: [...question] });
    const pieces: string[] = [];
    stream.on('content', (piece) => pieces.push(piece));
    const completion = await stream.finalChatCompletion();
    expect(completion.choices[0]).toMatchObject({ message: { content: greeting }, finish_reason: 'stop' });
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join('')).toBe(greeting);
  });

  test.each([false, true])('its tool runner runs the tool and gets the last answer (stream: %s)', async (isStream) => {
    const house = await openApiHouse({ tool });
    const tools = [
      {
        type: 'function' as const,
        function: {
          name: 'look_up',
          description: 'Looks up a note.',
          parameters: { type: 'object', properties: { title: { type: 'string' } } },
          parse: (text: string): { title: string } => JSON.parse(text),
          function: ({ title }: { title: string }) => `The note ${title} says marzipan.`,
        },
      },
    ];
    const { completions } = clientOf(house).chat;
    const runner = isStream
      ? completions.runTools({ model, messages: [...question], tools, stream: true })
      : completions.runTools({ model, messages: [...question], tools });
    expect(await runner.finalContent()).toBe(told);
    expect(await house.findLeaks()).toEqual([]);
  });

  test('its parse helpers give an object of the schema', async () => {
    const client = clientOf(await openApiHouse());
    const response_format = zodResponseFormat(personSchema, 'person');
    const completion = await client.chat.completions.parse({ model, messages: [...question], response_format });
    expect(completion.choices[0]?.message.parsed).toEqual(person);
    const text = { format: zodTextFormat(personSchema, 'person') };
    const response = await client.responses.parse({ model, input: 'Who is it?', text });
    expect(response.output_parsed).toEqual(person);
  });

  test('its Responses stream helper gives pieces, and the whole response at the end', async () => {
    const stream = clientOf(await openApiHouse()).responses.stream({ model, input: 'Say hello.' });
    const pieces: string[] = [];
    stream.on('response.output_text.delta', ({ delta }) => pieces.push(delta));
    const response = await stream.finalResponse();
    expect(response).toMatchObject({ status: 'completed', output_text: greeting });
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join('')).toBe(greeting);
  });

  test('a Responses function call is answered with its output', async () => {
    const client = clientOf(await openApiHouse({ tool }));
    const parameters = {
      type: 'object',
      properties: { title: { type: 'string' } },
      required: ['title'],
      additionalProperties: false,
    };
    const tools = [{ type: 'function' as const, name: 'look_up', parameters, strict: true }];
    const input: OpenAI.Responses.ResponseInput = [...question];
    const first = await client.responses.create({ model, input, tools, store: false });
    const call = first.output.find((item) => item.type === 'function_call');
    if (call === undefined) throw new Error('no function was called');
    expect(call).toMatchObject({ name: 'look_up', arguments: JSON.stringify(tool.input) });
    const output = 'The note shopping says marzipan.';
    input.push(call, { type: 'function_call_output', call_id: call.call_id, output });
    expect(await client.responses.create({ model, input, tools, store: false })).toMatchObject({ output_text: told });
  });

  test('aborted, it leaves, and so does the companion', async () => {
    const house = await openApiHouse();
    stallAfterFirstFrames(house);
    const stream = clientOf(house).chat.completions.stream({ model, messages: [...question] });
    stream.on('chunk', () => stream.abort());
    await expect(stream.done()).rejects.toThrow(OpenAiAbort);
    await expect.poll(() => abortionsOf(house)).toBe(1);
  });

  function clientOf({ url, key }: ApiHouse): OpenAI {
    return new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
  }
});

/** The answer begins and then stands still, so that only leaving ends it. */
function stallAfterFirstFrames(house: ApiHouse): void {
  const faults = { ending: { kind: 'stall', afterFrames: 4 } } as const;
  house.anthropic.scenario = { ...house.anthropic.scenario, faults };
  house.openai.scenario = { ...house.openai.scenario, faults };
}

function abortionsOf(house: ApiHouse): number {
  return house.anthropic.abortions.length + house.openai.abortions.length;
}
