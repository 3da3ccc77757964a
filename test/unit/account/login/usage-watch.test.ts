/** What is left of a plan is asked seldom, and never in anybody's way. */
import { expect, test } from 'vitest';
import { UsageWatch } from '../../../../companion/account/login/usage-watch.ts';
import type { StoredLogin } from '../../../../companion/account/login/stored-login.ts';
import { createLogger } from '../../../../companion/base/log.ts';
import type { QuotaWindow } from '../../../../shared/quota.ts';
import { Secret } from '../../../../shared/redact.ts';
import type { LoginStatus } from '../../../../shared/status.ts';

const stored: StoredLogin = {
  provider: 'anthropic',
  accessToken: new Secret('token-of-ada'),
  refreshToken: null,
  idToken: null,
  expiresAtMs: null,
  refreshExpiresAtMs: null,
  scopes: [],
  account: null,
  refreshedAtMs: null,
};
const window: QuotaWindow = {
  window: 'five_hour',
  usedFraction: 0.4,
  status: 'allowed',
  resetsAtMs: null,
  source: 'usage-endpoint',
  observedAtMs: 0,
};

interface Answer {
  readonly windows: readonly QuotaWindow[] | null;
  readonly retryAtMs: number | null;
}

function scene(answer: Answer | Error, state: LoginStatus['state'] = 'usable') {
  const asked: StoredLogin[] = [];
  const noted: [string, readonly QuotaWindow[]][] = [];
  let nowMs = 1_000_000;
  const watch = new UsageWatch({
    logins: { statuses: () => [{ id: 'claude-1', state } as LoginStatus], inspect: async () => stored },
    ask: async (login) => {
      asked.push(login);
      if (answer instanceof Error) throw answer;
      return answer;
    },
    note: (id, windows) => noted.push([id, windows]),
    logger: createLogger({ level: 'silent', destination: { write: () => undefined } }),
    nowMs: () => nowMs,
  });
  const look = async (afterMs = 0): Promise<void> => {
    nowMs += afterMs;
    watch.look();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { asked, noted, look };
}

test('what is learned is noted for the login', async () => {
  const { noted, look } = scene({ windows: [window], retryAtMs: null });
  await look();
  expect(noted).toEqual([['claude-1', [window]]]);
});

test('however often somebody looks, it is asked once in five minutes', async () => {
  const { asked, look } = scene({ windows: [window], retryAtMs: null });
  for (let minute = 0; minute < 9; minute++) await look(60_000);
  expect(asked).toHaveLength(2);
});

test('a provider that names a time is left alone until then', async () => {
  const { asked, noted, look } = scene({ windows: null, retryAtMs: 1_000_000 + 40 * 60_000 });
  await look();
  await look(39 * 60_000);
  expect(asked).toHaveLength(1);
  await look(2 * 60_000);
  expect(asked).toHaveLength(2);
  expect(noted).toEqual([]);
});

test.each(['expired', 'dead', 'off'] as const)('a login that is %s is not asked about', async (state) => {
  const { asked, look } = scene({ windows: [], retryAtMs: null }, state);
  await look();
  expect(asked).toEqual([]);
});

test('trouble is noted nowhere and tried again later', async () => {
  const { asked, noted, look } = scene(new Error('no network'));
  await look();
  await look(6 * 60_000);
  expect(asked).toHaveLength(2);
  expect(noted).toEqual([]);
});
