/** LangChain as its users write it: tools, streams and structured output over each API that it speaks. */
import { ChatAnthropic } from '@langchain/anthropic';
import { HumanMessage, SystemMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { z } from 'zod';
import { order, readAll, report } from './report.mjs';

const common = { model: order.model, apiKey: order.key, maxRetries: 0 };
const configuration = { baseURL: `${order.url}/v1` };
const model = {
  messages: () => new ChatAnthropic({ ...common, anthropicApiUrl: order.url }),
  chat: () => new ChatOpenAI({ ...common, configuration, useResponsesApi: false }),
  responses: () => new ChatOpenAI({ ...common, configuration, useResponsesApi: true }),
}[order.api]();

const lookUp = tool(async ({ title }) => `The note ${title} says ${order.secret}.`, {
  name: 'look_up',
  description: 'Looks up a note.',
  schema: z.object({ title: z.string() }),
});

await report({
  tools: async () => {
    const withTools = model.bindTools([lookUp]);
    const messages = [new SystemMessage('Be brief.'), new HumanMessage('What does the note say?')];
    const first = await withTools.invoke(messages);
    messages.push(first);
    for (const call of first.tool_calls) messages.push(await lookUp.invoke(call));
    const last = await withTools.invoke(messages);
    const calls = first.tool_calls.map(({ name, args }) => ({ name, args }));
    return { text: last.text, calls, usage: last.usage_metadata };
  },
  stream: async () => {
    const pieces = await readAll(await model.stream('Say hello.'));
    return { pieces: pieces.length, text: pieces.map(({ text }) => text).join('') };
  },
  object: async () => {
    const schema = z.object({ name: z.string(), age: z.number() });
    return model.withStructuredOutput(schema).invoke('Who is it?');
  },
});
