/** What the libraries send to the Responses API, as it was seen; ids are made up. */
import { describe, expect, it } from 'vitest';
import { BUDGET_MODEL, hubMessage, toolUse } from '../openai-chat/support.ts';
import { decode, encodeWhole, transcript, warnedFields } from './support.ts';

const draft7 = 'http://json-schema.org/draft-07/schema#';
const draft2020 = 'https://json-schema.org/draft/2020-12/schema';
const readParameters = {
  type: 'object',
  properties: { file_path: { type: 'string' } },
  required: ['file_path'],
  additionalProperties: false,
};
const personSchema = {
  type: 'object',
  properties: { name: { type: 'string', title: 'Name' }, age: { type: 'number', title: 'Age' } },
  required: ['name', 'age'],
  additionalProperties: false,
  title: 'Person',
};
const jsonText = (schema: object): object => ({
  text: { format: { type: 'json_schema', name: 'person', strict: true, schema } },
});
const callItem = { type: 'function_call', call_id: 'call_1', name: 'Read', arguments: '{"file_path":"/note.txt"}' };
const outputItem = { type: 'function_call_output', call_id: 'call_1', output: 'contents' };
const turns = ['user: hi', 'assistant: call call_1 Read({"file_path":"/note.txt"})', 'user: result call_1 "contents"'];

const vercel = {
  input: [{ role: 'user', content: [{ type: 'input_text', text: 'hi' }] }],
  tool_choice: 'auto',
  tools: [
    {
      type: 'function',
      name: 'Read',
      description: 'Reads',
      parameters: { $schema: draft7, ...readParameters },
      strict: false,
    },
  ],
};
const langChain = {
  input: [{ type: 'message', role: 'user', content: 'hi' }],
  stream: false,
  text: {},
  tools: [
    {
      type: 'function',
      name: 'Read',
      parameters: { $schema: draft2020, ...readParameters },
      description: 'Reads',
      strict: null,
    },
  ],
};

describe('a library', () => {
  it.each([
    ['Vercel AI', vercel, draft7],
    ['LangChain', langChain, draft2020],
  ])('%s has its tools with their schemas as they are', (_, body, $schema) => {
    const request = decode(body);
    expect(request.hub.tools).toEqual([
      { name: 'Read', description: 'Reads', input_schema: { $schema, ...readParameters } },
    ]);
    expect(request.isStream).toBe(false);
    expect(warnedFields(request)).toEqual([]);
  });

  it.each([
    ['Vercel AI', [...vercel.input, callItem, outputItem]],
    ['LangChain', [...langChain.input, { ...callItem, id: 'fc_1', status: 'completed' }, outputItem]],
    [
      'one that prefixes ids in its own way',
      [{ ...langChain.input[0], id: 'item-7' }, { ...callItem, id: 'x:1' }, outputItem],
    ],
  ])('%s goes on after a tool call', (_, input) => {
    expect(transcript(input)).toEqual(turns);
  });

  it('that repeats an answer as bare text is understood', () => {
    const input = [...vercel.input, { role: 'assistant', content: 'yes?' }, { role: 'user', content: 'go' }];
    expect(transcript(input)).toEqual(['user: hi', 'assistant: yes?', 'user: go']);
  });

  it('may instruct as a developer, before and between the words of the user', () => {
    const developer = { role: 'developer', content: 'Be brief' };
    const { hub } = decode({ input: [developer, ...vercel.input, { type: 'message', ...developer }] });
    expect(hub.system).toEqual([
      { type: 'text', text: 'Be brief' },
      { type: 'text', text: 'Be brief' },
    ]);
    expect(hub.messages).toHaveLength(1);
  });

  it.each([
    ['Vercel AI', { $schema: draft7, ...personSchema }],
    ['LangChain', { $schema: draft2020, ...personSchema }],
    ['OpenAI for Python', personSchema],
  ])('%s gets JSON by its schema', (_, schema) => {
    const request = decode({ input: 'who', ...jsonText(schema) });
    expect(request.hub.output_config).toEqual({ format: { type: 'json_schema', schema } });
    expect(warnedFields(request)).toEqual([]);
    const body = { model: BUDGET_MODEL, ...jsonText(schema) };
    const content = [toolUse('toolu_1', 'json_output', { name: 'Ada', age: 36 })];
    expect(encodeWhole(hubMessage({ content }), body).output).toMatchObject([
      { type: 'message', content: [{ type: 'output_text', text: '{"name":"Ada","age":36}' }] },
    ]);
  });

  it('is told the format of its answer though it sent an empty one', () => {
    expect(encodeWhole(hubMessage({}), langChain).text).toEqual({ format: { type: 'text' } });
  });
});
