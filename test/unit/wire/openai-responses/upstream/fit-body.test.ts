/** What a client's own body becomes for the ChatGPT backend. */
import { array, assert, constantFrom, dictionary, jsonValue, property, record, string } from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { fitResponsesBody } from '../../../../../companion/wire/openai-responses/upstream/fit-body.ts';
import { toGpt55, toGpt6 } from '../codex-requests.ts';

const user = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi 北京' }] };
const fit = { model: 'gpt-5.5', instructions: 'Be brief.', input: [user], stream: true, store: false };

function bend(body: unknown): {
  readonly sent: Record<string, unknown>;
  readonly warned: readonly string[];
  readonly isStream: boolean;
} {
  const fitted = fitResponsesBody(Buffer.from(JSON.stringify(body)));
  const sent = JSON.parse(fitted.body.toString('utf8')) as Record<string, unknown>;
  return { sent, warned: fitted.warnings.map(({ field }) => field), isStream: fitted.isStream };
}

describe('a body that the backend takes', () => {
  it('is not touched: not its order, its white space, its escapes or its numbers', () => {
    const text = `  { "store" : false,\n "x_odd": 1.0e2, "model":"gpt\\u002d5.5", "stream":true , "instructions":"",
      "input":[{"role":"user","content":"\\u00fc 北京"}], "metadata_like": {"user": 1} }`;
    const body = Buffer.from(text);
    const fitted = fitResponsesBody(body);
    expect(fitted.body).toBe(body);
    expect(fitted).toMatchObject({ isStream: true, warnings: [] });
  });

  it('keeps its fields inside other values, whatever they are called', () => {
    const body = Buffer.from(
      JSON.stringify({ ...fit, text: { temperature: 1 }, tools: [{ user: 'u', metadata: {} }] }),
    );
    expect(fitResponsesBody(body).body).toBe(body);
  });

  test.each([
    ['gpt-5.5', toGpt55()],
    ['gpt-6', toGpt6()],
  ])('as Codex makes it for %s gets instructions and keeps all other bytes', (_name, request) => {
    const text = JSON.stringify(request);
    const { body, warnings } = fitResponsesBody(Buffer.from(text));
    expect(body.toString('utf8')).toBe(`{"instructions":"",${text.slice(1)}`);
    expect(warnings).toEqual([]);
  });
});

describe('a body that asks for more', () => {
  it('is not stored, and says so', () => {
    for (const store of [true, undefined, null]) {
      const { sent, warned } = bend({ ...fit, store });
      expect(sent).toEqual(fit);
      expect(warned).toEqual(['store']);
    }
  });

  it('is streamed, though the client wants it whole', () => {
    for (const stream of [false, undefined, null]) {
      const { sent, warned, isStream } = bend({ ...fit, stream });
      expect(sent).toEqual(fit);
      expect([warned, isStream]).toEqual([[], false]);
    }
  });

  it('has its input in a list and its instructions as text, which loses nothing', () => {
    const { sent, warned } = bend({ model: 'm', input: 'hi 北京', store: false, stream: true });
    expect(sent).toMatchObject({ instructions: '', input: [user] });
    expect(bend({ ...fit, instructions: null }).sent).toMatchObject({ instructions: '' });
    expect(warned).toEqual([]);
  });

  test.each<[string, unknown]>([
    ['temperature', 0.2],
    ['top_p', 0.5],
    ['max_output_tokens', 100],
    ['max_tool_calls', 3],
    ['metadata', { a: 'b' }],
    ['user', 'u'],
    ['safety_identifier', 's'],
    ['prompt_cache_retention', '24h'],
    ['truncation', 'auto'],
    ['top_logprobs', 3],
    ['stream_options', { include_obfuscation: false }],
  ])('goes without %s, with a warning', (field, value) => {
    const { sent, warned } = bend({ ...fit, [field]: value });
    expect(sent).toEqual(fit);
    expect(warned).toEqual([field]);
  });

  it('needs no warning for what asks for nothing', () => {
    const nothing = { temperature: 1, top_p: 1, truncation: 'disabled', background: false, previous_response_id: null };
    const { sent, warned } = bend({ ...fit, ...nothing, metadata: null, user: null });
    expect([sent, warned]).toEqual([fit, []]);
  });

  it('has its system messages as those of the developer', () => {
    const { sent, warned } = bend({ ...fit, input: [{ role: 'system', content: 'A' }, user] });
    expect(sent).toEqual({ ...fit, input: [{ role: 'developer', content: 'A' }, user] });
    expect(warned).toEqual([]);
  });

  it('goes without reasoning that another provider signed, and keeps its own', () => {
    const own = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAAAAx' };
    const foreign = { ...own, encrypted_content: 'anthropic:EqQB' };
    const { sent, warned } = bend({ ...fit, input: [user, foreign, own] });
    expect(sent).toEqual({ ...fit, input: [user, own] });
    expect(warned).toEqual(['input[].reasoning']);
  });
});

describe('a body that leans on what nobody keeps', () => {
  test.each<[string, unknown]>([
    ['previous_response_id', 'resp_1'],
    ['conversation', 'conv_1'],
    ['prompt', { id: 'pmpt_1' }],
    ['background', true],
  ])('is refused by %s', (field, value) => {
    expect(() => bend({ ...fit, [field]: value })).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', details: { field } }),
    );
  });

  test.each(['', '[]', '{"model":', 'null'])('is refused as no object: %j', (text) => {
    expect(() => fitResponsesBody(Buffer.from(text))).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
  });
});

test('whatever comes, what goes out is something that the backend takes, and fits at once the next time', () => {
  const extra = dictionary(
    constantFrom('temperature', 'user', 'metadata', 'truncation', 'tools', 'x', 'text'),
    jsonValue(),
  );
  const items = array(record({ role: constantFrom('system', 'user', 'developer'), content: string() }), {
    maxLength: 3,
  });
  const given = record({ stream: jsonValue(), store: jsonValue(), instructions: jsonValue(), input: items, extra });
  assert(
    property(given, ({ extra: more, ...fields }) => {
      const first = fitResponsesBody(Buffer.from(JSON.stringify({ ...more, ...fields })));
      const sent = JSON.parse(first.body.toString('utf8')) as Record<string, unknown>;
      expect(sent).toMatchObject({ stream: true, store: false, instructions: expect.any(String) });
      for (const field of ['temperature', 'user', 'metadata', 'truncation']) expect(sent).not.toHaveProperty(field);
      const hasSystemWord = first.body.includes('"system"');
      const again = fitResponsesBody(first.body);
      expect(again.body.equals(first.body)).toBe(true);
      if (!hasSystemWord) expect(again.body).toBe(first.body);
    }),
  );
});
