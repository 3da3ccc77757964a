/** Kiro's refusals, told apart. */
import { expect, it, test } from 'vitest';
import { kiroUpstream } from './support.ts';

const NOW = 1_700_000_000_000;

function decode(status: number, body: object | string, headers: Readonly<Record<string, string>> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return kiroUpstream.decodeError(status, (name) => headers[name], text, NOW);
}

const typed = (name: string, message: string) => ({ __type: `com.amazon.aws.codewhisperer#${name}`, message });

test.each([
  [400, typed('ValidationException', 'Improperly formed request.'), 'INVALID_REQUEST'],
  [400, { message: 'Input is too long.', reason: 'CONTENT_LENGTH_EXCEEDS_THRESHOLD' }, 'INVALID_REQUEST'],
  [400, { message: 'Invalid model. Please select a different model.', reason: 'INVALID_MODEL_ID' }, 'MODEL_NOT_FOUND'],
  [401, { message: 'no' }, 'KEY_REJECTED'],
  [402, { message: 'You have reached the limit.', reason: 'MONTHLY_REQUEST_COUNT' }, 'QUOTA_EXHAUSTED'],
  [403, { message: 'The bearer token included in the request is invalid.' }, 'KEY_REJECTED'],
  [403, typed('ExpiredTokenException', 'gone'), 'KEY_REJECTED'],
  [403, typed('AccessDeniedException', 'User is not authorized to make this call.'), 'PROVIDER_REFUSED'],
  [403, { message: 'Your User ID temporarily is suspended.', reason: 'TEMPORARILY_SUSPENDED' }, 'ACCOUNT_DISABLED'],
  [429, typed('ThrottlingException', 'Too many requests.'), 'RATE_LIMITED'],
  [400, typed('ThrottlingException', 'Too many requests.'), 'RATE_LIMITED'],
  [429, { message: 'Busy.', reason: 'INSUFFICIENT_MODEL_CAPACITY' }, 'OVERLOADED'],
  [500, typed('InternalServerException', 'Encountered an unexpected error.'), 'UPSTREAM_ERROR'],
  [503, '<html><body>503</body></html>', 'OVERLOADED'],
  [404, {}, 'UPSTREAM_UNREADABLE'],
] as const)('%i %j is %s', (status, body, code) => {
  const error = decode(status, body);
  expect([error.code, error.details.upstreamStatus]).toEqual([code, status]);
});

it('keeps the words of the service, and says Anthropic’s where clients shorten on them', () => {
  expect(decode(403, typed('AccessDeniedException', 'User is not authorized.')).message).toBe(
    'User is not authorized.',
  );
  expect(decode(400, { message: 'Input is too long.' }).message).toBe('prompt is too long: Input is too long.');
});

it('reads what AWS calls the error from the header, and when to come back', () => {
  const headers = { 'x-amzn-errortype': 'ThrottlingException:http://internal.amazon.com/', 'retry-after': '20' };
  const error = decode(400, { message: 'x' }, headers);
  expect([error.code, error.details.upstreamType, error.details.retryAtMs]).toEqual([
    'RATE_LIMITED',
    'ThrottlingException',
    NOW + 20_000,
  ]);
});
