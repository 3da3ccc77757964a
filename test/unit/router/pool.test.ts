/** What the pool learns from answers and failures, how long it holds it against a key, and how a key recovers. */
import * as fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../../shared/error-code.ts';
import { CompanionError } from '../../../companion/base/error.ts';
import { choose } from '../../../companion/router/choose.ts';
import { KeyPool } from '../../../companion/router/pool.ts';
import type { LimitCooldown } from '../../../companion/wire/limits.ts';
import { noLimits } from '../../../companion/wire/limits.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { idsOf, key, routeFacts, routeRequest } from './facts.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const id = 'anthropic-a';
const model = 'claude-a';

let clock: FakeClock;
let pool: KeyPool;
beforeEach(() => {
  clock = new FakeClock();
  pool = new KeyPool(clock);
});

function state(of: string | undefined = model): string {
  return pool.standing(id, of).state;
}

/** Milliseconds until the key is ready again, asked every second. */
async function waitUntilReady(atMostMs = 2 * hour): Promise<number> {
  let waited = 0;
  for (; state() !== 'ready' && waited < atMostMs; waited += second) await clock.advance(second);
  return waited;
}

function fail(code: ErrorCode, upstreamStatus?: number): void {
  const details = upstreamStatus === undefined ? {} : { upstreamStatus };
  pool.noteFailure(id, model, new CompanionError(code, 'x', { details }));
}

function refuse(cooldown?: Partial<LimitCooldown>): void {
  const whole: LimitCooldown = { untilMs: clock.nowMs() + 20 * second, scope: 'model', reason: 'r', ...cooldown };
  pool.noteReply(id, model, 429, cooldown === undefined ? noLimits : { windows: [], cooldown: whole });
}

test('a key that nothing is known of is ready', () => {
  expect(pool.standing('never-seen', model)).toEqual({ state: 'ready', usedFraction: null });
  expect(pool.health('never-seen')).toBeUndefined();
});

