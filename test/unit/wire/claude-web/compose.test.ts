import { describe, expect, test } from 'vitest';
import { decodeRequest } from '../../../../companion/wire/anthropic/request.ts';
import { composeWebPlan } from '../../../../companion/wire/claude-web/compose.ts';
import type { ComposeOptions, WebPlan } from '../../../../companion/wire/claude-web/compose.ts';

const minimal = { model: 'claude-test', max_tokens: 64, messages: [{ role: 'user', content: 'Hi' }] };

function compose(changed: object, options?: ComposeOptions): WebPlan {
  return composeWebPlan(decodeRequest({ ...minimal, ...changed }).hub, options);
}

function withContent(...content: unknown[]): object {
  return { messages: [{ role: 'user', content }] };
}

function turns(...texts: readonly string[]): object {
  return { messages: texts.map((content, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content })) };
}

const answered = (...content: unknown[]) => ({
  messages: [...minimal.messages, { role: 'assistant', content }, { role: 'user', content: 'b' }],
});

const image = (data: string, type = 'image/png') => ({
  type: 'image',
  source: { type: 'base64', media_type: type, data },
});

describe('the prompt', () => {
  test('is a single user message word for word', () => {
    const text = '  Human: keep "all" of this\n\n\tplease 北京 ';
    expect(compose({ messages: [{ role: 'user', content: text }] })).toEqual({
      model: 'claude-test',
      prompt: text,
      attachments: [],
      uploads: [],
      thinking: false,
      stopSequences: [],
      inputTokenEstimate: Math.ceil(Buffer.byteLength(text) / 4),
      warnings: [{ field: 'max_tokens', reason: 'not enforced in web mode' }],
    });
  });

  test('puts the system text first and then the turns, the last human turn last', () => {
    const system = [
      { type: 'text', text: 'Be brief.' },
      { type: 'text', text: 'Be kind.' },
    ];
    expect(compose({ system, ...turns('One', 'Two', 'Three') }).prompt).toBe(
      'Be brief.\n\nBe kind.\n\nHuman: One\n\nAssistant: Two\n\nHuman: Three',
    );
  });

  test("leaves out Claude Code's billing line, and nothing that only mentions it", () => {
    const system = (text: string) => ({ system: [{ type: 'text', text }], ...turns('One') });
    expect(compose(system('x-anthropic-billing-header: cc_version=2.1;')).prompt).toBe('One');
    const mention = 'x-anthropic-billing-header: is what?\nExplain.';
    expect(compose(system(mention)).prompt).toBe(`${mention}\n\nHuman: One`);
  });

  test('keeps system messages in the middle where they stand', () => {
    const messages = [
      { role: 'user', content: 'One' },
      { role: 'assistant', content: 'Two' },
      { role: 'system', content: 'Now in French.' },
      { role: 'user', content: 'Three' },
    ];
    expect(compose({ messages }).prompt).toBe('Human: One\n\nAssistant: Two\n\nNow in French.\n\nHuman: Three');
  });

  test('takes neighbouring messages of one role as one turn', () => {
    const messages = ['a', 'b'].map((content) => ({ role: 'user', content }));
    expect(compose({ messages }).prompt).toBe('a\n\nb');
    expect(compose({ messages, system: 'S' }).prompt).toBe('S\n\nHuman: a\n\nb');
  });

  test('leaves out thinking of earlier turns', () => {
    const thinking = { type: 'thinking', thinking: 'SECRET PLAN', signature: 'sig' };
    const redacted = { type: 'redacted_thinking', data: 'x' };
    const messages = [
      { role: 'user', content: 'One' },
      { role: 'assistant', content: [thinking, redacted, { type: 'text', text: 'Two' }] },
      { role: 'user', content: 'Three' },
    ];
    expect(compose({ messages }).prompt).toBe('Human: One\n\nAssistant: Two\n\nHuman: Three');
  });

  test('asks for a JSON schema in words, and says that it is not enforced', () => {
    const schema = { type: 'object', properties: { a: { type: 'number' } } };
    const plan = compose({ output_config: { format: { type: 'json_schema', schema } } });
    expect(plan.prompt).toMatch(/^Answer with one JSON value/);
    expect(plan.prompt).toContain(JSON.stringify(schema));
    expect(plan.prompt).toMatch(/Human: Hi$/);
    expect(plan.warnings.map((warning) => warning.field)).toContain('output_config.format');
  });
});

