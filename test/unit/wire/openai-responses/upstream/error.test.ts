/** What the backend's refusals mean. */
import { describe, expect, it, test } from 'vitest';
import type { CompanionError } from '../../../../../companion/base/error.ts';
import { decodeBackendError } from '../../../../../companion/wire/openai-responses/upstream/error.ts';

const NOW_MS = 1_700_000_000_000;

function decode(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): CompanionError {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return decodeBackendError(status, (name) => headers[name], text, NOW_MS);
}

const error = (fields: object) => ({ error: fields });

test.each<[number, unknown, string, string]>([
  [400, { detail: 'Stream must be set to true' }, 'INVALID_REQUEST', 'Stream must be set to true'],
  [400, { detail: 'Unsupported parameter: temperature' }, 'INVALID_REQUEST', 'Unsupported parameter: temperature'],
  [
    422,
    { detail: [{ loc: ['body', 'input'], msg: 'field required' }] },
    'INVALID_REQUEST',
    'body.input: field required',
  ],
  [
    400,
    { detail: "The 'gpt-4' model is not supported when using Codex with a ChatGPT account." },
    'MODEL_NOT_FOUND',
    "The 'gpt-4' model is not supported when using Codex with a ChatGPT account.",
  ],
  [401, { detail: 'Unauthorized' }, 'KEY_REJECTED', 'Unauthorized'],
  [
    401,
    error({ message: 'Your authentication token has been invalidated.', code: 'token_invalidated' }),
    'KEY_REJECTED',
    'Your authentication token has been invalidated.',
  ],
  [401, '', 'KEY_REJECTED', 'The provider does not accept the key.'],
  [403, { detail: 'Forbidden' }, 'PROVIDER_REFUSED', 'Forbidden'],
  [400, error({ code: 'cyber_policy', message: 'Flagged.' }), 'PROVIDER_REFUSED', 'Flagged.'],
  [400, error({ code: 'insufficient_quota', message: 'Empty.' }), 'QUOTA_EXHAUSTED', 'Empty.'],
  [429, error({ type: 'usage_not_included', message: 'Upgrade.' }), 'QUOTA_EXHAUSTED', 'Upgrade.'],
  [
    400,
    error({ code: 'context_length_exceeded', message: 'Your input exceeds the window.' }),
    'INVALID_REQUEST',
    'prompt is too long: Your input exceeds the window.',
  ],
  [503, error({ code: 'server_is_overloaded', message: 'Busy.' }), 'OVERLOADED', 'Busy.'],
  [503, error({ code: 'slow_down', message: 'Slower.' }), 'OVERLOADED', 'Slower.'],
  [500, { detail: 'Internal' }, 'UPSTREAM_ERROR', 'Internal'],
  [502, '<html><title>502 Bad Gateway</title></html>', 'UPSTREAM_ERROR', '502 Bad Gateway'],
])('%i %j is %s', (status, body, code, message) => {
  const decoded = decode(status, body);
  expect([decoded.code, decoded.message]).toEqual([code, message]);
  expect(decoded.details.upstreamStatus).toBe(status);
});

describe('a limit of the plan', () => {
  it('says until when, as a moment or as a wait', () => {
    const at = NOW_MS / 1000 + 3600;
    const limit = { type: 'usage_limit_reached', message: 'The usage limit has been reached', plan_type: 'plus' };
    for (const when of [{ resets_at: at }, { resets_in_seconds: 3600 }]) {
      expect(decode(429, error({ ...limit, ...when }))).toMatchObject({
        code: 'RATE_LIMITED',
        message: 'The usage limit has been reached',
        details: { retryAtMs: NOW_MS + 3_600_000 },
      });
    }
  });

  it('names the window that is full', () => {
    const headers = {
      'x-codex-primary-used-percent': '100',
      'x-codex-primary-window-minutes': '300',
      'x-codex-primary-reset-at': String(NOW_MS / 1000 + 60),
    };
    const details = { retryAtMs: NOW_MS + 60_000, window: 'five_hour' };
    expect(decode(429, error({ type: 'usage_limit_reached' }), headers)).toMatchObject({ details });
  });
});

describe('a page in the place of the API', () => {
  const page = (title: string) => `<!DOCTYPE html><html><head><title>${title}</title></head></html>`;

  it('that wants to see a browser is a challenge, and nothing about the login', () => {
    for (const refused of [
      decode(403, page('Just a moment...'), { 'content-type': 'text/html; charset=UTF-8' }),
      decode(403, '', { 'cf-mitigated': 'challenge' }),
      decode(503, page('x'), { 'cf-mitigated': 'challenge' }),
    ]) {
      expect(refused.code).toBe('CHALLENGE');
      expect(refused.message).toMatch(/chatgpt\.com.*login is kept/);
      expect(refused.remedy).not.toMatch(/claude/i);
    }
  });

  it('of another kind says what it is', () => {
    const refused = decode(403, page('Unable to load site'));
    expect([refused.code, refused.message]).toEqual([
      'UPSTREAM_UNREADABLE',
      'The ChatGPT backend gave a page, "Unable to load site", in the place of an answer (status 403).',
    ]);
  });
});

test('no secret that an error repeats is told', () => {
  const token = `eyJhbGciOiJSUzI1NiJ9.${'a'.repeat(40)}.${'b'.repeat(40)}`;
  expect(decode(400, { detail: `Bad token ${token}` }).message).not.toContain(token);
});
