/** Which ways to the site are open for a session, and in which order. */
import { expect, onTestFinished, test } from 'vitest';
import { createClaudeWays } from '../../../companion/upstream/claude-ways.ts';
import type { SiteTarget } from '../../../companion/upstream/claude-ways.ts';
import { createDispatcher } from '../../../companion/upstream/dispatcher.ts';
import type { TransportChoice } from '../../../shared/credential.ts';

const timeouts = { connectMs: 100, firstByteMs: 100, idleMs: 100 };
const cookies = { header: () => Promise.resolve(''), rotate: () => Promise.resolve() };
const synced: SiteTarget = { seatId: 'seat-1', browserStore: '0', restsIn: 'vault', transport: 'auto', cookies };

function waysOf(target: Partial<SiteTarget>, facts: { isOnline: boolean; configured?: TransportChoice }) {
  const dispatcher = createDispatcher(timeouts);
  onTestFinished(() => dispatcher.destroy());
  const ways = createClaudeWays({
    jobs: { isOnline: (seatId) => facts.isOnline && seatId === 'seat-1', runJob: () => Promise.reject(new Error()) },
    dispatcher,
    baseUrl: 'https://claude.ai',
    userAgent: 'test',
    transport: facts.configured,
    timeouts,
  });
  return ways({ ...synced, ...target }).map((way) => way.kind);
}

test.each([
  ['auto, browser online', {}, { isOnline: true }, ['browser', 'direct']],
  ['auto, browser offline', {}, { isOnline: false }, ['direct']],
  ['auto, of no browser any more', { seatId: null, browserStore: null }, { isOnline: true }, ['direct']],
  ['auto, of another browser', { seatId: 'seat-2' }, { isOnline: true }, ['direct']],
  ['browser chosen, online', { transport: 'browser' }, { isOnline: true }, ['browser']],
  ['browser chosen, offline', { transport: 'browser' }, { isOnline: false }, []],
  ['direct chosen', { transport: 'direct' }, { isOnline: true }, ['direct']],
  ['configured beats chosen', { transport: 'browser' }, { isOnline: true, configured: 'direct' }, ['direct']],
  [
    'configured auto beats chosen',
    { transport: 'direct' },
    { isOnline: true, configured: 'auto' },
    ['browser', 'direct'],
  ],
  ['resting in the browser, online', { restsIn: 'browser', cookies: null }, { isOnline: true }, ['browser']],
  ['resting in the browser, offline', { restsIn: 'browser', cookies: null }, { isOnline: false }, []],
  [
    'resting in the browser, direct configured',
    { restsIn: 'browser', cookies: null },
    { isOnline: true, configured: 'direct' },
    ['browser'],
  ],
  ['without cookies', { cookies: null }, { isOnline: false }, []],
] as const)('%s: %j %j is %j', (_name, target, facts, expected) => {
  expect(waysOf(target, facts)).toEqual(expected);
});
