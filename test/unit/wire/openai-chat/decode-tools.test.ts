import { expect, it } from 'vitest';
import { assistantCalls, decode, hello, patchTool, refusalOf, toolResult, warnedFields } from './support.ts';

const look = functionTool('look');
const find = functionTool('find');

it('P10 forces any tool, one at a time', () => {
  const { hub } = decode({ tools: [look], tool_choice: 'required', parallel_tool_calls: false });
  expect(hub.tool_choice).toEqual({ type: 'any', disable_parallel_tool_use: true });
});

it('P11 keeps the tools when none may be called', () => {
  const { hub } = decode({ tools: [look], tool_choice: 'none', parallel_tool_calls: false });
  expect(hub.tool_choice).toEqual({ type: 'none' });
  expect(hub.tools).toHaveLength(1);
});

it('P12 gives a tool without parameters an empty object schema', () => {
  const { hub } = decode({ tools: [{ type: 'function', function: { name: 'now' } }] });
  expect(hub.tools).toEqual([{ name: 'now', input_schema: { type: 'object', properties: {} } }]);
});

it('makes every schema an object and drops strict with a warning', () => {
  const parameters = { properties: { x: { type: 'number' } }, required: ['x'] };
  const tool = { type: 'function', function: { name: 'f', description: 'does', parameters, strict: true } };
  const request = decode({ tools: [tool] });
  expect(request.hub.tools).toEqual([
    { name: 'f', description: 'does', input_schema: { ...parameters, type: 'object' } },
  ]);
  expect(warnedFields(request)).toEqual(['tools[].function.strict']);
});

it.each([
  ['auto', { type: 'auto' }],
  ['required', { type: 'any' }],
  [
    { type: 'function', function: { name: 'find' } },
    { type: 'tool', name: 'find' },
  ],
])('translates the choice %j', (choice, expected) => {
  expect(decode({ tools: [look, find], tool_choice: choice }).hub.tool_choice).toEqual(expected);
});

it('makes a choice only to say that calls come one at a time', () => {
  expect(decode({ tools: [look], parallel_tool_calls: false }).hub.tool_choice).toEqual({
    type: 'auto',
    disable_parallel_tool_use: true,
  });
  expect(decode({ tools: [look], parallel_tool_calls: true }).hub).not.toHaveProperty('tool_choice');
});

it('offers only the allowed tools', () => {
  const choice = { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [find] } };
  const { hub } = decode({ tools: [look, find], tool_choice: choice });
  expect(hub.tools?.map((tool) => ('name' in tool ? tool.name : ''))).toEqual(['find']);
  expect(hub.tool_choice).toEqual({ type: 'any' });
});

it('gives a custom tool one text input, and tells its grammar', () => {
  const grammar = { syntax: 'lark' as const, definition: 'start: "x"' };
  const custom = { ...patchTool.custom, format: { type: 'grammar' as const, grammar } };
  const mark = { type: 'ephemeral' };
  const request = decode({ tools: [look, { ...patchTool, custom, cache_control: mark }] });
  expect(request.hub.tools?.[1]).toEqual({
    name: 'apply_patch',
    description: 'Edits files.\n\nThe input must match this lark grammar:\nstart: "x"',
    input_schema: {
      type: 'object',
      properties: { input: { type: 'string', description: 'The whole input as plain text.' } },
      required: ['input'],
    },
    cache_control: mark,
  });
  expect(warnedFields(request)).toEqual([]);
});

it.each([undefined, null, { type: 'text' }])('says nothing of the format %j', (format) => {
  const { hub } = decode({ tools: [{ ...patchTool, custom: { ...patchTool.custom, format } }] });
  expect(hub.tools).toMatchObject([{ description: 'Edits files.' }]);
});

it('lets a custom tool be chosen, alone or among those allowed', () => {
  const named = { type: 'custom', custom: { name: 'apply_patch' } };
  const tools = [look, patchTool, find];
  expect(decode({ tools, tool_choice: named }).hub.tool_choice).toEqual({ type: 'tool', name: 'apply_patch' });
  const allowed = { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [find, named] } };
  const { hub } = decode({ tools, tool_choice: allowed });
  expect(hub.tools?.map((tool) => ('name' in tool ? tool.name : ''))).toEqual(['apply_patch', 'find']);
  expect(hub.tool_choice).toEqual({ type: 'any' });
});

it('takes a name for what its later definition is', () => {
  const custom = { type: 'custom', custom: { name: 'look' } };
  expect([...decode({ tools: [look, custom] }).memo.freeformNames]).toEqual(['look']);
  expect([...decode({ tools: [custom, look] }).memo.freeformNames]).toEqual([]);
});

it('omits an empty list, and what belongs to it', () => {
  const { hub } = decode({ tools: [], tool_choice: 'auto', parallel_tool_calls: false });
  expect(hub).not.toHaveProperty('tools');
  expect(hub).not.toHaveProperty('tool_choice');
});

it('defines the tools of the history when the client sent none, and lets none be called', () => {
  const { hub } = decode({ messages: [hello, assistantCalls('c1', 'c2'), toolResult('c1', 'ok')] });
  expect(hub.tools).toEqual([{ name: 'look', input_schema: { type: 'object', properties: {} } }]);
  expect(hub.tool_choice).toEqual({ type: 'none' });
});

it('keeps the later of two tools of one name, since names must differ', () => {
  const later = { type: 'function', function: { name: 'look', description: 'later' } };
  expect(decode({ tools: [look, later] }).hub.tools).toMatchObject([{ name: 'look', description: 'later' }]);
});

it('takes the older functions form, one call at a time', () => {
  const request = decode({ functions: [{ name: 'look' }], function_call: { name: 'look' } });
  expect(request.hub.tools).toMatchObject([{ name: 'look' }]);
  expect(request.hub.tool_choice).toEqual({ type: 'tool', name: 'look', disable_parallel_tool_use: true });
  expect(request.memo.usesFunctions).toBe(true);
  const none = decode({ functions: [{ name: 'look' }], function_call: 'none' });
  expect(none.hub.tool_choice).toEqual({ type: 'none' });
  expect(decode({ tools: [look] }).memo.usesFunctions).toBe(false);
});

it.each([
  ['a function that is not there', { type: 'function', function: { name: 'gone' } }, 'tool_choice.function.name'],
  ['a custom tool that is not there', { type: 'custom', custom: { name: 'gone' } }, 'tool_choice.custom.name'],
  [
    'allowed tools that are not there',
    { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [functionTool('gone')] } },
    'tool_choice.allowed_tools.tools',
  ],
])('refuses a choice of %s', (_name, choice, field) => {
  expect(refusalOf(() => decode({ tools: [look], tool_choice: choice })).details.field).toBe(field);
});

it('refuses to force a tool when there is none', () => {
  expect(refusalOf(() => decode({ tool_choice: 'required' })).details.field).toBe('tool_choice');
});

function functionTool(name: string): { type: 'function'; function: { name: string } } {
  return { type: 'function', function: { name } };
}
