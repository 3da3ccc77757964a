/** Watching answers go by: the same facts at any cut, and no false word about completeness. */
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DialectId } from '../../../../companion/wire/codec.ts';
import { createObserver } from '../../../../companion/wire/observe/create.ts';
import { cutAt } from '../bytes.ts';

const sse = 'text/event-stream; charset=utf-8';

function observe(dialect: DialectId, type: string, pieces: readonly Uint8Array[], encoding?: string) {
  const observer = createObserver(dialect, type, encoding);
  for (const piece of pieces) {
    const copy = Uint8Array.from(piece);
    observer.push(copy);
    copy.fill(0x20);
  }
  return observer.end();
}

const ofText = (dialect: DialectId, type: string, text: string) => observe(dialect, type, [Buffer.from(text)]);

/** One event; with a name, as Anthropic and Responses write it. */
const named = (data: { readonly type: string }) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
const plain = (data: unknown) => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;

const tricky = 'a "message_stop" and [DONE], "finish_reason":"stop", "usage":{"x":1} "response.completed" é日\r\n';

const anthropicStart = named({
  type: 'message_start',
  message: {
    id: 'msg_1',
    model: 'claude-x',
    stop_reason: null,
    usage: { input_tokens: 7, cache_creation_input_tokens: 5, cache_read_input_tokens: 3, output_tokens: 1 },
  },
} as { type: string });
const anthropicMiddle =
  named({ type: 'ping' }) +
  named({ type: 'content_block_delta', delta: { type: 'text_delta', text: tricky } } as { type: string });
const anthropicDelta = named({
  type: 'message_delta',
  delta: { stop_reason: 'end_turn' },
  usage: { output_tokens: 9 },
} as {
  type: string;
});
const anthropicStop = named({ type: 'message_stop' });
const anthropicError = named({ type: 'error', error: { type: 'overloaded_error', message: 'x' } } as { type: string });
const anthropicWhole = anthropicStart + anthropicMiddle + anthropicDelta + anthropicStop;

const chunk = (choices: unknown, usage: unknown = null) =>
  plain({ id: 'chatcmpl-1', object: 'chat.completion.chunk', model: 'gpt-x', choices, usage });
const chatText = chunk([{ index: 0, delta: { content: tricky }, finish_reason: null }]);
const chatFinish = chunk([{ index: 0, delta: {}, finish_reason: 'tool_calls' }]);
const chatUsage = chunk([], {
  prompt_tokens: 10,
  completion_tokens: 4,
  prompt_tokens_details: { cached_tokens: 6, cache_write_tokens: 1 },
});
const chatWhole = chatText + chatText + chatFinish + chatUsage + plain('[DONE]');

const response = (status: string, usage: unknown) => ({ id: 'resp_1', model: 'gpt-x', status, usage, error: null });
const responsesUsage = { input_tokens: 10, input_tokens_details: { cached_tokens: 6 }, output_tokens: 4 };
const responsesStart = named({ type: 'response.created', response: response('in_progress', null) } as { type: string });
const responsesDelta = named({ type: 'response.output_text.delta', delta: tricky } as { type: string });
const responsesEnd = (how: string) =>
  named({ type: `response.${how}`, response: response(how, responsesUsage) } as { type: string });
const responsesWhole = responsesStart + responsesDelta + responsesEnd('completed');

const anthropicFacts = {
  usage: { inputTokens: 7, outputTokens: 9, cacheReadTokens: 3, cacheWriteTokens: 5 },
  stopReason: 'end_turn',
  model: 'claude-x',
  answerId: 'msg_1',
  isComplete: true,
  hasEnded: true,
  errorType: undefined,
};
const chatFacts = {
  usage: { inputTokens: 3, outputTokens: 4, cacheReadTokens: 6, cacheWriteTokens: 1 },
  stopReason: 'tool_calls',
  model: 'gpt-x',
  answerId: 'chatcmpl-1',
  isComplete: true,
  hasEnded: true,
  errorType: undefined,
};
const responsesFacts = {
  usage: { inputTokens: 4, outputTokens: 4, cacheReadTokens: 6, cacheWriteTokens: 0 },
  stopReason: 'completed',
  model: 'gpt-x',
  answerId: 'resp_1',
  isComplete: true,
  hasEnded: true,
  errorType: undefined,
};

const streams: readonly (readonly [DialectId, string, object])[] = [
  ['anthropic', anthropicWhole, anthropicFacts],
  ['openai-chat', chatWhole, chatFacts],
  ['openai-responses', responsesWhole, responsesFacts],
];

