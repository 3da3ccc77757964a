/** Requests that API keys may serve: which key, in which order, and why none. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CompanionError } from '../../../companion/base/error.ts';
import { choose } from '../../../companion/router/choose.ts';
import type { RouteFacts, RouteRequest, Standing } from '../../../companion/router/plan.ts';
import {
  asked,
  idsOf,
  key,
  lists,
  nowMs,
  ready,
  refusalOf,
  routeFacts,
  routeRequest,
  session,
  standings,
} from './facts.ts';

const cooling: Standing = { state: 'cooling', untilMs: nowMs + 60_000, reason: 'five_hour window is full' };
const failing: Standing = { state: 'failing', untilMs: nowMs + 10_000, reason: '3 failures in a row' };
const rejected: Standing = {
  state: 'rejected',
  code: 'KEY_REJECTED',
  untilMs: nowMs + 600_000,
  reason: 'not accepted',
};
const spent: Standing = { ...rejected, code: 'QUOTA_EXHAUSTED', reason: 'no credit is left' };

const request = routeRequest();
const three = [key('anthropic-a'), key('anthropic-b'), key('anthropic-c')];

function order(facts: Partial<RouteFacts>, changes: Partial<RouteRequest> = {}): readonly string[] {
  return idsOf(choose({ ...request, ...changes }, routeFacts({ keys: three, ...facts })));
}

describe('the order of keys', () => {
  test('by priority is the lower number first, and turn by turn among equals', () => {
    const keys = [
      key('anthropic-a', { priority: 20 }),
      key('anthropic-b', { priority: 5 }),
      key('anthropic-c', { priority: 5 }),
    ];
    const turnOf = (id: string) => (id === 'anthropic-b' ? 1 : 0);
    expect(order({ keys, turnOf })).toEqual(['anthropic-c', 'anthropic-b', 'anthropic-a']);
  });

  test('round robin is the one with the fewest turns first', () => {
    const turns: Readonly<Record<string, number>> = { 'anthropic-a': 4, 'anthropic-b': 2, 'anthropic-c': 3 };
    const turnOf = (id: string) => turns[id] ?? 0;
    expect(order({ strategy: 'round_robin', turnOf })).toEqual(['anthropic-b', 'anthropic-c', 'anthropic-a']);
  });

  test('by quota is the one with the most left first, an unknown one counting as half used', () => {
    const standing = standings({
      'anthropic-a': { state: 'ready', usedFraction: 0.9 },
      'anthropic-c': { state: 'ready', usedFraction: 0.1 },
    });
    expect(order({ strategy: 'quota_aware', standing })).toEqual(['anthropic-c', 'anthropic-b', 'anthropic-a']);
  });

  test('at random follows the dice', () => {
    const throws = [0.7, 0.2, 0.4];
    let index = 0;
    const random = () => throws[index++] ?? 0;
    expect(order({ strategy: 'random', random })).toEqual(['anthropic-b', 'anthropic-c', 'anthropic-a']);
  });

  test('begins with the key that served the conversation, while it is ready', () => {
    const keptFor = (conversation: string, provider: string) =>
      conversation === 'talk' && provider === 'anthropic' ? 'anthropic-c' : undefined;
    const facts = { keptFor, strategy: 'round_robin' } as const;
    expect(order(facts, { affinity: 'talk' })).toEqual(['anthropic-c', 'anthropic-a', 'anthropic-b']);
    expect(order(facts, { affinity: 'other' })).toEqual(['anthropic-a', 'anthropic-b', 'anthropic-c']);
    const standing = standings({ 'anthropic-c': cooling });
    expect(order({ ...facts, standing }, { affinity: 'talk' })).toEqual(['anthropic-a', 'anthropic-b']);
  });

  test('leaves out a key whose list lacks what the list of another has', () => {
    const modelsOf = lists({ 'anthropic-a': ['claude-b'], 'anthropic-b': ['claude-a'] });
    expect(order({ modelsOf })).toEqual(['anthropic-b', 'anthropic-c']);
    expect(order({ modelsOf: lists({ 'anthropic-a': ['claude-b'] }) })).toEqual(three.map(({ id }) => id));
  });

  test('is told for every credential', () => {
    const plan = choose(
      { ...request, affinity: 'talk' },
      routeFacts({
        keys: [...three, key('openai-a')],
        sessions: [session('ses')],
        keptFor: () => 'anthropic-b',
        standing: standings({ 'anthropic-a': cooling, 'anthropic-c': rejected }),
      }),
    );
    expect(plan.explanation).toBe('api: Anthropic, key b (kept for this conversation)');
    expect(plan.considered).toEqual([
      { who: 'Anthropic key b', verdict: 'chosen', reason: 'kept for this conversation' },
      { who: 'claude.ai session ses@example.org', verdict: 'next', reason: 'the session that was synced last' },
      {
        who: 'Anthropic key a',
        verdict: 'passed over',
        reason: expect.stringMatching(/^cooling until \d\d:\d\d: five_hour window is full$/),
      },
      {
        who: 'Anthropic key c',
        verdict: 'passed over',
        reason: expect.stringMatching(/^rejected until .*not accepted$/),
      },
      { who: 'OpenAI key a', verdict: 'passed over', reason: '"claude-a" goes to Anthropic' },
    ]);
  });
});

describe('what is stored with one key', () => {
  const keys = [key('anthropic-b'), key('anthropic-a'), key('anthropic-c', { priority: 99 })];
  const stateful = { model: undefined, isStateful: true, isTranslatable: false } as const;

  test('stays with it whatever the strategy, the turns and the conversations', () => {
    const turnOf = (id: string) => (id === 'anthropic-a' ? 99 : 0);
    const facts = { keys, turnOf, strategy: 'round_robin', keptFor: () => 'anthropic-c' } as const;
    expect(order(facts, { ...stateful, affinity: 'talk' })).toEqual(['anthropic-a']);
  });

  test('is not asked of another one while it is cooling', () => {
    const error = refusalOf(stateful, { keys, standing: standings({ 'anthropic-a': cooling }) });
    expect(error).toMatchObject({ code: 'RATE_LIMITED', message: expect.stringContaining('Anthropic key a') });
  });
});

describe('the credential that a client sent along', () => {
  const ownKey = key('client', { providerId: 'anthropic', origin: 'client' });
  const facts = { keys: three, sessions: [session('ses')], standing: () => cooling };

  test('is the only one, however others stand', () => {
    const plan = choose({ ...request, ownKey }, routeFacts(facts));
    expect(idsOf(plan)).toEqual(['client']);
    expect(plan.explanation).toBe("api: Anthropic, the client's own credential (sent along by the client)");
    expect(plan.considered).toHaveLength(1);
  });

  test('goes to its own provider, whoever else the model may be of', () => {
    expect(asked({ ownKey, model: 'gpt-5' }, facts)).toEqual(['client gpt-5']);
    expect(asked({ ownKey, model: undefined, isTranslatable: false }, facts)).toEqual(['client undefined']);
    expect(asked({ ownKey, dialect: 'openai-chat' }, facts)).toEqual(['client claude-a']);
  });
});

describe('nobody is ready', () => {
  test('all cooling: RATE_LIMITED, until the earliest, which is named', () => {
    const later: Standing = { state: 'cooling', untilMs: nowMs + 3_600_000, reason: 'seven_day window is full' };
    const standing = standings({ 'anthropic-a': later, 'anthropic-b': cooling, 'anthropic-c': rejected });
    const error = refusalOf({}, { keys: three, standing });
    expect(error).toMatchObject({ code: 'RATE_LIMITED', details: { retryAtMs: nowMs + 60_000 } });
    expect(error.message).toMatch(
      /^Anthropic key b is not used until \d\d:\d\d \(five_hour window is full\); Anthropic key a is not used until /,
    );
    expect(error.message).not.toContain('key c');
  });

  test('all rejected: KEY_REJECTED, or QUOTA_EXHAUSTED where the credit is gone', () => {
    expect(refusalOf({}, { keys: three, standing: () => rejected })).toMatchObject({
      code: 'KEY_REJECTED',
      details: {},
    });
    expect(refusalOf({}, { keys: three, standing: () => spent }).code).toBe('QUOTA_EXHAUSTED');
  });

  test('many: the message names three and counts the rest', () => {
    const keys = Array.from({ length: 30 }, (_, index) => key(`anthropic-${index}`));
    const { message } = refusalOf({}, { keys, standing: () => cooling });
    expect(message).toContain('; and 27 more.');
    expect(message.length).toBeLessThan(400);
  });

  test('sessions serve what the keys cannot right now', () => {
    const facts = { keys: three, sessions: [session('ses')], standing: standings({}) };
    const standing: RouteFacts['standing'] = (id) => (id === 'ses' ? ready : cooling);
    expect(order({ ...facts, standing })).toEqual(['ses']);
  });

  test('keys that failed lately are asked again before a request is refused, the one that is due first', () => {
    const later: Standing = { ...failing, untilMs: nowMs + 99_000 };
    const standing = standings({ 'anthropic-a': later, 'anthropic-b': failing, 'anthropic-c': cooling });
    expect(order({ standing })).toEqual(['anthropic-b', 'anthropic-a']);
    expect(order({ standing: standings({ 'anthropic-a': failing }) })).toEqual(['anthropic-b', 'anthropic-c']);
  });
});

const states: readonly Standing[] = [ready, { state: 'ready', usedFraction: 0.3 }, cooling, failing, rejected, spent];
const names = ['claude-a', 'claude-a-20260101', 'gpt-5', 'foo', 'groq/llama', 'openai/gpt-oss', 'fast', ''];
const anyFacts: fc.Arbitrary<RouteFacts> = fc
  .record({
    ids: fc.uniqueArray(
      fc.constantFrom(...['anthropic', 'openai', 'groq'].flatMap((id) => ['a', 'b', 'c'].map((one) => `${id}-${one}`))),
    ),
    priorities: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 9, maxLength: 9 }),
    standing: fc.dictionary(
      fc.constantFrom('anthropic-a', 'anthropic-b', 'openai-a', 'ses'),
      fc.constantFrom(...states),
    ),
    listed: fc.dictionary(fc.constantFrom('anthropic-a', 'openai-a', 'groq-b'), fc.array(fc.constantFrom(...names))),
    hasSession: fc.boolean(),
    off: fc.subarray(['anthropic-a', 'openai-b', 'ses'], { maxLength: 2 }),
    strategy: fc.constantFrom('priority', 'round_robin', 'quota_aware', 'random' as const),
    kept: fc.constantFrom(undefined, 'anthropic-b', 'openai-a'),
    random: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ ids, priorities, standing, listed, hasSession, off, strategy, kept, random }) =>
    routeFacts({
      keys: ids.map((id, index) => key(id, { priority: priorities[index] ?? 0 })),
      sessions: hasSession ? [session('ses'), session('other', { syncedAtMs: 1, isDefault: false })] : [],
      isOff: (id) => off.some((one) => one === id),
      standing: standings(standing),
      modelsOf: lists(listed),
      aliases: new Map([['fast', 'gpt-5']]),
      strategy,
      keptFor: () => kept,
      random: () => random,
    }),
  );
const anyRequest: fc.Arbitrary<RouteRequest> = fc.record({
  model: fc.oneof(fc.string(), fc.constantFrom(...names, undefined)),
  mode: fc.constantFrom('api', 'web', 'claude-code', undefined),
  dialect: fc.constantFrom('anthropic', 'openai-chat', 'openai-responses'),
  isTranslatable: fc.boolean(),
  isStateful: fc.boolean(),
  onlyProvider: fc.constantFrom(undefined, undefined, 'openai', 'codex'),
  ownKey: fc.constant(undefined),
  account: fc.constantFrom(undefined, undefined, undefined, 'a', 'SES@example.org', 'other', 'nobody'),
  affinity: fc.constantFrom(undefined, 'talk'),
});

function whoAreIn(facts: RouteFacts): readonly string[] {
  const ofKeys = facts.keys.map(({ providerId, name }) => {
    const provider = facts.providers.find(({ id }) => id === providerId);
    return `${provider?.name} key ${name}`;
  });
  return [...ofKeys, ...facts.sessions.map(({ name }) => `claude.ai session ${name}`)];
}

test('whatever the facts are, it plans or refuses with an error of ours', () => {
  let planned = 0;
  fc.assert(
    fc.property(anyRequest, anyFacts, (wanted, facts) => {
      try {
        const plan = choose(wanted, facts);
        planned++;
        const ids = idsOf(plan);
        expect(new Set(ids).size, 'no candidate twice').toBe(ids.length);
        const stands = plan.candidates.map((one, index) => facts.standing(ids[index] ?? '', one.model).state);
        expect(stands, 'none that is to be left alone').not.toContain('cooling');
        expect(stands).not.toContain('rejected');
        expect(new Set(stands.map((state) => state === 'ready')).size, 'failing ones only by themselves').toBe(1);
        expect(
          ids.filter((id) => facts.isOff(id)),
          'none that is off',
        ).toEqual([]);
        if (wanted.account !== undefined) {
          const own = [`-${wanted.account}`, wanted.account.slice(0, 3).toLowerCase(), wanted.account];
          expect(
            ids.every((id) => own.some((name) => id === name || id.endsWith(name))),
            'the account',
          ).toBe(true);
        }
        const who = plan.considered.map((one) => one.who).filter((one) => one !== 'Claude Code');
        expect(who.toSorted(), 'each credential once').toEqual([...whoAreIn(facts)].sort());
        const verdicts = plan.considered.map((one) => one.verdict);
        expect(verdicts.slice(0, ids.length)).toEqual(ids.map((_, index) => (index === 0 ? 'chosen' : 'next')));
        expect(verdicts.slice(ids.length).every((verdict) => verdict === 'passed over')).toBe(true);
      } catch (thrown) {
        if (!(thrown instanceof CompanionError)) throw thrown;
        expect(thrown.code).not.toBe('INTERNAL');
        expect(thrown.message.length).toBeLessThan(1_000);
      }
    }),
    { numRuns: 2_000 },
  );
  expect(planned).toBeGreaterThan(200);
});

test('a conversation stays with its key while that is ready, whatever the strategy and the others', () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const keys = [...facts.keys.filter(({ id }) => id !== 'anthropic-b'), key('anthropic-b', { priority: 2 })];
      const standing: RouteFacts['standing'] = (id, model) =>
        id === 'anthropic-b' ? ready : facts.standing(id, model);
      const keptFor: RouteFacts['keptFor'] = (_, providerId) =>
        providerId === 'anthropic' ? 'anthropic-b' : undefined;
      const plan = choose(
        { ...request, affinity: 'talk' },
        { ...facts, keys, standing, keptFor, modelsOf: () => undefined },
      );
      expect(idsOf(plan)[0]).toBe('anthropic-b');
    }),
  );
});
