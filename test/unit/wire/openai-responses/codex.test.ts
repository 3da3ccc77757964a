/** What Codex sends and what it takes back, for each generation of its tools. */
import { describe, expect, it } from 'vitest';
import type { HubMessage } from '../../../../companion/wire/hub/event.ts';
import { eventsOfMessage } from '../../../../companion/wire/hub/expand.ts';
import { block, hubMessage, start, stop } from '../openai-chat/support.ts';
import {
  agentTask,
  applyPatch,
  foundTools,
  multiAgent,
  output,
  toGpt55,
  toGpt6,
  toUnknownModel,
} from './codex-requests.ts';
import { decode, encodeWhole, finalResponse, stream, warnedFields } from './support.ts';

type Body = Readonly<Record<string, unknown>>;
type Block = HubMessage['content'][number];
type ToolUse = Extract<Block, { type: 'tool_use' }>;

const thought: Block = { type: 'thinking', thinking: 'hm', signature: 'SIG' };

function toolUse(id: string, name: string, input: object): ToolUse {
  return { type: 'tool_use', id, name, input, caller: { type: 'direct' } };
}

const generations = [
  ['an unknown model', toUnknownModel, ['exec_command', 'multi_agent_v1__spawn_agent'], ['tools[].web_search']],
  ['gpt-5.5', toGpt55, ['exec_command', 'apply_patch', 'tool_search'], ['tools[].web_search']],
  ['gpt-6', toGpt6, ['functions__exec', 'functions__wait', 'collaboration__spawn_agent'], []],
] as const;

/** Each generation's calls: what the model writes, and the item that Codex runs. */
const calls = [
  [
    'a function',
    toUnknownModel,
    toolUse('toolu_1', 'exec_command', { cmd: 'cat note.txt' }),
    { type: 'function_call', name: 'exec_command', arguments: '{"cmd":"cat note.txt"}' },
    output('function', 'toolu_1', 'The secret word is marzipan.'),
  ],
  [
    'a function of a namespace',
    toUnknownModel,
    toolUse('toolu_1', 'multi_agent_v1__spawn_agent', { message: 'Say hi.' }),
    { type: 'function_call', name: 'spawn_agent', namespace: 'multi_agent_v1', arguments: '{"message":"Say hi."}' },
    output('function', 'toolu_1', '{"agent_id":"a"}'),
  ],
  [
    'a freeform tool',
    toGpt55,
    toolUse('toolu_1', 'apply_patch', { input: '*** Begin Patch\n*** End Patch' }),
    { type: 'custom_tool_call', name: 'apply_patch', input: '*** Begin Patch\n*** End Patch' },
    output('custom', 'toolu_1', 'Exit code: 0'),
  ],
  [
    'a search for tools',
    toGpt55,
    toolUse('toolu_1', 'tool_search', { query: 'spawn', limit: 2 }),
    { type: 'tool_search_call', execution: 'client', arguments: { query: 'spawn', limit: 2 } },
    foundTools('toolu_1', multiAgent),
  ],
  [
    'a freeform tool of a namespace in the input',
    toGpt6,
    toolUse('toolu_1', 'functions__exec', { input: 'text("a")' }),
    { type: 'custom_tool_call', name: 'exec', namespace: 'functions', input: 'text("a")' },
    output('custom', 'toolu_1', [{ type: 'input_text', text: 'a' }]),
  ],
  [
    'a function of a namespace in the input',
    toGpt6,
    toolUse('toolu_1', 'collaboration__spawn_agent', { message: 'Say hi.' }),
    { type: 'function_call', name: 'spawn_agent', namespace: 'collaboration', arguments: '{"message":"Say hi."}' },
    output('function', 'toolu_1', '{"task_name":"/root/hi_task"}'),
  ],
] as const;

const toolNames = (body: Body): readonly string[] => {
  return decode(body).hub.tools?.map((tool) => ('name' in tool ? tool.name : '')) ?? [];
};

function thoughtful(call: ToolUse): HubMessage {
  return hubMessage({ content: [thought, call], stop_reason: 'tool_use' });
}

/** The items of an answer that thinks and calls. */
function answered(body: Body, call: ToolUse): readonly unknown[] {
  return encodeWhole(thoughtful(call), body).output;
}

describe('a request of Codex', () => {
  it.each(generations)('to %s has its tools, and no warning but of what is missed', (_, request, names, warned) => {
    const body = request();
    expect(toolNames(body)).toEqual(names);
    expect(warnedFields(decode(body))).toEqual(warned);
  });

  it.each(generations)('to %s keeps its instructions, its words and its thinking', (_, request) => {
    const { hub } = decode(request());
    const system = hub.system as readonly { readonly text: string }[];
    const told = ['You are Codex.', '<skills_instructions>', '<permissions instructions>'];
    expect(system.map(({ text }) => text).slice(0, 3)).toEqual(told);
    expect(hub.messages).toMatchObject([
      { role: 'user', content: [{ text: '<environment_context>' }, { text: 'make the file made.txt' }] },
    ]);
    expect(hub).toMatchObject({ thinking: { type: 'adaptive' }, output_config: { effort: 'medium' } });
  });

  it('tells a model without grammars what a freeform tool takes', () => {
    const patch = decode(toGpt55()).hub.tools?.find((tool) => 'name' in tool && tool.name === 'apply_patch');
    expect(patch).toMatchObject({
      description: `${applyPatch.description}\n\nThe input must match this lark grammar:\n${applyPatch.format.definition}`,
    });
  });

  it('tells what a namespace is for, once, and nothing of those without a description', () => {
    const { system } = decode(toGpt6(foundTools('call_1', multiAgent), foundTools('call_2', multiAgent))).hub;
    expect(system).toHaveLength(4);
    expect(system?.at(-1)).toMatchObject({
      text: [
        'Tools in groups, by what their names begin with:',
        '- collaboration__: Sub-agents.',
        '- multi_agent_v1__: Tools for spawning and managing sub-agents.',
      ].join('\n'),
    });
  });

  it('may forbid parallel calls though its tools stand in the input', () => {
    expect(decode(toGpt6()).hub.tool_choice).toEqual({ type: 'auto', disable_parallel_tool_use: true });
  });

  it('with an output schema and an image of original size is served', () => {
    const schema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
    const image = { type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'original' };
    const shown = { type: 'message', id: 'msg_1', role: 'user', content: [image] };
    const format = { type: 'json_schema', strict: true, schema, name: 'codex_output_schema' };
    const request = decode({ ...toGpt55(shown), text: { verbosity: 'low', format } });
    expect(request.hub.output_config).toEqual({ effort: 'medium', format: { type: 'json_schema', schema } });
    expect(request.hub.messages.at(-1)?.content).toContainEqual({
      type: 'image',
      source: { type: 'base64', media_type: 'image/png', data: 'AAAA' },
    });
    expect(warnedFields(request)).toEqual(['tools[].web_search']);
  });
});