describe.each(streams)('a stream of %s', (dialect, whole, facts) => {
  const forms: readonly (readonly [string, (text: string) => string])[] = [
    ['line feeds', (text) => text],
    ['both line ends', (text) => text.replaceAll('\n', '\r\n')],
    ['carriage returns alone', (text) => text.replaceAll('\n', '\r')],
    ['no blank after the colon', (text) => text.replaceAll(/^(data|event): /gm, '$1:')],
    [
      'blanks in its JSON',
      (text) => text.replaceAll(/^data: (\{.*)$/gm, (_line, json: string) => `data: ${spaced(json)}`),
    ],
    ['no last line end', (text) => text.trimEnd()],
    ['a byte order mark', (text) => `\uFEFF${text}`],
    ['comments', (text) => text.replaceAll('\n\n', '\n\n: keep-alive\n\n')],
  ];

  test.each(forms)('with %s is understood', async (_name, form) => {
    expect(await ofText(dialect, sse, form(whole))).toEqual(facts);
  });

  test('is understood at every cut', async () => {
    const bytes = Buffer.from(whole);
    for (let at = 0; at <= bytes.length; at += 1) expect(await observe(dialect, sse, cutAt(bytes, at))).toEqual(facts);
    expect(
      await observe(
        dialect,
        sse,
        Array.from(bytes, (byte) => Uint8Array.of(byte)),
      ),
    ).toEqual(facts);
  });

  test('is understood at random cuts', async () => {
    const bytes = Buffer.from(whole);
    const cuts = fc.array(fc.nat(bytes.length), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(cuts, async (at) => {
        expect(await observe(dialect, sse, cutAt(bytes, ...at))).toEqual(facts);
      }),
    );
  });

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ] as const)('is understood through %s', async (encoding, compress) => {
    const bytes = compress(Buffer.from(whole));
    const pieces = cutAt(bytes, 1, 20, 40);
    expect(await observe(dialect, sse, pieces, encoding)).toEqual(facts);
  });

  test('that is cut anywhere before its terminal frame is never complete, once it began', async () => {
    const bytes = Buffer.from(whole);
    const end = {
      anthropic: anthropicStop,
      'openai-chat': chatFinish + chatUsage + plain('[DONE]'),
      'openai-responses': responsesEnd('completed'),
    };
    const lastAt = bytes.length - Buffer.byteLength(end[dialect]);
    const firstAt = bytes.indexOf('\n\n') + 2;
    for (let at = firstAt; at < lastAt; at += 1) {
      const { isComplete, hasEnded } = await observe(dialect, sse, [bytes.subarray(0, at)]);
      expect({ at, isComplete, hasEnded }).toEqual({ at, isComplete: false, hasEnded: false });
    }
  });

  test('a body that is no such stream is not judged', async () => {
    for (const body of ['', ': nothing\n\n', 'data: hello\n\n', 'data: {"a":1}\n\n', '<html>', '{"error":1}']) {
      expect(await ofText(dialect, sse, body)).toMatchObject({ isComplete: true, hasEnded: false, usage: undefined });
    }
  });
});

/** The same JSON with blanks, as Python writes it. */
function spaced(json: string): string {
  return JSON.stringify(JSON.parse(json), undefined, 1).replaceAll(/\n */g, ' ');
}

describe('what ends a stream', () => {
  test.each<[string, DialectId, string, object]>([
    ['an error event of Anthropic', 'anthropic', anthropicStart + anthropicError, { errorType: 'overloaded_error' }],
    ['an error before anything else', 'anthropic', anthropicError, { errorType: 'overloaded_error' }],
    ['a finish reason without [DONE]', 'openai-chat', chatText + chatFinish, { stopReason: 'tool_calls' }],
    ['[DONE] without a finish reason', 'openai-chat', chatText + plain('[DONE]'), { stopReason: undefined }],
    [
      'an error chunk',
      'openai-chat',
      chatText + plain({ error: { message: 'x', type: 'server_error' } }),
      { errorType: 'server_error' },
    ],
    [
      'an error chunk with a code alone',
      'openai-chat',
      chatText + plain({ error: { message: 'x', code: 'c' } }),
      { errorType: 'c' },
    ],
    [
      'response.incomplete',
      'openai-responses',
      responsesStart + responsesEnd('incomplete'),
      { stopReason: 'incomplete' },
    ],
    ['response.failed', 'openai-responses', responsesStart + responsesEnd('failed'), { stopReason: 'failed' }],
    [
      'an error event of Responses',
      'openai-responses',
      responsesStart + named({ type: 'error', code: 'overloaded' } as { type: string }),
      { errorType: 'overloaded' },
    ],
  ])('is %s', async (_name, dialect, text, facts) => {
    expect(await ofText(dialect, sse, text)).toMatchObject({ isComplete: true, hasEnded: true, ...facts });
  });
});

