/** Which of several accounts serves: the one that is named, else one that is on and well, by the strategy. */
import { describe, expect, test } from 'vitest';
import { choose } from '../../../companion/router/choose.ts';
import type { RouteFacts } from '../../../companion/router/plan.ts';
import { parseAccount } from '../../../companion/router/wanted-account.ts';
import { idsOf, key, refusalOf, routeFacts, routeRequest, session, standings, nowMs } from './facts.ts';

const request = routeRequest();
const three = [
  session('ses_a', { isDefault: true, syncedAtMs: 1 }),
  session('ses_b', { syncedAtMs: 2 }),
  session('ses_c', { syncedAtMs: 3, email: 'carla@example.org', name: 'work' }),
];

describe('an account that the client names', () => {
  const facts = routeFacts({
    sessions: three,
    keys: [key('anthropic-1', { name: 'main' }), key('anthropic-2', { name: 'work' })],
  });

  test.each([
    ['ses_b', ['ses_b']],
    ['SES_B@example.org', ['ses_b']],
    ['carla@example.org', ['ses_c']],
    ['main', ['anthropic-1']],
    ['anthropic-2', ['anthropic-2']],
    ['Work', ['anthropic-2', 'ses_c']],
  ])('serves alone: %s', (account, ids) => {
    const plan = choose({ ...request, account }, facts);
    expect(idsOf(plan)).toEqual(ids);
    const passed = plan.considered.filter(({ verdict }) => verdict === 'passed over');
    expect(passed.map(({ reason }) => reason)).toEqual(passed.map(() => `the account "${account}" is wanted`));
    expect(plan.considered).toHaveLength(5);
  });

  test('that nobody has is refused with those that there are', () => {
    const refusal = refusalOf({ ...request, account: 'nobody' }, facts);
    expect(refusal).toMatchObject({ code: 'NOT_FOUND', status: 404 });
    expect(refusal.message).toContain('There are: main, work, ses_a@example.org, ses_b@example.org.');
    expect(refusalOf({ ...request, account: 'x' }, routeFacts()).message).toContain('There is none at all.');
  });

  test('that cannot serve this is refused with the reason, and nobody else serves in its place', () => {
    const only = { ...request, account: 'main', model: 'gpt-5' };
    const refusal = refusalOf(only, routeFacts({ ...facts, keys: [...facts.keys, key('openai-1')] }));
    expect(refusal).toMatchObject({ code: 'MODEL_NOT_FOUND', message: expect.stringContaining('"main" cannot serve') });
    const dead = routeFacts({ sessions: [session('ses_a', { state: 'expired' }), session('ses_b')] });
    expect(refusalOf({ ...request, account: 'ses_a' }, dead).code).toBe('SESSION_EXPIRED');
  });

  test('does not go together with a credential of the client, nor with Claude Code', () => {
    const own = key('client', { providerId: 'anthropic', origin: 'client' });
    expect(refusalOf({ ...request, account: 'main', ownKey: own }, facts).code).toBe('INVALID_REQUEST');
    expect(refusalOf({ ...request, account: 'main', mode: 'claude-code' }, facts).code).toBe('INVALID_REQUEST');
    const auto = routeFacts({ ...facts, claudeCode: 'auto' });
    expect(idsOf(choose({ ...request, account: 'main' }, auto))).toEqual(['anthropic-1']);
  });
});

test.each([
  ['  work ', 'work'],
  ['', undefined],
  [undefined, undefined],
  [Buffer.from('Büro 北').toString('latin1'), 'Büro 北'],
  ['B\u00fcro', 'Büro'],
])('the header %j names %j', (header, name) => {
  expect(parseAccount(header)).toBe(name);
});

test('a name that is endless is refused', () => {
  expect(() => parseAccount('x'.repeat(301))).toThrow('more than 300 characters');
});

describe('a credential that is turned off', () => {
  const off =
    (...ids: readonly string[]): RouteFacts['isOff'] =>
    (id) =>
      ids.includes(id);

  test('is passed over, and that is said', () => {
    const facts = routeFacts({ keys: [key('anthropic-1'), key('anthropic-2')], isOff: off('anthropic-1', 'ses_a') });
    const plan = choose(request, { ...facts, sessions: three });
    expect(idsOf(plan)).toEqual(['anthropic-2', 'ses_c', 'ses_b']);
    expect(plan.considered.filter(({ reason }) => reason === 'it is turned off').map(({ who }) => who)).toEqual([
      'claude.ai session ses_a@example.org',
      'Anthropic key 1',
    ]);
  });

  test('is told when nothing else is there, also where it is named or its mode is wanted', () => {
    const facts = routeFacts({ keys: [key('anthropic-1')], isOff: off('anthropic-1', 'ses_a') });
    for (const more of [{}, { account: 'anthropic-1' }, { mode: 'api' as const }]) {
      const refusal = refusalOf({ ...request, ...more }, facts);
      expect(refusal).toMatchObject({ code: 'NO_CREDENTIAL', message: expect.stringContaining('turned off') });
    }
    const sessions = [session('ses_a')];
    expect(refusalOf(request, routeFacts({ sessions, isOff: off('ses_a') })).message).toContain('is turned off');
  });
});

describe('the strategy among sessions', () => {
  const order = (changes: Partial<RouteFacts>, more = {}) =>
    idsOf(choose({ ...request, ...more }, routeFacts({ sessions: three, ...changes })));

  test('is the default one first, then the newest, by priority', () => {
    expect(order({})).toEqual(['ses_a', 'ses_c', 'ses_b']);
  });

  test('is the one that served least by round robin', () => {
    const turns: Readonly<Record<string, number>> = { ses_a: 2, ses_b: 1, ses_c: 2 };
    expect(order({ strategy: 'round_robin', turnOf: (id) => turns[id] ?? 0 })[0]).toBe('ses_b');
  });

  test('is the one with most quota left, of which nothing is known counting as half', () => {
    const used: Readonly<Record<string, number | null>> = { ses_a: 0.9, ses_b: null, ses_c: 0.2 };
    const standing: RouteFacts['standing'] = (id) => ({ state: 'ready', usedFraction: used[id] ?? null });
    expect(order({ strategy: 'quota_aware', standing })).toEqual(['ses_c', 'ses_b', 'ses_a']);
  });

  test('is any at random', () => {
    const drawn = [0.5, 0.1, 0.9];
    expect(order({ strategy: 'random', random: () => drawn.shift() ?? 0 })).toEqual(['ses_c', 'ses_a', 'ses_b']);
  });

  test.each(['priority', 'round_robin', 'quota_aware', 'random'] as const)(
    'keeps a conversation with its session: %s',
    (strategy) => {
      const keptFor: RouteFacts['keptFor'] = (_, provider) => (provider === 'claude-web' ? 'ses_b' : undefined);
      expect(order({ strategy, keptFor }, { affinity: 'talk' })[0]).toBe('ses_b');
    },
  );

  test('never asks one whose window is full while another has room', () => {
    const cooling = { state: 'cooling', untilMs: nowMs + 1000, reason: 'five_hour window is full' } as const;
    const standing = standings({ ses_a: cooling });
    expect(order({ standing })).toEqual(['ses_c', 'ses_b']);
    const keptFor = () => 'ses_a';
    expect(order({ standing, keptFor }, { affinity: 'talk' })).toEqual(['ses_c', 'ses_b']);
  });
});
