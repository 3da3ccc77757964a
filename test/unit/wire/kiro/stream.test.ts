/** Kiro's streams as hub events: whole, cut anywhere, damaged. */
import {
  anything,
  array,
  assert,
  asyncProperty,
  constantFrom,
  dictionary,
  infiniteStream,
  integer,
  nat,
  string,
  uint8Array,
} from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { MAX_FRAME_BYTES } from '../../../../companion/wire/event-stream.ts';
import { collectMessage } from '../../../../companion/wire/hub/collect.ts';
import { findViolation } from '../../../../companion/wire/hub/grammar.ts';
import { errorMessage, event, exception, message } from '../../../support/providers/kiro/frames.ts';
import { bytewise, cutAt } from '../bytes.ts';
import { transcript } from '../openai/upstream-support.ts';
import type { ClientRequest } from '../openai/upstream-support.ts';
import { load, read, readBroken } from './support.ts';

const say = (content: string) => event('assistantResponseEvent', { content });
const use = (toolUseId: string, name: string, more: object = {}) => event('toolUseEvent', { name, toolUseId, ...more });

const asked: ClientRequest = {
  tools: ['look', 'now', 'find'].map((name) => ({ name, input_schema: { type: 'object' as const } })),
};

describe('a stream', () => {
  it.each(['text', 'tools', 'interleaved', 'throttled', 'error', 'half-call'].map((name) => `kiro-${name}`))(
    'is the same for %s, whole, byte by byte and at random cuts',
    async (name) => {
      const bytes = load(name);
      const whole = await read([bytes], asked);
      expect(findViolation(whole)).toBeUndefined();
      const golden = new URL(`../../../wire/golden/${name}.json`, import.meta.url);
      await expect(`${JSON.stringify(whole, null, 1)}\n`).toMatchFileSnapshot(golden.pathname);
      expect(await read(bytewise(bytes), asked)).toEqual(whole);
      await assert(
        asyncProperty(array(nat(bytes.length), { maxLength: 12 }), async (at) => {
          expect(await read(cutAt(bytes, ...at), asked)).toEqual(whole);
        }),
        { numRuns: 40 },
      );
    },
  );

  it.each(['kiro-truncated', 'kiro-bad-crc'])(
    'of %s is broken after the same events, however it is cut',
    async (name) => {
      const bytes = load(name);
      const whole = await readBroken([bytes]);
      expect(whole.code).toBe('STREAM_BROKEN');
      expect(transcript(whole.events)).toEqual(['start', '0 text', '0 + half of ']);
      expect(await readBroken(bytewise(bytes))).toEqual(whole);
      await assert(
        asyncProperty(array(nat(bytes.length), { maxLength: 12 }), async (at) => {
          expect(await readBroken(cutAt(bytes, ...at))).toEqual(whole);
        }),
        { numRuns: 40 },
      );
    },
  );

  it('that is cut at any byte is never a success, but between two messages', async () => {
    const messages = [say('a'), use('t1', 'look', { input: '{"a":1}' }), use('t1', 'look', { stop: true }), say('b')];
    const bytes = Buffer.concat(messages);
    const ends = messages.map((_, index) => Buffer.concat(messages.slice(0, index + 1)).length);
    for (let length = 0; length < bytes.length; length += 1) {
      const { events, code } = await readBroken([bytes.subarray(0, length)]);
      const isOver = code === 'none' && events.at(-1)?.type === 'message_stop';
      // The second one ends within a call.
      expect([length, isOver]).toEqual([length, ends.includes(length) && length !== ends[1]]);
    }
  });

  it('whose body does not say where it ends counts only with what follows an answer', async () => {
    const lastOf = async (...chunks: Buffer[]) => transcript(await read(chunks, {}, false)).at(-1);
    expect(await lastOf(say('a'))).toMatch(/^error upstream_error/);
    expect(await lastOf(say('a'), event('meteringEvent', { usage: 0.1 }))).toBe('stop');
    expect(await lastOf(say('a'), event('contextUsageEvent', { contextUsagePercentage: 1 }))).toBe('stop');
  });

  it('without a word of anything is broken', async () => {
    expect(transcript(await read([]))).toEqual([
      'error upstream_error: The stream ended before the answer was complete.',
    ]);
  });

  it('skips what it does not know, and tells no thinking, citation or cost', async () => {
    const events = await read([event('followupPromptEvent', { followupPrompt: {} }), say('x'), event('newEvent', {})]);
    expect(transcript(events)).toEqual(['start', '0 text', '0 + x', '0 end', 'delta end_turn', 'stop']);
  });

  it('that claims a message above 16 MB, or has more headers than the format allows, is refused at once', async () => {
    const huge = Buffer.alloc(12);
    huge.writeUInt32BE(MAX_FRAME_BYTES + 1);
    expect((await readBroken([huge])).code).toBe('UPSTREAM_UNREADABLE');
    expect((await readBroken([Buffer.from('<html><body>Sorry</body></html>')])).code).toBe('UPSTREAM_UNREADABLE');
    expect((await readBroken([Buffer.alloc(4)])).code).toBe('STREAM_BROKEN');
    const many = Object.fromEntries(Array.from({ length: 40_000 }, (_, index) => [`h${index}`, '']));
    expect((await readBroken([message(many, '')])).code).toBe('UPSTREAM_UNREADABLE');
  });

  it('with an event that is no JSON ends in an error', async () => {
    const bytes = message({ ':event-type': 'assistantResponseEvent', ':message-type': 'event' }, '{"content":');
    expect(transcript(await read([say('x'), bytes, say('y')])).at(-1)).toMatch(
      /^error api_error: Kiro sent a assistant/,
    );
  });
});

