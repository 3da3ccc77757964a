import type Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import type { CompanionError } from '../../../../../companion/base/error.ts';
import { anthropicUpstream } from '../../../../../companion/wire/anthropic/upstream/codec.ts';
import { openAiChatDialect } from '../../../../../companion/wire/openai-chat/codec.ts';
import { refusalOf } from '../../openai-chat/support.ts';

const STAMP = { id: 'stampid', createdAtMs: 0 };
const NOW_MS = 1_700_000_000_000;
const asked = { model: 'claude-sonnet-4-6', messages: [{ role: 'user', content: 'hi' }], max_tokens: 5 };

const usage: Anthropic.Usage = {
  input_tokens: 10,
  output_tokens: 5,
  cache_creation: null,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  inference_geo: null,
  output_tokens_details: null,
  server_tool_use: null,
  service_tier: 'standard',
  speed: null,
};
const whole: Anthropic.Message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-6',
  content: [
    { type: 'thinking', thinking: '', signature: 'sig' },
    { type: 'text', text: 'Hi', citations: null },
    { type: 'tool_use', id: 'toolu_1', name: 'look', input: { x: 1 }, caller: { type: 'direct' } },
  ],
  stop_reason: 'tool_use',
  stop_sequence: null,
  stop_details: null,
  container: null,
  diagnostics: null,
  usage,
};

describe('a request', () => {
  it('is the hub’s with the served model, and nothing else', () => {
    const request = openAiChatDialect.decodeRequest(asked);
    const encoded = anthropicUpstream.encodeRequest(request, 'claude-served');
    expect(encoded).toMatchObject({
      path: '/v1/messages',
      headers: { 'anthropic-version': '2023-06-01' },
      warnings: [],
    });
    expect(Object.keys(encoded.headers)).toEqual(['anthropic-version']);
    expect(encoded.body).toEqual({ ...request.hub, model: 'claude-served' });
  });

  it('says when it wants a stream', () => {
    const request = openAiChatDialect.decodeRequest({ ...asked, stream: true });
    expect(anthropicUpstream.encodeRequest(request, 'm').body).toEqual({ ...request.hub, model: 'm', stream: true });
  });

  it('sends the names of betas that came in a body, and nothing that is no name', () => {
    const request = { ...openAiChatDialect.decodeRequest(asked), memo: { betas: ['a-2025-01-01', 'b', 'x\r\ny: z'] } };
    expect(anthropicUpstream.encodeRequest(request, 'm').headers['anthropic-beta']).toBe('a-2025-01-01,b');
  });
});

describe('a whole answer', () => {
  it('stays as it came', () => {
    expect(decode(whole)).toEqual(whole);
  });

  it('keeps blocks that are newer than this', () => {
    const content = [{ type: 'brand_new', thing: 1 }];
    expect(decode({ ...whole, content }).content).toEqual(content);
  });

  it('has every field that readers rely on, where a compatible server leaves some out', () => {
    const { id, type, role, model } = whole;
    expect(decode({ id, type, role, model, content: [], usage: { input_tokens: 3 } })).toMatchObject({
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 3, output_tokens: 0, cache_read_input_tokens: 0 },
    });
  });

  it.each([
    [null, ''],
    [{ ...whole, type: 'completion' }, 'type'],
    [{ ...whole, content: 'Hi' }, 'content'],
    [{ ...whole, content: [{ type: 'text' }] }, 'content.0'],
    [{ ...whole, usage: { input_tokens: 'x' } }, 'usage.input_tokens'],
  ])('is refused when it is no message: %#', (body, place) => {
    const error = refusalOf(() => decode(body));
    expect(error.code).toBe('UPSTREAM_UNREADABLE');
    expect(error.message).toContain(place);
  });

  it('throws an error that came under a status of success', () => {
    const body = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
    expect(refusalOf(() => decode(body))).toMatchObject({ code: 'OVERLOADED', message: 'Overloaded' });
  });
});

