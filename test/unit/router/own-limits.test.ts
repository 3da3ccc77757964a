/** The router with the person's own limits: who is chosen while something is left, and when nothing is. */
import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Periods } from '../../../companion/base/periods.ts';
import { CompanionError } from '../../../companion/base/error.ts';
import { TokenLimits } from '../../../companion/exchange/token-limits.ts';
import type { ModelLists } from '../../../companion/router/model-lists.ts';
import { strategies } from '../../../companion/config/settings/router.ts';
import type { Strategy } from '../../../companion/router/plan.ts';
import { KeyPool } from '../../../companion/router/pool.ts';
import { Routing } from '../../../companion/router/routing.ts';
import type { SessionRecord } from '../../../companion/store/store.ts';
import { openStore } from '../../../companion/store/open-store.ts';
import { builtInProviders } from '../../../shared/api-provider.ts';
import type { ApiKey } from '../../../shared/credential.ts';
import { ledgerRow } from '../../support/records.ts';
import { idsOf, key, nowMs, routeRequest, session } from './facts.ts';

const noLists = { of: () => undefined, isStale: false } as unknown as ModelLists;

interface DeskFacts {
  readonly strategy: Strategy;
  readonly keys?: readonly ApiKey[];
  readonly sessions?: readonly SessionRecord[];
  readonly random?: () => number;
}

function openDesk({ strategy, keys = [], sessions = [], random = () => 0 }: DeskFacts) {
  const { store } = openStore(':memory:', { quarantine: false });
  const limits = new TokenLimits({
    store,
    scheduleOf: () => 'never',
    periods: new Periods(() => 'UTC'),
    providerOf: () => 'anthropic',
    windowsOf: () => [],
    onEvent: () => undefined,
    nowMs: () => nowMs,
  });
  onTestFinished(() => {
    limits.close();
    store.close();
  });
  const pool = new KeyPool({ nowMs: () => nowMs, monotonicMs: () => nowMs });
  const routing = new Routing({
    providers: builtInProviders,
    keys: () => keys,
    sessions: () => sessions,
    pool,
    limits,
    lists: noLists,
    usedFraction: (id) => limits.usedFraction(id),
    aliases: new Map(),
    strategy,
    isOff: () => false,
    claudeCode: 'off',
    random,
    nowMs: () => nowMs,
  });
  /** `undefined`: nobody may. */
  const choose = (affinity?: string): string | undefined => {
    try {
      const plan = routing.plan(routeRequest({ affinity }));
      if (plan instanceof Promise) throw new Error('somebody was asked for models');
      return idsOf(plan)[0];
    } catch (thrown) {
      if (thrown instanceof CompanionError && thrown.code === 'TOKEN_LIMIT_REACHED') return undefined;
      throw thrown;
    }
  };
  const begin = (id: string, conversation?: string) => {
    const chosen = keys.find((one) => one.id === id);
    if (chosen !== undefined) pool.noteLease(chosen, conversation);
    limits.begin(id, 'anthropic');
  };
  const end = (id: string, tokens: number) => {
    limits.end(id);
    const usage = { outputTokens: null, cacheReadTokens: null, cacheWriteTokens: null };
    limits.count(ledgerRow({ credential: id, inputTokens: tokens, ...usage }));
  };
  return { routing, limits, choose, begin, end };
}

const limit = fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 3000 }));

