/** Budgets and rates of one key, whatever comes in whatever order. */
import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { CompanionError } from '../../../companion/base/error.ts';
import { Periods } from '../../../companion/base/periods.ts';
import { Allowance } from '../../../companion/client/allowance.ts';
import type { Reservation } from '../../../companion/client/allowance.ts';
import type { ClientKeyRecord } from '../../../companion/store/client-keys.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { clientKeyRecord } from '../../support/records.ts';

const berlin = new Periods(() => 'Europe/Berlin');

function open(changes: Partial<ClientKeyRecord>, startMs = Date.UTC(2026, 0, 2, 3, 4, 5)) {
  const clock = new FakeClock(startMs);
  const { budgetPeriod = 'never' } = changes;
  const record = clientKeyRecord({ periodBeganMs: berlin.startOf(budgetPeriod, clock.nowMs()), ...changes });
  const allowance = new Allowance(record, { clock, periods: berlin });
  const use = (held: Reservation, tokens = 0) => allowance.count(held, { atMs: clock.nowMs(), tokens });
  return { clock, allowance, use };
}

function refusalOf(task: () => unknown): CompanionError {
  try {
    task();
  } catch (thrown) {
    if (thrown instanceof CompanionError) return thrown;
    throw thrown;
  }
  throw new Error('was let in');
}

describe('a budget of requests', () => {
  it('counts what runs as well as what ended', () => {
    const { allowance, use } = open({ requestBudget: 3 });
    const first = allowance.reserve();
    allowance.reserve();
    use(first);
    allowance.reserve();
    const refused = refusalOf(() => allowance.reserve());
    expect(refused).toMatchObject({ code: 'CLIENT_BUDGET_SPENT', details: {} });
    expect(refused.message).toContain('3 requests');
  });

  it('is given back where nothing came of a request', () => {
    const { allowance } = open({ requestBudget: 1 });
    allowance.release(allowance.reserve());
    expect(allowance.reserve()).toBeDefined();
    expect(() => allowance.reserve()).toThrow('budget');
  });

  it('begins anew at the midnight of the place, and says when', async () => {
    const { clock, allowance, use } = open({ requestBudget: 1, budgetPeriod: 'daily' }, Date.UTC(2026, 2, 28, 22, 59));
    use(allowance.reserve());
    const midnightMs = Date.UTC(2026, 2, 28, 23);
    expect(refusalOf(() => allowance.reserve()).details).toEqual({ retryAtMs: midnightMs });
    expect(allowance.resetsAtMs()).toBe(midnightMs);
    await clock.advance(midnightMs - clock.nowMs() - 1);
    expect(() => allowance.reserve()).toThrow('2026-03-28T23:00:00Z');
    await clock.advance(1);
    expect(allowance.counts()).toMatchObject({ periodRequests: 0, totalRequests: 1 });
    use(allowance.reserve());
    // That day has 23 hours there.
    expect(refusalOf(() => allowance.reserve()).details).toEqual({ retryAtMs: Date.UTC(2026, 2, 29, 22) });
  });

  it('counts a request that came before midnight and begins after it in the new day, if that has room', async () => {
    const { clock, allowance } = open({ requestBudget: 1, budgetPeriod: 'daily' }, Date.UTC(2026, 2, 28, 22, 59, 59));
    const early = allowance.reserve();
    await clock.advance(2_000);
    const renewed = allowance.renew(early, clock.nowMs());
    expect(() => allowance.reserve()).toThrow('budget');
    allowance.release(renewed);
    allowance.reserve();
    expect(() => allowance.renew(early, clock.nowMs())).toThrow('budget');
  });

  it('holds again after the clock, which stood in the future, was put right', async () => {
    const { allowance, use } = open({
      requestBudget: 2,
      budgetPeriod: 'daily',
      periodBeganMs: Date.UTC(2031, 0, 1),
      periodRequests: 2,
    });
    use(allowance.reserve());
    use(allowance.reserve());
    expect(() => allowance.reserve()).toThrow('budget');
  });
});

describe('a budget of tokens', () => {
  it('takes what runs for as much as this key used on average', () => {
    const { allowance, use } = open({ tokenBudget: 1000, totalRequests: 9, totalTokens: 900 });
    use(allowance.reserve(), 100);
    // 100 are used; nine that run would take the other 900.
    const running = Array.from({ length: 9 }, () => allowance.reserve());
    const refused = refusalOf(() => allowance.reserve());
    expect(refused).toMatchObject({ code: 'CLIENT_RATE_LIMITED', retry: 'same' });
    expect(refused.details.retryAtMs).toBeGreaterThan(0);
    running.forEach((held) => use(held, 10));
    expect(allowance.counts().periodTokens).toBe(190);
    expect(allowance.reserve()).toBeDefined();
  });

  it('lets one request at a time through while nothing is known of the key', () => {
    const { allowance, use } = open({ tokenBudget: 500 });
    const first = allowance.reserve();
    expect(refusalOf(() => allowance.reserve()).code).toBe('CLIENT_RATE_LIMITED');
    use(first, 499);
    use(allowance.reserve(), 5000);
    expect(refusalOf(() => allowance.reserve())).toMatchObject({ code: 'CLIENT_BUDGET_SPENT' });
  });
});

