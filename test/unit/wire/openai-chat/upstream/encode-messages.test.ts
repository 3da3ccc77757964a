import type Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { refusalOf } from '../support.ts';
import { hello, warnedFields } from '../../openai/upstream-support.ts';
import { assistantCalls, bodyOf, encode, messagesOf, quirksOf, results } from './support.ts';

const png: Anthropic.ImageBlockParam = {
  type: 'image',
  source: { type: 'base64', media_type: 'image/png', data: 'AAAA' },
};
const pngPart = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
const ask: Anthropic.MessageParam = { role: 'user', content: 'look' };

it('P22 puts a result directly after its call and the words that follow into a user message', () => {
  const content = [...results(['t1', 'ok']), { type: 'text' as const, text: 'next' }];
  expect(messagesOf([ask, assistantCalls('t1'), { role: 'user', content }])).toEqual([
    { role: 'user', content: 'look' },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 't1', type: 'function', function: { name: 'look', arguments: '{"x":1}' } }],
    },
    { role: 'tool', tool_call_id: 't1', content: 'ok' },
    { role: 'user', content: 'next' },
  ]);
});

it('P23 joins the instructions by a blank line and sends no cache mark anywhere', () => {
  const cache_control = { type: 'ephemeral' } as const;
  const encoded = encode({
    system: [
      { type: 'text', text: 'A', cache_control },
      { type: 'text', text: 'B', cache_control },
    ],
    tools: [{ name: 'look', input_schema: { type: 'object', properties: {} }, cache_control }],
    messages: [{ role: 'user', content: [{ type: 'text', text: 'hi', cache_control }] }],
  });
  expect(encoded.body).toMatchObject({ messages: [{ role: 'system', content: 'A\n\nB' }, hello] });
  expect(JSON.stringify(encoded.body)).not.toContain('cache_control');
  expect(warnedFields(encoded)).toEqual(['cache_control']);
});

it('P24 keeps the text of a result and shows its image in a user message after all results', () => {
  const content = results(['t1', [{ type: 'text', text: 'seen' }, png]], ['t2', 'ok']);
  expect(messagesOf([ask, assistantCalls('t1', 't2'), { role: 'user', content }]).slice(2)).toEqual([
    { role: 'tool', tool_call_id: 't1', content: 'seen' },
    { role: 'tool', tool_call_id: 't2', content: 'ok' },
    { role: 'user', content: [{ type: 'text', text: 'Attached to the result of t1:' }, pngPart] },
  ]);
});

it('needs no label for the image of an only result', () => {
  const content = [...results(['t1', [png]]), { type: 'text' as const, text: 'well?' }];
  expect(messagesOf([ask, assistantCalls('t1'), { role: 'user', content }]).slice(2)).toEqual([
    { role: 'tool', tool_call_id: 't1', content: '[image attached below]' },
    { role: 'user', content: [pngPart, { type: 'text', text: 'well?' }] },
  ]);
});

it.each<[string, Anthropic.ToolResultBlockParam['content'], boolean, string]>([
  ['an error', 'no such file', true, 'Error: no such file'],
  ['nothing', undefined, false, '(no output)'],
  ['an empty text', '', false, '(no output)'],
  ['an empty list', [], true, 'Error: (no output)'],
  [
    'several texts',
    [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ],
    false,
    'a\n\nb',
  ],
])('tells %s as the text of a result', (_name, content, isError, expected) => {
  const [block] = results(['t1', content]);
  const messages = messagesOf([
    ask,
    assistantCalls('t1'),
    { role: 'user', content: [{ ...block!, is_error: isError }] },
  ]);
  expect(messages.at(-1)).toEqual({ role: 'tool', tool_call_id: 't1', content: expected });
});

it('keeps results next to their calls when an instruction or words came between', () => {
  const messages = messagesOf([
    ask,
    assistantCalls('t1', 't2'),
    { role: 'system', content: 'be brief' } as Anthropic.MessageParam,
    { role: 'user', content: [{ type: 'text', text: 'first' }, ...results(['t1', 'a'])] },
    { role: 'user', content: results(['t2', 'b']) },
  ]);
  const short = messages.map((one) => `${one.role} ${String(one.content)}`);
  expect(short).toEqual(['user look', 'assistant null', 'tool a', 'tool b', 'system be brief', 'user first']);
});

it('leaves an instruction in the middle where it was', () => {
  const late = { role: 'system', content: [{ type: 'text', text: 'late' }] } as Anthropic.MessageParam;
  expect(messagesOf([ask, { role: 'assistant', content: 'ok' }, late, hello]).map(({ role }) => role)).toEqual([
    'user',
    'assistant',
    'system',
    'user',
  ]);
});

it('stands in for a result that is missing, and keeps one whose call is gone as words', () => {
  const orphan = messagesOf([
    ask,
    { role: 'assistant', content: 'ok' },
    { role: 'user', content: results(['gone', 'x']) },
  ]);
  expect(orphan.at(-1)).toEqual({ role: 'user', content: '[tool result gone] x' });
  const missing = messagesOf([ask, assistantCalls('t1', 't2'), { role: 'user', content: results(['t2', 'b']) }, hello]);
  expect(missing.slice(2)).toEqual([
    { role: 'tool', tool_call_id: 't2', content: 'b' },
    { role: 'tool', tool_call_id: 't1', content: 'Error: [no result]' },
    { role: 'user', content: 'hi' },
  ]);
});