describe('selection with limits', () => {
  it('CPP-9: never takes a credential at its limit, and takes one while any has something left', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...strategies),
        fc.array(limit, { minLength: 1, maxLength: 4 }),
        fc.array(fc.record({ tokens: fc.nat(800), stays: fc.nat(3), isKept: fc.boolean() }), { maxLength: 60 }),
        fc.infiniteStream(fc.double({ min: 0, max: 0.99, noNaN: true })),
        (strategy, allowed, requests, draws) => {
          const keys = allowed.map((_, index) => key(`anthropic-${index}`));
          const random = () => Number(draws.next().value);
          const desk = openDesk({ strategy, keys, random });
          const room = new Map(keys.map(({ id }, index) => [id, allowed[index] ?? Infinity]));
          for (const [index, { id }] of keys.entries()) desk.limits.setLimit([id], allowed[index] ?? null);
          const running: { readonly id: string; readonly tokens: number; left: number }[] = [];
          for (const { tokens, stays, isKept } of requests) {
            const conversation = isKept ? 'one' : undefined;
            const id = desk.choose(conversation);
            const hasRoom = [...room.values()].some((left) => left > 0);
            expect(id !== undefined).toBe(hasRoom);
            if (id !== undefined) {
              expect(room.get(id)).toBeGreaterThan(0);
              desk.begin(id, conversation);
              running.push({ id, tokens, left: stays });
            }
            for (const one of running.splice(0)) {
              if (one.left > 0) running.push({ ...one, left: one.left - 1 });
              else {
                desk.end(one.id, one.tokens);
                room.set(one.id, (room.get(one.id) ?? 0) - one.tokens);
              }
            }
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('CPP-14: round_robin is fair within one, over any run', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 5 }), fc.integer({ min: 1, max: 40 }), (keyCount, runs) => {
        const keys = Array.from({ length: keyCount }, (_, index) => key(`anthropic-${index}`));
        const desk = openDesk({ strategy: 'round_robin', keys });
        desk.limits.setLimit(['anthropic-0'], 1e9);
        const times = new Map(keys.map(({ id }) => [id, 0]));
        for (let run = 0; run < runs; run += 1) {
          const id = desk.choose() ?? '';
          desk.begin(id);
          desk.end(id, 10);
          times.set(id, (times.get(id) ?? 0) + 1);
          const counts = [...times.values()];
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('CPP-14: priority takes the next one only when the limit of the one before is used up', () => {
    const keys = [3, 1, 2].map((priority) => key(`anthropic-${priority}`, { priority }));
    const desk = openDesk({ strategy: 'priority', keys });
    for (const { id } of keys) desk.limits.setLimit([id], 20);
    const taken: (string | undefined)[] = [];
    for (let run = 0; run < 7; run += 1) {
      const id = desk.choose();
      taken.push(id);
      if (id !== undefined) desk.end(id, 10);
    }
    expect(taken.map((id) => id?.at(-1))).toEqual(['1', '1', '2', '2', '3', '3', undefined]);
  });

  it('CPP-14: quota_aware takes whoever has most of the own limit left', () => {
    const keys = ['a', 'b', 'c'].map((name) => key(`anthropic-${name}`));
    const desk = openDesk({ strategy: 'quota_aware', keys });
    for (const { id } of keys) desk.limits.setLimit([id], 1000);
    desk.end('anthropic-a', 300);
    desk.end('anthropic-b', 200);
    desk.end('anthropic-c', 250);
    expect(desk.choose()).toBe('anthropic-b');
    desk.end('anthropic-b', 100);
    expect(desk.choose()).toBe('anthropic-c');
  });

  it('CPP-16: moves a conversation on when the credential that it was kept for is used up', () => {
    const keys = [key('anthropic-a'), key('anthropic-b')];
    const desk = openDesk({ strategy: 'priority', keys });
    desk.limits.setLimit(['anthropic-a'], 100);
    desk.begin('anthropic-a', 'talk');
    desk.end('anthropic-a', 60);
    expect(desk.choose('talk')).toBe('anthropic-a');
    desk.end('anthropic-a', 60);
    expect(desk.choose('talk')).toBe('anthropic-b');
  });

  it('a burst does not pile onto the one that is nearly full, unless no other is left', () => {
    const keys = [key('anthropic-a', { priority: 1 }), key('anthropic-b', { priority: 2 })];
    const desk = openDesk({ strategy: 'priority', keys });
    desk.limits.setLimit(['anthropic-a'], 100);
    desk.end('anthropic-a', 70);
    desk.begin(desk.choose() ?? '');
    expect(desk.choose()).toBe('anthropic-b');
    desk.limits.setLimit(['anthropic-b'], 0);
    expect(desk.choose()).toBe('anthropic-a');
    const plan = desk.routing.plan(routeRequest()) as { readonly explanation: string };
    expect(plan.explanation).toContain('no other is left, though: what runs may use up your limit');
  });

  it('holds for claude.ai sessions as for keys', () => {
    const sessions = [session('one', { isDefault: true }), session('two')];
    const desk = openDesk({ strategy: 'priority', sessions });
    desk.limits.setLimit(['one'], 10);
    expect(desk.choose()).toBe('one');
    desk.end('one', 10);
    expect(desk.choose()).toBe('two');
    desk.limits.setLimit(['two'], 0);
    expect(desk.choose()).toBeUndefined();
  });
});
