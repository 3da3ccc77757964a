import { expect, test } from 'vitest';
import { accountView } from '../../../extension/ui/account-view.ts';
import type { SessionStatus } from '../../../shared/status.ts';
import { NOW_MS, session } from '../../support/extension-page/states.ts';
import { words } from './words.ts';

const view = (changed: Partial<SessionStatus>) => accountView({ ...session, ...changed }, NOW_MS, null);

test('the best name there is stands first, and nothing is said twice', () => {
  expect(view({}).name).toBe('Ada Lovelace');
  expect(view({}).subtitles).toEqual(['ada@example.com', 'Analytical Engines']);
  expect(view({ displayName: null }).name).toBe('ada@example.com');
  expect(view({ displayName: null }).subtitles).toEqual(['Analytical Engines']);
  expect(view({ displayName: ' ', email: null, organisation: null, name: 'mine' })).toMatchObject({
    name: 'mine',
    subtitles: [],
  });
});

test('an account tells when it was synced and until when it is valid', () => {
  expect(view({}).facts.map(words)).toEqual(['Synced 2 min ago', 'valid until 19 Dec']);
  expect(view({ validUntilMs: null }).facts.map(words)).toEqual(['Synced 2 min ago']);
  expect(view({ validUntilMs: NOW_MS - 1 }).facts.map(words)).toContain('ended 20 Nov');
});

test('a session that ended is neither called valid nor synced', () => {
  expect(view({ state: 'expired' }).facts.map(words)).toEqual(['Last worked 12 s ago']);
});

test('a session that claude.ai has not confirmed says so', () => {
  expect(view({ state: 'unchecked' }).facts.map(words)).toContain('not confirmed by claude.ai yet');
});
