import { expect, it } from 'vitest';
import { assistantCalls, decode, hello, refusalOf, toolResult, transcript, warnedFields } from './support.ts';

it('P01 hoists system and developer messages in their order and leaves no other role', () => {
  const { hub } = decode({
    messages: [{ role: 'system', content: 'A' }, { role: 'developer', content: 'B' }, hello],
  });
  expect(hub.system).toEqual([
    { type: 'text', text: 'A' },
    { type: 'text', text: 'B' },
  ]);
  expect(hub.messages).toEqual([{ role: 'user', content: [{ type: 'text', text: 'hi' }] }]);
});

it('P02 hoists an instruction from the middle of a conversation', () => {
  const messages = [
    { role: 'user', content: 'one' },
    { role: 'assistant', content: 'two' },
    { role: 'system', content: 'late' },
    { role: 'user', content: 'three' },
  ];
  expect(decode({ messages }).hub.system).toEqual([{ type: 'text', text: 'late' }]);
  expect(transcript(messages)).toEqual(['user: one', 'assistant: two', 'user: three']);
});

it('P03 answers all calls of a turn in one user message, results before the words that follow', () => {
  const messages = [hello, assistantCalls('c1', 'c2'), toolResult('c1', 'one'), toolResult('c2', 'two'), hello];
  expect(transcript(messages)).toEqual([
    'user: hi',
    'assistant: call c1 look({"x":1}) | call c2 look({"x":1})',
    'user: result c1 "one" | result c2 "two" | hi',
  ]);
});

it('P04 merges two user messages into one with two blocks', () => {
  expect(
    transcript([
      { role: 'user', content: 'a' },
      { role: 'user', content: 'b' },
    ]),
  ).toEqual(['user: a | b']);
});

it('P05 keeps only the call of an assistant turn without words, with an empty input for empty arguments', () => {
  const call = { id: 'c1', type: 'function', function: { name: 'look', arguments: '' } };
  const messages = [hello, { role: 'assistant', content: '', tool_calls: [call] }, toolResult('c1', 'seen')];
  expect(transcript(messages)).toEqual(['user: hi', 'assistant: call c1 look({})', 'user: result c1 "seen"']);
});

it('P06 makes an invalid tool id valid, the same for call and result, and the same again', () => {
  const messages = [hello, assistantCalls('functions.Bash:0'), toolResult('functions.Bash:0', 'ok')];
  const [first, second] = [transcript(messages), transcript(messages)];
  const id = /call (\S+)/.exec(first[1] ?? '')?.[1];
  expect(id).toMatch(/^functions_Bash_0_[0-9a-f]{8}$/);
  expect(first[2]).toBe(`user: result ${id} "ok"`);
  expect(second).toEqual(first);
});

it('P07 takes data URLs with a mended media type and web addresses as images', () => {
  const { hub } = decode({
    messages: [
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'data:image/jpg;base64,AAAA', detail: 'high' } },
          { type: 'image_url', image_url: { url: 'https://x/y.png' } },
          { type: 'image_url', image_url: { url: 'data:IMAGE/PNG;name=a.png;base64,AA\nAA' } },
        ],
      },
    ],
  });
  expect(hub.messages[0]?.content).toEqual([
    { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: 'AAAA' } },
    { type: 'image', source: { type: 'url', url: 'https://x/y.png' } },
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
  ]);
});

it('makes the last instruction the user message when there are only instructions', () => {
  const { hub } = decode({
    messages: [
      { role: 'system', content: 'rules' },
      { role: 'developer', content: [{ type: 'text', text: 'do it' }] },
      { role: 'system', content: ' ' },
    ],
  });
  expect(hub.system).toEqual([{ type: 'text', text: 'rules' }]);
  expect(hub.messages).toEqual([{ role: 'user', content: [{ type: 'text', text: 'do it' }] }]);
});

it('sends no system at all when a single instruction becomes the user message', () => {
  expect(decode({ messages: [{ role: 'system', content: 'do it' }] }).hub).not.toHaveProperty('system');
});

it('keeps one system block for each text part and drops blank ones', () => {
  const parts = ['one', '', 'two'].map((words) => ({ type: 'text', text: words }));
  expect(decode({ messages: [{ role: 'system', content: parts }, hello] }).hub.system).toEqual([
    { type: 'text', text: 'one' },
    { type: 'text', text: 'two' },
  ]);
});

it('begins with a user message when the client began with the assistant', () => {
  expect(transcript([{ role: 'assistant', content: 'So' }, hello])).toEqual([
    'user: (continued)',
    'assistant: So',
    'user: hi',
  ]);
});

it('drops blank texts, and messages that have nothing else', () => {
  expect(
    transcript([
      hello,
      { role: 'assistant', content: ' \n' },
      {
        role: 'user',
        content: [
          { type: 'text', text: '' },
          { type: 'text', text: 'more' },
        ],
      },
    ]),
  ).toEqual(['user: hi | more']);
});

