import { describe, expect, test } from 'vitest';
import { isStreamKind, readEvent } from '../../../../companion/wire/anthropic/upstream/shape.ts';
import { claudeCodeCodec } from '../../../../companion/wire/claude-code/answer.ts';
import type { ClaudeCodeOutput } from '../../../../companion/wire/claude-code/answer.ts';
import { blankMessage } from '../../../../companion/wire/hub/blank.ts';
import { findViolation } from '../../../../companion/wire/hub/grammar.ts';

const observedAtMs = 1_700_000_000_000;

/** What comes out until the codec says that it is over, and what it owes at the end. */
function read(messages: readonly unknown[], stopSequences: readonly string[] = []): readonly ClaudeCodeOutput[] {
  const codec = claudeCodeCodec({
    stopSequences,
    observedAtMs,
    readEvent: (data) => {
      const kind = String(data['type']);
      return isStreamKind(kind) ? (readEvent(kind, data) ?? 'unreadable') : 'unknown';
    },
  });
  let state = codec.initial;
  const outputs = messages.flatMap((message) => {
    const [next, some] = codec.step(state, message);
    state = next;
    return some;
  });
  return [...outputs, ...codec.end(state)];
}

const event = (data: object, more = {}) => ({ type: 'stream_event', parent_tool_use_id: null, event: data, ...more });
const start = event({ type: 'message_start', message: blankMessage('msg_1', 'claude-x') });
const open = event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
const piece = (text: string) => event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } });
const close = event({ type: 'content_block_stop', index: 0 });
const delta = event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 7 } });
const stop = event({ type: 'message_stop' });
const result = { type: 'result', subtype: 'success', is_error: false, result: 'Hello.' };
const failure = (error: string, text: string, more = {}) => ({
  type: 'assistant',
  parent_tool_use_id: null,
  error,
  message: { content: [{ type: 'text', text }] },
  ...more,
});

function eventsOf(outputs: readonly ClaudeCodeOutput[]) {
  return outputs.flatMap((output) => (output.kind === 'event' ? [output.event] : []));
}

function textOf(outputs: readonly ClaudeCodeOutput[]): string {
  return eventsOf(outputs)
    .map((one) => (one.type === 'content_block_delta' && one.delta.type === 'text_delta' ? one.delta.text : ''))
    .join('');
}

function errorOf(outputs: readonly ClaudeCodeOutput[]) {
  const last = outputs.at(-1);
  return last?.kind === 'error' ? last.error : undefined;
}

describe('the answer of Claude Code', () => {
  test('is the raw stream of one message, and ends with it', () => {
    const more = [event({ type: 'message_start', message: blankMessage('msg_2', 'claude-x') }), result];
    const noise = { type: 'system', subtype: 'init' };
    const outputs = read([
      noise,
      start,
      open,
      piece('Hel'),
      piece('lo.'),
      { type: 'assistant' },
      close,
      delta,
      stop,
      ...more,
    ]);
    expect(eventsOf(outputs).map(({ type }) => type)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(outputs.at(-1)).toEqual({ kind: 'done' });
    expect(eventsOf(outputs)[5]).toMatchObject({ usage: { output_tokens: 7 } });
  });

  test('leaves out what helpers say, pings before the start and events that nobody knows', () => {
    const helper = { ...piece('hidden'), parent_tool_use_id: 'toolu_1' };
    const outputs = read([
      event({ type: 'ping' }),
      start,
      open,
      helper,
      event({ type: 'novel' }),
      piece('x'),
      close,
      delta,
      stop,
    ]);
    expect(textOf(outputs)).toBe('x');
    expect(eventsOf(outputs)[0]?.type).toBe('message_start');
    expect(findViolation(eventsOf(outputs))).toBeUndefined();
  });

  test('a second try that nobody could notice is not noticed', () => {
    const outputs = read([start, stop, start, open, piece('x'), close, delta, stop]);
    expect(findViolation(eventsOf(outputs))).toBeUndefined();
    expect(textOf(outputs)).toBe('x');
  });

  test.each([
    ['an end that Claude Code made up', [close, stop]],
    ['a second try after words went out', [start]],
    ['nothing more at all', []],
    ['a connection that is lost', [failure('server_error', 'API Error: lost', { api_error: 'connection_failed' })]],
  ])('is broken by %s', (_, rest) => {
    const outputs = read([start, open, piece('x'), ...rest]);
    expect(errorOf(outputs)).toMatchObject({ code: 'STREAM_BROKEN' });
    expect(eventsOf(outputs).some(({ type }) => type === 'message_stop')).toBe(false);
  });

  test('that never came is a failure of Claude Code', () => {
    expect(errorOf(read([{ type: 'system', subtype: 'init' }]))).toMatchObject({ code: 'CLAUDE_CODE_FAILED' });
    expect(errorOf(read([result]))).toMatchObject({
      code: 'CLAUDE_CODE_FAILED',
      message: expect.stringContaining('Hello.'),
    });
  });

  test('an event that is not what it should be ends it', () => {
    const outputs = read([start, event({ type: 'content_block_delta', index: 'x' })]);
    expect(errorOf(outputs)).toMatchObject({ code: 'UPSTREAM_UNREADABLE' });
  });
});

describe('a stop sequence in the answer of Claude Code', () => {
  const words = 'one two three four five';

  test.each([1, 2, 3, 5, 100])('is found when the text comes in pieces of %i', (size) => {
    const pieces = words.match(new RegExp(`.{1,${size}}`, 'g')) ?? [];
    const outputs = read([start, open, ...pieces.map(piece), close, delta, stop], ['five!', 'three', 'four']);
    expect(textOf(outputs)).toBe('one two ');
    expect(eventsOf(outputs).at(-2)).toMatchObject({ delta: { stop_reason: 'stop_sequence', stop_sequence: 'three' } });
    expect(findViolation(eventsOf(outputs))).toBeUndefined();
    expect(outputs.at(-1)).toEqual({ kind: 'done' });
  });

  test('that only began lets all of the text through', () => {
    const outputs = read([start, open, ...words.split('').map(piece), close, delta, stop], ['five!', 'fx']);
    expect(textOf(outputs)).toBe(words);
    expect(findViolation(eventsOf(outputs))).toBeUndefined();
  });

  test('is not looked for in thinking', () => {
    const thinking = event({
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'thinking', thinking: '' },
    });
    const thought = event({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'thinking_delta', thinking: 'STOP' },
    });
    const outputs = read([start, thinking, thought, close, delta, stop], ['STOP']);
    expect(eventsOf(outputs).at(-2)).toMatchObject({ delta: { stop_reason: 'end_turn' } });
  });
});