test('usage of other servers is counted as well', async () => {
  const deepSeek = chunk([], { prompt_tokens: 10, completion_tokens: 2, prompt_cache_hit_tokens: 8 });
  expect((await ofText('openai-chat', sse, chatText + deepSeek)).usage).toMatchObject({
    inputTokens: 2,
    cacheReadTokens: 8,
  });
  const groq = plain({ id: 'c', choices: [], x_groq: { usage: { prompt_tokens: 5, completion_tokens: 6 } } });
  expect((await ofText('openai-chat', sse, chatText + groq)).usage).toMatchObject({ inputTokens: 5, outputTokens: 6 });
});

describe('a whole answer', () => {
  const message = {
    id: 'msg_1',
    type: 'message',
    model: 'claude-x',
    content: [{ type: 'text', text: tricky }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 7, output_tokens: 9, cache_read_input_tokens: 3, cache_creation_input_tokens: 5 },
  };
  const completion = {
    id: 'chatcmpl-1',
    model: 'gpt-x',
    choices: [{ message: { content: tricky }, finish_reason: 'tool_calls' }],
    usage: {
      prompt_tokens: 10,
      completion_tokens: 4,
      prompt_tokens_details: { cached_tokens: 6, cache_write_tokens: 1 },
    },
  };
  const answers: readonly (readonly [DialectId, unknown, object])[] = [
    ['anthropic', message, { ...anthropicFacts, hasEnded: false }],
    ['openai-chat', completion, chatFacts],
    [
      'openai-responses',
      { ...response('completed', responsesUsage), output: [{ text: tricky }] },
      { ...responsesFacts, hasEnded: false },
    ],
  ];

  test.each(answers)('of %s is read, at any cut', async (dialect, answer, facts) => {
    for (const indent of [undefined, 2]) {
      const bytes = Buffer.from(JSON.stringify(answer, undefined, indent));
      for (const at of [0, 1, 50, bytes.length]) {
        expect(await observe(dialect, 'application/json', cutAt(bytes, at))).toEqual(facts);
      }
      expect(await observe(dialect, 'application/problem+json; a=b', [gzipSync(bytes)], 'gzip')).toEqual(facts);
    }
  });

  test('that is cut, damaged or of another type tells nothing and is not judged', async () => {
    const text = JSON.stringify(message);
    const silent = { usage: undefined, isComplete: true };
    expect(await ofText('anthropic', 'application/json', text.slice(0, -20))).toMatchObject(silent);
    expect(await ofText('anthropic', 'application/octet-stream', text)).toMatchObject(silent);
    expect(await ofText('anthropic', 'application/x-jsonl', text)).toMatchObject(silent);
    expect(await observe('anthropic', 'application/json', [Buffer.from(text)], 'gzip')).toMatchObject(silent);
    expect(await observe('anthropic', 'application/json', [Buffer.from(text)], 'exotic')).toMatchObject(silent);
  });
});

describe('stays bounded', () => {
  test('when a line never ends, and then says nothing about completeness', async () => {
    const observer = createObserver('anthropic', sse, undefined);
    observer.push(Buffer.from(`${anthropicStart}data: {"type":"content_block_delta","delta":"`));
    const piece = Buffer.alloc(1 << 20, 0x61);
    const before = process.memoryUsage().arrayBuffers;
    for (let count = 0; count < 64; count += 1) observer.push(piece);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(24 << 20);
    expect(await observer.end()).toMatchObject({ isComplete: true, hasEnded: false, model: 'claude-x' });
  });

  test('and goes on to understand what follows such a line', async () => {
    const observer = createObserver('anthropic', sse, undefined);
    observer.push(Buffer.from(`${anthropicStart}data: {"a":"`));
    for (let count = 0; count < 8; count += 1) observer.push(Buffer.alloc(1 << 20, 0x61));
    observer.push(Buffer.from(`"}\n\n${anthropicDelta}${anthropicStop}`));
    expect(await observer.end()).toEqual(anthropicFacts);
  });

  test('when a small body would be a huge one', async () => {
    const bomb = gzipSync(Buffer.alloc(200 << 20));
    expect(await observe('anthropic', sse, [bomb], 'gzip')).toMatchObject({ usage: undefined, isComplete: true });
  });
});