describe('long text', () => {
  const options = { attachAbove: 60 };

  test('at the threshold stays in the prompt, above it goes to an attachment', () => {
    const at = compose({ messages: [{ role: 'user', content: 'x'.repeat(60) }] }, options);
    expect(at).toMatchObject({ prompt: 'x'.repeat(60), attachments: [] });
    const above = compose({ messages: [{ role: 'user', content: '北'.repeat(61) }] }, options);
    expect(above.prompt).toMatch(/^My message is in the attached paste\.txt/);
    expect(above.attachments).toEqual([
      { file_name: 'paste.txt', file_type: 'txt', file_size: 183, extracted_content: '北'.repeat(61) },
    ]);
  });

  test('of a conversation goes to an attachment, and the last message stays in the prompt', () => {
    const plan = compose({ system: 'Be brief.', ...turns('x'.repeat(60), 'Two', 'And now?') }, options);
    expect(plan.attachments).toHaveLength(1);
    expect(plan.attachments[0]?.extracted_content).toBe(`Be brief.\n\nHuman: ${'x'.repeat(60)}\n\nAssistant: Two`);
    expect(plan.prompt).toMatch(/^The attached paste\.txt holds[^]*\n\nAnd now\?$/);
  });

  test('with system messages at its end leaves the question in the prompt, and the reminders to the attachment', () => {
    const messages = [
      { role: 'user', content: 'Say hello.' },
      { role: 'system', content: 'x'.repeat(60) },
    ];
    const plan = compose({ messages, system: 'Be brief.' }, options);
    expect(plan.prompt).toMatch(/^The attached paste\.txt holds[^]*\n\nSay hello\.$/);
    expect(plan.attachments[0]?.extracted_content).toBe(`Be brief.\n\n${'x'.repeat(60)}`);
  });

  test('in the last message too goes to the attachment whole', () => {
    const plan = compose(turns('One', 'Two', 'x'.repeat(61)), options);
    expect(plan.attachments[0]?.extracted_content).toBe(`Human: One\n\nAssistant: Two\n\nHuman: ${'x'.repeat(61)}`);
    expect(plan.prompt).not.toContain('xx');
  });

  test('has a default threshold of 20,000 characters', () => {
    expect(compose(turns('x'.repeat(20_000))).attachments).toEqual([]);
    expect(compose(turns('x'.repeat(20_001))).attachments).toHaveLength(1);
  });

  test('counts in the estimate of input tokens, wherever it goes', () => {
    expect(compose(turns('x'.repeat(4000)), options).inputTokenEstimate).toBeGreaterThanOrEqual(1000);
  });
});

describe('files', () => {
  test('images and PDFs become uploads in order, and leave the prompt alone', () => {
    const pdf = { type: 'document', title: 'Q3: report', source: image('BBBB', 'application/pdf').source };
    const linked = { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } };
    const plan = compose(withContent(image('AAAA'), pdf, { type: 'text', text: 'Compare' }, linked));
    expect(plan.prompt).toBe('Compare');
    expect(plan.uploads).toEqual([
      { name: 'image-1.png', mediaType: 'image/png', source: { kind: 'bytes', bytes: Uint8Array.of(0, 0, 0) } },
      {
        name: 'Q3 report.pdf',
        mediaType: 'application/pdf',
        source: { kind: 'bytes', bytes: Uint8Array.of(4, 16, 65) },
      },
      {
        name: 'document-3.pdf',
        mediaType: 'application/pdf',
        source: { kind: 'url', url: 'https://example.com/a.pdf' },
      },
    ]);
  });

  test('leave a mark in a transcript, so that the turn is known', () => {
    const messages = [
      { role: 'user', content: [image('AAAA'), { type: 'text', text: 'What is it?' }] },
      { role: 'assistant', content: 'A cat.' },
      { role: 'user', content: 'Sure?' },
    ];
    expect(compose({ messages }).prompt).toBe(
      'Human: [attached file: image-1.png]\n\nWhat is it?\n\nAssistant: A cat.\n\nHuman: Sure?',
    );
  });

  test('text documents, search results and content documents become attachments', () => {
    const text = { type: 'text', media_type: 'text/plain', data: 'One' };
    const plan = compose(
      withContent(
        { type: 'document', source: text, title: 'notes.txt', context: 'From May' },
        { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'Two' }, image('AAAA')] } },
        {
          type: 'search_result',
          source: 'https://example.com',
          title: '../Hit',
          content: [{ type: 'text', text: 'Three' }],
        },
        { type: 'text', text: 'Sum up' },
      ),
    );
    expect(plan.prompt).toBe('Sum up');
    expect(plan.attachments).toEqual([
      { file_name: 'notes.txt', file_type: 'txt', file_size: 13, extracted_content: 'From May\n\nOne' },
      { file_name: 'document-2.txt', file_type: 'txt', file_size: 3, extracted_content: 'Two' },
      { file_name: '.. Hit', file_type: 'txt', file_size: 26, extracted_content: 'https://example.com\n\nThree' },
    ]);
    expect(plan.uploads.map((upload) => upload.name)).toEqual(['image-1.png']);
  });

  test.each(['', '%%%', 'A', 'AAAA=A'])('base64 %j is refused with its place', (data) => {
    expect(() => compose(withContent({ type: 'text', text: 'a' }, image(data)))).toThrow(
      expect.objectContaining({
        code: 'INVALID_REQUEST',
        details: { field: 'messages[0].content[1].source.data' },
      }),
    );
  });
});

