import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Periods } from '../../../companion/base/periods.ts';
import { memoryLogger } from '../../../companion/base/log.ts';
import type { ResetSchedule } from '../../../companion/config/reset-schedule.ts';
import { Ledger } from '../../../companion/exchange/ledger.ts';
import { TokenLimits } from '../../../companion/exchange/token-limits.ts';
import type { LimitEvent } from '../../../companion/exchange/token-limits.ts';
import { forGoodMs } from '../../../companion/router/plan.ts';
import { openStore } from '../../../companion/store/open-store.ts';
import type { Store } from '../../../companion/store/store.ts';
import type { QuotaWindow } from '../../../shared/quota.ts';
import { ledgerRow, quotaWindow } from '../../support/records.ts';

const startMs = Date.parse('2026-11-22T10:00:00Z');
const hourMs = 3_600_000;

interface Desk {
  readonly limits: TokenLimits;
  readonly ledger: Ledger;
  readonly events: LimitEvent[];
  readonly clock: { nowMs: number };
  /** An exchange with that credential that used so many tokens. */
  use(credential: string, tokens: number, provider?: string): void;
  /** The same store, as the next start finds it. */
  restart(): Desk;
}

interface DeskFacts {
  readonly store?: Store;
  readonly clock?: { nowMs: number };
  readonly schedule?: ResetSchedule;
  readonly timeZone?: string;
  readonly windows?: () => readonly QuotaWindow[];
}

let rows = 0;

function openDesk(facts: DeskFacts = {}): Desk {
  const { schedule = 'monthly', timeZone = 'UTC', clock = { nowMs: startMs }, windows = () => [] } = facts;
  const store = facts.store ?? openStore(':memory:', { quarantine: false }).store;
  const nowMs = () => clock.nowMs;
  const events: LimitEvent[] = [];
  const limits = new TokenLimits({
    store,
    scheduleOf: () => schedule,
    periods: new Periods(() => timeZone),
    providerOf: () => 'anthropic',
    windowsOf: windows,
    onEvent: (event) => events.push(event),
    nowMs,
  });
  const ledger = new Ledger({ store, limits, logger: memoryLogger().logger, nowMs, keepDays: 90, keepRows: 1e6 });
  onTestFinished(() => limits.close());
  return {
    limits,
    ledger,
    events,
    clock,
    use(credential, tokens, provider = 'anthropic') {
      const usage = { inputTokens: tokens, outputTokens: null, cacheReadTokens: null, cacheWriteTokens: null };
      ledger.append(ledgerRow({ id: `exc_${rows++}`, atMs: clock.nowMs, credential, provider, ...usage }));
    },
    restart() {
      ledger.close();
      limits.close();
      return openDesk({ ...facts, store, clock });
    },
  };
}

const kindsOf = (desk: Desk) => desk.events.map(({ kind }) => kind);

