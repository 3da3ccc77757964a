import { describe, expect, it } from 'vitest';
import { refusalOf } from '../openai-chat/support.ts';
import { callOutput, decode, functionCall, hello, transcript, warnedFields } from './support.ts';

const PNG = 'data:image/png;base64,AAAA';
const PDF = 'data:application/pdf;base64,JVBERi0=';
const user = (...content: readonly unknown[]): unknown => ({ role: 'user', content });
const firstContent = (input: readonly unknown[]): unknown => decode({ input }).hub.messages[0]?.content;

describe('messages', () => {
  it('takes a string as what the user says', () => {
    expect(decode({ input: 'hi' }).hub.messages).toEqual([{ role: 'user', content: [{ type: 'text', text: 'hi' }] }]);
  });

  it('hoists instructions, then system and developer messages from wherever they stand', () => {
    const { hub } = decode({
      instructions: 'A',
      input: [
        { role: 'system', content: 'B' },
        hello,
        { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'C' }] },
        { role: 'assistant', content: 'yes?' },
        { role: 'developer', content: ' ' },
        { role: 'user', content: 'go' },
      ],
    });
    expect(hub.system).toEqual(['A', 'B', 'C'].map((text) => ({ type: 'text', text })));
    expect(hub.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
  });

  it('lets the last instruction speak when there is nothing else', () => {
    const { hub } = decode({ instructions: 'A', input: [{ role: 'developer', content: 'B' }] });
    expect(hub.system).toEqual([{ type: 'text', text: 'A' }]);
    expect(hub.messages).toEqual([{ role: 'user', content: [{ type: 'text', text: 'B' }] }]);
  });

  it.each([[[]], ['  '], [[{ role: 'user', content: '' }]]])('refuses an input that says nothing: %j', (input) => {
    expect(refusalOf(() => decode({ input })).details.field).toBe('input');
  });

  it('reads the texts of both sides, with and without a type', () => {
    const input = [
      user({ type: 'input_text', text: 'a' }, { type: 'text', text: 'b' }),
      {
        type: 'message',
        id: 'msg_1',
        role: 'assistant',
        status: 'completed',
        content: [
          { type: 'output_text', text: 'c', annotations: [] },
          { type: 'refusal', refusal: 'no' },
        ],
      },
      hello,
    ];
    expect(transcript(input)).toEqual(['user: a | b', 'assistant: c | no', 'user: hi']);
  });

  it('merges what one side said in several items, and begins with the user', () => {
    const input = [{ role: 'assistant', content: 'x' }, { role: 'assistant', content: 'y' }, hello, hello];
    expect(transcript(input)).toEqual(['user: (continued)', 'assistant: x | y', 'user: hi | hi']);
  });
});

describe('images and files', () => {
  it('reads images by data URL, by address and by an id of the provider', () => {
    const input = [
      user(
        { type: 'input_image', image_url: 'data:image/jpg;base64,AAAA', detail: 'low' },
        { type: 'input_image', image_url: 'https://x.test/y.png' },
        { type: 'input_image', file_id: 'file_01' },
      ),
    ];
    expect(firstContent(input)).toEqual([
      { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: 'AAAA' } },
      { type: 'image', source: { type: 'url', url: 'https://x.test/y.png' } },
      { type: 'image', source: { type: 'file', file_id: 'file_01' } },
    ]);
  });

  it('reads files by data URL, by address and by an id of the provider, with their names', () => {
    const input = [
      user(
        { type: 'input_file', file_data: PDF, filename: 'a.pdf' },
        { type: 'input_file', file_url: 'https://x.test/b.pdf' },
        { type: 'input_file', file_id: 'file_02', filename: 'c' },
        { type: 'input_file', file_data: 'data:text/plain;base64,aGk=' },
      ),
    ];
    expect(firstContent(input)).toEqual([
      {
        type: 'document',
        source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
        title: 'a.pdf',
      },
      { type: 'document', source: { type: 'url', url: 'https://x.test/b.pdf' } },
      { type: 'document', source: { type: 'file', file_id: 'file_02' }, title: 'c' },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'hi' } },
    ]);
  });

  it.each([
    [{ type: 'input_audio', input_audio: { data: 'x', format: 'wav' } }, 'input[0].content[0]'],
    [{ type: 'input_image', image_url: 'nonsense' }, 'input[0].content[0].image_url'],
    [{ type: 'input_image' }, 'input[0].content[0].image_url'],
    [{ type: 'input_image', file_id: 'file-openai' }, 'input[0].content[0].file_id'],
    [{ type: 'input_file', file_id: 'file-openai' }, 'input[0].content[0].file_id'],
    [{ type: 'input_file', file_url: 'file:///etc/passwd' }, 'input[0].content[0].file_url'],
    [{ type: 'input_file' }, 'input[0].content[0].file_data'],
    [{ type: 'input_video' }, 'input[0].content[0].type'],
    [{ type: 'input_text' }, 'input[0].content[0].text'],
  ])('refuses %j and names it', (part, field) => {
    const refusal = refusalOf(() => decode({ input: [user(part)] }));
    expect(refusal.code).toBe('INVALID_REQUEST');
    expect(refusal.details.field).toBe(field);
  });
});