it('refuses a conversation without any content', () => {
  const refusal = refusalOf(() => decode({ messages: [{ role: 'user', content: ' ' }] }));
  expect(refusal.code).toBe('INVALID_REQUEST');
  expect(refusal.details.field).toBe('messages');
});

it('keeps an earlier refusal as the assistant said it', () => {
  expect(
    transcript([
      hello,
      { role: 'assistant', content: null, refusal: 'No.' },
      { role: 'user', content: 'why' },
      { role: 'assistant', content: [{ type: 'refusal', refusal: 'Because.' }] },
      hello,
    ]),
  ).toEqual(['user: hi', 'assistant: No.', 'user: why', 'assistant: Because.', 'user: hi']);
});

it.each([
  ['not JSON', '{"x":'],
  ['an array', '[1]'],
  ['null', 'null'],
])('keeps arguments that are %s under one key', (_name, argumentsText) => {
  const call = { id: 'c1', type: 'function', function: { name: 'look', arguments: argumentsText } };
  const messages = [hello, { role: 'assistant', tool_calls: [call] }, toolResult('c1', 'ok')];
  expect(transcript(messages)[1]).toBe(`assistant: call c1 look(${JSON.stringify({ _raw_arguments: argumentsText })})`);
});

it('replays calls of custom tools beside those of functions, whatever their text looks like', () => {
  const text = '{"x":1} *** Begin "Patch"\n🙂';
  const custom = { id: 'c2', type: 'custom', custom: { name: 'apply_patch', input: text } };
  const [calling] = [assistantCalls('c1')] as [{ tool_calls: unknown[] }];
  const messages = [
    hello,
    { ...calling, tool_calls: [...calling.tool_calls, custom] },
    toolResult('c2', 'Done'),
    toolResult('c1', 'ok'),
  ];
  expect(transcript(messages).slice(1)).toEqual([
    `assistant: call c1 look({"x":1}) | call c2 apply_patch(${JSON.stringify({ input: text })})`,
    'user: result c2 "Done" | result c1 "ok"',
  ]);
});

it('gives calls of one id different ids, and matches their results in order', () => {
  const messages = [hello, assistantCalls('', ''), toolResult('', 'one'), toolResult('', 'two')];
  const [, calls, results] = transcript(messages);
  const ids = [...(calls ?? '').matchAll(/call (\S+)/g)].map((match) => match[1]);
  expect(new Set(ids).size).toBe(2);
  expect(results).toBe(`user: result ${ids[0]} "one" | result ${ids[1]} "two"`);
});

it('keeps ids unique when a client counts its calls anew in each turn', () => {
  const turn = [assistantCalls('call_0'), toolResult('call_0', 'ok')];
  expect(transcript([hello, ...turn, ...turn])).toEqual([
    'user: hi',
    'assistant: call call_0 look({"x":1})',
    'user: result call_0 "ok"',
    'assistant: call call_0_2 look({"x":1})',
    'user: result call_0_2 "ok"',
  ]);
});

it('puts a user message that stands between results after all of them', () => {
  const messages = [hello, assistantCalls('c1', 'c2'), toolResult('c2', 'b'), hello, toolResult('c1', 'a')];
  expect(transcript(messages)[2]).toBe('user: result c2 "b" | result c1 "a" | hi');
});

it('keeps the last of several results for one call', () => {
  const messages = [hello, assistantCalls('c1'), toolResult('c1', 'old'), toolResult('c1', 'new')];
  expect(transcript(messages)[2]).toBe('user: result c1 "new"');
});

it('answers a call without a result in the very next message', () => {
  const messages = [hello, assistantCalls('c1', 'c2'), toolResult('c2', 'b'), hello];
  expect(transcript(messages)[2]).toBe('user: result c2 "b" | result c1 error "[no result]" | hi');
  expect(transcript([hello, assistantCalls('c1')])[2]).toBe('user: result c1 error "[no result]"');
});

it('turns a result without a call into words of the user', () => {
  const orphan = { role: 'tool', tool_call_id: 'gone', content: [{ type: 'text', text: 'data' }] };
  expect(transcript([toolResult('c9', 'x'), { role: 'assistant', content: 'ok' }, orphan])).toEqual([
    'user: [tool result c9] x',
    'assistant: ok',
    'user: [tool result gone] data',
  ]);
});

