/** A provider's refusals as clients of the other family know them. */
import { describe, expect, it } from 'vitest';
import { CompanionError } from '../../../companion/base/error.ts';
import { anthropicDialect } from '../../../companion/wire/anthropic/codec.ts';
import { anthropicUpstream } from '../../../companion/wire/anthropic/upstream/codec.ts';
import type { RenderedError } from '../../../companion/wire/codec.ts';
import { openAiChatDialect } from '../../../companion/wire/openai-chat/codec.ts';
import { createChatUpstream } from '../../../companion/wire/openai-chat/upstream/codec.ts';
import { openAiQuirks } from '../../../shared/api-provider.ts';
import type { Loose } from './support.ts';

const NOW_MS = 1_700_000_000_000;
type Headers = Readonly<Record<string, string>>;
const read = (headers: Headers) => (name: string) => headers[name];
const json = (body: unknown): string => (typeof body === 'string' ? body : JSON.stringify(body));

function toOpenAi(status: number, body: unknown, headers: Headers = {}): RenderedError & { body: Loose } {
  return openAiChatDialect.encodeError(
    anthropicUpstream.decodeError(status, read(headers), json(body), NOW_MS),
    NOW_MS,
  );
}

function toAnthropic(status: number, body: unknown, headers: Headers = {}): RenderedError & { body: Loose } {
  const codec = createChatUpstream(openAiQuirks);
  return anthropicDialect.encodeError(codec.decodeError(status, read(headers), json(body), NOW_MS), NOW_MS);
}

const anthropic = (type: string, message: string): unknown => ({
  type: 'error',
  error: { type, message },
  request_id: 'req_1',
});
const openAi = (message: string, type: string, code: string | null = null): unknown => ({
  error: { message, type, param: null, code },
});

describe('Anthropic’s refusals for clients of OpenAI', () => {
  it.each<[number, unknown, number, string, string | null]>([
    [400, anthropic('invalid_request_error', 'max_tokens: Field required'), 400, 'invalid_request_error', null],
    [
      400,
      anthropic('invalid_request_error', 'prompt is too long: 5 > 4'),
      400,
      'invalid_request_error',
      'context_length_exceeded',
    ],
    [
      400,
      anthropic('invalid_request_error', 'Your credit balance is too low'),
      429,
      'insufficient_quota',
      'insufficient_quota',
    ],
    [402, anthropic('billing_error', 'Pay'), 429, 'insufficient_quota', 'insufficient_quota'],
    [403, anthropic('permission_error', 'No'), 403, 'permission_error', 'provider_refused'],
    [404, anthropic('not_found_error', 'model: claude-x'), 404, 'invalid_request_error', 'model_not_found'],
    [413, anthropic('request_too_large', 'Too large'), 413, 'invalid_request_error', 'body_too_large'],
    [413, '<html><title>413 Request Entity Too Large</title></html>', 413, 'invalid_request_error', 'body_too_large'],
    [429, anthropic('rate_limit_error', 'Slow'), 429, 'rate_limit_error', 'rate_limit_exceeded'],
    [500, anthropic('api_error', 'Oops'), 500, 'server_error', 'upstream_error'],
    [502, '<html><h1>Bad gateway</h1></html>', 502, 'server_error', 'upstream_error'],
    [504, anthropic('timeout_error', 'Late'), 504, 'server_error', 'upstream_error'],
    [529, anthropic('overloaded_error', 'Overloaded'), 503, 'overloaded_error', 'overloaded'],
    [503, '', 503, 'overloaded_error', 'overloaded'],
  ])('%i %j', (status, body, expectedStatus, type, code) => {
    const rendered = toOpenAi(status, body);
    expect([rendered.status, rendered.body.error.type, rendered.body.error.code]).toEqual([expectedStatus, type, code]);
    expect(Object.keys(rendered.body.error).toSorted()).toEqual(['code', 'message', 'param', 'type']);
    expect(rendered.body.error.message).not.toBe('');
    expect(rendered.headers['x-ccproxy-upstream-status']).toBe(String(status));
  });

  it('a wrong key of ours is no wrong key of the client', () => {
    const { status, body, headers } = toOpenAi(401, anthropic('authentication_error', 'invalid x-api-key'));
    expect([status, body.error.type, headers['x-ccproxy-upstream-status']]).toEqual([502, 'server_error', '401']);
    const own = openAiChatDialect.encodeError(
      new CompanionError('CLIENT_KEY_INVALID', 'The key is wrong.'),
      NOW_MS,
    ) as RenderedError & { body: Loose };
    expect([own.status, own.body.error.type, own.body.error.code]).toEqual([
      401,
      'invalid_request_error',
      'invalid_api_key',
    ]);
    expect(own.body.error.message).toMatch(/^ccproxy: /);
  });

  it('when to come back is told, and an overload may be tried again', () => {
    expect(toOpenAi(429, anthropic('rate_limit_error', 'Slow'), { 'retry-after': '7' }).headers).toMatchObject({
      'retry-after': '7',
    });
    expect(toOpenAi(529, anthropic('overloaded_error', 'Overloaded')).headers).toMatchObject({
      'x-should-retry': 'true',
    });
    expect(toOpenAi(400, anthropic('invalid_request_error', 'x')).headers).toMatchObject({ 'x-should-retry': 'false' });
  });
});