describe('calls and results', () => {
  it('knows a call by its call_id, never by its fc_ id', () => {
    const input = [hello, functionCall('call_1', { id: 'fc_1', status: 'completed' }), callOutput('call_1', 'ok')];
    expect(transcript(input)).toEqual(['user: hi', 'assistant: call call_1 look({"x":1})', 'user: result call_1 "ok"']);
  });

  it('takes a result under the fc_ id for a stray one', () => {
    const input = [hello, functionCall('call_1', { id: 'fc_1' }), callOutput('fc_1', 'ok')];
    expect(transcript(input).at(-1)).toBe('user: result call_1 error "[no result]" | [tool result fc_1] ok');
  });

  it('puts parallel results into one turn, before what the user adds', () => {
    const input = [
      hello,
      { role: 'assistant', content: 'Let me look.' },
      functionCall('c1'),
      functionCall('c2', { arguments: '' }),
      callOutput('c2', 'two'),
      { role: 'user', content: 'quick' },
      callOutput('c1', 'one'),
    ];
    expect(transcript(input)).toEqual([
      'user: hi',
      'assistant: Let me look. | call c1 look({"x":1}) | call c2 look({})',
      'user: result c2 "two" | result c1 "one" | quick',
    ]);
  });

  it('answers calls whose result is missing, and keeps arguments that are no JSON object', () => {
    const input = [hello, functionCall('c1', { arguments: '[1' }), hello];
    expect(transcript(input).slice(1)).toEqual([
      'assistant: call c1 look({"_raw_arguments":"[1"})',
      'user: result c1 error "[no result]" | hi',
    ]);
  });

  it('makes invalid ids valid, the same for a call and its result', () => {
    const input = [hello, functionCall('functions.Bash:0'), callOutput('functions.Bash:0', 'ok')];
    const [, call, result] = transcript(input);
    const id = /call (\S+) /.exec(call ?? '')?.[1] ?? '';
    expect(id).toMatch(/^functions_Bash_0_[0-9a-f]{8}$/);
    expect(result).toBe(`user: result ${id} "ok"`);
  });

  it('carries images of a result', () => {
    const output = [
      { type: 'input_text', text: 'see' },
      { type: 'input_image', image_url: PNG },
      { type: 'input_file', file_data: PDF },
    ];
    const { messages } = decode({ input: [hello, functionCall('c1'), callOutput('c1', output)] }).hub;
    const result = messages.at(-1)?.content[0];
    expect(result).toMatchObject({
      type: 'tool_result',
      tool_use_id: 'c1',
      content: [{ type: 'text', text: 'see' }, { type: 'image' }, { type: 'document' }],
    });
  });

  it('leaves out the content of an empty result', () => {
    expect(transcript([hello, functionCall('c1'), callOutput('c1', ' ')]).at(-1)).toBe('user: result c1 undefined');
  });

  it('replays calls of freeform tools and of the local shell', () => {
    const input = [
      hello,
      { type: 'custom_tool_call', id: 'ctc_1', call_id: 'c1', name: 'apply_patch', input: '*** Begin' },
      { type: 'custom_tool_call_output', call_id: 'c1', output: 'Done' },
      { type: 'local_shell_call', id: 'lsh_1', call_id: 'c2', action: { type: 'exec', command: ['ls'] } },
      { type: 'local_shell_call_output', id: 'c2', output: 'a.txt' },
    ];
    expect(transcript(input).slice(1)).toEqual([
      'assistant: call c1 apply_patch({"input":"*** Begin"})',
      'user: result c1 "Done"',
      'assistant: call c2 local_shell({"type":"exec","command":["ls"]})',
      'user: result c2 "a.txt"',
    ]);
  });

  it('names a call of a namespace as its tool is named', () => {
    const input = [hello, functionCall('c1', { namespace: 'mcp__files' }), callOutput('c1', 'ok')];
    expect(transcript(input)[1]).toBe('assistant: call c1 mcp__files__look({"x":1})');
  });

  it.each([
    [{ type: 'function_call', name: 'f', arguments: '{}' }, 'input[0].call_id'],
    [{ type: 'function_call', call_id: 'c', name: 'no spaces', arguments: '{}' }, 'input[0].name'],
    [{ type: 'function_call_output', call_id: 'c' }, 'input[0].output'],
    [{ role: 'tool', content: 'x' }, 'input[0].role'],
    [{ content: 'x' }, 'input[0].type'],
    ['text', 'input[0]'],
  ])('refuses %j and names the field', (item, field) => {
    expect(refusalOf(() => decode({ input: [item] })).details.field).toBe(field);
  });
});