it('keeps the parts of a result as blocks, an image among them, and omits empty content', () => {
  const parts = [
    { type: 'text', text: 'see' },
    { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
  ];
  const messages = [
    hello,
    assistantCalls('c1', 'c2'),
    { role: 'tool', tool_call_id: 'c1', content: parts },
    toolResult('c2', ''),
  ];
  expect(decode({ messages }).hub.messages[2]?.content).toEqual([
    {
      type: 'tool_result',
      tool_use_id: 'c1',
      content: [
        { type: 'text', text: 'see' },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
      ],
    },
    { type: 'tool_result', tool_use_id: 'c2' },
  ]);
});

it('matches results of the older function form by name', () => {
  const messages = [
    hello,
    { role: 'assistant', content: null, function_call: { name: 'look', arguments: '{"y":2}' } },
    { role: 'function', name: 'look', content: 'seen' },
  ];
  expect(transcript(messages)).toEqual(['user: hi', 'assistant: call look look({"y":2})', 'user: result look "seen"']);
});

it('replays signed thinking in front of the turn and drops what has no signature', () => {
  const assistant = {
    ...assistantCalls('c1'),
    thinking_blocks: [
      { type: 'thinking', thinking: 'hm', signature: 'sig' },
      { type: 'thinking', thinking: 'unsigned' },
      { type: 'redacted_thinking', data: 'xyz' },
    ],
  };
  const { hub } = decode({ messages: [hello, assistant, toolResult('c1', 'ok')] });
  expect(hub.messages[1]?.content).toEqual([
    { type: 'thinking', thinking: 'hm', signature: 'sig' },
    { type: 'redacted_thinking', data: 'xyz' },
    { type: 'tool_use', id: 'c1', name: 'look', input: { x: 1 } },
  ]);
});

it('trims the end of a last assistant message, which the service refuses', () => {
  expect(transcript([hello, { role: 'assistant', content: 'The answer is \n' }])[1]).toBe('assistant: The answer is');
});

it('names what a message carries beside its content', () => {
  const messages = [
    { role: 'user', content: 'hi', name: 'ann' },
    { role: 'assistant', content: 'yes', reasoning_content: 'hm' },
    hello,
  ];
  expect(warnedFields(decode({ messages }))).toEqual(['messages[].name', 'messages[].reasoning_content']);
});

it('takes PDF, text and image files, and files that the provider itself holds', () => {
  const content = [
    file({ file_data: 'data:application/pdf;base64,JVBE', filename: 'a.pdf' }),
    file({ file_data: `data:text/markdown;charset=utf-8;base64,${Buffer.from('# 北京').toString('base64')}` }),
    file({ file_data: 'data:image/gif;base64,R0lG' }),
    file({ file_data: 'data:text/plain,a%20b' }),
    file({ file_id: 'file_011Cabc' }),
  ];
  expect(decode({ messages: [{ role: 'user', content }] }).hub.messages[0]?.content).toEqual([
    {
      type: 'document',
      source: { type: 'base64', media_type: 'application/pdf', data: 'JVBE' },
      title: 'a.pdf',
    },
    { type: 'document', source: { type: 'text', media_type: 'text/plain', data: '# 北京' } },
    { type: 'image', source: { type: 'base64', media_type: 'image/gif', data: 'R0lG' } },
    { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'a b' } },
    { type: 'document', source: { type: 'file', file_id: 'file_011Cabc' } },
  ]);
});

it.each([
  ['audio', { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }, 'messages[0].content[1]'],
  ['an image without data', image('data:image/png;base64,'), 'messages[0].content[1].image_url.url'],
  ['an image that is no URL', image('cat.png'), 'messages[0].content[1].image_url.url'],
  ['an image that is not base64', image('data:image/png;base64,%%%'), 'messages[0].content[1].image_url.url'],
  ['an unknown image type', image('data:image/tiff;base64,AAAA'), 'messages[0].content[1].image_url.url'],
  ['an OpenAI file id', { type: 'file', file: { file_id: 'file-abc' } }, 'messages[0].content[1].file.file_id'],
  ['a file of neither kind', { type: 'file', file: {} }, 'messages[0].content[1].file.file_data'],
  ['a binary file', file({ file_data: 'data:application/zip;base64,AAAA' }), 'messages[0].content[1].file.file_data'],
  [
    'text that is not UTF-8',
    file({ file_data: 'data:text/plain;base64,/w==' }),
    'messages[0].content[1].file.file_data',
  ],
  ['a file that is no data URL', file({ file_data: 'AAAA' }), 'messages[0].content[1].file.file_data'],
])('refuses %s and names the part', (_name, part, field) => {
  const messages = [{ role: 'user', content: [{ type: 'text', text: 'look' }, part] }];
  const refusal = refusalOf(() => decode({ messages }));
  expect(refusal.code).toBe('INVALID_REQUEST');
  expect(refusal.details.field).toBe(field);
});

function image(url: string): unknown {
  return { type: 'image_url', image_url: { url } };
}

function file(fields: Record<string, unknown>): unknown {
  return { type: 'file', file: fields };
}
