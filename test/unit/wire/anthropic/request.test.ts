import { expect, test } from 'vitest';
import { decodeRequest } from '../../../../companion/wire/anthropic/request.ts';

const minimal = { model: 'claude-test', max_tokens: 64, messages: [{ role: 'user', content: 'Hi' }] };

function withContent(...content: unknown[]): unknown {
  return { ...minimal, messages: [{ role: 'user', content }] };
}

function refusalOf(body: unknown): unknown {
  try {
    decodeRequest(body);
  } catch (error) {
    return error;
  }
  return undefined;
}

test('takes stream and betas out and leaves everything else as it came', () => {
  const rest = { ...minimal, temperature: 0, metadata: { user_id: 'u' }, brand_new_field: { a: [1, null] } };
  const decoded = decodeRequest({ ...rest, stream: true, betas: ['context-1m-2025-08-07'] });
  expect(decoded).toEqual({
    hub: rest,
    isStream: true,
    warnings: [],
    hasDefaultMaxTokens: false,
    memo: { betas: ['context-1m-2025-08-07'] },
  });
});

test.each([undefined, null, false])('stream %s is no stream', (stream) => {
  expect(decodeRequest({ ...minimal, stream }).isStream).toBe(false);
});

test('takes the system role inside messages, and a system prompt as text or blocks', () => {
  const messages = [
    { role: 'user', content: 'a' },
    { role: 'system', content: 'b' },
  ];
  for (const system of ['be brief', [{ type: 'text', text: 'be brief', cache_control: { type: 'ephemeral' } }]]) {
    expect(decodeRequest({ ...minimal, messages, system }).hub).toMatchObject({ messages, system });
  }
});

test.each([
  { type: 'text', text: 'a', citations: [] },
  { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
  { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
  { type: 'image', source: { type: 'file', file_id: 'file_1' } },
  { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'AAAA' }, title: null },
  { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'a' }, title: 'a' },
  { type: 'document', source: { type: 'content', content: 'a' } },
  { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'a' }] } },
  { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } },
  { type: 'document', source: { type: 'file', file_id: 'file_1' } },
  { type: 'search_result', source: 's', title: 't', content: [{ type: 'text', text: 'a' }] },
  { type: 'thinking', thinking: '', signature: 'sig' },
  { type: 'redacted_thinking', data: 'x' },
  { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} },
  { type: 'tool_result', tool_use_id: 'toolu_1' },
  { type: 'tool_result', tool_use_id: 'toolu_1', content: 'ok', is_error: true },
  { type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'tool_reference', tool_name: 'f' }] },
  { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'a' } },
  { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] },
  { type: 'web_fetch_tool_result', tool_use_id: 'srvtoolu_1', content: {} },
  { type: 'code_execution_tool_result', tool_use_id: 'srvtoolu_1', content: {} },
  { type: 'bash_code_execution_tool_result', tool_use_id: 'srvtoolu_1', content: {} },
  { type: 'text_editor_code_execution_tool_result', tool_use_id: 'srvtoolu_1', content: {} },
  { type: 'tool_search_tool_result', tool_use_id: 'srvtoolu_1', content: {} },
  { type: 'container_upload', file_id: 'file_1' },
  { type: 'brand_new_block', whatever: 1 },
])('takes a $type block', (block) => {
  expect(decodeRequest(withContent(block)).hub.messages[0]?.content).toEqual([block]);
});

test('takes the thinking forms, also a budget above max_tokens, which interleaved thinking allows', () => {
  for (const thinking of [
    { type: 'enabled', budget_tokens: 32_000 },
    { type: 'adaptive', display: 'summarized' },
    { type: 'disabled' },
  ]) {
    expect(decodeRequest({ ...minimal, thinking }).hub.thinking).toEqual(thinking);
  }
});

