/** Requests that claude.ai sessions may serve. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { choose } from '../../../companion/router/choose.ts';
import type { SessionRecord } from '../../../companion/store/store.ts';
import { idsOf, key, nowMs, refusalOf, routeFacts, routeRequest, session, standings } from './facts.ts';

const request = routeRequest();

describe('the order of sessions', () => {
  test('is the default, then the newest sync', () => {
    const sessions = [
      session('old', { syncedAtMs: 1 }),
      session('new', { syncedAtMs: 3 }),
      session('default', { syncedAtMs: 0, isDefault: true }),
      session('middle', { syncedAtMs: 2, state: 'unchecked' }),
    ];
    const plan = choose(request, routeFacts({ sessions }));
    expect(idsOf(plan)).toEqual(['default', 'new', 'middle', 'old']);
    expect(plan.explanation).toBe('web: default@example.org, the default session');
  });

  test('leaves out sessions that cannot serve, the default too, and says why', () => {
    const sessions = [
      session('dead', { isDefault: true, state: 'expired' }),
      session('out', { state: 'signed-out' }),
      session('ok'),
    ];
    const plan = choose(request, routeFacts({ sessions }));
    expect(idsOf(plan)).toEqual(['ok']);
    expect(plan.explanation).toContain('synced last');
    expect(plan.considered).toEqual([
      { who: 'claude.ai session ok@example.org', verdict: 'chosen', reason: 'the session that was synced last' },
      { who: 'claude.ai session dead@example.org', verdict: 'passed over', reason: 'claude.ai no longer accepts it' },
      { who: 'claude.ai session out@example.org', verdict: 'passed over', reason: 'signed out of claude.ai' },
    ]);
  });

  test('leaves out accounts that do not offer the model, unless its name is of Claude', () => {
    const sessions = [session('a', { isDefault: true }), session('b', { models: [{ id: 'other-model', name: 'O' }] })];
    expect(idsOf(choose({ ...request, model: 'other-model' }, routeFacts({ sessions })))).toEqual(['b']);
    expect(idsOf(choose({ ...request, model: 'claude-a' }, routeFacts({ sessions })))).toEqual(['a', 'b']);
  });

  test('is explained with the model that is meant', () => {
    const sessions = [session('a', { models: [{ id: 'claude-a-20260101', name: 'A' }] })];
    const plan = choose(request, routeFacts({ sessions }));
    expect(plan.candidates[0].model).toBe('claude-a-20260101');
    expect(plan.explanation).toContain('model claude-a means claude-a-20260101');
  });

  test('comes after the keys of Anthropic, and only when the request can be translated and no mode is forced', () => {
    const facts = routeFacts({ sessions: [session('ses')], keys: [key('anthropic-a')] });
    expect(idsOf(choose(request, facts))).toEqual(['anthropic-a', 'ses']);
    expect(idsOf(choose({ ...request, dialect: 'openai-chat' }, facts))).toEqual(['anthropic-a', 'ses']);
    expect(idsOf(choose({ ...request, mode: 'api' }, facts))).toEqual(['anthropic-a']);
    expect(idsOf(choose({ ...request, mode: 'web' }, facts))).toEqual(['ses']);
    expect(idsOf(choose({ ...request, isTranslatable: false }, facts))).toEqual(['anthropic-a']);
    expect(idsOf(choose({ ...request, isStateful: true }, facts))).toEqual(['anthropic-a']);
  });

  test('holds for a name with the provider before it, and for what an alias stands for', () => {
    const facts = routeFacts({ sessions: [session('ses')], aliases: new Map([['fast', 'claude-a']]) });
    expect(choose({ ...request, model: 'anthropic/claude-a' }, facts).candidates[0].model).toBe('claude-a');
    expect(choose({ ...request, model: 'fast' }, facts).candidates[0].model).toBe('claude-a');
    expect(choose({ ...request, model: 'fast', mode: 'web' }, facts).explanation).toContain('fast means claude-a');
  });

  test('passes over a session that is cooling', () => {
    const cooling = { state: 'cooling', untilMs: nowMs + 60_000, reason: 'five_hour window is full' } as const;
    const sessions = [session('a', { isDefault: true }), session('b')];
    expect(idsOf(choose(request, routeFacts({ sessions, standing: standings({ a: cooling }) })))).toEqual(['b']);
    const error = refusalOf({}, { sessions, standing: () => cooling });
    expect(error).toMatchObject({ code: 'RATE_LIMITED', details: { retryAtMs: nowMs + 60_000 } });
  });
});

describe('no session', () => {
  test.each([
    ['none', [], 'SESSION_REQUIRED'],
    ['an expired one', [session('a', { state: 'expired' })], 'SESSION_EXPIRED'],
    ['a signed-out one', [session('a', { state: 'signed-out' })], 'SESSION_SIGNED_OUT'],
    [
      'two: the default tells why',
      [
        session('a', { state: 'signed-out', syncedAtMs: 9 }),
        session('b', { state: 'expired', isDefault: true, syncedAtMs: 1 }),
      ],
      'SESSION_EXPIRED',
    ],
  ] as const)('for %s is told, with any mode that may use one', (_name, sessions, code) => {
    expect(refusalOf({}, { sessions }).code).toBe(code);
    expect(refusalOf({ mode: 'web' }, { sessions }).code).toBe(code);
    expect(refusalOf({ mode: 'web' }, { sessions, keys: [key('anthropic-a')] }).code).toBe(code);
  });

  test('and no key either names both ways out', () => {
    expect(refusalOf({}, {})).toMatchObject({
      code: 'SESSION_REQUIRED',
      remedy: expect.stringMatching(/click "Sync session".*companion keys add/),
    });
    expect(refusalOf({ model: 'gpt-5', dialect: 'openai-chat' }, {})).toMatchObject({
      code: 'NO_CREDENTIAL',
      message: expect.stringContaining('"gpt-5"'),
      remedy: expect.stringMatching(/companion keys add.*Sync session/),
    });
    expect(refusalOf({ isTranslatable: false }, { sessions: [session('a')] })).toMatchObject({
      code: 'NO_CREDENTIAL',
      remedy: 'Add a key with `companion keys add`.',
    });
  });

  test('that works while there are keys of others is what a request for Claude is told', () => {
    const facts = { keys: [key('openai-a')], sessions: [session('a', { state: 'expired' })] };
    expect(refusalOf({}, facts).code).toBe('SESSION_EXPIRED');
    expect(refusalOf({ model: 'mistral-large' }, facts).code).toBe('MODEL_NOT_FOUND');
  });

  test('offers the model: MODEL_NOT_FOUND, with a short list of what there is', () => {
    const models = Array.from({ length: 40 }, (_, index) => ({ id: `claude-${index}`, name: 'N' }));
    const error = refusalOf({ model: 'foo-4o' }, { sessions: [session('a', { models })] });
    expect(error.code).toBe('MODEL_NOT_FOUND');
    expect(error.message).toMatch(/"foo-4o"\. Offered: claude-0, .{1,200}$/);
  });

  test('may serve in a mode that has nothing, or on a route that claude.ai does not have', () => {
    const facts = { sessions: [session('a')] };
    const error = refusalOf({ mode: 'api' }, facts);
    expect(error.code).toBe('NOT_AVAILABLE_IN_MODE');
    expect(error.message).toContain('x-proxy-mode: api');
    expect(refusalOf({ mode: 'claude-code' }, { ...facts, claudeCode: 'off' }).code).toBe('NOT_AVAILABLE_IN_MODE');
    expect(refusalOf({ mode: 'web', isTranslatable: false }, facts).code).toBe('NOT_AVAILABLE_IN_MODE');
    expect(refusalOf({ mode: 'web', ownKey: key('anthropic-own', { origin: 'client' }) }, facts).code).toBe(
      'NOT_AVAILABLE_IN_MODE',
    );
  });
});

const anySession: fc.Arbitrary<SessionRecord> = fc
  .record({
    id: fc.uuid(),
    isDefault: fc.boolean(),
    state: fc.constantFrom('active', 'unchecked', 'expired', 'signed-out' as const),
    syncedAtMs: fc.integer({ min: 0, max: 5 }),
    models: fc.array(fc.constantFrom('claude-a', 'claude-a-20260101', 'other', 'x').map((id) => ({ id, name: id }))),
  })
  .map(({ id, ...changes }) => session(id, changes));

test('whatever the sessions are, candidates are usable, each once, and a default that may serve comes first', () => {
  fc.assert(
    fc.property(fc.array(anySession, { maxLength: 6 }), (sessions) => {
      // `claude-a` is always worth a try, so only the lack of a session is a reason against it.
      const usable = sessions.filter((one) => one.state === 'active' || one.state === 'unchecked');
      if (usable.length === 0) return void expect(refusalOf({}, { sessions }).code).toMatch(/^SESSION_/);
      const plan = choose(request, routeFacts({ sessions }));
      expect(new Set(idsOf(plan))).toEqual(new Set(usable.map((one) => one.id)));
      expect(plan.candidates).toHaveLength(usable.length);
      const [first] = plan.candidates;
      expect(first.kind === 'web' && first.session.isDefault).toBe(usable.some((one) => one.isDefault));
      return undefined;
    }),
  );
});
