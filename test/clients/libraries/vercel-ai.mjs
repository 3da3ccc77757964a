/** The Vercel AI SDK as its users write it: tools, streams and objects over each API that it speaks. */
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { generateObject, generateText, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';
import { order, readAll, report } from './report.mjs';

const anthropic = createAnthropic({ baseURL: `${order.url}/v1`, apiKey: order.key });
const openai = createOpenAI({ baseURL: `${order.url}/v1`, apiKey: order.key });
const model = { messages: anthropic, chat: openai.chat, responses: openai.responses }[order.api](order.model);
const common = { model, maxRetries: 0 };

const tools = {
  look_up: tool({
    description: 'Looks up a note.',
    inputSchema: z.object({ title: z.string() }),
    execute: async ({ title }) => `The note ${title} says ${order.secret}.`,
  }),
};
const prompt = 'What does the note say?';

await report({
  tools: async () => {
    const { text, steps, totalUsage } = await generateText({ ...common, prompt, tools, stopWhen: stepCountIs(3) });
    return {
      text,
      calls: steps.flatMap((step) => step.toolCalls.map(({ toolName, input }) => ({ toolName, input }))),
      totalUsage,
    };
  },
  streamedTools: async () => {
    const run = streamText({ ...common, system: 'Be brief.', prompt, tools, stopWhen: stepCountIs(3) });
    const parts = await readAll(run.fullStream);
    const errors = parts.filter(({ type }) => type === 'error').map(({ error }) => String(error));
    return { text: await run.text, finishReason: await run.finishReason, errors };
  },
  stream: async () => {
    const run = streamText({ ...common, prompt: 'Say hello.' });
    const pieces = await readAll(run.textStream);
    return { pieces: pieces.length, text: pieces.join(''), finishReason: await run.finishReason };
  },
  object: async () => {
    const schema = z.object({ name: z.string(), age: z.number() });
    const { object } = await generateObject({ ...common, prompt: 'Who is it?', schema });
    return object;
  },
});