describe('what a credential uses', () => {
  it('CPP-8: is told as limit, used and remaining', () => {
    const desk = openDesk();
    desk.limits.setLimit(['a'], 1_000_000);
    desk.use('a', 50_000);
    expect(desk.limits.use('a')).toEqual({
      limit: 1_000_000,
      used: 50_000,
      remaining: 950_000,
      schedule: 'monthly',
      resetsAtMs: Date.parse('2026-12-01T00:00:00Z'),
    });
  });

  it('CPP-9: is every kind of token of the exchange, deducted when it is over', () => {
    const { limits, ledger } = openDesk();
    const tokens = { inputTokens: 1, outputTokens: 20, cacheReadTokens: 300, cacheWriteTokens: 4000 };
    ledger.append(ledgerRow({ credential: 'a', ...tokens }));
    expect(limits.use('a').used).toBe(4321);
  });

  it('is counted without a limit too, and never for what a client sent along', () => {
    const desk = openDesk();
    desk.use('a', 5);
    desk.use('client', 5);
    expect(desk.limits.use('a')).toMatchObject({ limit: null, used: 5, remaining: null });
    expect(desk.limits.use('client').used).toBe(0);
  });

  it('survives a restart, with its limit, and is none the larger for it', () => {
    const desk = openDesk();
    desk.limits.setLimit(['a'], 100);
    desk.use('a', 30);
    desk.limits.setLimit(['a'], 200);
    const again = desk.restart();
    expect(again.limits.use('a')).toMatchObject({ limit: 200, used: 30, remaining: 170 });
  });

  it('is never negative, and no figure of a provider makes it unreadable', () => {
    const desk = openDesk();
    desk.limits.setLimit(['a'], 10);
    for (const tokens of [-5, Number.NaN, 1.5, Infinity]) desk.use('a', tokens);
    expect(desk.limits.use('a')).toMatchObject({ used: 0, remaining: 10 });
    desk.use('a', Number.MAX_SAFE_INTEGER);
    desk.use('a', Number.MAX_SAFE_INTEGER);
    expect(desk.limits.use('a')).toMatchObject({ used: Number.MAX_SAFE_INTEGER, remaining: 0 });
    expect(desk.restart().limits.use('a').used).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('a limit', () => {
  it('keeps its credential from serving once it is used up, until it resets, and says so', () => {
    const desk = openDesk();
    desk.limits.setLimit(['a'], 1_000_000);
    desk.use('a', 999_999);
    expect(desk.limits.standing('a')).toBeUndefined();
    desk.use('a', 2);
    expect(desk.limits.standing('a')).toEqual({
      state: 'cooling',
      untilMs: Date.parse('2026-12-01T00:00:00Z'),
      reason: 'your limit of 1,000,000 tokens is used up',
      code: 'TOKEN_LIMIT_REACHED',
    });
    desk.clock.nowMs = Date.parse('2026-12-01T00:00:00Z');
    expect(desk.limits.standing('a')).toBeUndefined();
    expect(desk.limits.use('a').used).toBe(0);
  });

  it('that never resets says how to raise it', () => {
    const desk = openDesk({ schedule: 'never' });
    desk.limits.setLimit(['a'], 10);
    desk.use('a', 10);
    expect(desk.limits.standing('a')).toMatchObject({
      untilMs: forGoodMs,
      reason: 'your limit of 10 tokens is used up; raise it with `companion quota set`',
    });
    desk.clock.nowMs += 400 * 24 * hourMs;
    expect(desk.limits.standing('a')).toBeDefined();
    desk.limits.setLimit(['a'], 11);
    expect(desk.limits.standing('a')).toBeUndefined();
    desk.limits.setLimit(['a'], null);
    expect(desk.limits.use('a')).toMatchObject({ limit: null, used: 10, resetsAtMs: null });
  });

  it('of 0 tokens lets nothing through, and a number that is none is refused with nothing changed', () => {
    const { limits } = openDesk();
    limits.setLimit(['a'], 0);
    expect(limits.standing('a')).toBeDefined();
    expect(limits.usedFraction('a')).toBe(1);
    for (const limit of [-1, 1.5, Number.NaN, 2 ** 60]) {
      expect(() => limits.setLimit(['a'], limit)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
    }
    expect(limits.use('a').limit).toBe(0);
  });

  it('begins anew when it is told to, and what is written later of before counts no more', () => {
    const desk = openDesk();
    desk.limits.setLimit(['a'], 10);
    desk.use('a', 10);
    desk.limits.reset(['a']);
    desk.use('a', 3);
    expect(desk.limits.use('a').used).toBe(3);
    expect(desk.restart().limits.use('a').used).toBe(3);
  });

  it('reserves for what runs as much as exchanges used on average', () => {
    const desk = openDesk();
    desk.limits.setLimit(['a'], 100);
    desk.use('a', 40);
    desk.limits.begin('a', 'anthropic');
    expect([desk.limits.isCrowded('a'), desk.limits.usedFraction('a')]).toEqual([false, 0.8]);
    desk.limits.begin('a', 'anthropic');
    expect([desk.limits.isCrowded('a'), desk.limits.standing('a')]).toEqual([true, undefined]);
    desk.limits.end('a');
    desk.limits.end('a');
    desk.limits.end('a');
    expect([desk.limits.isCrowded('a'), desk.limits.usedFraction('a')]).toEqual([false, 0.4]);
  });
});

describe('a reset', () => {
  it.each([
    ['daily', 'Europe/Berlin', '2026-10-25T12:00:00Z', '2026-10-25T23:00:00Z'],
    ['daily', 'America/Sao_Paulo', '2018-11-03T12:00:00Z', '2018-11-04T03:00:00Z'],
    ['daily', 'Asia/Kolkata', '2026-11-22T18:29:00Z', '2026-11-22T18:30:00Z'],
    ['weekly', 'Europe/Berlin', '2026-03-25T12:00:00Z', '2026-03-29T22:00:00Z'],
    ['monthly', 'America/New_York', '2026-11-01T12:00:00Z', '2026-12-01T05:00:00Z'],
    ['monthly', 'UTC', '2026-12-31T23:59:59.999Z', '2027-01-01T00:00:00Z'],
  ] as const)('CPP-11: %s in %s is at the boundary, to the millisecond', (schedule, timeZone, now, boundary) => {
    const desk = openDesk({ schedule, timeZone, clock: { nowMs: Date.parse(now) } });
    desk.limits.setLimit(['a'], 10);
    desk.use('a', 10);
    expect(desk.limits.use('a').resetsAtMs).toBe(Date.parse(boundary));
    desk.clock.nowMs = Date.parse(boundary) - 1;
    expect(desk.limits.standing('a')).toBeDefined();
    desk.clock.nowMs += 1;
    expect(desk.limits.standing('a')).toBeUndefined();
  });

  it('that came while nothing ran is made up for at the start', () => {
    const desk = openDesk({ schedule: 'daily' });
    desk.limits.setLimit(['a'], 10);
    desk.use('a', 10);
    desk.ledger.close();
    desk.clock.nowMs += 48 * hourMs;
    const again = desk.restart();
    expect(again.limits.standing('a')).toBeUndefined();
    expect(again.limits.use('a')).toMatchObject({ used: 0, limit: 10 });
    again.use('a', 4);
    expect(again.restart().limits.use('a').used).toBe(4);
  });

  it('follows the longest window that the provider told of', () => {
    const soon = quotaWindow({ window: 'five_hour', resetsAtMs: startMs + 3 * hourMs });
    let week = quotaWindow({ window: 'seven_day', resetsAtMs: startMs + hourMs });
    const desk = openDesk({ schedule: 'provider', windows: () => [soon, week] });
    desk.limits.setLimit(['a'], 10);
    desk.use('a', 10);
    expect(desk.limits.standing('a')).toMatchObject({ untilMs: startMs + hourMs });
    desk.clock.nowMs = startMs + hourMs;
    expect(desk.limits.standing('a')).toBeUndefined();
    week = quotaWindow({ window: 'seven_day', resetsAtMs: startMs + 169 * hourMs });
    desk.use('a', 10);
    desk.clock.nowMs += 60_000;
    expect(desk.limits.use('a').resetsAtMs).toBe(startMs + 169 * hourMs);
    desk.clock.nowMs = startMs + 4 * hourMs;
    expect(desk.limits.standing('a')).toBeDefined();
  });

  it('waits while the provider has told of no window', () => {
    const desk = openDesk({ schedule: 'provider' });
    desk.limits.setLimit(['a'], 10);
    desk.use('a', 10);
    expect(desk.limits.standing('a')).toMatchObject({ untilMs: forGoodMs });
  });
});

describe('news', () => {
  it('CPP-16: low, used up, rotated and reset are told once in a period, in that order', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const desk = openDesk({ schedule: 'daily' });
    desk.limits.setLimit(['a'], 100);
    for (const tokens of [80, 10, 5, 5, 5]) desk.use('a', tokens);
    expect(kindsOf(desk)).toEqual(['low', 'exhausted']);
    desk.limits.begin('elsewhere', 'openai');
    for (const _ of [1, 2]) desk.limits.begin('b', 'anthropic');
    expect(desk.events.at(-1)).toMatchObject({ kind: 'rotated', credential: 'a', successor: 'b' });
    desk.clock.nowMs += 24 * hourMs;
    vi.advanceTimersByTime(60_000);
    expect(kindsOf(desk)).toEqual(['low', 'exhausted', 'rotated', 'reset']);
    desk.use('a', 100);
    expect(kindsOf(desk)).toEqual(['low', 'exhausted', 'rotated', 'reset', 'exhausted']);
  });

  it('is nothing that was so before the start, or when the limit was set', () => {
    const desk = openDesk();
    desk.use('a', 95);
    desk.limits.setLimit(['a'], 100);
    desk.use('a', 1);
    expect(kindsOf(desk)).toEqual([]);
    desk.use('a', 10);
    expect(kindsOf(desk)).toEqual(['exhausted']);
    const again = desk.restart();
    again.use('a', 10);
    expect(kindsOf(again)).toEqual([]);
  });

  it('of a reset that came while nothing ran is told soon after the start', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const desk = openDesk({ schedule: 'daily' });
    desk.limits.setLimit(['a'], 10);
    desk.use('a', 10);
    const again = desk.restart();
    again.clock.nowMs += 24 * hourMs;
    again.limits.start();
    expect(kindsOf(again)).toEqual([]);
    vi.advanceTimersByTime(1_000);
    expect(kindsOf(again)).toEqual(['reset']);
  });

  it('keeps no timer while nothing is used up', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const desk = openDesk();
    const before = vi.getTimerCount();
    desk.limits.setLimit(['a'], 0);
    expect(vi.getTimerCount()).toBe(before + 1);
    desk.limits.setLimit(['a'], null);
    expect(vi.getTimerCount()).toBe(before);
  });
});

type Step =
  | { readonly kind: 'use'; readonly credential: string; readonly tokens: number }
  | { readonly kind: 'limit'; readonly credential: string; readonly limit: number | null }
  | { readonly kind: 'reset' | 'restart' | 'flush'; readonly credential: string }
  | { readonly kind: 'wait'; readonly ms: number };

const credential = fc.constantFrom('a', 'b', 'c');
const steps = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('use' as const), credential, tokens: fc.nat(500) }) },
    fc.record({ kind: fc.constant('limit' as const), credential, limit: fc.option(fc.nat(2000)) }),
    fc.record({ kind: fc.constantFrom('reset' as const, 'restart' as const, 'flush' as const), credential }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(9 * hourMs) }),
  ),
  { maxLength: 60 },
);

