import { expect, it } from 'vitest';
import { ExchangeTally, latencyBuckets } from '../../../companion/exchange/tally.ts';
import { ledgerRow } from '../../support/records.ts';

it('counts each exchange once, its tokens by kind, and how long it took where it succeeded', () => {
  const tally = new ExchangeTally();
  tally.note(ledgerRow({ firstByteMs: 100, durationMs: 1_500 }));
  tally.note(ledgerRow({ firstByteMs: 101, durationMs: 400_000, cacheReadTokens: null }));
  tally.note(ledgerRow({ outcome: 'OVERLOADED', inputTokens: null, outputTokens: null }));
  const labels = { provider: 'anthropic', model: 'claude-sonnet-4-5', mode: 'api' };
  expect(tally.exchanges()).toEqual([
    { ...labels, outcome: 'ok', exchanges: 2 },
    { ...labels, outcome: 'OVERLOADED', exchanges: 1 },
  ]);
  expect(Object.fromEntries(tally.tokens().map(({ kind, tokens }) => [kind, tokens]))).toEqual({
    input: 200,
    output: 40,
    cache_read: 6_000,
    cache_write: 1_200,
  });
  const counted = (at: Readonly<Record<number, number>>) =>
    [...latencyBuckets, 'more'].map((_end, index) => at[index] ?? 0);
  expect(tally.firstBytes()).toEqual([{ provider: 'anthropic', buckets: counted({ 0: 1, 1: 1 }), sumSeconds: 0.201 }]);
  expect(tally.durations()).toEqual([
    { provider: 'anthropic', buckets: counted({ 4: 1, [latencyBuckets.length]: 1 }), sumSeconds: 401.5 },
  ]);
});

it('gives no model a name of its own that nobody ever answered by, and not to more than fifty', () => {
  const tally = new ExchangeTally();
  for (let index = 0; index < 1_000; index += 1) {
    tally.note(ledgerRow({ servedModel: `guessed-${index}`, outcome: 'MODEL_NOT_FOUND' }));
    tally.note(ledgerRow({ servedModel: `served-${index}` }));
    tally.note(ledgerRow({ servedModel: null, provider: null, mode: null, outcome: 'NO_CREDENTIAL' }));
    tally.note(ledgerRow({ servedModel: 'served-0', provider: `provider-${index}` }));
  }
  const models = new Set(tally.exchanges().map(({ model }) => model));
  const providers = new Set(tally.exchanges().map(({ provider }) => provider));
  expect([models.size, providers.size]).toEqual([52, 52]);
  expect([...models].filter((model) => model.startsWith('guessed'))).toEqual([]);
  expect(tally.exchanges().reduce((sum, { exchanges }) => sum + exchanges, 0)).toBe(4_000);
});

it('takes no more than a hundred words for how exchanges ended: providers may use any', () => {
  const tally = new ExchangeTally();
  for (let index = 0; index < 1_000; index += 1) tally.note(ledgerRow({ outcome: `error-${index}` }));
  expect(tally.exchanges()).toHaveLength(101);
  expect(tally.exchanges().at(-1)).toMatchObject({ outcome: 'other', exchanges: 900 });
});
