import { describe, expect, it } from 'vitest';
import { openAiQuirks } from '../../../../../shared/api-provider.ts';
import type { CompanionError } from '../../../../../companion/base/error.ts';
import { anthropicDialect } from '../../../../../companion/wire/anthropic/codec.ts';
import { openAiChatDialect } from '../../../../../companion/wire/openai-chat/codec.ts';
import { createChatUpstream } from '../../../../../companion/wire/openai-chat/upstream/codec.ts';

const NOW_MS = 1_700_000_000_000;
const openai = (message: string, type: string | null, code: string | null = null): string =>
  JSON.stringify({ error: { message, type, param: null, code } });
const gemini = (code: number, status: string, message: string): string =>
  JSON.stringify([{ error: { code, message, status, details: [] } }]);

it.each<[string, number, string, string, string]>([
  [
    'OpenAI’s wrong key',
    401,
    openai('Incorrect API key provided.', 'invalid_request_error', 'invalid_api_key'),
    'KEY_REJECTED',
    'Incorrect API key provided.',
  ],
  [
    'Gemini’s wrong key',
    400,
    gemini(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.'),
    'KEY_REJECTED',
    'API key not valid. Please pass a valid API key.',
  ],
  ['a bare 401', 401, '', 'KEY_REJECTED', 'The provider does not accept the key.'],
  [
    'a leaked key',
    403,
    gemini(403, 'PERMISSION_DENIED', 'Your API key was reported as leaked.'),
    'KEY_REJECTED',
    'Your API key was reported as leaked.',
  ],
  [
    'a refusal',
    403,
    openai('Not allowed to sample from this model', 'permission_error'),
    'PROVIDER_REFUSED',
    'Not allowed to sample from this model',
  ],
  [
    'a region',
    403,
    openai('Country not supported', 'request_forbidden', 'unsupported_country_region_territory'),
    'REGION_BLOCKED',
    'Country not supported',
  ],
  [
    'OpenAI’s empty account',
    429,
    openai('You exceeded your current quota.', 'insufficient_quota', 'insufficient_quota'),
    'QUOTA_EXHAUSTED',
    'You exceeded your current quota.',
  ],
  [
    'DeepSeek’s empty account',
    402,
    openai('Insufficient Balance', 'unknown_error', 'invalid_request_error'),
    'QUOTA_EXHAUSTED',
    'Insufficient Balance',
  ],
  [
    'a limit',
    429,
    openai('Rate limit reached', 'requests', 'rate_limit_exceeded'),
    'RATE_LIMITED',
    'Rate limit reached',
  ],
  [
    'Gemini’s limit',
    429,
    gemini(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota'),
    'RATE_LIMITED',
    'You exceeded your current quota',
  ],
  [
    'a long conversation',
    400,
    openai("This model's maximum context length is 8192 tokens.", 'invalid_request_error', 'context_length_exceeded'),
    'INVALID_REQUEST',
    "prompt is too long: This model's maximum context length is 8192 tokens.",
  ],
  [
    'Gemini’s long conversation',
    400,
    gemini(400, 'INVALID_ARGUMENT', 'The input token count (9) exceeds the maximum'),
    'INVALID_REQUEST',
    'prompt is too long: The input token count (9) exceeds the maximum',
  ],
  ['another 400', 400, openai('Bad tool', 'invalid_request_error'), 'INVALID_REQUEST', 'Bad tool'],
  [
    'Mistral’s 422',
    422,
    JSON.stringify({
      detail: [{ type: 'extra_forbidden', loc: ['body', 'seed'], msg: 'Extra inputs are not permitted' }],
    }),
    'INVALID_REQUEST',
    'body.seed: Extra inputs are not permitted',
  ],
  [
    'Mistral’s other form',
    422,
    JSON.stringify({ object: 'error', message: { detail: [{ loc: ['body'], msg: 'Bad' }] } }),
    'INVALID_REQUEST',
    'body: Bad',
  ],
  [
    'Mistral’s unknown model',
    400,
    JSON.stringify({ object: 'error', message: 'Invalid model: x', type: 'invalid_model', code: '1500' }),
    'MODEL_NOT_FOUND',
    'Invalid model: x',
  ],
  [
    'an unknown model',
    404,
    openai('The model `x` does not exist', 'invalid_request_error', 'model_not_found'),
    'MODEL_NOT_FOUND',
    'The model `x` does not exist',
  ],
  ['a wrong address', 404, JSON.stringify({ detail: 'Not Found' }), 'UPSTREAM_UNREADABLE', 'Not Found'],
  ['a page', 404, '<html><head><title>404 Not Found</title></head></html>', 'UPSTREAM_UNREADABLE', '404 Not Found'],
  ['a redirect', 301, '', 'UPSTREAM_UNREADABLE', 'The provider answered with status 301.'],
  [
    'a large request',
    413,
    '<html><h1>413 Request Entity Too Large</h1>',
    'BODY_TOO_LARGE',
    '413 Request Entity Too Large',
  ],
  ['overload', 503, openai('Slow down', 'server_error', 'server_is_overloaded'), 'OVERLOADED', 'Slow down'],
  [
    'Gemini’s overload',
    503,
    gemini(503, 'UNAVAILABLE', 'The model is overloaded.'),
    'OVERLOADED',
    'The model is overloaded.',
  ],
  ['a failure', 500, openai('The server had an error', 'server_error'), 'UPSTREAM_ERROR', 'The server had an error'],
  ['plain text', 502, 'upstream connect error', 'UPSTREAM_ERROR', 'upstream connect error'],
])('reads %s', (_name, status, body, code, message) => {
  const error = decode(status, body);
  expect(error).toMatchObject({ code, message, details: { upstreamStatus: status } });
});

it('gives a limit its moment and window', () => {
  const headers = {
    'retry-after-ms': '1500',
    'x-ratelimit-remaining-tokens': '0',
    'x-ratelimit-remaining-requests': '9',
  };
  const error = decode(429, openai('Slow', 'tokens', 'rate_limit_exceeded'), headers);
  expect(error.details).toMatchObject({ retryAtMs: NOW_MS + 1500, window: 'tokens' });
  expect(decode(503, '', { 'retry-after': '3' }).details.retryAtMs).toBe(NOW_MS + 3000);
});

it('keeps secrets, control characters and endless texts out of the message', () => {
  const error = decode(400, openai(`Key sk-proj-${'a'.repeat(30)}\u0000 ${'x'.repeat(5000)}`, null));
  expect(error.message).not.toMatch(/sk-proj|\p{C}/u);
  expect(error.message.length).toBeLessThanOrEqual(1000);
});

it('keeps the request id', () => {
  expect(decode(500, '', { 'x-request-id': 'req_1' }).details.requestId).toBe('req_1');
});

describe('to a client of either family', () => {
  it('an empty account is a bill for one and an insufficient quota for the other', () => {
    const error = decode(429, openai('Pay.', 'insufficient_quota', 'insufficient_quota'));
    expect(anthropicDialect.encodeError(error, NOW_MS)).toMatchObject({
      status: 402,
      body: { error: { type: 'billing_error' } },
    });
    expect(openAiChatDialect.encodeError(error, NOW_MS)).toMatchObject({
      status: 429,
      body: { error: { type: 'insufficient_quota', code: 'insufficient_quota' } },
    });
  });

  it('a wrong stored key is no fault of the client’s key', () => {
    const error = decode(401, openai('Incorrect API key provided.', 'invalid_request_error', 'invalid_api_key'));
    for (const dialect of [anthropicDialect, openAiChatDialect]) {
      const rendered = dialect.encodeError(error, NOW_MS);
      expect(rendered.status).toBe(502);
      expect(rendered.headers).toMatchObject({
        'x-companion-error': 'KEY_REJECTED',
        'x-ccproxy-upstream-status': '401',
      });
      expect(JSON.stringify(rendered.body)).toMatch(/"Incorrect API key provided\. .*companion keys test/);
    }
  });

  it('a conversation that is too long is told so that it gets shortened', () => {
    const error = decode(400, openai('Too many tokens', 'invalid_request_error', 'context_length_exceeded'));
    expect(anthropicDialect.encodeError(error, NOW_MS)).toMatchObject({
      status: 400,
      body: {
        error: { type: 'invalid_request_error', message: expect.stringContaining('prompt is too long') as string },
      },
    });
    expect(openAiChatDialect.encodeError(error, NOW_MS)).toMatchObject({
      status: 400,
      body: { error: { code: 'context_length_exceeded' } },
    });
  });

  it('overload is 529 for one and 503 for the other, and may be tried again', () => {
    const error = decode(503, '');
    expect(anthropicDialect.encodeError(error, NOW_MS)).toMatchObject({
      status: 529,
      headers: { 'x-should-retry': 'true' },
    });
    expect(openAiChatDialect.encodeError(error, NOW_MS)).toMatchObject({
      status: 503,
      headers: { 'x-should-retry': 'true' },
    });
  });
});

function decode(status: number, body: string, headers: Readonly<Record<string, string>> = {}): CompanionError {
  return createChatUpstream(openAiQuirks).decodeError(status, (name) => headers[name], body, NOW_MS);
}