describe('a limit', () => {
  test('of one model leaves the others alone, and ends when the provider said', async () => {
    refuse({ reason: 'retry-after 20 s' });
    expect(pool.standing(id, model)).toEqual({
      state: 'cooling',
      untilMs: clock.nowMs() + 20 * second,
      reason: 'retry-after 20 s',
    });
    expect(state('claude-b')).toBe('ready');
    expect(pool.health(id)).toMatchObject({ state: 'ready', coolingModels: [{ model, reason: 'retry-after 20 s' }] });
    expect(await waitUntilReady()).toBe(20 * second);
    expect(pool.health(id)?.coolingModels).toEqual([]);
  });

  test('of the credential holds for every model and for requests that name none', () => {
    refuse({ scope: 'credential' });
    expect([state(), state('claude-b'), state(undefined)]).toEqual(['cooling', 'cooling', 'cooling']);
  });

  test('is not shortened by another one, nor by an answer that had begun before', async () => {
    refuse({ untilMs: clock.nowMs() + hour });
    refuse({ untilMs: clock.nowMs() + second });
    pool.noteSuccess(id, model);
    expect(await waitUntilReady()).toBe(hour);
  });

  test('in the past is none, and the longest is bounded', async () => {
    refuse({ untilMs: clock.nowMs() - hour });
    expect(state()).toBe('ready');
    refuse({ untilMs: Number.MAX_SAFE_INTEGER });
    await clock.advance(9 * 24 * hour);
    expect(state()).toBe('ready');
  });

  test('without a word on its end is a short wait, longer each time, and short again after a success', async () => {
    const waits: number[] = [];
    for (let time = 0; time < 8; time++) {
      refuse();
      refuse();
      waits.push((await waitUntilReady()) / second);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    expect(state('claude-b')).toBe('ready');
    pool.noteSuccess(id, model);
    refuse();
    expect(await waitUntilReady()).toBe(second);
  });

  test('that only the error tells is held too; where the reply told it, the error adds nothing', async () => {
    const details = { retryAtMs: clock.nowMs() + 30 * second, window: 'five_hour' };
    pool.noteFailure('ses', model, new CompanionError('RATE_LIMITED', 'x', { details }));
    expect(pool.standing('ses', model)).toMatchObject({ state: 'cooling', reason: 'five_hour window is full' });
    refuse({ untilMs: clock.nowMs() + 10 * second });
    pool.noteFailure(id, model, new CompanionError('RATE_LIMITED', 'x', { details }));
    expect(await waitUntilReady()).toBe(10 * second);
  });

  test('ends when either clock says so: a wall clock that was set back does not prolong it, sleep shortens it', async () => {
    let offsetMs = 0;
    let sleptMs = 0;
    const clocks = {
      nowMs: () => clock.nowMs() + offsetMs + sleptMs,
      monotonicMs: () => clock.monotonicMs(),
    };
    const own = new KeyPool(clocks);
    const cooldown = { untilMs: clocks.nowMs() + hour, scope: 'credential', reason: 'r' } as const;
    own.noteReply(id, model, 429, { windows: [], cooldown });
    offsetMs = -24 * hour;
    expect(own.standing(id, model)).toMatchObject({ state: 'cooling', untilMs: clocks.nowMs() + hour });
    await clock.advance(hour);
    expect(own.standing(id, model).state).toBe('ready');
    own.noteReply(id, model, 429, { windows: [], cooldown: { ...cooldown, untilMs: clocks.nowMs() + hour } });
    sleptMs = hour;
    expect(own.standing(id, model).state).toBe('ready');
  });
});

describe('health', () => {
  test('suffers from three failures in a row, for longer each time, and one success makes good for all', async () => {
    fail('UPSTREAM_UNREACHABLE');
    fail('STREAM_BROKEN');
    expect(state()).toBe('ready');
    fail('FIRST_BYTE_TIMEOUT');
    expect(pool.standing(id, 'claude-b')).toMatchObject({
      state: 'failing',
      reason: '3 failures in a row; the last: FIRST_BYTE_TIMEOUT',
    });
    const waits = [(await waitUntilReady()) / second];
    for (let time = 0; time < 4; time++) {
      fail('UPSTREAM_ERROR');
      fail('UPSTREAM_ERROR');
      waits.push((await waitUntilReady()) / second);
    }
    expect(waits).toEqual([10, 30, 120, 600, 600]);
    pool.noteSuccess(id, model);
    expect(pool.health(id)).toMatchObject({ state: 'ready', consecutiveFailures: 0, failures: 11 });
    fail('UPSTREAM_ERROR');
    fail('UPSTREAM_ERROR');
    expect(state()).toBe('ready');
    fail('UPSTREAM_ERROR');
    expect(await waitUntilReady()).toBe(10 * second);
  });

  test('is not a matter of a lifetime: failures between successes never add up', () => {
    for (let time = 0; time < 100; time++) {
      fail('UPSTREAM_ERROR');
      fail('UPSTREAM_ERROR');
      pool.noteSuccess(id, model);
    }
    fail('UPSTREAM_ERROR');
    expect(state()).toBe('ready');
    expect(pool.health(id)?.failures).toBe(201);
  });

  test.each([
    'OVERLOADED',
    'INVALID_REQUEST',
    'MODEL_NOT_FOUND',
    'CLIENT_GONE',
    'PROVIDER_REFUSED',
    'INTERNAL',
  ] as const)('does not suffer from %s', (code) => {
    for (let time = 0; time < 10; time++) fail(code);
    expect(state()).toBe('ready');
  });

  test('suffers from statuses of 500 and above, but 529, once for each answer', () => {
    for (const status of [400, 404, 413, 422, 529, 529, 529]) pool.noteReply(id, model, status, noLimits);
    expect(state()).toBe('ready');
    for (const status of [500, 503]) {
      pool.noteReply(id, model, status, noLimits);
      fail('UPSTREAM_ERROR', status);
    }
    expect(pool.health(id)).toMatchObject({
      consecutiveFailures: 2,
      failures: 5,
      lastFailure: { code: 'UPSTREAM_ERROR' },
    });
    pool.noteReply(id, model, 502, noLimits);
    expect(state()).toBe('failing');
  });
});

describe('a key that is not accepted', () => {
  test('rests for ten minutes, then longer, an hour at most', async () => {
    const waits: number[] = [];
    for (let time = 0; time < 4; time++) {
      fail('KEY_REJECTED', 401);
      fail('KEY_REJECTED', 401);
      expect(pool.standing(id, 'claude-b')).toMatchObject({ state: 'rejected', code: 'KEY_REJECTED' });
      waits.push((await waitUntilReady()) / minute);
    }
    expect(waits).toEqual([10, 30, 60, 60]);
  });

  test('or has no credit rests for an hour, whoever tells it', async () => {
    fail('QUOTA_EXHAUSTED', 429);
    expect(pool.standing(id, model)).toMatchObject({ state: 'rejected', code: 'QUOTA_EXHAUSTED' });
    expect(await waitUntilReady()).toBe(hour);
    refuse({ scope: 'credential', isOutOfCredit: true });
    expect(pool.health(id)).toMatchObject({ state: 'rejected', reason: 'no credit is left' });
    expect(await waitUntilReady()).toBe(hour);
    pool.noteReply(id, model, 402, noLimits);
    expect(state()).toBe('rejected');
  });

  test('is used again as soon as it works, or when it was replaced', () => {
    fail('KEY_REJECTED');
    pool.noteSuccess(id, model);
    expect(state()).toBe('ready');
    fail('KEY_REJECTED');
    pool.forget(id);
    expect(state()).toBe('ready');
  });
});

describe('the models of a key', () => {
  test('take bounded room, however many clients ask for', () => {
    for (let index = 0; index < 5_000; index++) pool.noteReply(id, `claude-${index}`, 429, noLimits);
    expect(pool.health(id)?.coolingModels).toHaveLength(200);
  });
});

describe('turns', () => {
  const three = [key('anthropic-a'), key('anthropic-b'), key('anthropic-c')];
  const lease = (keys = three): string => {
    const facts = routeFacts({
      keys,
      strategy: 'round_robin',
      turnOf: (of) => pool.turnOf(of),
      standing: (of, named) => pool.standing(of, named),
    });
    const [first] = choose(routeRequest(), facts).candidates;
    if (first.kind !== 'api') throw new Error('a session was chosen');
    pool.noteLease(first.key, undefined);
    return first.key.id;
  };

  test('are fair: at any moment no key had two more than another', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 60 }), (size, requests) => {
        pool = new KeyPool(clock);
        const keys = Array.from({ length: size }, (_, index) => key(`anthropic-${index}`));
        const counts = new Map(keys.map((one) => [one.id, 0]));
        for (let request = 0; request < requests; request++) {
          const leased = lease(keys);
          counts.set(leased, (counts.get(leased) ?? 0) + 1);
        }
        expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('that a key missed while it rested, or before it was there, are not made up for', async () => {
    refuse({ scope: 'credential', untilMs: clock.nowMs() + minute });
    for (let request = 0; request < 100; request++) expect(lease()).not.toBe(id);
    await clock.advance(minute);
    const after = Array.from({ length: 30 }, () => lease());
    expect(after.filter((one) => one === id).length).toBeLessThanOrEqual(11);
    const four = [...three, key('anthropic-d')];
    const later = Array.from({ length: 40 }, () => lease(four));
    expect(later.filter((one) => one === 'anthropic-d').length).toBeGreaterThanOrEqual(9);
    expect(later.filter((one) => one === 'anthropic-d').length).toBeLessThanOrEqual(11);
  });
});

describe('a conversation', () => {
  test('is kept by the key that served it last, for an hour from its last request, for each provider', async () => {
    pool.noteLease(key('anthropic-a'), 'talk');
    pool.noteLease(key('anthropic-b'), 'talk');
    pool.noteLease(key('openai-a'), 'talk');
    await clock.advance(50 * minute);
    expect(pool.keptFor('talk', 'anthropic')).toBe('anthropic-b');
    expect(pool.keptFor('talk', 'openai')).toBe('openai-a');
    expect(pool.keptFor('other', 'openai')).toBeUndefined();
    pool.keep('talk', key('anthropic-b'));
    await clock.advance(50 * minute);
    expect(pool.keptFor('talk', 'anthropic')).toBe('anthropic-b');
    expect(pool.keptFor('talk', 'openai')).toBeUndefined();
  });

  test('makes room when there are very many, the one that was silent longest first', () => {
    for (let index = 0; index < 10_000; index++) pool.keep(`talk-${index}`, key('anthropic-a'));
    pool.keep('talk-0', key('anthropic-a'));
    pool.keep('talk-new', key('anthropic-a'));
    expect(pool.keptFor('talk-0', 'anthropic')).toBe('anthropic-a');
    expect(pool.keptFor('talk-1', 'anthropic')).toBeUndefined();
  });
});

describe('retries', () => {
  const granted = (tries: number) => {
    let count = 0;
    for (let index = 0; index < tries; index++) {
      if (!pool.mayRetry()) continue;
      pool.noteLease(key('anthropic-b'), undefined);
      count++;
    }
    return count;
  };

  test('are ten a minute, and a fifth of the requests', async () => {
    expect(granted(50)).toBe(10);
    await clock.advance(61 * second);
    for (let index = 0; index < 100; index++) pool.noteLease(key('anthropic-a'), undefined);
    expect(granted(200)).toBe(30);
    expect(granted(1)).toBe(0);
    await clock.advance(61 * second);
    expect(granted(50)).toBe(10);
  });

  test('do not earn further retries: an outage is multiplied by 1.2 and no more', () => {
    let calls = 0;
    const requests = 2_000;
    for (let request = 0; request < requests; request++) {
      do {
        pool.noteLease(key('anthropic-a'), undefined);
        calls++;
      } while (pool.mayRetry());
    }
    expect(calls).toBeGreaterThan(requests * 1.19);
    expect(calls).toBeLessThanOrEqual(requests * 1.2 + 10);
  });
});

const anyNote = fc.oneof(
  fc.record({ kind: fc.constant('reply' as const), status: fc.constantFrom(200, 401, 402, 429, 500, 529) }),
  fc.record({ kind: fc.constant('limit' as const), forMs: fc.integer({ min: -hour, max: 400 * 24 * hour }) }),
  fc.record({
    kind: fc.constant('failure' as const),
    code: fc.constantFrom('KEY_REJECTED', 'UPSTREAM_ERROR', 'RATE_LIMITED'),
  }),
  fc.record({ kind: fc.constant('success' as const) }),
);

test('whatever happened to a key, it is ready again by itself', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyNote, { maxLength: 30 }), fc.boolean(), async (notes, isOfCredential) => {
      clock = new FakeClock();
      pool = new KeyPool(clock);
      for (const note of notes) {
        if (note.kind === 'reply') pool.noteReply(id, model, note.status, noLimits);
        if (note.kind === 'limit') {
          refuse({ untilMs: clock.nowMs() + note.forMs, scope: isOfCredential ? 'credential' : 'model' });
        }
        if (note.kind === 'failure') fail(note.code as ErrorCode);
        if (note.kind === 'success') pool.noteSuccess(id, model);
      }
      await clock.advance(8 * 24 * hour);
      expect(state()).toBe('ready');
    }),
  );
});