test('messages made by hand are those of the library', async () => {
  const { EventStreamCodec } = await import('@smithy/eventstream-codec');
  const codec = new EventStreamCodec(String, (text) => Buffer.from(text));
  const value = (text: string) => ({ type: 'string', value: text }) as const;
  const headers = {
    ':event-type': value('assistantResponseEvent'),
    ':content-type': value('application/json'),
    ':message-type': value('event'),
  };
  expect(say('北京')).toEqual(Buffer.from(codec.encode({ headers, body: Buffer.from('{"content":"北京"}') })));
});

describe('calls', () => {
  it('keep apart when they come interleaved, with words among them', async () => {
    expect(transcript(await read([load('kiro-interleaved')], asked))).toEqual([
      'start',
      '0 tool_use tooluse_a1 look',
      '0 + {"a":',
      '0 + 1}',
      '0 end',
      '1 text',
      '1 + while it looks',
      '1 end',
      '2 tool_use tooluse_b2 find',
      '2 + {"b":2}',
      '2 end',
      'delta tool_use',
      'stop',
    ]);
  });

  it('take their arguments as an object at once, and have an empty one without any', async () => {
    const bytes = [use('a', 'look', { input: { wo: 1 }, stop: true }), use('b', 'now', { input: '', stop: true })];
    const { content } = await collectMessage(await read(bytes, asked));
    expect(content).toMatchObject([
      { type: 'tool_use', id: 'a', name: 'look', input: { wo: 1 } },
      { type: 'tool_use', id: 'b', name: 'now', input: {} },
    ]);
  });

  it('are called as the client calls them, and get another id where theirs is taken', async () => {
    const name = 'a_very_long_name_'.repeat(6);
    const long: ClientRequest = {
      tools: [{ name, input_schema: { type: 'object' } }],
      messages: [
        { role: 'user', content: 'go' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name, input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'ok' }] },
      ],
    };
    const { createHash } = await import('node:crypto');
    const told = `${name.slice(0, 55)}_${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
    const { content } = await collectMessage(await read([use('t1', told, { input: '{}', stop: true })], long));
    expect(content).toMatchObject([{ type: 'tool_use', id: 't1_stampid_0', name }]);
  });
});

describe('the end of an answer', () => {
  it('comes at a stop sequence that the client named, however it was cut', async () => {
    const events = await read([say('one EN'), say('D two'), say('three')], { stop_sequences: ['END'] });
    const { stop_reason, stop_sequence, content } = await collectMessage(events);
    expect([stop_reason, stop_sequence, content]).toMatchObject(['stop_sequence', 'END', [{ text: 'one ' }]]);
  });

  it('says that the window is full when it is', async () => {
    const events = await read([say('x'), event('contextUsageEvent', { contextUsagePercentage: 100 })]);
    expect((await collectMessage(events)).stop_reason).toBe('model_context_window_exceeded');
  });

  it('counts tokens as estimates of a fourth of the bytes', async () => {
    const { usage } = await collectMessage(
      await read([say('x'.repeat(40)), use('a', 'look', { input: '{"a":"1234"}', stop: true })]),
    );
    expect(usage).toMatchObject({ output_tokens: 13, input_tokens: expect.any(Number) });
    expect(usage.input_tokens).toBeGreaterThan(0);
  });
});

describe('whatever comes', () => {
  const kinds = constantFrom('assistantResponseEvent', 'toolUseEvent', 'contextUsageEvent', 'meteringEvent', 'x', '');

  it('keeps every call whole however fragments are interleaved, with words among them', async () => {
    const inputs = array(dictionary(string(), string()), { minLength: 1, maxLength: 4 });
    await assert(
      asyncProperty(
        inputs,
        infiniteStream(nat(4)),
        infiniteStream(integer({ min: 1, max: 6 })),
        async (wanted, picks, sizes) => {
          const left = wanted.map((input) => JSON.stringify(input));
          const told: Buffer[] = [];
          let words = '';
          for (const pick of picks) {
            if (left.every((rest) => rest === '')) break;
            const index = pick % wanted.length;
            const rest = left[index] ?? '';
            if (pick === 4) told.push(say('w'));
            if (pick === 4) words += 'w';
            if (rest === '') continue;
            const size = sizes.next().value ?? 1;
            left[index] = rest.slice(size);
            told.push(use(`c${index}`, 'look', { input: rest.slice(0, size), stop: left[index] === '' }));
          }
          const events = await read([Buffer.concat(told)], asked);
          expect(findViolation(events)).toBeUndefined();
          const { content } = await collectMessage(events);
          const made = content.flatMap((block) =>
            block.type === 'tool_use' ? [[block.id, block.input] as const] : [],
          );
          expect(Object.fromEntries(made)).toEqual(
            Object.fromEntries(wanted.map((input, at) => [`c${at}`, { ...input }])),
          );
          expect(content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('')).toBe(words);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('in messages that are well framed is told in order, or as an error', async () => {
    await assert(
      asyncProperty(
        array(array(anything(), { maxLength: 1 })),
        array(kinds, { maxLength: 8 }),
        async (values, types) => {
          const frames = types.map((type, at) => {
            const payload = JSON.stringify(
              { content: values[at]?.[0], toolUseId: values[at]?.[0], stop: at % 2 === 0 },
              safe,
            );
            return message({ ':message-type': 'event', ':event-type': type }, payload ?? 'null');
          });
          const events = await read(frames, asked);
          expect(findViolation(events)).toBeUndefined();
        },
      ),
      { numRuns: 150 },
    );
  });

  it('in bytes that mean nothing is an error of ours', async () => {
    await assert(
      asyncProperty(uint8Array({ maxLength: 80 }), async (bytes) => {
        const { code, events } = await readBroken([load('kiro-text'), bytes]);
        expect(code === 'none' || /^(?:STREAM_BROKEN|UPSTREAM_UNREADABLE)$/.test(code)).toBe(true);
        if (bytes.length > 0) expect(events.at(-1)?.type).not.toBe('message_stop');
      }),
      { numRuns: 150 },
    );
  });
});

/** JSON has no word for these. */
function safe(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' || typeof value === 'symbol' ? String(value) : value;
}

test.each([
  ['ThrottlingException', 'Slow down.', 'rate_limit_error'],
  ['com.amazon.aws.codewhisperer#ServiceQuotaExceededException', 'You have reached the limit.', 'billing_error'],
  ['ExpiredTokenException', 'The token expired.', 'authentication_error'],
  ['AccessDeniedException', 'The bearer token included in the request is invalid.', 'authentication_error'],
  ['AccessDeniedException', 'User is not authorized to make this call.', 'permission_error'],
  ['ValidationException', 'Improperly formed request.', 'invalid_request_error'],
  ['ServiceUnavailableException', 'Busy.', 'overloaded_error'],
  ['InternalServerException', 'Oops.', 'api_error'],
])('an exception %s in the stream (%s) is %s, in its own words', async (type, text, kind) => {
  expect(transcript(await read([exception(type, { message: text })]))).toEqual([`error ${kind}: ${text}`]);
  expect(transcript(await read([errorMessage(type, text)]))).toEqual([`error ${kind}: ${text}`]);
});
