import { expect, test } from 'vitest';
import { CompanionError } from '../../../../companion/base/error.ts';
import { renderNeutralError } from '../../../../companion/http/render-error.ts';
import { anthropicDialect } from '../../../../companion/wire/anthropic/codec.ts';
import {
  errorHeaders,
  errorOfEvent,
  errorText,
  brokenStreamEvent,
  statusOf,
} from '../../../../companion/wire/hub/failure.ts';
import { openAiChatDialect } from '../../../../companion/wire/openai-chat/codec.ts';
import { createOpenAiResponsesDialect } from '../../../../companion/wire/openai-responses/codec.ts';
import { errorFacts, errorTable } from '../../../../shared/error-code.ts';
import type { ErrorCode } from '../../../../shared/error-code.ts';

const NOW_MS = 1_750_000_000_000;

test('words of our own start with our name and end with what to do', () => {
  const error = new CompanionError('CLIENT_KEY_INVALID', 'This client key is not known');
  expect(errorText(error)).toBe('ccproxy: This client key is not known. Use the settings that `companion env` prints.');
});

test('words of the provider stay its own', () => {
  const details = { upstreamStatus: 403 };
  const error = new CompanionError('PROVIDER_REFUSED', 'claude.ai refused: "No."', { details, remedy: '' });
  expect(errorText(error)).toBe('claude.ai refused: "No."');
});

test('PY-18: nothing else asks for a key', () => {
  const others = Object.keys(errorTable).filter((code) => errorFacts(code as ErrorCode).status !== 401);
  const asking = others.filter(
    (code) => 'www-authenticate' in errorHeaders(new CompanionError(code as ErrorCode, 'x'), 0),
  );
  expect(asking).toEqual([]);
});

test.each([
  ['OVERLOADED', 'true'],
  ['RATE_LIMITED', 'false'],
  ['INVALID_REQUEST', 'false'],
] as const)('%s sends x-should-retry %s', (code, expected) => {
  expect(errorHeaders(new CompanionError(code, 'x'), NOW_MS)).toEqual({
    'x-companion-error': code,
    'x-should-retry': expected,
  });
});

test.each(['CLIENT_KEY_MISSING', 'CLIENT_KEY_INVALID', 'LOGIN_REQUIRED', 'LOGIN_EXPIRED'] as const)(
  'PY-18: %s is a 401 that says how to come in, in every dialect',
  (code) => {
    const error = new CompanionError(code, 'x');
    for (const { encodeError } of [anthropicDialect, openAiChatDialect, createOpenAiResponsesDialect()]) {
      const { status, headers } = encodeError(error, NOW_MS);
      expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer']);
    }
    expect(renderNeutralError(error, NOW_MS).headers['www-authenticate']).toBe('Bearer');
  },
);

test('retry-after is whole seconds, rounded up, never negative', () => {
  const headersAt = (retryAtMs: number) =>
    errorHeaders(new CompanionError('RATE_LIMITED', 'x', { details: { retryAtMs, upstreamStatus: 429 } }), NOW_MS);
  expect(headersAt(NOW_MS + 1_001)).toMatchObject({ 'retry-after': '2', 'x-ccproxy-upstream-status': '429' });
  expect(headersAt(NOW_MS - 5_000)).toMatchObject({ 'retry-after': '0' });
});

test.each([
  ['UPSTREAM_ERROR', 500, 500],
  ['UPSTREAM_ERROR', 504, 504],
  ['UPSTREAM_ERROR', 520, 502],
  ['UPSTREAM_ERROR', undefined, 502],
  ['KEY_REJECTED', 500, 502],
] as const)('%s after a status of %s is told as %i', (code, upstreamStatus, expected) => {
  const details = upstreamStatus === undefined ? {} : { upstreamStatus };
  expect(statusOf(new CompanionError(code, 'x', { details }))).toBe(expected);
});

test.each([
  ['authentication_error', 'KEY_REJECTED'],
  ['billing_error', 'QUOTA_EXHAUSTED'],
  ['overloaded_error', 'OVERLOADED'],
  ['brand_new_error', 'UPSTREAM_ERROR'],
])('an event of type %s is a %s', (type, code) => {
  expect(errorOfEvent({ type: 'error', error: { type, message: 'No' } })).toMatchObject({
    code,
    message: 'No',
    details: { upstreamType: type },
  });
});

test('a missing end is a broken stream, in words of our own', () => {
  const error = errorOfEvent(brokenStreamEvent);
  expect(error.code).toBe('STREAM_BROKEN');
  expect(errorText(error)).toMatch(/^ccproxy: /);
});