test.each<[unknown, string, string | undefined]>([
  [{ max_tokens: 1, messages: minimal.messages }, 'model: Field required', 'model'],
  [{ ...minimal, model: 7 }, 'model: Input should be a valid string', 'model'],
  [{ ...minimal, max_tokens: undefined }, 'max_tokens: Field required', 'max_tokens'],
  [{ ...minimal, max_tokens: '5' }, 'max_tokens: Input should be a valid number', 'max_tokens'],
  [{ ...minimal, max_tokens: 1.5 }, 'max_tokens: Input should be a valid integer', 'max_tokens'],
  [{ ...minimal, max_tokens: -1 }, 'max_tokens: Input should be greater than or equal to 0', 'max_tokens'],
  [{ ...minimal, temperature: 2 }, 'temperature: Input should be less than or equal to 1', 'temperature'],
  [{ ...minimal, messages: [] }, 'messages: at least one message is required', 'messages'],
  [{ ...minimal, messages: {} }, 'messages: Input should be a valid list', 'messages'],
  [{ ...minimal, messages: ['hi'] }, 'messages.0: Input should be a valid dictionary', 'messages[0]'],
  [{ ...minimal, messages: [{ role: 'user' }] }, 'messages.0.content: Field required', 'messages[0].content'],
  [
    { ...minimal, messages: [{ role: 'user', content: 5 }] },
    'messages.0.content: Input should be a valid string or list',
    'messages[0].content',
  ],
  [
    { ...minimal, messages: [{ role: 'tool', content: 'a' }] },
    "messages.0.role: Input should be 'user', 'assistant' or 'system'",
    'messages[0].role',
  ],
  [
    { ...minimal, messages: [{ role: 'user', content: '' }] },
    'messages.0.content: all messages must have non-empty content except for the optional final assistant message',
    'messages[0].content',
  ],
  [withContent({ type: 'text' }), 'messages.0.content.0.text: Field required', 'messages[0].content[0].text'],
  [
    withContent({ type: 'text', text: 'a' }, { type: 'text', text: '' }),
    'messages.0.content.1.text: text content blocks must be non-empty',
    'messages[0].content[1].text',
  ],
  [withContent({ text: 'a' }), 'messages.0.content.0.type: Field required', 'messages[0].content[0].type'],
  [withContent('a'), 'messages.0.content.0: Input should be a valid dictionary', 'messages[0].content[0]'],
  [
    withContent({ type: 'image', source: { type: 'base64', media_type: 'image/png' } }),
    'messages.0.content.0.source.data: Field required',
    'messages[0].content[0].source.data',
  ],
  [
    withContent({ type: 'image', source: { type: 'ftp' } }),
    "messages.0.content.0.source.type: Input tag 'ftp' does not match any of the expected tags: 'base64', 'url', 'file'",
    'messages[0].content[0].source.type',
  ],
  [
    withContent({ type: 'tool_use', id: 'functions.Bash:0', name: 'f', input: {} }),
    "messages.0.content.0.id: String should match pattern '^[a-zA-Z0-9_-]+$'",
    'messages[0].content[0].id',
  ],
  [
    { ...minimal, thinking: { type: 'enabled', budget_tokens: 5 } },
    'thinking.budget_tokens: Input should be greater than or equal to 1024',
    'thinking.budget_tokens',
  ],
  [
    { ...minimal, stop_sequences: ['END', '\n'] },
    'stop_sequences.1: each stop sequence must contain non-whitespace',
    'stop_sequences[1]',
  ],
  [{ ...minimal, system: 5 }, 'system: Input should be a valid string or list', 'system'],
  [{ ...minimal, system: [{ type: 'image' }] }, "system.0.type: Input should be 'text'", 'system[0].type'],
  [[], 'The request body should be a JSON object', undefined],
  [null, 'The request body should be a JSON object', undefined],
])('refuses %j', (body, message, field) => {
  expect(refusalOf(body)).toMatchObject({ code: 'INVALID_REQUEST', status: 400, message });
  expect(refusalOf(body)).toHaveProperty('details', field === undefined ? {} : { field });
});

test('an empty final assistant message is a prefill, not an error', () => {
  const messages = [...minimal.messages, { role: 'assistant', content: '' }];
  expect(decodeRequest({ ...minimal, messages }).hub.messages).toEqual(messages);
});