describe('what Claude Code says instead of an answer', () => {
  test.each([
    ['authentication_failed', {}, 'CLAUDE_CODE_FAILED'],
    ['authentication_failed', { api_error_status: 403 }, 'PROVIDER_REFUSED'],
    ['oauth_org_not_allowed', { api_error_status: 403 }, 'PROVIDER_REFUSED'],
    ['account_on_hold', {}, 'ACCOUNT_DISABLED'],
    ['verification_required', {}, 'VERIFICATION_REQUIRED'],
    ['billing_error', {}, 'QUOTA_EXHAUSTED'],
    ['rate_limit', { api_error_status: 429 }, 'RATE_LIMITED'],
    ['overloaded', {}, 'OVERLOADED'],
    ['server_error', { api_error_status: 529 }, 'OVERLOADED'],
    ['server_error', { api_error_status: 500 }, 'UPSTREAM_ERROR'],
    ['server_error', {}, 'UPSTREAM_ERROR'],
    ['server_error', { api_error: 'connection_failed' }, 'UPSTREAM_UNREACHABLE'],
    ['invalid_request', { api_error_status: 400 }, 'INVALID_REQUEST'],
    ['model_not_found', { api_error_status: 404 }, 'MODEL_NOT_FOUND'],
    ['novel', {}, 'CLAUDE_CODE_FAILED'],
    ['novel', { api_error_status: 418 }, 'UPSTREAM_ERROR'],
  ])('%s %o is %s', (kind, more, code) => {
    const error = errorOf(read([failure(kind, 'API Error: Its own words.', more)]));
    expect(error).toMatchObject({ code, message: expect.stringContaining('Its own words.') });
    expect(error?.message).not.toContain('API Error');
  });

  test('without a login the remedy is to sign in', () => {
    const error = errorOf(read([failure('authentication_failed', 'Not logged in · Please run /login')]));
    expect(error?.message).toBe('Claude Code is not signed in: "Not logged in · Please run /login"');
    expect(error?.remedy).toContain('Run `claude` in a terminal and sign in');
  });

  test('no secret and no line end of its words gets through, and they end somewhere', () => {
    const text = `Bad key sk-ant-api03-very-secret\n\u001B[31m${'x'.repeat(5000)}`;
    const error = errorOf(read([failure('unknown', text)]));
    expect(error?.message).not.toMatch(/very-secret|\p{Cc}/u);
    expect(error?.message.length).toBeLessThan(1100);
  });

  test('a limit is told with its window and its reset, and noted', () => {
    const resetsAt = 1_700_003_600;
    const limit = { status: 'rejected', rateLimitType: 'five_hour', resetsAt, utilization: 1 };
    const outputs = read([
      { type: 'rate_limit_event', rate_limit_info: limit },
      failure('rate_limit', 'Limit reached'),
    ]);
    const window = {
      window: 'five_hour',
      status: 'exceeded',
      usedFraction: 1,
      resetsAtMs: resetsAt * 1000,
      source: 'stream',
      observedAtMs,
    };
    expect(outputs[0]).toEqual({ kind: 'quota', window });
    expect(errorOf(outputs)).toMatchObject({ details: { window: 'five_hour', retryAtMs: resetsAt * 1000 } });
  });

  test.each([
    {},
    { status: 'odd', rateLimitType: 'five_hour' },
    { status: 'allowed', rateLimitType: 'no name!' },
    null,
  ])('a limit that says nothing is none: %o', (info) => {
    expect(read([{ type: 'rate_limit_event', rate_limit_info: info }]).filter(({ kind }) => kind === 'quota')).toEqual(
      [],
    );
  });

  test('errors of a result are told, whatever their form', () => {
    const broken = {
      type: 'result',
      subtype: 'error_during_execution',
      is_error: true,
      errors: ['The folder is gone.'],
    };
    expect(errorOf(read([broken]))).toMatchObject({
      code: 'CLAUDE_CODE_FAILED',
      message: 'Claude Code could not answer: "The folder is gone."',
    });
  });
});