describe('a call for Codex', () => {
  it.each(calls)('of %s is the item that it runs, streamed or whole', (_, request, call, item) => {
    const expected = { ...item, call_id: 'toolu_1', status: 'completed' };
    expect(answered(request(), call)).toMatchObject([{ type: 'reasoning' }, expected]);
    const events = stream(eventsOfMessage(thoughtful(call)), request());
    const [added, done] = ['added', 'done'].map((word) => {
      return events.findLast((event) => event.type === `response.output_item.${word}`)?.['item'];
    });
    const { arguments: _arguments, input: _input, ...names } = { arguments: 0, input: 0, ...item };
    expect(added).toMatchObject({ ...names, call_id: 'toolu_1', status: 'in_progress' });
    expect(done).toMatchObject(expected);
    expect(finalResponse(events).output.at(-1)).toEqual(done);
  });

  it.each(calls)('of %s comes back as the same call with its result', (_, request, call, _item, result) => {
    const items = answered(request(), call) as readonly Body[];
    const again = decode(request(...items, result));
    expect(again.hub.messages.slice(1)).toMatchObject([
      { role: 'assistant', content: [thought, { type: 'tool_use', id: call.id, name: call.name, input: call.input }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id }] },
    ]);
    expect(again.warnings).toEqual(decode(request()).warnings);
  });

  it('has no arguments when those of a search were cut off', () => {
    const json = { type: 'input_json_delta', partial_json: '{"query":"sp' };
    const cut = [start(), ...block(0, toolUse('toolu_1', 'tool_search', {}), json), ...stop('max_tokens')];
    expect(finalResponse(stream(cut, toGpt55())).output).toMatchObject([{ status: 'incomplete', arguments: {} }]);
  });
});

describe('tools that a search found', () => {
  const search = { type: 'tool_search_call', call_id: 'call_1', execution: 'client', arguments: { query: 'spawn' } };

  it('are tools from then on, and the model is told their names', () => {
    const body = toGpt55(search, foundTools('call_1', multiAgent));
    expect(toolNames(body)).toEqual(['exec_command', 'apply_patch', 'tool_search', 'multi_agent_v1__spawn_agent']);
    expect(decode(body).hub.messages.at(-1)?.content).toEqual([
      {
        type: 'tool_result',
        tool_use_id: 'call_1',
        content: 'Tools that may be called now: multi_agent_v1__spawn_agent',
      },
    ]);
    const call = toolUse('toolu_2', 'multi_agent_v1__spawn_agent', { message: 'Hi' });
    expect(answered(body, call).slice(1)).toMatchObject([{ name: 'spawn_agent', namespace: 'multi_agent_v1' }]);
  });

  it('may be none', () => {
    const { hub } = decode(toGpt55(search, foundTools('call_1')));
    expect(hub.messages.at(-1)?.content).toMatchObject([{ content: 'No tools were found.' }]);
  });

  it('are kept from a search that a provider ran, whose items are left out', () => {
    const body = toGpt55({ ...search, call_id: null }, { ...foundTools('', multiAgent), call_id: null });
    expect(toolNames(body)).toContain('multi_agent_v1__spawn_agent');
    expect(decode(body).hub.messages).toHaveLength(1);
    expect(warnedFields(decode(body))).toContain('input[].tool_search_call');
  });

  it('cannot come from a search that only a provider could run', () => {
    const request = decode({ tools: [{ type: 'tool_search' }] });
    expect(request.hub).not.toHaveProperty('tools');
    expect(warnedFields(request)).toEqual(['tools[].tool_search']);
  });
});

describe('what one agent of Codex tells another', () => {
  it('reaches it', () => {
    const request = decode(toGpt6(agentTask('Say hi.')));
    expect(request.hub.messages.at(-1)).toMatchObject({
      role: 'user',
      content: expect.arrayContaining([{ type: 'text', text: 'Say hi.' }]) as unknown,
    });
    expect(warnedFields(request)).toEqual([]);
  });

  it('is not taken for text when OpenAI encrypted it', () => {
    const sealed = `gAAAAABp${'x'.repeat(40)}==`;
    const content = JSON.stringify(decode(toGpt6(agentTask(sealed))).hub.messages);
    expect(content).toContain('[a message that only another provider can read]');
    expect(content).not.toContain(sealed);
  });
});