test('a cooled key is never leased while another is ready', () => {
  fc.assert(
    fc.property(fc.array(anyNote, { maxLength: 20 }), (notes) => {
      pool = new KeyPool(clock);
      for (const note of notes) {
        if (note.kind === 'limit') refuse({ untilMs: clock.nowMs() + note.forMs, scope: 'credential' });
        if (note.kind === 'reply') pool.noteReply(id, model, note.status, noLimits);
        if (note.kind === 'failure') fail(note.code as ErrorCode);
      }
      const keys = [key(id), key('anthropic-z')];
      const facts = routeFacts({ keys, keptFor: () => id, standing: (of, named) => pool.standing(of, named) });
      const ids = idsOf(choose(routeRequest({ affinity: 'talk' }), facts));
      expect(ids).toEqual(state() === 'ready' ? [id, 'anthropic-z'] : ['anthropic-z']);
    }),
  );
});

describe('a claude.ai session', () => {
  const sessionLimit = (window: string | undefined, untilMs: number) =>
    new CompanionError('RATE_LIMITED', 'full', {
      details: { retryAtMs: untilMs, upstreamStatus: 429, ...(window === undefined ? {} : { window }) },
    });

  test('rests until its window begins anew: all of it for a window of the account, one model for a window of that', async () => {
    const untilMs = clock.nowMs() + 3_600_000;
    pool.noteSessionFailure('ses_a', 'opus', sessionLimit('five_hour', untilMs));
    pool.noteSessionFailure('ses_b', 'opus', sessionLimit('seven_day_opus', untilMs));
    expect(pool.standing('ses_a', 'sonnet')).toMatchObject({ state: 'cooling', reason: 'five_hour window is full' });
    expect(pool.standing('ses_b', 'opus').state).toBe('cooling');
    expect(pool.standing('ses_b', 'sonnet').state).toBe('ready');
    await clock.advance(3_600_001);
    expect(pool.standing('ses_a', 'opus').state).toBe('ready');
  });

  test('rests for five minutes at most where the site named no window, since its time is a guess', async () => {
    pool.noteSessionFailure('ses_a', 'opus', sessionLimit(undefined, clock.nowMs() + 3_600_000));
    expect(pool.standing('ses_a', 'opus').state).toBe('cooling');
    await clock.advance(5 * 60_000 + 1);
    expect(pool.standing('ses_a', 'opus').state).toBe('ready');
  });

  test('that fails three times in a row is asked last for a while; a challenge, an end and a slip of the client are no such failure', () => {
    for (const code of ['CHALLENGE', 'SESSION_EXPIRED', 'INVALID_REQUEST', 'SEAT_OFFLINE'] as const) {
      for (let n = 0; n < 4; n++) pool.noteSessionFailure('ses_a', 'm', new CompanionError(code, 'x'));
    }
    expect(pool.standing('ses_a', 'm').state).toBe('ready');
    const broken = () => new CompanionError('UPSTREAM_ERROR', 'x', { details: { upstreamStatus: 500 } });
    for (let n = 0; n < 3; n++) pool.noteSessionFailure('ses_a', 'm', broken());
    expect(pool.standing('ses_a', 'm').state).toBe('failing');
    pool.noteSuccess('ses_a', 'm');
    expect(pool.standing('ses_a', 'm').state).toBe('ready');
  });
});

test('that a key is refused is told when it begins, and again only after it has worked in between', async () => {
  const told: string[] = [];
  pool = new KeyPool(clock, (credential, code) => told.push(`${credential} ${code}`));
  const reject = () => pool.noteFailure(id, model, new CompanionError('KEY_REJECTED', 'No.', {}));
  for (let round = 0; round < 5; round += 1) {
    reject();
    await clock.advance(61 * minute);
  }
  expect(told).toEqual([`${id} KEY_REJECTED`]);
  pool.noteSuccess(id, model);
  reject();
  pool.noteReply(id, model, 402, noLimits);
  expect(told).toEqual([`${id} KEY_REJECTED`, `${id} KEY_REJECTED`, `${id} QUOTA_EXHAUSTED`]);
});
