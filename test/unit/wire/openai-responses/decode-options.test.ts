import { describe, expect, it } from 'vitest';
import type { HubContentBlock } from '../../../../companion/wire/hub/request.ts';
import { openAiResponsesDialect } from '../../../../companion/wire/openai-responses/codec.ts';
import { BUDGET_MODEL, refusalOf } from '../openai-chat/support.ts';
import { callOutput, decode, functionCall, hello, thinkingRequest, warnedFields } from './support.ts';

describe('what the companion does not store', () => {
  it.each([
    ['previous_response_id', 'resp_1'],
    ['conversation', 'conv_1'],
    ['conversation', { id: 'conv_1' }],
    ['prompt', { id: 'pmpt_1' }],
    ['background', true],
  ])('refuses %s', (field, value) => {
    const refusal = refusalOf(() => decode({ [field]: value }));
    expect(refusal.status).toBe(400);
    expect(refusal.details.field).toBe(field);
    expect(refusal.message).toContain(field);
  });

  it('says that the whole input is to be sent', () => {
    expect(refusalOf(() => decode({ previous_response_id: 'resp_1' })).remedy).toBe(
      'Send the whole input in each request.',
    );
  });

  it.each([
    [{ previous_response_id: null, conversation: null, prompt: null, background: false, store: false }, []],
    [{}, []],
    [{ store: true }, ['store']],
  ])('serves %j', (fields, warned) => {
    expect(warnedFields(decode(fields))).toEqual(warned);
  });
});

describe('limits and sampling', () => {
  it('reads max_output_tokens, and says when the limit is ours', () => {
    expect(decode({ max_output_tokens: 50 })).toMatchObject({ hub: { max_tokens: 50 }, hasDefaultMaxTokens: false });
    expect(decode()).toMatchObject({ hub: { max_tokens: 32_000 }, hasDefaultMaxTokens: true });
  });

  it('clamps the temperature', () => {
    const request = decode({ model: BUDGET_MODEL, temperature: 1.5, top_p: 0.5 });
    expect(request.hub).toMatchObject({ temperature: 1, top_p: 0.5 });
    expect(warnedFields(request)).toEqual(['temperature']);
  });

  it('names the user', () => {
    expect(decode({ user: 'u1' }).hub.metadata).toEqual({ user_id: 'u1' });
    expect(decode({ safety_identifier: 's1' }).hub.metadata).toEqual({ user_id: 's1' });
  });
});

describe('reasoning', () => {
  it('thinks adaptively, and shows it when a summary is asked for', () => {
    expect(decode(thinkingRequest).hub).toMatchObject({
      thinking: { type: 'adaptive', display: 'summarized' },
      output_config: { effort: 'high' },
    });
    expect(decode({ reasoning: { effort: 'low', generate_summary: 'auto' } }).hub.thinking).toHaveProperty('display');
    expect(decode({ reasoning: { effort: 'low' } }).hub.thinking).toEqual({ type: 'adaptive' });
  });

  it('gives a budget to models that take one, with room for the answer and no sampling', () => {
    const { hub } = decode({
      model: BUDGET_MODEL,
      reasoning: { effort: 'low' },
      max_output_tokens: 500,
      temperature: 0.2,
    });
    expect(hub).toMatchObject({ thinking: { type: 'enabled', budget_tokens: 1024 }, max_tokens: 5120 });
    expect(hub).not.toHaveProperty('temperature');
  });

  it.each([[undefined], [null], [{}], [{ effort: 'none' }], [{ effort: null, summary: 'auto' }]])(
    'does not think for %j',
    (reasoning) => {
      expect(decode({ reasoning }).hub).not.toHaveProperty('thinking');
    },
  );

  it('does not think when a call is forced', () => {
    const request = decode({ ...thinkingRequest, tools: [{ type: 'function', name: 'f' }], tool_choice: 'required' });
    expect(request.hub).not.toHaveProperty('thinking');
    expect(warnedFields(request)).toEqual(['reasoning.effort']);
  });

  it('recalls the thinking before a call that came back without it', () => {
    const thinking: HubContentBlock = { type: 'thinking', thinking: 'hm', signature: 'SIG' };
    const body = {
      ...thinkingRequest,
      input: [hello, functionCall('c1'), callOutput('c1', 'ok')],
    };
    const recall = (id: string): readonly HubContentBlock[] | undefined => (id === 'c1' ? [thinking] : undefined);
    const { hub } = openAiResponsesDialect.decodeRequest(body, undefined, recall);
    expect(hub.thinking).toMatchObject({ type: 'adaptive' });
    expect(hub.messages[1]?.content).toMatchObject([thinking, { type: 'tool_use', id: 'c1' }]);
    const forgotten = openAiResponsesDialect.decodeRequest(body, undefined, () => undefined);
    expect(forgotten.hub).not.toHaveProperty('thinking');
    expect(forgotten.warnings).toMatchObject([{ field: 'reasoning.effort' }]);
  });
});

