import { describe, expect, it } from 'vitest';
import { CompanionError } from '../../../../companion/base/error.ts';
import type { HubEvent } from '../../../../companion/wire/hub/event.ts';
import { openAiChatDialect } from '../../../../companion/wire/openai-chat/codec.ts';
import { openAiResponsesDialect } from '../../../../companion/wire/openai-responses/codec.ts';
import { STAMP, start, stop, textEvents, toolEvents } from '../openai-chat/support.ts';
import { decode, finalResponse, readEvents, stream } from './support.ts';

const failed = (type: string, message: string): HubEvent => ({ type: 'error', error: { type, message } });

describe('inside a stream', () => {
  it('is an error for those who throw it, then a failed response for those who read it', () => {
    const events = stream([start(), ...textEvents(0, 'a').slice(0, 2), failed('overloaded_error', 'Overloaded')]);
    const [error, last] = events.slice(-2);
    const told = { message: 'Overloaded', param: null, code: 'overloaded' };
    expect(error).toEqual({
      type: 'error',
      sequence_number: 5,
      ...told,
      error: { ...told, type: 'overloaded_error' },
    });
    expect(last).toMatchObject({ type: 'response.failed', sequence_number: 6 });
    expect(finalResponse(events)).toMatchObject({
      id: 'resp_01abc',
      status: 'failed',
      error: { code: 'server_is_overloaded', message: 'Overloaded' },
      usage: null,
    });
  });

  it.each([
    ['invalid_request_error', 'prompt is too long: 200001 tokens', 'context_length_exceeded'],
    ['invalid_request_error', 'messages: wrong', 'invalid_prompt'],
    ['permission_error', 'Not you.', 'invalid_prompt'],
    ['billing_error', 'No credit.', 'insufficient_quota'],
    ['rate_limit_error', 'Slow down.', 'rate_limit_exceeded'],
    ['api_error', 'Oops.', 'server_error'],
  ])('%s "%s" has the code %s', (type, message, code) => {
    expect(finalResponse(stream([start(), failed(type, message)])).error).toEqual({ code, message });
  });

  it('keeps the items that were done, and no other', () => {
    const events = stream([
      start(),
      ...toolEvents(0, 't1', 'f', '{}'),
      ...textEvents(1, 'a'),
      failed('api_error', 'x'),
    ]);
    expect(finalResponse(events).output).toMatchObject([{ type: 'function_call', call_id: 't1' }]);
  });

  it('says that the stream broke off', () => {
    const events = stream([start(), ...textEvents(0, 'a').slice(0, 2)]);
    expect(finalResponse(events)).toMatchObject({
      status: 'failed',
      error: { code: 'server_error', message: expect.stringMatching(/^ccproxy: The answer ended before/) as unknown },
    });
  });

  it('that comes from outside goes on with the numbers and the id of the stream', () => {
    const encoder = openAiResponsesDialect.streamEncoder(decode({ stream: true }), STAMP);
    const [state, lines] = encoder.step(encoder.initial, start());
    const error = new CompanionError('IDLE_TIMEOUT', 'Nothing came for 60 s.');
    const events = readEvents([...lines, openAiResponsesDialect.encodeStreamError(error, state)]);
    expect(events.map((event) => event.sequence_number)).toEqual([0, 1, 2, 3]);
    expect(finalResponse(events)).toMatchObject({ id: 'resp_01abc', status: 'failed' });
  });

  it('that comes from outside after the end is not told any more', () => {
    const encoder = openAiResponsesDialect.streamEncoder(decode({ stream: true }), STAMP);
    const state = [start(), ...stop('end_turn')].reduce((now, event) => encoder.step(now, event)[0], encoder.initial);
    const error = new CompanionError('IDLE_TIMEOUT', 'Nothing came for 60 s.');
    expect(openAiResponsesDialect.encodeStreamError(error, state)).toBe('');
  });

  it.each([
    ['STOPPED_BY_USER', 'invalid_prompt'],
    ['SESSION_EXPIRED', 'invalid_prompt'],
    ['STREAM_BROKEN', 'server_error'],
    ['RATE_LIMITED', 'rate_limit_exceeded'],
  ] as const)('that comes from outside tells by its code whether to try again: %s', (code, failure) => {
    const encoder = openAiResponsesDialect.streamEncoder(decode({ stream: true }), STAMP);
    const [state] = encoder.step(encoder.initial, start());
    const text = openAiResponsesDialect.encodeStreamError(new CompanionError(code, 'x'), state);
    expect(finalResponse(readEvents([text])).error).toMatchObject({ code: failure });
  });

  it('is an error alone where no stream is known', () => {
    const text = openAiResponsesDialect.encodeStreamError(new CompanionError('OVERLOADED', 'Busy'));
    expect(readEvents([text])).toMatchObject([{ type: 'error', code: 'overloaded' }]);
  });
});

describe('before the stream', () => {
  it.each([
    [
      new CompanionError('INVALID_REQUEST', 'Wrong.', { details: { field: 'input[0].role' } }),
      400,
      'input[0].role',
      null,
    ],
    [new CompanionError('UPSTREAM_ERROR', 'x', { details: { field: 'max_tokens' } }), 502, 'max_output_tokens', null],
    [new CompanionError('NOT_AVAILABLE_IN_MODE', 'x', { details: { field: 'system' } }), 400, 'instructions', null],
    [
      new CompanionError('NOT_AVAILABLE_IN_MODE', 'x', { details: { field: 'messages[3].content' } }),
      400,
      'input',
      null,
    ],
    [new CompanionError('CLIENT_KEY_INVALID', 'The key is not known.'), 401, null, 'invalid_api_key'],
    [new CompanionError('OVERLOADED', 'Busy'), 503, null, 'overloaded'],
  ])('%s is told in OpenAI’s shape', (error, status, param, code) => {
    const rendered = openAiResponsesDialect.encodeError(error, 0);
    expect(rendered.status).toBe(status);
    expect(rendered.headers['x-companion-error']).toBe(error.code);
    expect(rendered.body).toMatchObject({ error: { param } });
    if (code !== null) expect(rendered.body).toMatchObject({ error: { code } });
  });

  it.each(['NO_CREDENTIAL', 'SESSION_REQUIRED', 'SESSION_EXPIRED', 'KEY_REJECTED', 'STOPPED_BY_USER'] as const)(
    '%s has a status that clients do not repeat for a minute, and is told as anywhere else',
    (code) => {
      const error = new CompanionError(code, 'Not now.');
      const rendered = openAiResponsesDialect.encodeError(error, 0);
      const elsewhere = openAiChatDialect.encodeError(error, 0);
      expect(elsewhere.status).toBeGreaterThanOrEqual(500);
      expect(rendered).toEqual({ ...elsewhere, status: 400 });
      expect(rendered.headers).toMatchObject({ 'x-companion-error': code, 'x-should-retry': 'false' });
    },
  );

  it.each([
    ['OVERLOADED', {}, 503],
    ['UPSTREAM_ERROR', { upstreamStatus: 500 }, 500],
    ['UPSTREAM_UNREACHABLE', {}, 502],
    ['FIRST_BYTE_TIMEOUT', {}, 504],
    ['CHALLENGE', {}, 503],
    ['RATE_LIMITED', {}, 429],
    ['QUOTA_EXHAUSTED', {}, 429],
    ['MODEL_NOT_FOUND', {}, 404],
  ] as const)('%s keeps its status: it passes, or clients know it apart', (code, details, status) => {
    expect(openAiResponsesDialect.encodeError(new CompanionError(code, 'x', { details }), 0).status).toBe(status);
  });
});