describe('a rate', () => {
  it('names the moment from which on there is room, by a clock that does not jump', async () => {
    const { clock, allowance } = open({ ratePerMinute: 1 });
    allowance.release(allowance.reserve());
    await clock.advance(20_000);
    expect(refusalOf(() => allowance.reserve())).toMatchObject({
      code: 'CLIENT_RATE_LIMITED',
      details: { retryAtMs: clock.nowMs() + 40_000 },
    });
    await clock.advance(40_000);
    expect(allowance.reserve()).toBeDefined();
  });

  it('is not used up by what a budget refuses, nor a budget by what the rate refuses', () => {
    const { allowance } = open({ ratePerMinute: 2, requestBudget: 1 });
    const held = allowance.reserve();
    expect(refusalOf(() => allowance.reserve()).code).toBe('CLIENT_BUDGET_SPENT');
    allowance.release(held);
    allowance.release(allowance.reserve());
    expect(refusalOf(() => allowance.reserve()).code).toBe('CLIENT_RATE_LIMITED');
    expect(allowance.counts().periodRequests).toBe(0);
  });
});

type Step =
  | { readonly do: 'ask' }
  | { readonly do: 'begin' | 'end' | 'drop'; readonly which: number; readonly tokens: number }
  | { readonly do: 'wait'; readonly ms: number };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant<Step>({ do: 'ask' }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constantFrom('begin' as const, 'end' as const, 'drop' as const),
        which: fc.nat(20),
        tokens: fc.nat(300),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 40_000_000 }) }),
    },
  ),
  { maxLength: 80 },
);

/** In the order of things: asked, begun (counted by the moment of that), over. */
interface Request {
  held: Reservation;
  atMs: number | undefined;
}

test('never more requests than the budget in any period, and no rate above the limit, in whatever order things happen', async () => {
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 6 }),
      fc.constantFrom('never' as const, 'daily' as const, 'weekly' as const),
      async (wanted, requestBudget, ratePerMinute, budgetPeriod) => {
        const { clock, allowance } = open({ requestBudget, ratePerMinute, budgetPeriod });
        const running: Request[] = [];
        const admittedAt: number[] = [];
        const counted = new Map<number, number>();
        for (const step of wanted) {
          if (step.do === 'wait') await clock.advance(step.ms);
          else if (step.do === 'ask') {
            try {
              running.push({ held: allowance.reserve(), atMs: undefined });
              admittedAt.push(clock.monotonicMs());
            } catch {
              continue;
            }
          } else {
            const [request] = running.splice(step.which % Math.max(1, running.length), 1);
            if (request === undefined) continue;
            if (step.do === 'drop') allowance.release(request.held);
            else if (request.atMs === undefined) {
              try {
                request.held = allowance.renew(request.held, clock.nowMs());
              } catch {
                continue;
              }
              request.atMs = clock.nowMs();
              running.push(request);
            } else {
              allowance.count(request.held, { atMs: request.atMs, tokens: step.tokens });
              const periodMs = berlin.startOf(budgetPeriod, request.atMs);
              counted.set(periodMs, (counted.get(periodMs) ?? 0) + 1);
            }
          }
        }
        for (const requests of counted.values()) expect(requests).toBeLessThanOrEqual(requestBudget);
        for (const atMs of admittedAt) {
          const inMinute = admittedAt.filter((other) => other >= atMs && other < atMs + 60_000);
          expect(inMinute.length).toBeLessThanOrEqual(ratePerMinute);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('tokens are overdrawn by no more than what runs when the budget ends', () => {
  const uses = fc.array(fc.record({ tokens: fc.nat(500), endsBefore: fc.nat(6) }), { maxLength: 60 });
  fc.assert(
    fc.property(uses, fc.integer({ min: 1, max: 3000 }), (requests, tokenBudget) => {
      const { allowance, use } = open({ tokenBudget });
      const running: { readonly held: Reservation; readonly tokens: number }[] = [];
      for (const { tokens, endsBefore } of requests) {
        for (let count = 0; count < endsBefore && running.length > 0; count++) {
          const ended = running.shift();
          if (ended !== undefined) use(ended.held, ended.tokens);
        }
        try {
          running.push({ held: allowance.reserve(), tokens });
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(CompanionError);
          if (allowance.counts().periodTokens >= tokenBudget)
            expect((thrown as CompanionError).code).toBe('CLIENT_BUDGET_SPENT');
          continue;
        }
        const before = allowance.counts().periodTokens;
        expect(before).toBeLessThan(tokenBudget);
      }
    }),
    { numRuns: 100 },
  );
});
