import { describe, expect, test } from 'vitest';
import { composeClaudeCodePlan } from '../../../../companion/wire/claude-code/compose.ts';
import type { HubRequest } from '../../../../companion/wire/hub/request.ts';

const model = 'claude-sonnet-4-5';

function plan(hub: Partial<HubRequest>, name = model) {
  return composeClaudeCodePlan(
    { model: 'asked', max_tokens: 100, messages: [user('Hi.')], ...hub } as HubRequest,
    name,
  );
}

function user(content: HubRequest['messages'][number]['content']) {
  return { role: 'user' as const, content };
}

function assistant(content: HubRequest['messages'][number]['content']) {
  return { role: 'assistant' as const, content };
}

const text = (words: string) => ({ type: 'text' as const, text: words });

describe('what Claude Code is asked', () => {
  test('is the conversation in its turns, word for word', () => {
    const { turns, warnings } = plan({ messages: [user('One.'), assistant('Two.'), user([text('Three.')])] });
    expect(turns).toEqual([
      { role: 'user', content: [text('One.')] },
      { role: 'assistant', content: [text('Two.')] },
      { role: 'user', content: [text('Three.')] },
    ]);
    expect(warnings).toEqual([]);
  });

  test('neighbours of one role are one turn, and empty messages none', () => {
    const { turns } = plan({ messages: [user('One.'), assistant(''), user('Two.'), user([text(''), text('Three.')])] });
    expect(turns).toEqual([{ role: 'user', content: [text('One.'), text('Two.'), text('Three.')] }]);
  });

  test('pictures, documents and search results go along, without cache marks at any depth', () => {
    const mark = { cache_control: { type: 'ephemeral' as const } };
    const image = { type: 'image' as const, source: { type: 'url' as const, url: 'https://example.com/a.png' } };
    const document = {
      type: 'document' as const,
      source: { type: 'content' as const, content: [{ ...text('Part.'), ...mark }] },
      ...mark,
    };
    const result = { type: 'search_result' as const, title: 'T', source: 'S', content: [text('Found.')], ...mark };
    const { turns } = plan({
      messages: [user([{ ...image, ...mark }, document, result, { ...text('See.'), ...mark }])],
    });
    expect(turns[0]?.content).toEqual([
      image,
      { type: 'document', source: { type: 'content', content: [text('Part.')] } },
      { type: 'search_result', title: 'T', source: 'S', content: [text('Found.')] },
      text('See.'),
    ]);
  });

  test('thinking of earlier turns is left out, as the API does', () => {
    const thought = { type: 'thinking' as const, thinking: 'Hm.', signature: 'c2ln' };
    const { turns } = plan({ messages: [user('One.'), assistant([thought, text('Two.')]), user('Three.')] });
    expect(turns[1]).toEqual({ role: 'assistant', content: [text('Two.')] });
  });

  test('system messages on the way travel in the user turn beside them, with a warning', () => {
    const reminder = { role: 'system', content: 'Be brief.' } as unknown as HubRequest['messages'][number];
    const { turns, warnings } = plan({ messages: [user('One.'), reminder] });
    const told = text('<system-reminder>\nBe brief.\n</system-reminder>');
    expect(turns).toEqual([{ role: 'user', content: [text('One.'), told] }]);
    expect(warnings).toEqual([expect.objectContaining({ field: 'messages.role' })]);
  });

  test('the system prompt is the client own text, without the billing line of a Claude Code client', () => {
    expect(plan({}).systemPrompt).toBe('');
    expect(plan({ system: 'Be brief.' }).systemPrompt).toBe('Be brief.');
    const system = [text('x-anthropic-billing-header: cc_version=2.1.330'), text('One.'), text('Two.')];
    expect(plan({ system }).systemPrompt).toBe('One.\n\nTwo.');
  });

  test('a schema is asked for in words, with a warning', () => {
    const format = { type: 'json_schema' as const, schema: { type: 'object', title: 'marzipan' } };
    const { systemPrompt, warnings } = plan({ system: 'Be brief.', output_config: { format } });
    expect(systemPrompt).toMatch(/^Be brief\.\n\n[^]*marzipan/);
    expect(warnings).toEqual([{ field: 'output_config.format', reason: 'asked for in words and not enforced' }]);
  });

  test('thinking, effort and the length of the answer are as the client says', () => {
    expect(plan({}).thinking).toEqual({ type: 'disabled' });
    expect(plan({ thinking: { type: 'disabled' } }).thinking).toEqual({ type: 'disabled' });
    expect(plan({ thinking: { type: 'enabled', budget_tokens: 2000 } }).thinking).toEqual({
      type: 'enabled',
      budgetTokens: 2000,
      display: 'summarized',
    });
    const { thinking, effort, maxOutputTokens } = plan({
      thinking: { type: 'adaptive', display: 'omitted' },
      output_config: { effort: 'high' },
      max_tokens: 77,
    });
    expect({ thinking, effort, maxOutputTokens }).toEqual({
      thinking: { type: 'adaptive', display: 'omitted' },
      effort: 'high',
      maxOutputTokens: 77,
    });
  });

  test.each(['opus', 'sonnet[1m]', 'claude-opus-5', 'us.anthropic.claude-x-v1:0'])('%s may be a model', (name) => {
    expect(plan({}, name).model).toBe(name);
  });

  test.each(['', '--help', 'a b', 'x\0y', 'x'.repeat(300)])('%j can be no model', (name) => {
    expect(() => plan({}, name)).toThrow(expect.objectContaining({ code: 'MODEL_NOT_FOUND' }));
  });
});

describe('what Claude Code cannot carry', () => {
  const tool = { name: 'look_up', input_schema: { type: 'object' as const } };
  const call = { type: 'tool_use' as const, id: 'toolu_1', name: 'look_up', input: {} };
  const result = { type: 'tool_result' as const, tool_use_id: 'toolu_1', content: 'x' };
  const file = { type: 'image' as const, source: { type: 'file', file_id: 'file_1' } } as never;

  test.each<[string, Partial<HubRequest>]>([
    ['tools', { tools: [tool] }],
    ['tool_choice', { tool_choice: { type: 'any' } }],
    ['messages[1].content[0]', { messages: [user('x'), assistant([call]), user([result])] }],
    ['messages[0].content[0]', { messages: [user([result])] }],
    ['messages[0].content[0].source.file_id', { messages: [user([file])] }],
    ['messages[1].role', { messages: [user('x'), assistant('{')] }],
    ['messages[1].content', { messages: [user(''), user('')] }],
  ])('is refused by its name: %s', (field, hub) => {
    const refusal = { code: 'NOT_AVAILABLE_IN_MODE', status: 400, details: { field } };
    expect(() => plan(hub)).toThrow(expect.objectContaining(refusal));
    expect(() => plan(hub)).toThrow(/claude-code mode/);
  });

  test('nothing is refused that asks for nothing', () => {
    expect(plan({ tools: [], tool_choice: { type: 'none' } }).warnings).toEqual([]);
  });

  test('what only says how is dropped with a warning, and what is so anyway without', () => {
    const { warnings } = plan({ temperature: 0.2, top_p: 0.9, top_k: 4, service_tier: 'auto' });
    expect(warnings.map(({ field }) => field)).toEqual(['temperature', 'top_p', 'top_k', 'service_tier']);
    expect(plan({ temperature: 1, metadata: { user_id: 'x' } }).warnings).toEqual([]);
  });
});