describe('OpenAI’s refusals for clients of Anthropic', () => {
  it.each<[number, unknown, number, string]>([
    [400, openAi('Bad', 'invalid_request_error'), 400, 'invalid_request_error'],
    [
      400,
      openAi('This model’s maximum context length is 5 tokens.', 'invalid_request_error', 'context_length_exceeded'),
      400,
      'invalid_request_error',
    ],
    [403, openAi('No', 'permission_error'), 403, 'permission_error'],
    [404, openAi('The model `x` does not exist', 'invalid_request_error', 'model_not_found'), 404, 'not_found_error'],
    [413, openAi('Too large', 'invalid_request_error'), 413, 'request_too_large'],
    [
      422,
      {
        object: 'error',
        message: { detail: [{ loc: ['body', 'n'], msg: 'Extra inputs are not permitted' }] },
        type: 'invalid_request_error',
      },
      400,
      'invalid_request_error',
    ],
    [422, { detail: [{ loc: ['body', 'n'], msg: 'Extra inputs are not permitted' }] }, 400, 'invalid_request_error'],
    [429, openAi('You exceeded your current quota', 'insufficient_quota', 'insufficient_quota'), 402, 'billing_error'],
    [
      402,
      { error: { message: 'Insufficient Balance', type: 'unknown_error', code: 'invalid_request_error' } },
      402,
      'billing_error',
    ],
    [429, openAi('Slow', 'requests', 'rate_limit_exceeded'), 429, 'rate_limit_error'],
    [429, [{ error: { code: 429, message: 'Quota', status: 'RESOURCE_EXHAUSTED' } }], 429, 'rate_limit_error'],
    [500, openAi('Oops', 'server_error'), 500, 'api_error'],
    [502, '<html>', 502, 'api_error'],
    [504, openAi('Late', 'server_error'), 504, 'timeout_error'],
    [503, openAi('Busy', 'server_error', 'server_is_overloaded'), 529, 'overloaded_error'],
    [503, '', 529, 'overloaded_error'],
    [
      400,
      [
        {
          error: { code: 400, message: 'API key not valid. Please pass a valid API key.', status: 'INVALID_ARGUMENT' },
        },
      ],
      502,
      'api_error',
    ],
    [401, openAi('Incorrect API key provided', 'invalid_request_error', 'invalid_api_key'), 502, 'api_error'],
  ])('%i %j', (status, body, expectedStatus, type) => {
    const rendered = toAnthropic(status, body);
    expect([rendered.status, rendered.body.type, rendered.body.error.type]).toEqual([expectedStatus, 'error', type]);
    expect(rendered.body.error.message).not.toBe('');
    expect(rendered.body).toHaveProperty('request_id');
  });

  it('a prompt that is too long is said in the words that clients of Anthropic look for', () => {
    expect(
      toAnthropic(
        400,
        openAi('This model’s maximum context length is 5.', 'invalid_request_error', 'context_length_exceeded'),
      ).body.error.message,
    ).toMatch(/^prompt is too long/);
  });

  it('keys that a provider repeats do not reach the client', () => {
    const words = 'Incorrect API key provided: sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD.';
    expect(JSON.stringify(toAnthropic(401, openAi(words, 'invalid_request_error', 'invalid_api_key')))).not.toContain(
      'abcdefghijkl',
    );
  });
});