describe('what web mode cannot do is refused with its field and where it works', () => {
  const toolUse = { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} };
  test.each<[string, object]>([
    ['tools', { tools: [{ name: 'f', input_schema: { type: 'object' } }] }],
    ['tool_choice', { tool_choice: { type: 'auto' } }],
    ['mcp_servers', { mcp_servers: [{ type: 'url', url: 'https://example.com' }] }],
    ['container', { container: 'container_1' }],
    ['messages[1].role', turns('Hi', 'Sure, ')],
    ['messages[1].content[0]', answered(toolUse)],
    ['messages[1].content[1]', answered({ type: 'text', text: 'a' }, { ...toolUse, type: 'server_tool_use' })],
    ['messages[0].content[0]', withContent({ type: 'tool_result', tool_use_id: 'toolu_1', content: 'ok' })],
    ['messages[0].content[0]', withContent({ type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] })],
    ['messages[0].content[0]', withContent({ type: 'container_upload', file_id: 'file_1' })],
    ['messages[0].content[0]', withContent({ type: 'brand_new_block' })],
    [
      'messages[0].content[0].source.file_id',
      withContent({ type: 'image', source: { type: 'file', file_id: 'file_1' } }),
    ],
    [
      'messages[0].content[0].source.file_id',
      withContent({ type: 'document', source: { type: 'file', file_id: 'file_1' } }),
    ],
  ])('%s', (field, changed) => {
    expect(() => compose(changed)).toThrow(
      expect.objectContaining({
        code: 'NOT_AVAILABLE_IN_MODE',
        status: 400,
        details: { field },
        message: expect.stringContaining(field),
        remedy: expect.stringContaining('`api`'),
      }),
    );
  });

  test.each([
    { tools: [] },
    { tools: null },
    { tool_choice: { type: 'none' } },
    { mcp_servers: [] },
    { container: null },
  ])('but %j asks for nothing', (changed) => {
    expect(compose(changed).prompt).toBe('Hi');
  });
});

test('knobs are dropped with a warning each, also those that nobody knows; zero counts as set', () => {
  const plan = compose({ temperature: 0, top_p: 0.5, top_k: 1, service_tier: 'auto', brand_new: false });
  expect(plan.warnings.map((warning) => warning.field).toSorted()).toEqual(
    ['brand_new', 'max_tokens', 'service_tier', 'temperature', 'top_k', 'top_p'].toSorted(),
  );
});

test('what does not change the answer is dropped without a word', () => {
  const plan = compose({ metadata: { user_id: 'u' }, cache_control: { type: 'ephemeral' }, top_k: null });
  expect(plan.warnings.map((warning) => warning.field)).toEqual(['max_tokens']);
});

test.each([
  [{ type: 'enabled', budget_tokens: 1024 }, true],
  [{ type: 'adaptive' }, true],
  [{ type: 'disabled' }, false],
  [undefined, false],
])('thinking %j is %s', (thinking, expected) => {
  expect(compose({ thinking }).thinking).toBe(expected);
});

test('stop sequences are handed on to be emulated, without a warning', () => {
  const plan = compose({ stop_sequences: ['END'] });
  expect(plan.stopSequences).toEqual(['END']);
  expect(plan.warnings.map((warning) => warning.field)).not.toContain('stop_sequences');
});
