/**
 * What Codex 0.169 sends, by the model that it takes itself to talk to: its texts are shortened and its ids are made up,
 * everything else is as it came.
 */
import { ADAPTIVE_MODEL } from '../openai-chat/support.ts';

type Body = Readonly<Record<string, unknown>>;

const SESSION = '01a2aaaa-0000-7000-8000-000000000001';

const execCommand = {
  type: 'function',
  name: 'exec_command',
  description: 'Runs a command in a PTY.',
  strict: false,
  parameters: {
    type: 'object',
    properties: { cmd: { type: 'string', description: 'Shell command to execute.' }, tty: { type: 'boolean' } },
    required: ['cmd'],
    additionalProperties: false,
  },
};
export const applyPatch = {
  type: 'custom',
  name: 'apply_patch',
  description: 'Edits files. This is a FREEFORM tool, so do not wrap the patch in JSON.',
  format: { type: 'grammar', syntax: 'lark', definition: 'start: begin_patch hunk+ end_patch\n' },
};
const spawnAgent = {
  type: 'function',
  name: 'spawn_agent',
  description: 'Spawns a sub-agent.',
  strict: false,
  parameters: {
    type: 'object',
    properties: { message: { type: 'string', description: 'Initial task.', encrypted: true } },
    required: ['message'],
    additionalProperties: false,
  },
};
const webSearch = { type: 'web_search', external_web_access: false, search_content_types: ['text', 'image'] };
const toolSearch = {
  type: 'tool_search',
  execution: 'client',
  description: '# Tool discovery\n\nSearches over deferred tool metadata.',
  parameters: {
    type: 'object',
    properties: { limit: { type: 'number' }, query: { type: 'string' } },
    required: ['query'],
    additionalProperties: false,
  },
};
export const multiAgent = {
  type: 'namespace',
  name: 'multi_agent_v1',
  description: 'Tools for spawning and managing sub-agents.',
  tools: [spawnAgent],
};
const exec = {
  type: 'custom',
  name: 'exec',
  description: 'Run JavaScript code to orchestrate tool calls.',
  format: { type: 'grammar', syntax: 'lark', definition: '\nstart: pragma_source | plain_source\n' },
};
const wait = {
  type: 'function',
  name: 'wait',
  description: 'Waits on a yielded `exec` cell.',
  strict: false,
  parameters: { type: 'object', properties: { cell_id: { type: 'string' } }, required: ['cell_id'] },
};
const additionalTools = {
  type: 'additional_tools',
  id: 'at_01a2aaaa-0000-7000-8000-000000000002',
  role: 'developer',
  tools: [
    { type: 'namespace', name: 'functions', description: '', tools: [exec, wait] },
    { type: 'namespace', name: 'collaboration', description: 'Sub-agents.', tools: [spawnAgent] },
  ],
};

function message(role: string, id: string, ...texts: readonly string[]): Body {
  const content = texts.map((text) => ({ type: 'input_text', text }));
  return { type: 'message', id: `msg_01a2aaaa-0000-7000-8000-0000000000${id}`, role, content };
}

const conversation = [
  message('developer', '10', 'You are Codex.'),
  message('developer', '11', '<skills_instructions>', '<permissions instructions>'),
  message('user', '12', '<environment_context>'),
  message('user', '13', 'make the file made.txt'),
];
const envelope = {
  model: ADAPTIVE_MODEL,
  stream: true,
  tool_choice: 'auto',
  parallel_tool_calls: true,
  reasoning: { effort: 'medium' },
  store: false,
  include: ['reasoning.encrypted_content'],
  prompt_cache_key: SESSION,
  client_metadata: { session_id: SESSION, 'x-codex-window-id': `${SESSION}:0`, 'x-codex-turn-metadata': '{}' },
};

/** To a model that it does not know, such as any Claude. */
export function toUnknownModel(...more: readonly Body[]): Body {
  return { ...envelope, input: [...conversation, ...more], tools: [execCommand, multiAgent, webSearch] };
}

/** To gpt-5.5. */
export function toGpt55(...more: readonly Body[]): Body {
  const tools = [execCommand, applyPatch, toolSearch, webSearch];
  return { ...envelope, input: [...conversation, ...more], tools, text: { verbosity: 'low' } };
}

/** To gpt-6 and its like. */
export function toGpt6(...more: readonly Body[]): Body {
  return {
    ...envelope,
    input: [additionalTools, ...conversation, ...more],
    parallel_tool_calls: false,
    reasoning: { effort: 'medium', context: 'all_turns' },
    text: { verbosity: 'low' },
  };
}

/** How it answers a call: with an id of its own, and text or parts. */
export function output(kind: 'function' | 'custom', callId: string, given: unknown): Body {
  const prefix = kind === 'custom' ? 'ctco' : 'fco';
  const type = kind === 'custom' ? 'custom_tool_call_output' : 'function_call_output';
  return { type, id: `${prefix}_01a2aaaa-0000-7000-8000-000000000020`, call_id: callId, output: given };
}

export function foundTools(callId: string, ...tools: readonly Body[]): Body {
  const fields = { id: 'tso_01a2aaaa-0000-7000-8000-000000000021', call_id: callId, status: 'completed' };
  return { type: 'tool_search_output', ...fields, execution: 'client', tools };
}

/** The task that a sub-agent begins with: the caller's words stand where OpenAI would have encrypted them. */
export function agentTask(words: string): Body {
  return {
    type: 'agent_message',
    id: 'amsg_01a2aaaa-0000-7000-8000-000000000022',
    author: '/root',
    recipient: '/root/hi_task',
    content: [
      { type: 'input_text', text: 'Message Type: NEW_TASK\nPayload:\n' },
      { type: 'encrypted_content', encrypted_content: words },
    ],
  };
}
