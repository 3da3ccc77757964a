import { describe, expect, it } from 'vitest';
import { refusalOf } from '../openai-chat/support.ts';
import { callOutput, decode, freeformTool, functionCall, hello, warnedFields } from './support.ts';

const look = { type: 'function', name: 'look', parameters: { type: 'object', properties: {} }, strict: false };
const find = { ...look, name: 'find', description: 'Finds.' };
const choiceOf = (toolChoice: unknown, fields: Record<string, unknown> = {}): unknown =>
  decode({ tools: [look, find, freeformTool], tool_choice: toolChoice, ...fields }).hub.tool_choice;

describe('tools', () => {
  it('reads flat function tools', () => {
    const parameters = { type: 'object', properties: { x: { type: 'number' } } };
    const { hub } = decode({
      tools: [
        { ...find, parameters },
        { type: 'function', name: 'bare' },
      ],
    });
    expect(hub.tools).toEqual([
      { name: 'find', description: 'Finds.', input_schema: parameters },
      { name: 'bare', input_schema: { type: 'object', properties: {} } },
    ]);
  });

  it('gives a freeform tool one text input, and tells its grammar', () => {
    const format = { type: 'grammar', syntax: 'lark', definition: 'start: "x"' };
    const { hub } = decode({ tools: [{ ...freeformTool, format }] });
    expect(hub.tools).toMatchObject([
      {
        name: 'apply_patch',
        description: 'Edits files.\n\nThe input must match this lark grammar:\nstart: "x"',
        input_schema: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] },
      },
    ]);
  });

  it('leaves out tools that only their provider can run, and says which', () => {
    const request = decode({ tools: [{ type: 'web_search' }, { type: 'local_shell' }, look, { type: 'mcp' }] });
    expect(request.hub.tools).toHaveLength(1);
    expect(warnedFields(request)).toEqual(['tools[].web_search', 'tools[].local_shell', 'tools[].mcp']);
  });

  it('takes the tools of a namespace under their joined names, which loses nothing', () => {
    const tools = [{ type: 'namespace', name: 'mcp__files__', description: 'Files.', tools: [look, freeformTool] }];
    const request = decode({ tools });
    expect(request.hub.tools?.map((tool) => ('name' in tool ? tool.name : ''))).toEqual([
      'mcp__files__look',
      'mcp__files__apply_patch',
    ]);
    expect(warnedFields(request)).toEqual([]);
  });

  it('keeps a joined name within what a name may be', () => {
    const tools = [{ type: 'namespace', name: `a b${'c'.repeat(130)}`, tools: [look, find] }];
    const names = decode({ tools }).hub.tools?.map((tool) => ('name' in tool ? tool.name : '')) ?? [];
    for (const name of names) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,128}$/);
    expect(new Set(names).size).toBe(2);
  });

  it('lets the later of two definitions count', () => {
    const { hub } = decode({ tools: [look, { ...look, description: 'Later.' }] });
    expect(hub.tools).toMatchObject([{ description: 'Later.' }]);
  });

  it('warns of strict tools, once', () => {
    expect(
      warnedFields(
        decode({
          tools: [
            { ...look, strict: true },
            { ...find, strict: true },
          ],
        }),
      ),
    ).toEqual(['tools[].strict']);
  });

  it('defines the tools of the history when none were sent', () => {
    const { hub } = decode({ input: [hello, functionCall('c1'), callOutput('c1', 'ok')] });
    expect(hub.tools).toMatchObject([{ name: 'look' }]);
    expect(hub.tool_choice).toEqual({ type: 'none' });
  });

  it.each([
    [{ type: 'function' }, 'tools[0].name'],
    [{ type: 'function', name: 'no spaces' }, 'tools[0].name'],
    [{ type: 'custom', name: 1 }, 'tools[0].name'],
    [{ type: 'namespace', name: 'n', tools: [{ type: 'mcp' }] }, 'tools[0].tools[0].type'],
    [{ name: 'x' }, 'tools[0].type'],
  ])('refuses %j and names the field', (tool, field) => {
    expect(refusalOf(() => decode({ tools: [tool] })).details.field).toBe(field);
  });
});

describe('tool_choice', () => {
  it.each([
    ['auto', { type: 'auto' }],
    ['none', { type: 'none' }],
    ['required', { type: 'any' }],
    [undefined, undefined],
    [null, undefined],
    [
      { type: 'function', name: 'find' },
      { type: 'tool', name: 'find' },
    ],
    [
      { type: 'custom', name: 'apply_patch' },
      { type: 'tool', name: 'apply_patch' },
    ],
  ])('%j becomes %j', (given, expected) => {
    expect(choiceOf(given)).toEqual(expected);
  });

  it.each([
    [undefined, { type: 'auto', disable_parallel_tool_use: true }],
    ['required', { type: 'any', disable_parallel_tool_use: true }],
    [
      { type: 'function', name: 'find' },
      { type: 'tool', name: 'find', disable_parallel_tool_use: true },
    ],
    ['none', { type: 'none' }],
  ])('%j without parallel calls becomes %j', (given, expected) => {
    expect(choiceOf(given, { parallel_tool_calls: false })).toEqual(expected);
  });

  it('narrows the tools to those that are allowed', () => {
    const allowed = {
      type: 'allowed_tools',
      mode: 'required',
      tools: [{ type: 'function', name: 'find' }, { type: 'mcp' }],
    };
    const { hub } = decode({ tools: [look, find], tool_choice: allowed });
    expect(hub.tools).toMatchObject([{ name: 'find' }]);
    expect(hub.tool_choice).toEqual({ type: 'any' });
  });

  it.each([
    [{ type: 'web_search_preview' }],
    [{ type: 'mcp', server_label: 'x' }],
    [{ type: 'allowed_tools', mode: 'auto', tools: [{ type: 'image_generation' }] }],
  ])('leaves the choice open when %j is not to be had', (choice) => {
    const request = decode({ tools: [look], tool_choice: choice });
    expect(request.hub.tool_choice).toBeUndefined();
    expect(warnedFields(request)).toEqual(['tool_choice']);
  });

  it('does not insist on a call when none of the tools is available', () => {
    const request = decode({ tools: [{ type: 'web_search' }], tool_choice: 'required' });
    expect(request.hub).not.toHaveProperty('tools');
    expect(warnedFields(request)).toEqual(['tools[].web_search', 'tool_choice']);
  });

  it.each([
    [{ tools: [look], tool_choice: { type: 'function', name: 'other' } }, 'tool_choice.name'],
    [
      { tools: [look], tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'x' }] } },
      'tool_choice.tools',
    ],
    [{ tool_choice: 'required' }, 'tool_choice'],
    [{ tools: [look], tool_choice: 'sometimes' }, 'tool_choice'],
  ])('refuses %j and names the field', (body, field) => {
    expect(refusalOf(() => decode(body)).details.field).toBe(field);
  });
});
