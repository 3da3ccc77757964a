/** Every way in which claude.ai says no stays its own case, natively in both dialects, over both transports. */
import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../../shared/error-code.ts';
import { errorFacts } from '../../../shared/error-code.ts';
import type { Refusal } from '../../support/claude-site/scenario.ts';
import { JobFailure } from '../../support/link-client-jobs.ts';
import { ask, dialects, eventually, openSyncedHouse, ways } from './house.ts';
import type { Dialect, House, Way } from './house.ts';

interface Case {
  readonly name: string;
  readonly refusal: Refusal;
  readonly code: ErrorCode;
  /** Status and type in each dialect. */
  readonly anthropic: readonly [number, string];
  readonly openai: readonly [number, string, string | null];
  readonly mayRetry: boolean;
  /** The provider's own words, or ours. */
  readonly says: RegExp;
}

const resetsAtMs = Math.floor(Date.now() / 1000) * 1000 + 5_400_000;
const limits = (['string', 'object', 'oldest', 'header', 'none'] as const).map((form): Case => ({
  name: `a limit (${form})`,
  refusal: { kind: 'rate-limit', form, resetsAtMs },
  code: 'RATE_LIMITED',
  anthropic: [429, 'rate_limit_error'],
  openai: [429, 'rate_limit_error', 'rate_limit_exceeded'],
  mayRetry: false,
  says: /reached until \d{4}-\d\d-\d\dT/,
}));

const cases: readonly Case[] = [
  {
    name: 'an invalid session',
    refusal: { kind: 'session-invalid' },
    code: 'SESSION_EXPIRED',
    anthropic: [503, 'api_error'],
    openai: [503, 'server_error', 'session_expired'],
    mayRetry: false,
    says: /no longer accepts this session.*"Invalid authorization"/,
  },
  {
    name: 'another 403',
    refusal: { kind: 'not-a-member' },
    code: 'ORGANISATION_UNUSABLE',
    anthropic: [403, 'permission_error'],
    openai: [403, 'permission_error', 'organisation_unusable'],
    mayRetry: false,
    says: /not a member of this organization/,
  },
  {
    name: 'a challenge',
    refusal: { kind: 'challenge' },
    code: 'CHALLENGE',
    anthropic: [503, 'api_error'],
    openai: [503, 'server_error', 'challenge'],
    mayRetry: true,
    says: /browser check/,
  },
  {
    name: 'a disabled account',
    refusal: { kind: 'account-disabled' },
    code: 'ACCOUNT_DISABLED',
    anthropic: [403, 'permission_error'],
    openai: [403, 'permission_error', 'account_disabled'],
    mayRetry: false,
    says: /"This organization has been disabled\."/,
  },
  {
    name: 'a verification',
    refusal: { kind: 'verification-required' },
    code: 'VERIFICATION_REQUIRED',
    anthropic: [403, 'permission_error'],
    openai: [403, 'permission_error', 'verification_required'],
    mayRetry: false,
    says: /"Identity verification is required to continue\."/,
  },
  {
    name: 'a 401',
    refusal: { kind: 'authentication' },
    code: 'SESSION_EXPIRED',
    anthropic: [503, 'api_error'],
    openai: [503, 'server_error', 'session_expired'],
    mayRetry: false,
    says: /no longer accepts/,
  },
  ...limits,
  {
    name: 'overload',
    refusal: { kind: 'overloaded', form: 'json' },
    code: 'OVERLOADED',
    anthropic: [529, 'overloaded_error'],
    openai: [503, 'overloaded_error', 'overloaded'],
    mayRetry: true,
    says: /overloaded.*"Overloaded"/,
  },
  {
    name: 'a server error',
    refusal: { kind: 'server-error' },
    code: 'UPSTREAM_ERROR',
    anthropic: [500, 'api_error'],
    openai: [500, 'server_error', 'upstream_error'],
    mayRetry: true,
    says: /"Internal server error"/,
  },
];

interface NativeError {
  readonly status: number;
  readonly headers: Headers;
  readonly type: unknown;
  readonly code: unknown;
  readonly message: string;
}