it('joins an answer’s words and leaves thinking out, with a warning', () => {
  const content: Anthropic.ContentBlockParam[] = [
    { type: 'thinking', thinking: 'hm', signature: 's' },
    { type: 'redacted_thinking', data: 'x' },
    { type: 'text', text: 'Let ' },
    { type: 'text', text: 'me' },
  ];
  const encoded = encode({ messages: [ask, { role: 'assistant', content }, hello] });
  expect(encoded.body).toMatchObject({ messages: [ask, { role: 'assistant', content: 'Let me' }, hello] });
  expect(JSON.stringify(encoded.body)).not.toMatch(/hm|redacted/);
  expect(warnedFields(encoded)).toEqual(['messages[].content[].thinking']);
});

it.each([
  ['always', true, true],
  ['with-tools', false, true],
  ['never', false, false],
] as const)('replays reasoning %s', (replaysReasoning, beside, withCalls) => {
  const thought = { type: 'thinking' as const, thinking: 'hm', signature: '' };
  const messages: Anthropic.MessageParam[] = [
    ask,
    { role: 'assistant', content: [thought, { type: 'text', text: 'ok' }] },
    ask,
    { role: 'assistant', content: [thought, { type: 'tool_use', id: 't1', name: 'look', input: {} }] },
    { role: 'user', content: results(['t1', 'x']) },
  ];
  const [first, second] = messagesOf(messages, { quirks: { replaysReasoning } }).filter(
    ({ role }) => role === 'assistant',
  );
  expect('reasoning_content' in first!).toBe(beside);
  expect('reasoning_content' in second!).toBe(withCalls);
});

it('drops the note about billing that differs on every call', () => {
  const system = [
    { type: 'text' as const, text: 'x-anthropic-billing-header: cc_version=1; cch=abc;' },
    { type: 'text' as const, text: 'Be kind.' },
  ];
  expect(bodyOf({ system }).messages[0]).toEqual({ role: 'system', content: 'Be kind.' });
  expect(bodyOf({ system: system.slice(0, 1) }).messages).toEqual([hello]);
});

it('gives instructions to a server that calls them developer', () => {
  expect(bodyOf({ system: 'A' }, { quirks: { systemRole: 'developer' } }).messages[0]?.role).toBe('developer');
});

it('warns that a last message from the assistant is not continued', () => {
  expect(warnedFields(encode({ messages: [ask, { role: 'assistant', content: 'The' }] }))).toEqual(['messages']);
});

describe('images and documents', () => {
  it('sends data as a data URL and an address as it is', () => {
    const url: Anthropic.ImageBlockParam = { type: 'image', source: { type: 'url', url: 'https://x/y.png' } };
    expect(messagesOf([{ role: 'user', content: [png, url] }])).toEqual([
      { role: 'user', content: [pngPart, { type: 'image_url', image_url: { url: 'https://x/y.png' } }] },
    ]);
  });

  it('sends a PDF as a file and a text document as text', () => {
    const content: Anthropic.ContentBlockParam[] = [
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'AAAA' }, title: 'Report' },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'words' } },
    ];
    expect(messagesOf([{ role: 'user', content }])[0]?.content).toEqual([
      { type: 'file', file: { filename: 'Report.pdf', file_data: 'data:application/pdf;base64,AAAA' } },
      { type: 'text', text: 'words' },
    ]);
  });

  it('gives the parts of a document and what a search found as text', () => {
    const content: Anthropic.ContentBlockParam[] = [
      { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'p1' }] }, title: 'T' },
      { type: 'search_result', title: 'Hit', source: 'https://x', content: [{ type: 'text', text: 'found' }] },
    ];
    expect(messagesOf([{ role: 'user', content }])[0]?.content).toBe('T\n\np1\n\nHit\n\nhttps://x\n\nfound');
  });

  it.each<[string, Anthropic.ContentBlockParam]>([
    ['an uploaded image', { type: 'image', source: { type: 'file', file_id: 'file_1' } }],
    ['an uploaded document', { type: 'document', source: { type: 'file', file_id: 'file_1' } } as never],
    ['a document by address', { type: 'document', source: { type: 'url', url: 'https://x/y.pdf' } }],
  ])('refuses %s and names it', (_name, block) => {
    const error = refusalOf(() =>
      encode({ messages: [hello, { role: 'assistant', content: 'ok' }, { role: 'user', content: [block] }] }),
    );
    expect(error).toMatchObject({ code: 'INVALID_REQUEST', status: 400 });
    expect(error.details.field).toBe('messages[2].content[0].source');
  });

  it('tells a model that takes no images that there was one', () => {
    const encoded = encode(
      { messages: [{ role: 'user', content: [png, { type: 'text', text: 'what?' }] }] },
      { quirks: quirksOf('deepseek') },
    );
    expect(encoded.body).toMatchObject({
      messages: [{ role: 'user', content: '[image left out: this model cannot see it]\n\nwhat?' }],
    });
    expect(warnedFields(encoded)).toContain('messages[].content[].image');
  });
});