describe('a refusal', () => {
  const envelope = (type: string, message: string): string =>
    JSON.stringify({ type: 'error', error: { type, message }, request_id: 'req_1' });

  it.each<[string, number, string, string, string]>([
    ['a wrong key', 401, envelope('authentication_error', 'invalid x-api-key'), 'KEY_REJECTED', 'invalid x-api-key'],
    [
      'a key without rights',
      403,
      envelope('permission_error', 'Your API key does not have permission to use the specified resource.'),
      'KEY_REJECTED',
      'Your API key does not have permission to use the specified resource.',
    ],
    [
      'a login that is refused',
      403,
      envelope('permission_error', 'OAuth authentication is currently not allowed for this organization.'),
      'PROVIDER_REFUSED',
      'OAuth authentication is currently not allowed for this organization.',
    ],
    [
      'a login that is only for another program',
      400,
      envelope('invalid_request_error', 'This credential is only authorized for use with Claude Code.'),
      'PROVIDER_REFUSED',
      'This credential is only authorized for use with Claude Code.',
    ],
    [
      'a login that has ended',
      401,
      envelope('authentication_error', 'OAuth token has expired.'),
      'KEY_REJECTED',
      'OAuth token has expired.',
    ],
    ['a policy', 403, envelope('permission_error', 'Request not allowed'), 'PROVIDER_REFUSED', 'Request not allowed'],
    [
      'an empty account',
      400,
      envelope('invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'),
      'QUOTA_EXHAUSTED',
      'Your credit balance is too low to access the Anthropic API.',
    ],
    ['a bill', 402, envelope('billing_error', 'Pay.'), 'QUOTA_EXHAUSTED', 'Pay.'],
    [
      'a disabled organisation',
      400,
      envelope('invalid_request_error', 'This organization has been disabled.'),
      'ACCOUNT_DISABLED',
      'This organization has been disabled.',
    ],
    [
      'a long conversation',
      400,
      envelope('invalid_request_error', 'prompt is too long: 9 tokens > 8 maximum'),
      'INVALID_REQUEST',
      'prompt is too long: 9 tokens > 8 maximum',
    ],
    ['an unknown model', 404, envelope('not_found_error', 'model: x'), 'MODEL_NOT_FOUND', 'model: x'],
    ['a wrong address', 404, '<html><title>Not Found</title></html>', 'UPSTREAM_UNREADABLE', 'Not Found'],
    [
      'a large request as a page',
      413,
      '<html><head><title>413 Request Entity Too Large</title></head></html>',
      'BODY_TOO_LARGE',
      '413 Request Entity Too Large',
    ],
    ['a limit', 429, envelope('rate_limit_error', 'Slow'), 'RATE_LIMITED', 'Slow'],
    ['a failure', 500, envelope('api_error', 'Internal server error'), 'UPSTREAM_ERROR', 'Internal server error'],
    ['a timeout', 504, envelope('timeout_error', 'Timed out'), 'UPSTREAM_ERROR', 'Timed out'],
    ['overload', 529, envelope('overloaded_error', 'Overloaded'), 'OVERLOADED', 'Overloaded'],
    ['nothing at all', 529, '', 'OVERLOADED', 'The provider is overloaded.'],
  ])('reads %s', (_name, status, body, code, message) => {
    expect(refusal(status, body)).toMatchObject({ code, message, details: { upstreamStatus: status } });
  });

  it('keeps the provider’s type and request id', () => {
    const { details } = refusal(529, envelope('overloaded_error', 'Overloaded'));
    expect(details).toEqual({ upstreamStatus: 529, upstreamType: 'overloaded_error', requestId: 'req_1' });
  });

  it('says which window is full and until when', () => {
    const resetS = NOW_MS / 1000 + 600;
    const unified = {
      'anthropic-ratelimit-unified-status': 'rejected',
      'anthropic-ratelimit-unified-5h-status': 'rejected',
      'anthropic-ratelimit-unified-5h-reset': String(resetS),
      'retry-after': '30',
    };
    expect(refusal(429, envelope('rate_limit_error', 'Slow'), unified).details).toMatchObject({
      window: 'five_hour',
      retryAtMs: resetS * 1000,
    });
    expect(refusal(429, '', { 'retry-after': '30' }).details.retryAtMs).toBe(NOW_MS + 30_000);
  });

  it('tells an OpenAI client that the conversation is too long', () => {
    const error = refusal(400, envelope('invalid_request_error', 'prompt is too long: 9 tokens > 8 maximum'));
    expect(openAiChatDialect.encodeError(error, NOW_MS)).toMatchObject({
      status: 400,
      body: { error: { code: 'context_length_exceeded' } },
    });
  });

  it('tells an OpenAI client of an empty account as OpenAI does', () => {
    expect(openAiChatDialect.encodeError(refusal(402, envelope('billing_error', 'Pay.')), NOW_MS)).toMatchObject({
      status: 429,
      body: { error: { code: 'insufficient_quota' } },
    });
  });
});

function decode(body: unknown): Anthropic.Message {
  const encoded = anthropicUpstream.encodeRequest(openAiChatDialect.decodeRequest(asked), 'm');
  return anthropicUpstream.decodeMessage(body, encoded, STAMP);
}

function refusal(status: number, body: string, headers: Readonly<Record<string, string>> = {}): CompanionError {
  return anthropicUpstream.decodeError(status, (name) => headers[name], body, NOW_MS);
}
