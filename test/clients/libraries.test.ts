/** Client libraries of others, used as their users use them, over every API that they speak and with either wire behind it. */
import { describe, expect, test } from 'vitest';
import { openApiHouse } from './support/api-house.ts';
import { haveParts } from './support/installed.ts';
import { runNodeProgram, runPythonProgram } from './support/library.ts';
import { greeting, person } from './support/player.ts';

const file = 'test/clients/libraries.test.ts';
const secret = 'marzipan';
const tool = { name: 'look_up', input: { title: 'shopping' } };
const told = 'It gave: The note shopping says marzipan.';
const models = ['claude-sonnet-4-5', 'gpt-5'] as const;
const pairs = (['messages', 'chat', 'responses'] as const).flatMap((api) => models.map((model) => ({ api, model })));

describe.runIf(haveParts(file, 'libraries'))('libraries for Node', () => {
  test.each(pairs)('the Vercel AI SDK over $api reaches $model', async ({ api, model }) => {
    const house = await openApiHouse({ tool });
    const { steps, wanted } = await runNodeProgram('vercel-ai', house, { api, model, secret });
    expect(steps).toEqual({
      tools: {
        text: told,
        calls: [{ toolName: 'look_up', input: { title: 'shopping' } }],
        totalUsage: expect.objectContaining({ inputTokens: expect.any(Number), outputTokens: expect.any(Number) }),
      },
      streamedTools: { text: told, finishReason: 'stop', errors: [] },
      stream: { pieces: expect.toSatisfy(isSeveral), text: greeting, finishReason: 'stop' },
      object: person,
    });
    expect(wanted).toEqual([]);
    expect(await house.findLeaks()).toEqual([]);
  });

  test.each(pairs)('LangChain over $api reaches $model', async ({ api, model }) => {
    const house = await openApiHouse({ tool });
    const { steps, wanted } = await runNodeProgram('langchain', house, { api, model, secret });
    expect(steps).toEqual({
      tools: {
        text: told,
        calls: [{ name: 'look_up', args: { title: 'shopping' } }],
        usage: expect.objectContaining({ input_tokens: expect.any(Number), output_tokens: expect.any(Number) }),
      },
      stream: { pieces: expect.toSatisfy(isSeveral), text: greeting },
      object: person,
    });
    expect(wanted).toEqual([]);
    expect(await house.findLeaks()).toEqual([]);
  });
});

describe.runIf(haveParts(file, 'libraries', 'programs'))('the Claude Agent SDK', () => {
  test.each(models)("calls a tool of the user's program, with %s", async (model) => {
    const house = await openApiHouse({ tool: { ...tool, name: 'mcp__notes__look_up' } });
    const { steps, wanted } = await runNodeProgram('agent-sdk', house, { model, secret });
    expect(steps['tools']).toMatchObject({ subtype: 'success', turns: 2, result: expect.stringContaining(told) });
    expect(house.exchanges).toHaveLength(2);
    expect(steps['tools']).toHaveProperty('streamed', expect.toSatisfy(isSeveral));
    expect(wanted).toEqual([]);
    expect(await house.findLeaks()).toEqual([]);
  });
});

describe.runIf(haveParts(file, 'python'))('libraries for Python', () => {
  test.each(models)('the anthropic package reaches %s', async (model) => {
    const house = await openApiHouse({ tool });
    const { steps, wanted } = await runPythonProgram('anthropic_sdk', house, { model, secret });
    expect(steps).toEqual({
      stream: { pieces: expect.toSatisfy(isSeveral), text: greeting, stop_reason: 'end_turn' },
      tools: { text: told },
      object: person,
    });
    expect(wanted).toEqual([]);
  });

  test.each(models)('the openai package reaches %s, over both of its APIs', async (model) => {
    const house = await openApiHouse({ tool });
    const { steps, wanted } = await runPythonProgram('openai_sdk', house, { model, secret });
    const stream = { pieces: expect.toSatisfy(isSeveral), text: greeting };
    expect(steps).toEqual({
      chat_stream: { ...stream, finish_reason: 'stop' },
      chat_tools: { text: told },
      chat_object: person,
      responses_stream: { ...stream, status: 'completed' },
      responses_tools: { text: told },
      responses_object: person,
    });
    expect(wanted).toEqual([]);
  });
});

function isSeveral(value: unknown): boolean {
  return Number(value) > 1;
}
