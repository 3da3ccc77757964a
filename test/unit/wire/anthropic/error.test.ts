import { expect, test } from 'vitest';
import { CompanionError } from '../../../../companion/base/error.ts';
import { anthropicDialect } from '../../../../companion/wire/anthropic/codec.ts';
import { SseParser } from '../../../../companion/wire/sse.ts';
import { errorTable } from '../../../../shared/error-code.ts';
import type { ErrorCode } from '../../../../shared/error-code.ts';

const NOW_MS = 1_750_000_000_000;

/** Each HTTP status with the error type that the API's own table gives it. */
const apiTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'invalid_request_error',
  409: 'invalid_request_error',
  413: 'request_too_large',
  415: 'invalid_request_error',
  429: 'rate_limit_error',
  499: 'api_error',
  500: 'api_error',
  502: 'api_error',
  503: 'api_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

test.each(Object.keys(errorTable) as ErrorCode[])('%s is told with its status and the native type of it', (code) => {
  const rendered = anthropicDialect.encodeError(new CompanionError(code, 'It happened.'), NOW_MS);
  expect(rendered.status).toBe(errorTable[code].status);
  expect(rendered.headers['x-companion-error']).toBe(code);
  expect(rendered.body).toEqual({
    type: 'error',
    error: { type: apiTypes[rendered.status], message: `ccproxy: It happened. ${errorTable[code].remedy}` },
    request_id: null,
  });
});

test("a provider's limit keeps its words, status, request id and reset", () => {
  const details = { upstreamStatus: 429, requestId: 'req_1', retryAtMs: NOW_MS + 90_000 };
  const rendered = anthropicDialect.encodeError(
    new CompanionError('RATE_LIMITED', 'Limit reached.', { details }),
    NOW_MS,
  );
  expect(rendered).toEqual({
    status: 429,
    headers: {
      'x-companion-error': 'RATE_LIMITED',
      'x-should-retry': 'false',
      'retry-after': '90',
      'x-ccproxy-upstream-status': '429',
    },
    body: {
      type: 'error',
      error: {
        type: 'rate_limit_error',
        message: 'Limit reached. Wait until the window resets, or use another account.',
      },
      request_id: 'req_1',
    },
  });
});

test('inside a stream the same body is an error event', () => {
  const text = anthropicDialect.encodeStreamError(new CompanionError('OVERLOADED', 'Busy'));
  const [frame, ...rest] = new SseParser().push(new TextEncoder().encode(text));
  expect(rest).toEqual([]);
  expect(frame?.event).toBe('error');
  expect(JSON.parse(frame?.data ?? '')).toMatchObject({ type: 'error', error: { type: 'overloaded_error' } });
});

test('the keep-alive is a ping event', () => {
  expect(anthropicDialect.keepAlive).toBe('event: ping\ndata: {"type":"ping"}\n\n');
});