describe('reasoning', () => {
  const reasoning = (sealed: unknown, ...texts: readonly string[]): unknown => ({
    type: 'reasoning',
    id: 'rs_1',
    summary: texts.map((text) => ({ type: 'summary_text', text })),
    encrypted_content: sealed,
  });

  it('comes back as the thinking that it was, before the call that it led to', () => {
    const input = [
      hello,
      reasoning('anthropic:SIG+/=', 'hm'),
      reasoning('anthropic:redacted:DATA'),
      functionCall('c1'),
      callOutput('c1', 'ok'),
    ];
    expect(transcript(input)[1]).toBe('assistant: thinking hm by SIG+/= | redacted DATA | call c1 look({"x":1})');
  });

  it('keeps thinking whose words were not shown', () => {
    const input = [hello, reasoning('anthropic:SIG'), functionCall('c1'), callOutput('c1', 'ok')];
    expect(transcript(input)[1]).toBe('assistant: thinking  by SIG | call c1 look({"x":1})');
  });

  it.each([['gAAAAfromElsewhere'], [null], [undefined]])(
    'drops what was sealed elsewhere or not at all: %s',
    (sealed) => {
      const input = [hello, reasoning(sealed, 'hm'), functionCall('c1'), callOutput('c1', 'ok')];
      expect(transcript(input)[1]).toBe('assistant: call c1 look({"x":1})');
      expect(warnedFields(decode({ input }))).toEqual(['input[].reasoning']);
    },
  );

  it('drops thinking at the end of a turn: the answer it led to never came', () => {
    const input = [hello, reasoning('anthropic:SIG', 'hm'), { role: 'user', content: 'again' }];
    expect(transcript(input)).toEqual(['user: hi | again']);
  });
});

describe('items that cannot be served', () => {
  it.each([[{ type: 'item_reference', id: 'msg_1' }], [{ id: 'msg_1' }]])('refuses the reference %j', (item) => {
    const refusal = refusalOf(() => decode({ input: [hello, item] }));
    expect(refusal.details.field).toBe('input[1]');
    expect(refusal.remedy).toBe('Send the items themselves.');
  });

  it('names kinds of items that it leaves out', () => {
    const input = [hello, { type: 'web_search_call', id: 'ws_1' }, { type: 'compaction', encrypted_content: 'x' }];
    expect(warnedFields(decode({ input }))).toEqual(['input[].web_search_call', 'input[].compaction']);
    expect(transcript(input)).toEqual(['user: hi']);
  });
});