describe('text.format', () => {
  const schema = { type: 'object', properties: { a: { type: 'number' } } };
  const format = { type: 'json_schema', name: 'answer', schema, strict: true };

  it('reaches models that take a schema as it is', () => {
    expect(decode({ text: { format } }).hub.output_config).toEqual({ format: { type: 'json_schema', schema } });
  });

  it('reaches others as a hidden tool', () => {
    const { hub, memo } = decode({ model: BUDGET_MODEL, text: { format } });
    expect(hub.tools).toMatchObject([{ name: 'json_output', input_schema: schema }]);
    expect(hub.tool_choice).toMatchObject({ type: 'tool', name: 'json_output' });
    expect(memo.jsonTool).toEqual({ name: 'json_output', isWrapped: false });
  });

  it('becomes an instruction after the client’s own when nothing may be forced', () => {
    const tools = [{ type: 'function', name: 'f' }];
    const { hub } = decode({ model: BUDGET_MODEL, instructions: 'A', tools, text: { format } });
    expect(hub.system).toHaveLength(2);
    expect(decode({ text: { format: { type: 'json_object' } } }).hub.system).toMatchObject([
      { text: expect.stringContaining('JSON object') as unknown },
    ]);
  });
});

describe('losses', () => {
  it('names what has no counterpart, and nothing that asks for nothing', () => {
    const request = decode({
      truncation: 'auto',
      prompt_cache_key: 'k',
      service_tier: 'flex',
      top_logprobs: 2,
      made_up: 1,
      text: { verbosity: 'low' },
      reasoning: { mode: 'pro' },
      include: ['reasoning.encrypted_content', 'message.output_text.logprobs'],
      metadata: { a: 'b' },
      stream_options: { include_obfuscation: false },
    });
    expect(warnedFields(request)).toEqual([
      'truncation',
      'service_tier',
      'top_logprobs',
      'made_up',
      'include[].message.output_text.logprobs',
      'reasoning.mode',
    ]);
    expect(
      warnedFields(
        decode({ truncation: 'disabled', service_tier: 'auto', top_logprobs: 0, text: { verbosity: 'medium' } }),
      ),
    ).toEqual([]);
  });

  it.each([
    [{ model: '' }, 'model'],
    [{ input: undefined }, 'input'],
    [{ max_output_tokens: 0 }, 'max_output_tokens'],
    [{ reasoning: { effort: 'huge' } }, 'reasoning.effort'],
    [{ text: { format: { type: 'yaml' } } }, 'text.format.type'],
    [{ stream: 'yes' }, 'stream'],
  ])('refuses %j and names the field', (body, field) => {
    expect(refusalOf(() => decode(body)).details.field).toBe(field);
  });

  it('refuses what is no object', () => {
    expect(refusalOf(() => openAiResponsesDialect.decodeRequest([1])).message).toBe('The body must be a JSON object.');
  });
});
