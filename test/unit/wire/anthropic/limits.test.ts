/** Limits as Anthropic's headers tell them, and what a refusal means for the credential. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAnthropicLimits } from '../../../../companion/wire/anthropic/limits.ts';
import { noLimits } from '../../../../companion/wire/limits.ts';
import type { LimitFacts } from '../../../../companion/wire/limits.ts';
import { quotaWindowSchema } from '../../../../shared/quota.ts';

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
const second = 1_000;
const hour = 3_600 * second;
const day = 24 * hour;
const unix = (ms: number) => String(Math.round(ms / second));

type Headers = Readonly<Record<string, string>>;

function read(status: number, headers: Headers, model: string | undefined = 'claude-a'): LimitFacts {
  const known = new Map(Object.entries(headers));
  return readAnthropicLimits(status, (name) => known.get(name), model, nowMs);
}

function classic(name: string, limit: number, remaining: number, inMs = 60 * second): Headers {
  return {
    [`anthropic-ratelimit-${name}-limit`]: String(limit),
    [`anthropic-ratelimit-${name}-remaining`]: String(remaining),
    [`anthropic-ratelimit-${name}-reset`]: new Date(nowMs + inMs).toISOString(),
  };
}

function unified(fields: Headers): Headers {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [`anthropic-ratelimit-unified-${name}`, value]),
  );
}

const fiveHour = { '5h-status': 'allowed', '5h-reset': unix(nowMs + 2 * hour), '5h-utilization': '0.42' };
const sevenDay = { '7d-status': 'allowed', '7d-reset': unix(nowMs + 5 * day), '7d-utilization': '0.1' };
const included = { '7d_oi-status': 'rejected', '7d_oi-reset': unix(nowMs + 3 * day), '7d_oi-utilization': '1.0' };

test('an answer without a word on limits says nothing, at the cost of a few look-ups', () => {
  let lookUps = 0;
  const limits = readAnthropicLimits(200, () => void lookUps++, 'claude-a', nowMs);
  expect(limits).toBe(noLimits);
  expect(lookUps).toBeLessThanOrEqual(7);
});

describe('windows', () => {
  test('of API keys are counted for the model', () => {
    const headers = {
      ...classic('requests', 50, 49),
      ...classic('tokens', 100_000, 25_000),
      ...classic('input-tokens', 80_000, 0),
      ...classic('output-tokens', 20_000, 25_000),
    };
    const common = { model: 'claude-a', source: 'headers', observedAtMs: nowMs, resetsAtMs: nowMs + 60 * second };
    const { windows, cooldown } = read(200, headers);
    expect(windows).toEqual([
      { window: 'requests', usedFraction: expect.closeTo(0.02, 6), status: 'allowed', ...common },
      { window: 'tokens', usedFraction: 0.75, status: 'allowed', ...common },
      { window: 'input_tokens', usedFraction: 1, status: 'exceeded', ...common },
      { window: 'output_tokens', usedFraction: 0, status: 'allowed', ...common },
    ]);
    expect(cooldown, 'the answer came').toBeUndefined();
  });

  test('of subscriptions are shared by all models', () => {
    const warned = { ...sevenDay, '7d-status': 'allowed_warning' };
    const headers = unified({ status: 'allowed', ...fiveHour, ...warned, ...included, 'overage-status': 'allowed' });
    const common = { source: 'headers', observedAtMs: nowMs };
    expect(read(200, headers)).toEqual({
      windows: [
        { window: 'five_hour', usedFraction: 0.42, status: 'allowed', resetsAtMs: nowMs + 2 * hour, ...common },
        { window: 'seven_day', usedFraction: 0.1, status: 'warning', resetsAtMs: nowMs + 5 * day, ...common },
        {
          window: 'seven_day_overage_included',
          usedFraction: 1,
          status: 'exceeded',
          resetsAtMs: nowMs + 3 * day,
          ...common,
        },
        { window: 'overage', usedFraction: null, status: 'allowed', resetsAtMs: null, ...common },
      ],
    });
  });

  test.each([
    ['out_of_credits', ['overage']],
    ['org_spend_cap_reached', ['overage']],
    ['overage_not_provisioned', []],
    ['org_level_disabled', []],
  ])('overage that is rejected as %s is a full window only where there was something to fill', (reason, names) => {
    const headers = unified({ status: 'allowed', 'overage-status': 'rejected', 'overage-disabled-reason': reason });
    expect(read(200, headers).windows.map(({ window }) => window)).toEqual(names);
  });
});

describe('a 429', () => {
  test.each([
    ['the five-hour window', { '5h-status': 'rejected' }, nowMs + 2 * hour, 'five_hour window is full'],
    ['the weekly window', { '7d-status': 'rejected' }, nowMs + 5 * day, 'seven_day window is full'],
    [
      'both',
      { '5h-status': 'rejected', '7d-status': 'rejected' },
      nowMs + 5 * day,
      'five_hour and seven_day window is full',
    ],
  ])('for %s rests the credential until it resets', (_name, changes, untilMs, reason) => {
    const headers = unified({ status: 'rejected', ...fiveHour, ...sevenDay, ...changes });
    expect(read(429, headers).cooldown).toEqual({ untilMs, scope: 'credential', reason });
  });

  test('lasts until the latest of retry-after, the reset of the window and that of the limit as a whole', () => {
    const rejected = { status: 'rejected', ...fiveHour, '5h-status': 'rejected' };
    const until = (extra: Headers, retryAfter = '60') =>
      read(429, { ...unified({ ...rejected, ...extra }), 'retry-after': retryAfter }).cooldown?.untilMs;
    expect(until({})).toBe(nowMs + 2 * hour);
    expect(until({ reset: unix(nowMs + 3 * hour) })).toBe(nowMs + 3 * hour);
    expect(until({}, '14400')).toBe(nowMs + 4 * hour);
  });

  test('with the shared windows allowed stops the requested model only', () => {
    const shared = { status: 'rejected', ...fiveHour, ...sevenDay };
    expect(read(429, unified({ ...shared, ...included })).cooldown).toEqual({
      untilMs: nowMs + 3 * day,
      scope: 'model',
      reason: 'seven_day_overage_included window is full',
    });
    const spent = { ...shared, reset: unix(nowMs + hour), 'overage-status': 'rejected', 'representative-claim': 'x' };
    expect(read(429, unified(spent)).cooldown).toMatchObject({ scope: 'model', untilMs: nowMs + hour });
    const opus = { status: 'rejected', reset: unix(nowMs + hour), 'representative-claim': 'seven_day_opus' };
    expect(read(429, unified(opus)).cooldown).toEqual({
      untilMs: nowMs + hour,
      scope: 'model',
      reason: 'seven_day_opus window is full',
    });
  });

  test('that names no window but rejects stops the credential', () => {
    const headers = unified({ status: 'rejected', reset: unix(nowMs + hour) });
    expect(read(429, headers).cooldown).toMatchObject({ scope: 'credential', untilMs: nowMs + hour });
    const claimed = unified({ status: 'rejected', reset: unix(nowMs + hour), 'representative-claim': 'five_hour' });
    expect(read(429, claimed).cooldown).toMatchObject({ scope: 'credential', reason: 'five_hour window is full' });
  });

  test('of which the unified limits know nothing is ordinary throttling of the model', () => {
    const headers = { ...unified({ status: 'allowed', ...fiveHour }), 'retry-after': '7' };
    expect(read(429, headers).cooldown).toEqual({
      untilMs: nowMs + 7 * second,
      scope: 'model',
      reason: 'retry-after 7 s',
    });
    expect(read(429, unified({ status: 'allowed', ...fiveHour })).cooldown).toBeUndefined();
  });

  test.each([
    [{ 'retry-after': '20' }, 20 * second],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': new Date(nowMs + 90 * second).toUTCString() }, 90 * second],
    [{ 'retry-after-ms': '250', 'retry-after': '20' }, 250],
    [{ 'retry-after-ms': 'soon', 'retry-after': '20' }, 20 * second],
    [{ 'retry-after': '99999999999999' }, day],
    [{ 'retry-after': 'Fri, 31 Dec 9999 23:59:59 GMT' }, day],
  ])('with %j rests the model for %d ms', (headers, waitMs) => {
    expect(read(429, headers).cooldown).toMatchObject({ scope: 'model', untilMs: nowMs + waitMs });
  });

  test.each([
    '-5',
    '0',
    'NaN',
    'Infinity',
    '1e9',
    '',
    ' ',
    '20, 20',
    'x'.repeat(100),
    new Date(nowMs - hour).toUTCString(),
  ])('with the retry-after %j says nothing about when to come back', (retryAfter) => {
    expect(read(429, { 'retry-after': retryAfter })).toEqual({ windows: [] });
  });

  test('with a counted window that is empty rests the model until it fills again', () => {
    const headers = { ...classic('requests', 50, 3), ...classic('input-tokens', 100, 0, 12 * second) };
    expect(read(429, headers).cooldown).toEqual({
      untilMs: nowMs + 12 * second,
      scope: 'model',
      reason: 'no input_tokens left',
    });
  });
});

test.each([200, 400, 401, 500, 529])('the status %d has no cooldown, whatever the windows say', (status) => {
  const headers = { ...unified({ status: 'rejected', ...fiveHour, '5h-status': 'rejected' }), 'retry-after': '60' };
  expect(read(status, headers).cooldown).toBeUndefined();
});

describe('a clock that is off', () => {
  test.each([day, -day, 10 * 60 * second])('by %d ms does not lengthen or shorten the wait', (skewMs) => {
    const theirs = nowMs + skewMs;
    const date = new Date(theirs).toUTCString();
    const until = (headers: Headers) => read(429, { date, ...headers }).cooldown?.untilMs;
    expect(until({ 'retry-after': new Date(theirs + 90 * second).toUTCString() })).toBe(nowMs + 90 * second);
    expect(until({ 'retry-after': '90' })).toBe(nowMs + 90 * second);
    expect(until(unified({ '5h-status': 'rejected', '5h-reset': unix(theirs + hour) }))).toBe(nowMs + hour);
  });
});

const names = [
  'unified-status',
  'unified-reset',
  'unified-representative-claim',
  'unified-overage-status',
  ...['5h', '7d', '7d_oi', '7d_opus'].flatMap((one) => [
    `unified-${one}-status`,
    `unified-${one}-reset`,
    `unified-${one}-utilization`,
  ]),
  ...['requests', 'tokens', 'input-tokens'].flatMap((one) => [`${one}-limit`, `${one}-remaining`, `${one}-reset`]),
].map((name) => `anthropic-ratelimit-${name}`);
const anyValue = fc.oneof(
  fc.constantFrom(
    'rejected',
    'allowed',
    'allowed_warning',
    '0',
    '-1',
    '1e309',
    '0x10',
    '99999999999999999999',
    'NaN',
    '',
  ),
  fc.string(),
  fc.integer().map(String),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
);

test('whatever the headers hold, windows are well-formed and a wait is to come and bounded', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom(...names, 'retry-after', 'retry-after-ms', 'date'), anyValue),
      fc.constantFrom(200, 429),
      (headers, status) => {
        const { windows, cooldown } = read(status, headers);
        for (const window of windows) expect(quotaWindowSchema.safeParse(window).success).toBe(true);
        expect(new Set(windows.map(({ window }) => window)).size).toBe(windows.length);
        if (cooldown === undefined) return;
        expect(status).toBe(429);
        expect(cooldown.untilMs).toBeGreaterThan(nowMs);
        expect(cooldown.untilMs).toBeLessThanOrEqual(nowMs + 32 * day);
      },
    ),
    { numRuns: 1_000 },
  );
});