/** Asks and reads the error as the dialect's own SDK would; fails when there is none, or when its shape is wrong. */
async function failNatively(house: House, dialect: Dialect, isStream: boolean): Promise<NativeError> {
  const reply = await house.post(dialect, ask('Hi.', { stream: isStream }));
  expect(reply.headers.get('content-type')).toContain('application/json');
  const body = (await reply.json()) as {
    type?: string;
    error: { type: string; message: string; code?: string | null };
  };
  if (dialect === 'anthropic') expect(body).toMatchObject({ type: 'error' });
  else expect(Object.keys(body)).toEqual(['error']);
  const { type, message, code } = body.error;
  return { status: reply.status, headers: reply.headers, type, code, message };
}

async function expectCase(house: House, one: Case, dialect: Dialect, isStream: boolean): Promise<void> {
  const error = await failNatively(house, dialect, isStream);
  const [status, type, code] = dialect === 'anthropic' ? one.anthropic : one.openai;
  expect(error).toMatchObject({ status, type, ...(dialect === 'openai' ? { code } : {}) });
  expect(error.headers.get('x-companion-error')).toBe(one.code);
  expect(error.headers.get('x-should-retry')).toBe(String(one.mayRetry));
  expect(error.message).toMatch(one.says);
  // What to do next; a provider's refusal may have a remedy of its own, but never none.
  expect(error.message).toContain(errorFacts(one.code).remedy);
  if (one.code === 'RATE_LIMITED') {
    const seconds = Number(error.headers.get('retry-after'));
    const expected = one.name.includes('none') ? 3600 : (resetsAtMs - Date.now()) / 1000;
    expect(Math.abs(seconds - expected)).toBeLessThan(5);
  } else {
    expect(error.headers.get('retry-after')).toBeNull();
  }
}

describe.each(ways)('over the %s transport', (way) => {
  test.each(cases)('$name is $code in both dialects', async (one) => {
    const { house, browser } = await openSyncedHouse(way);
    for (const route of ['create-conversation', 'completion'] as const) {
      for (const dialect of dialects) {
        for (const isStream of [false, true]) {
          house.site.scenario = { refuse: one.refusal, refuseOn: [route] };
          await expectCase(house, one, dialect, isStream);
          // One that expired, or whose limit is reached, is not asked again, so it is synced anew for the next turn.
          house.site.scenario = {};
          if (one.code === 'SESSION_EXPIRED' || one.code === 'RATE_LIMITED') await browser.sync({ transport: way });
        }
      }
    }
    await eventually('no conversation is left behind', () => house.site.conversations.every((it) => it.isDeleted));
    expect(house.site.violations).toEqual([]);
  });

  test('a region block is named where its target can be seen, and is never taken for an expired session', async () => {
    const { house } = await openSyncedHouse(way);
    house.site.scenario = { refuse: { kind: 'region' } };
    const error = await failNatively(house, 'anthropic', false);
    // A page's fetch shows no target of a redirect.
    expect(error.headers.get('x-companion-error')).toBe(way === 'direct' ? 'REGION_BLOCKED' : 'CHALLENGE');
    expect(house.sessions[0]?.state).toBe('active');
  });

  test('an answer that is no stream is unreadable, not empty', async () => {
    const { house } = await openSyncedHouse(way);
    house.site.scenario = { refuse: { kind: 'garbage' }, refuseOn: ['create-conversation'] };
    const error = await failNatively(house, 'openai', false);
    expect(error.headers.get('x-companion-error')).toBe('UPSTREAM_UNREADABLE');
    house.site.scenario = { refuse: { kind: 'garbage' }, refuseOn: ['completion'] };
    const other = await failNatively(house, 'anthropic', true);
    expect(['UPSTREAM_UNREADABLE', 'STREAM_BROKEN']).toContain(other.headers.get('x-companion-error'));
  });

  test('a reset before the answer is UPSTREAM_UNREACHABLE with 502', async () => {
    const { house } = await openSyncedHouse(way);
    house.site.scenario = { refuse: { kind: 'reset' } };
    const error = await failNatively(house, 'anthropic', false);
    expect(error).toMatchObject({ status: 502, type: 'api_error' });
    expect(error.headers.get('x-companion-error')).toBe('UPSTREAM_UNREACHABLE');
  });

  test('a session is never discarded because of a challenge', async () => {
    const { house } = await openSyncedHouse(way);
    house.site.scenario = { refuse: { kind: 'challenge' } };
    for (let time = 0; time < 3; time += 1) await failNatively(house, 'anthropic', true);
    expect(house.sessions[0]).toMatchObject({ state: 'active', trouble: { code: 'CHALLENGE' } });
    house.site.scenario = {};
    await house.anthropic().messages.create(ask('Hi.'));
    expect(house.sessions[0]).toMatchObject({ state: 'active', trouble: null });
  });

  test('an expired session is marked; the next request says so without asking the site; a sync revives it', async () => {
    const { house, browser } = await openSyncedHouse(way);
    house.site.expireSessions();
    for (const dialect of dialects) {
      const error = await failNatively(house, dialect, false);
      expect(error.headers.get('x-companion-error')).toBe('SESSION_EXPIRED');
    }
    expect(house.sessions[0]).toMatchObject({ state: 'expired', trouble: { code: 'SESSION_EXPIRED' } });
    expect(house.routes).toEqual(['create-conversation']);
    browser.signIn();
    await browser.sync({ transport: way });
    expect(house.sessions).toMatchObject([{ state: 'active', trouble: null }]);
    const message = await house.anthropic().messages.create(ask('Again.'));
    expect(message.content).toMatchObject([{ text: 'You wrote: Again.' }]);
    expect(house.site.violations).toEqual([]);
  });

  test('a model that nobody offers is a native 404 that lists what is offered', async () => {
    const { house } = await openSyncedHouse(way);
    for (const dialect of dialects) {
      const reply = await house.post(dialect, ask('Hi.', { model: 'gpt-4o' }));
      expect(reply.status).toBe(404);
      expect(reply.headers.get('x-companion-error')).toBe('MODEL_NOT_FOUND');
      expect(await reply.text()).toContain('claude-opus-5');
    }
    expect(house.routes).toEqual([]);
  });

  test('a Claude model that the site refuses is passed on in its own words', async () => {
    const { house } = await openSyncedHouse(way);
    const reply = await house.post('anthropic', ask('Hi.', { model: 'claude-unheard-of-9' }));
    expect(reply.status).toBe(404);
    expect(await reply.text()).toContain('model: claude-unheard-of-9');
    expect(house.routes).toEqual(['create-conversation']);
  });
});

