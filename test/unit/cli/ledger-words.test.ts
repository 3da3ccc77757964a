/** What `companion usage` and `companion explain` print. */
import { describe, expect, it } from 'vitest';
import { explanationLines } from '../../../companion/cli/command/explain.ts';
import { usageLines } from '../../../companion/cli/command/usage.ts';
import type { NamedUsage, UsageReport } from '../../../companion/http/control/ledger-routes.ts';
import { addGroups } from '../../../companion/store/ledger.ts';
import type { UsageGroup } from '../../../companion/store/ledger.ts';
import { ledgerRow } from '../../support/records.ts';

// Whoever runs the tests may have colours on; what is printed is compared without.
// eslint-disable-next-line no-control-regex -- the escape character is what is looked for
const bare = (lines: readonly string[]) => lines.map((line) => line.replaceAll(/\u001b\[\d+m/g, ''));

const atMs = new Date(2026, 10, 22, 12, 0).getTime();

function group(name: string, changes: Partial<UsageGroup> = {}): NamedUsage {
  const tokens = { inputTokens: 1000, outputTokens: 200, cacheReadTokens: 8000, cacheWriteTokens: 1000 };
  const times = { firstAtMs: new Date(2026, 10, 20, 9, 5).getTime(), lastAtMs: atMs };
  return { key: name, name, exchanges: 3, failures: 0, ...tokens, ...times, ...changes };
}

function report(groups: readonly NamedUsage[], changes: Partial<UsageReport> = {}): UsageReport {
  const total = groups.length === 0 ? null : groups.reduce<UsageGroup>(addGroups, { ...group(''), ...nothing });
  return { by: 'model', sinceMs: null, atMs, groups, total, dropped: 0, ...changes };
}
const nothing = { exchanges: 0, inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

const wide = { columns: 120, hasUnicode: true };
const narrow = { columns: 80, hasUnicode: false };
const two = [
  group('claude-opus-4-5', { cacheReadTokens: 80_000_000 }),
  group('gpt-5', { exchanges: 1234, failures: 2 }),
];

describe('companion usage', () => {
  it('draws one bar for each, then the total and what the prompt caches were worth', () => {
    expect(bare(usageLines(report(two), wide))).toEqual([
      'Usage by model since 20 Nov 09:05, all that is kept',
      '',
      '                                                             tokens  input  output  cached  exchanges  failed',
      `  claude-opus-4-5  ${'█'.repeat(40)}   80.0M  1.00k     200    99 %          3       0`,
      `  gpt-5            ▏${' '.repeat(39)}   10.2k  1.00k     200    80 %      1,234       2`,
      '  total                                                       80.0M  2.00k     400    99 %      1,237       2',
      '',
      "99 % of the input came from the providers' prompt caches.",
    ]);
  });

  it.each([40, 60, 80, 100, 120, 200])('fits %d columns, and leaves out what is dispensable first', (columns) => {
    const long = group(`openrouter/${'x'.repeat(90)}`);
    const lines = bare(usageLines(report([...two, long]), { columns, hasUnicode: false }));
    const chart = lines.slice(2, -2);
    expect(Math.max(...chart.map((line) => line.length))).toBeLessThanOrEqual(columns);
    expect(chart[0]).toContain('tokens');
    expect(chart[0]).toContain('exchanges');
    expect(chart[0]?.includes('input')).toBe(columns >= 100);
  });

  it('shows days on which nothing happened', () => {
    const days = ['2026-11-20', '2026-11-22'].map((day) => group(day));
    const lines = bare(usageLines(report(days, { by: 'day', sinceMs: atMs - 86_400_000 }), narrow));
    expect(lines[0]).toBe('Usage by day since 21 Nov 12:00');
    expect(lines.filter((line) => line.startsWith('  2026')).map((line) => line.slice(2, 14).trim())).toEqual([
      '2026-11-20',
      '2026-11-21',
      '2026-11-22',
    ]);
  });

  it('puts into one line what would run off the screen', () => {
    const many = Array.from({ length: 45 }, (_, n) => group(`model-${n}`));
    const lines = bare(usageLines(report(many), narrow));
    expect(lines.filter((line) => line.startsWith('  model-'))).toHaveLength(29);
    expect(lines.find((line) => line.startsWith('  16 others'))).toContain('163k');
  });

  it('says what is missing, and when there is nothing', () => {
    expect(bare(usageLines(report(two, { dropped: 1234 }), narrow)).at(-1)).toContain('could not be recorded: 1,234.');
    expect(usageLines(report([]), narrow)[0]).toMatch(/^No exchange yet\./);
    expect(usageLines(report([], { sinceMs: atMs }), narrow)).toEqual(['No exchange since 12:00.']);
  });

  it('does not let a name steer the terminal', () => {
    expect(bare(usageLines(report([group('\u001b]0;evil\u0007')]), narrow)).join('\n')).not.toContain('\u001b');
  });
});

describe('companion explain', () => {
  const row = ledgerRow({
    id: 'exc_abc',
    atMs: new Date(2026, 10, 22, 11, 57).getTime(),
    model: 'fast',
    isTranslated: true,
    warnings: ['top_k: not known there'],
    explanation: {
      plan: 'api: Anthropic, key work (priority); model fast means claude-sonnet-4-5',
      considered: [
        { who: 'Anthropic key work', verdict: 'chosen', reason: 'first by priority' },
        { who: 'Anthropic key spare', verdict: 'passed over', reason: 'cooling until 14:05' },
      ],
      attempts: [
        { who: 'Anthropic key spare', status: null, outcome: 'CONNECT_TIMEOUT', durationMs: 10_000 },
        { who: 'Anthropic key work', status: 200, outcome: 'served', durationMs: 3190 },
      ],
    },
  });

  it('tells what was asked, who was considered, what was tried and what came of it', () => {
    expect(bare(explanationLines({ ...row, remedy: null }, atMs))).toEqual([
      'exc_abc  11:57, 3 min ago',
      '',
      [
        '  Asked    claude-code asked for fast, as a stream',
        '           at /v1/messages (anthropic)',
        '  Routed   api: Anthropic, key work (priority); model fast means',
        '           claude-sonnet-4-5',
        '  Served   claude-sonnet-4-5 by anthropic, translated',
        '  Tokens   100 in, 20 out; cache: 3,000 read (85 %), 400 written',
        '  Took     3.2 s, first byte after 410 ms',
        '  Outcome  ok, HTTP 200',
      ].join('\n'),
      '',
      'Considered',
      '  Anthropic key work   chosen       first by priority\n  Anthropic key spare  passed over  cooling until 14:05',
      '',
      'Attempts',
      '  Anthropic key spare  no answer  CONNECT_TIMEOUT  10 s\n  Anthropic key work   200        served           3.2 s',
      '',
      'Not carried over',
      '  top_k: not known there',
    ]);
  });

  it('tells what to do about a failure', () => {
    const failed = {
      ...row,
      status: 503,
      outcome: 'SESSION_REQUIRED',
      explanation: { ...row.explanation, attempts: [] },
    };
    const text = bare(explanationLines({ ...failed, remedy: 'Open the extension.' }, atMs)).join('\n');
    expect(text).toContain('  Served   nobody\n');
    expect(text).toContain('  Outcome  SESSION_REQUIRED, HTTP 503\n           Open the extension.');
    expect(text).not.toContain('Attempts');
  });

  it('does not let a client steer the terminal', () => {
    const evil = '\u001b]0;evil\u0007';
    const told = { ...row, client: evil, model: evil, route: evil, outcome: evil, warnings: [evil], remedy: null };
    expect(bare(explanationLines(told, atMs)).join('\n')).not.toContain('\u001b');
  });
});