describe('whatever happens', () => {
  it('a count is the sum of the exchanges since its period began, in memory and on disk', () => {
    fc.assert(
      fc.property(
        steps,
        fc.constantFrom('UTC', 'Asia/Beirut', 'America/New_York'),
        (all: readonly Step[], timeZone) => {
          const store = openStore(':memory:', { quarantine: false }).store;
          let desk = openDesk({ store, schedule: 'daily', timeZone });
          const model = new Map<string, number>();
          const sumOf = (name: string) => model.get(name) ?? 0;
          const day = () => new Date(desk.clock.nowMs).toLocaleDateString('en-CA', { timeZone });
          let today = day();
          for (const step of all) {
            if (step.kind === 'wait') desk.clock.nowMs += step.ms;
            if (day() !== today) model.clear();
            today = day();
            if (step.kind === 'use') {
              desk.use(step.credential, step.tokens);
              model.set(step.credential, sumOf(step.credential) + step.tokens);
            } else if (step.kind === 'limit') desk.limits.setLimit([step.credential], step.limit);
            else if (step.kind === 'flush') desk.ledger.flush();
            else if (step.kind === 'restart') desk = desk.restart();
            else if (step.kind === 'reset') {
              desk.limits.reset([step.credential]);
              model.delete(step.credential);
            }
            for (const name of ['a', 'b', 'c']) {
              const { used, limit, remaining } = desk.limits.use(name);
              expect(used).toBe(sumOf(name));
              expect(remaining).toBe(limit === null ? null : Math.max(0, limit - used));
              expect(desk.limits.standing(name) === undefined).toBe(limit === null || used < limit);
            }
          }
          desk = desk.restart();
          for (const name of ['a', 'b', 'c']) expect(desk.limits.use(name).used).toBe(sumOf(name));
          desk.ledger.close();
          store.close();
        },
      ),
      { numRuns: 60 },
    );
  });
});