describe('errors of the browser', () => {
  test.each([
    ['refused', 'BROWSER_JOB_FAILED', 502],
    ['no-consent', 'CONSENT_MISSING', 503],
    ['no-permission', 'SITE_PERMISSION_MISSING', 503],
    ['no-tab', 'BROWSER_JOB_FAILED', 502],
    ['network', 'UPSTREAM_UNREACHABLE', 502],
    ['stopped', 'STOPPED_BY_USER', 503],
  ] as const)('%s is %s', async (failure, code, status) => {
    const { house, browser } = await openSyncedHouse('browser');
    browser.intercept = () => {
      throw new JobFailure(failure);
    };
    for (const dialect of dialects) {
      const error = await failNatively(house, dialect, true);
      expect(error.status).toBe(status);
      expect(error.headers.get('x-companion-error')).toBe(code);
      expect(error.message).toContain(errorFacts(code).remedy);
    }
  });
});

describe('without a session', () => {
  test('both dialects say how to get one', async () => {
    const { house, browser } = await openSyncedHouse('direct');
    await browser.clear('unsynced');
    await eventually('the session is gone', () => house.sessions.length === 0);
    for (const dialect of dialects) {
      const error = await failNatively(house, dialect, false);
      expect(error.status).toBe(503);
      expect(error.headers.get('x-companion-error')).toBe('SESSION_REQUIRED');
      expect(error.message).toContain('click "Sync session"');
    }
  });
});

test('the ways of the table are both really taken', async () => {
  const taken: Record<Way, string[]> = { browser: [], direct: [] };
  for (const way of ways) {
    const { house } = await openSyncedHouse(way);
    await house.anthropic().messages.create(ask('Hi.'));
    taken[way] = [...new Set(house.site.requests.map((request) => request.channel))];
  }
  expect(taken).toEqual({ browser: ['browser'], direct: ['direct'] });
});
