import { describe, expect, it } from 'vitest';
import { createLoginWatch } from '../../../companion/notify/login-watch.ts';
import type { News } from '../../../companion/notify/news.ts';
import type { LoginStatus } from '../../../shared/status.ts';
import { loginStatus } from '../../support/records.ts';

const usable = loginStatus({ plan: 'Max', location: 'vault' });
const failing: LoginStatus = {
  ...usable,
  trouble: { code: 'LOGIN_REFRESH_FAILED', message: 'Renewing failed.', remedy: 'Wait a while.', atMs: 1 },
};
const dead: LoginStatus = {
  ...usable,
  state: 'dead',
  trouble: { code: 'LOGIN_EXPIRED', message: 'It is over.', remedy: 'Sign in again.', atMs: 1 },
};

function openDesk(atStart: readonly LoginStatus[]) {
  const told: News[] = [];
  return { told, watch: createLoginWatch((news) => told.push(news), atStart) };
}

describe('a login', () => {
  it('CPP-16, CPP-20: that is not renewed, and then no longer accepted, is told once each', () => {
    const desk = openDesk([usable]);
    for (const now of [usable, failing, failing, failing, dead, dead]) desk.watch([now]);
    expect(desk.told).toEqual([
      {
        kind: 'login-refresh-failed',
        title: 'Not renewed: Claude login ada@example.org',
        text: 'Renewing failed. Wait a while.',
        provider: 'anthropic',
        credential: 'claude-1',
      },
      expect.objectContaining({
        kind: 'login-expired',
        title: 'Signed out: Claude login ada@example.org',
        text: 'The provider no longer accepts it. Sign in again.',
      }),
    ]);
  });

  it('that was well in between is told of again', () => {
    const desk = openDesk([usable]);
    for (const now of [dead, usable, dead]) desk.watch([now]);
    expect(desk.told.map(({ kind }) => kind)).toEqual(['login-expired', 'login-expired']);
  });

  it('that was dead at the start is no news, and neither is one that is new and well', () => {
    const desk = openDesk([dead]);
    desk.watch([dead, { ...usable, id: 'claude-2' }]);
    expect(desk.told).toEqual([]);
  });

  it('of ChatGPT is called so', () => {
    const desk = openDesk([]);
    desk.watch([{ ...dead, id: 'chatgpt-1', provider: 'openai' }]);
    expect(desk.told).toMatchObject([{ title: 'Signed out: ChatGPT login ada@example.org', provider: 'codex' }]);
  });
});
