/** Limits as OpenAI, the servers that follow it and Codex' backend tell them. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDurationMs } from '../../../../companion/wire/limit-time.ts';
import { noLimits } from '../../../../companion/wire/limits.ts';
import type { LimitFacts } from '../../../../companion/wire/limits.ts';
import { readOpenAiLimits } from '../../../../companion/wire/openai/limits.ts';
import { quotaWindowSchema } from '../../../../shared/quota.ts';

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
const second = 1_000;
const hour = 3_600 * second;
const day = 24 * hour;
const unix = (ms: number) => String(Math.round(ms / second));

type Headers = Readonly<Record<string, string>>;

function read(status: number, headers: Headers, body?: unknown): LimitFacts {
  const known = new Map(Object.entries(headers));
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  return readOpenAiLimits(status, (name) => known.get(name), text, 'gpt-a', nowMs);
}

const counts = {
  'x-ratelimit-limit-requests': '500',
  'x-ratelimit-remaining-requests': '499',
  'x-ratelimit-reset-requests': '120ms',
  'x-ratelimit-limit-tokens': '30000',
  'x-ratelimit-remaining-tokens': '7500',
  'x-ratelimit-reset-tokens': '6m0s',
};

test('an answer without a word on limits says nothing, at the cost of a few look-ups', () => {
  let lookUps = 0;
  expect(readOpenAiLimits(200, () => void lookUps++, undefined, 'gpt-a', nowMs)).toBe(noLimits);
  expect(lookUps).toBeLessThanOrEqual(6);
});

test.each([
  ['1s', 1_000],
  ['6m0s', 360_000],
  ['20ms', 20],
  ['1m30.5s', 90_500],
  ['7.66s', 7_660],
  ['1h2m3s', 3_723_000],
  ['1d', 86_400_000],
  ['12', 12_000],
  ['-1s', undefined],
  ['1 s', undefined],
  ['s', undefined],
  ['', undefined],
  ['1e3s', undefined],
  [`${'1s'.repeat(100)}`, undefined],
])('the wait %j is %s ms', (text, milliseconds) => {
  expect(readDurationMs(text)).toBe(milliseconds);
});

describe('windows', () => {
  test('of requests and tokens are counted for the model', () => {
    const common = { model: 'gpt-a', source: 'headers', observedAtMs: nowMs, status: 'allowed' };
    expect(read(200, counts)).toEqual({
      windows: [
        { window: 'requests', usedFraction: expect.closeTo(0.002, 6), resetsAtMs: nowMs + 120, ...common },
        { window: 'tokens', usedFraction: 0.75, resetsAtMs: nowMs + 360_000, ...common },
      ],
    });
  });

  test('of a plan are named by their length, whichever is called primary', () => {
    const headers = {
      'x-codex-primary-used-percent': '12.5',
      'x-codex-primary-window-minutes': '10080',
      'x-codex-primary-reset-at': unix(nowMs + 3 * day),
      'x-codex-secondary-used-percent': '100',
      'x-codex-secondary-window-minutes': '299',
      'x-codex-secondary-reset-at': unix(nowMs + hour),
    };
    const common = { source: 'headers', observedAtMs: nowMs };
    expect(read(200, headers)).toEqual({
      windows: [
        { window: 'seven_day', usedFraction: 0.125, status: 'allowed', resetsAtMs: nowMs + 3 * day, ...common },
        { window: 'five_hour', usedFraction: 1, status: 'exceeded', resetsAtMs: nowMs + hour, ...common },
      ],
    });
  });

  test('of a limit of its own are kept apart and count for the model', () => {
    const headers = {
      'x-codex-active-limit': 'codex-spark',
      'x-codex-spark-primary-used-percent': '1',
      'x-codex-codex-spark-primary-used-percent': '2',
      'x-codex-spark-secondary-used-percent': '3',
    };
    expect(read(200, { ...headers, 'x-codex-active-limit': '../x' }).windows).toEqual([]);
    expect(read(200, headers).windows).toMatchObject([
      { window: 'codex-spark_primary', usedFraction: 0.01, model: 'gpt-a' },
      { window: 'codex-spark_secondary', usedFraction: 0.03, model: 'gpt-a' },
    ]);
  });
});

describe('a 429', () => {
  test.each([
    ['retry-after in seconds', { 'retry-after': '20' }, undefined, 20 * second],
    ['retry-after-ms', { 'retry-after-ms': '1500', 'retry-after': '2' }, undefined, 1_500],
    ['a date', { 'retry-after': new Date(nowMs + 60 * second).toUTCString() }, undefined, 60 * second],
    ['years', { 'retry-after': '9999999999' }, undefined, day],
    ['an empty window', { ...counts, 'x-ratelimit-remaining-tokens': '0' }, undefined, 360 * second],
    [
      'retry-after before an empty window',
      { ...counts, 'x-ratelimit-remaining-tokens': '0', 'retry-after': '3' },
      undefined,
      3 * second,
    ],
    ['the words of the error', {}, { error: { message: 'Rate limit reached. Please try again in 1.5s. See' } }, 1_500],
    ['minutes in words', {}, { error: { message: 'Please try again in 7m12s.' } }, 432 * second],
    ['retry info in an array', {}, [{ error: { details: [{ a: 1 }, { retryDelay: '37s' }] } }], 37 * second],
    ['a bare reset as a moment', { 'x-ratelimit-reset': String(nowMs + 5 * second) }, undefined, 5 * second],
    ['a bare reset as seconds', { 'x-ratelimit-reset': '8' }, undefined, 8 * second],
  ])('with %s rests the model', (_name, headers, body, waitMs) => {
    expect(read(429, headers, body).cooldown).toMatchObject({ scope: 'model', untilMs: nowMs + waitMs });
  });

  test.each([
    ['nothing', {}, undefined],
    ['garbage', { 'retry-after': '-3', 'x-ratelimit-reset': '-1' }, '<html>'],
    ['a window that has some left', counts, { error: { message: 'slow down' } }],
    ['an enormous body', {}, `{"error":{"message":"try again in 3s","x":"${'x'.repeat(100_000)}"}}`],
  ])('with %s says nothing about when to come back', (_name, headers, body) => {
    expect(read(429, headers, body).cooldown).toBeUndefined();
  });

  test('of a plan may say in how many seconds they begin anew', () => {
    const headers = { 'x-codex-primary-used-percent': '5', 'x-codex-primary-reset-after-seconds': '60' };
    expect(read(200, headers).windows).toMatchObject([{ window: 'primary', resetsAtMs: nowMs + 60_000 }]);
  });

  test.each([
    [{ 'has-credits': 'True', unlimited: 'False', balance: '12.5' }, ['primary', 'credits']],
    [{ 'has-credits': 'false', unlimited: 'true' }, ['primary', 'credits']],
    [{ 'has-credits': 'false', unlimited: 'false', balance: '0' }, ['primary']],
    [{}, ['primary']],
  ])('of a plan with credits beyond it %j', (credits, expected) => {
    const told = Object.fromEntries(Object.entries(credits).map(([name, value]) => [`x-codex-credits-${name}`, value]));
    const { windows } = read(200, { 'x-codex-primary-used-percent': '5', ...told });
    expect(windows.map((window) => window.window)).toEqual(expected);
    expect(windows.every((window) => quotaWindowSchema.safeParse(window).success)).toBe(true);
  });

  test('for a plan that is used up rests the credential until it says', () => {
    const error = { type: 'usage_limit_reached', message: 'The usage limit has been reached', plan_type: 'plus' };
    const reason = 'the usage limit of the plan is reached';
    const at = read(429, {}, { error: { ...error, resets_at: (nowMs + 2 * day) / second } });
    expect(at.cooldown).toEqual({ untilMs: nowMs + 2 * day, scope: 'credential', reason });
    const within = read(429, {}, { error: { ...error, resets_in_seconds: 300 } });
    expect(within.cooldown).toEqual({ untilMs: nowMs + 300 * second, scope: 'credential', reason });
    expect(read(429, {}, { error }).cooldown).toBeUndefined();
  });

  test('with a full window of the plan rests the credential; with one of some models, the model', () => {
    const full = { 'used-percent': '100', 'window-minutes': '300', 'reset-at': unix(nowMs + hour) };
    const of = (family: string): Headers =>
      Object.fromEntries(Object.entries(full).map(([name, value]) => [`x-${family}-primary-${name}`, value]));
    expect(read(429, of('codex')).cooldown).toEqual({
      untilMs: nowMs + hour,
      scope: 'credential',
      reason: 'five_hour window is full',
    });
    const spark = { ...of('spark'), 'x-codex-active-limit': 'spark' };
    expect(read(429, spark).cooldown).toMatchObject({ scope: 'model', reason: 'spark_five_hour window is full' });
  });

  test('for want of credit says so: waiting does not help', () => {
    const body = { error: { type: 'insufficient_quota', code: 'insufficient_quota', message: 'You exceeded' } };
    expect(read(429, { 'retry-after': '1' }, body).cooldown).toMatchObject({
      scope: 'credential',
      isOutOfCredit: true,
    });
  });
});

test.each([200, 400, 500, 503])('the status %d has no cooldown, whatever the windows say', (status) => {
  const headers = { ...counts, 'x-ratelimit-remaining-tokens': '0', 'retry-after': '60' };
  expect(read(status, headers).cooldown).toBeUndefined();
});

const names = [
  ...Object.keys(counts),
  ...['primary', 'secondary'].flatMap((slot) =>
    ['used-percent', 'window-minutes', 'reset-at'].map((one) => `x-codex-${slot}-${one}`),
  ),
  'x-codex-active-limit',
  'x-ratelimit-reset',
  'retry-after',
  'retry-after-ms',
  'date',
];
const anyValue = fc.oneof(
  fc.constantFrom('0', '100', '-1', '1e309', '1s', '99999999999999999999', 'spark', ''),
  fc.string(),
  fc.integer().map(String),
);

test('whatever headers and body hold, windows are well-formed and a wait is to come and bounded', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom(...names), anyValue),
      fc.oneof(
        fc.jsonValue(),
        fc.record({
          error: fc.dictionary(
            fc.constantFrom('type', 'message', 'resets_at', 'resets_in_seconds', 'details'),
            fc.jsonValue(),
          ),
        }),
      ),
      fc.constantFrom(200, 429),
      (headers, body, status) => {
        const { windows, cooldown } = read(status, headers, JSON.stringify(body));
        for (const window of windows) expect(quotaWindowSchema.safeParse(window).success).toBe(true);
        if (cooldown === undefined) return;
        expect(status).toBe(429);
        expect(cooldown.untilMs).toBeGreaterThan(nowMs);
        expect(cooldown.untilMs).toBeLessThanOrEqual(nowMs + 32 * day);
      },
    ),
    { numRuns: 1_000 },
  );
});
