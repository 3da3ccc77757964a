import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it, test } from 'vitest';
import { parseTokens, quotaLines } from '../../../companion/cli/command/quota.ts';
import type { QuotaCredential } from '../../../companion/http/manage/quota-routes.ts';

const nowMs = new Date(2026, 10, 22, 12, 0).getTime();
const at = (...parts: [number, number, number, number]) => new Date(...parts).toISOString();

const key: QuotaCredential = {
  id: 'openai-3f9a2c41',
  name: 'work',
  provider: 'openai',
  kind: 'api-key',
  limit: 1_000_000,
  used: 50_000,
  remaining: 950_000,
  resets_at: at(2026, 11, 1, 0),
  reset_schedule: 'monthly',
  windows: [],
};

/** Colours are for terminals, and CI counts as one. */
const textOf = (lines: readonly string[]) => stripVTControlCharacters(lines.join('\n'));

test.each([
  ['1.5m', 1_500_000],
  ['off', null],
  ['Unlimited', null],
])('%j is so many tokens: %j', (text, tokens) => {
  expect(parseTokens(text)).toBe(tokens);
});

test.each(['', 'many', '-1'])('%j is no number of tokens, and the error says how one is written', (text) => {
  expect(() => parseTokens(text)).toThrow(
    expect.objectContaining({ code: 'INVALID_REQUEST', remedy: expect.stringContaining('500k') }),
  );
});

describe('the list', () => {
  it("shows each credential's own limit, then what its provider told, with source and age", () => {
    const windows = [
      {
        window: 'five_hour',
        model: null,
        used_fraction: 0.25,
        status: 'allowed' as const,
        resets_at: at(2026, 10, 22, 15),
        source: 'headers',
        age_seconds: 120,
      },
      {
        window: 'seven_day',
        model: 'opus',
        used_fraction: null,
        status: 'warning' as const,
        resets_at: null,
        source: 'stream',
        age_seconds: 5,
      },
    ];
    expect(textOf(quotaLines([{ ...key, windows }], nowMs))).toBe(
      [
        'work  openai, openai-3f9a2c41',
        '  your limit  █░░░░░░░░░   5 % used  resets 1 Dec 00:00  50,000 of 1,000,000 tokens',
        '  5 hours     ███░░░░░░░  25 % used  resets 15:00        headers, 2 min ago',
        '  week, opus  warning                                    stream, 5 s ago',
      ].join('\n'),
    );
  });

  it('counts without a limit too, and says how one is set', () => {
    const free: QuotaCredential = { ...key, limit: null, remaining: null };
    expect(textOf(quotaLines([free, { ...free, name: 'home' }], nowMs))).toBe(
      [
        'work  openai, openai-3f9a2c41',
        '  tokens  50,000 used  no limit  this month',
        '',
        'home  openai, openai-3f9a2c41',
        '  tokens  50,000 used  no limit  this month',
        '',
        '`companion quota set <name> 1M` allows one so many tokens in a period.',
      ].join('\n'),
    );
  });

  it('says of a limit that never resets that it does not', () => {
    const lines = textOf(
      quotaLines([{ ...key, used: 1_200_000, resets_at: null, reset_schedule: 'never' }], nowMs),
    ).split('\n');
    expect(lines.join('\n')).toContain('██████████ 120 % used  never resets  1,200,000 of 1,000,000 tokens');
  });
});
