/** The Claude Agent SDK as its users write it: an agent with a tool of the user's own program. */
import { createSdkMcpServer, query, tool } from '@anthropic-ai/claude-agent-sdk';
import { z } from 'zod';
import { order, readAll, report } from './report.mjs';

const lookUp = tool('look_up', 'Looks up a note.', { title: z.string() }, async ({ title }) => ({
  content: [{ type: 'text', text: `The note ${title} says ${order.secret}.` }],
}));

await report({
  tools: async () => {
    const messages = await readAll(
      query({
        prompt: 'What does the note say?',
        options: {
          model: order.model,
          pathToClaudeCodeExecutable: order.claudeCode,
          env: process.env,
          mcpServers: { notes: createSdkMcpServer({ name: 'notes', version: '1.0.0', tools: [lookUp] }) },
          allowedTools: ['mcp__notes__look_up'],
          tools: [],
          settingSources: [],
          includePartialMessages: true,
        },
      }),
    );
    const events = messages.flatMap(({ type, event }) => (type === 'stream_event' ? [event.type] : []));
    const { subtype, result, num_turns: turns, usage } = messages.at(-1);
    return { subtype, result, turns, usage, streamed: events.filter((one) => one === 'content_block_delta').length };
  },
});
