import { expect, test } from 'vitest';
import { FOLLOWED_TOKEN_KEY, pageRequest } from '../../extension/page-request.ts';
import { parsePageRequest } from '../../extension/page-server.ts';
import { followedToken, takeFollowedLink } from '../../extension/pair-link.ts';
import { isOwnPage, isOwnRunner } from '../../extension/sender.ts';
import { formatPairingToken } from '../../shared/link/pairing-token.ts';
import { FakeStorage } from './support/fakes.ts';

const ownId = 'abcdefghijklmnopabcdefghijklmnop';
const baseUrl = `chrome-extension://${ownId}/`;

test.each([
  [{ id: ownId, url: `${baseUrl}popup.html` }, true],
  [{ id: ownId, url: `${baseUrl}options.html#pair` }, true],
  [{ id: ownId, url: 'https://claude.ai/new' }, false],
  [{ id: 'another', url: 'chrome-extension://another/popup.html' }, false],
  [{ id: 'another', url: `${baseUrl}popup.html` }, false],
  [{ id: ownId, url: `https://evil.example/${baseUrl}popup.html` }, false],
  [{ id: ownId }, false],
  [{}, false],
  [undefined, false],
])('a message from %o is that of a page: %s', (sender, isPage) => {
  expect(isOwnPage(sender, ownId, baseUrl)).toBe(isPage);
});

test.each([
  [{ id: ownId, frameId: 0, url: 'https://claude.ai/robots.txt' }, true],
  [{ id: ownId, frameId: 3, url: 'https://claude.ai/new' }, false],
  [{ id: ownId, frameId: 0, url: 'https://claude.ai.evil.example/' }, false],
  [{ id: 'another', frameId: 0, url: 'https://claude.ai/new' }, false],
  [{ id: ownId, url: 'https://claude.ai/new' }, false],
  [undefined, false],
])('a port from %o is that of a job runner: %s', (sender, isRunner) => {
  expect(isOwnRunner(sender, ownId)).toBe(isRunner);
});

test('reads what pages send', () => {
  expect(parsePageRequest(pageRequest('sync', {}))).toEqual({ request: 'sync', input: {} });
  const choice = pageRequest('choose', { consentedAtMs: 1, store: null });
  expect(parsePageRequest(JSON.parse(JSON.stringify(choice)))).toEqual(choice);
  const begin = pageRequest('begin-login', { provider: 'openai' });
  expect(parsePageRequest(begin)).toEqual(begin);
});

test.each([
  null,
  'sync',
  { request: 'format-disk', input: {} },
  { request: 'toString', input: {} },
  { request: 'pair', input: {} },
  { request: 'pair', input: { token: 'a'.repeat(3000) } },
  { request: 'choose', input: { consentedAtMs: 'yes' } },
  { request: 'choose', input: { restsIn: 'cloud' } },
  { request: 'choose', input: { isAdmin: true } },
  { request: 'sync', input: {}, extra: 1 },
  { request: 'begin-login', input: { provider: 'elsewhere' } },
  { request: 'open-login', input: { id: '' } },
  { request: 'open-login', input: { id: 'x', url: 'https://evil.example' } },
  { request: 'remove-login', input: {} },
])('refuses %j', (message) => {
  expect(parsePageRequest(message)).toBeUndefined();
});

const token = formatPairingToken({ port: 8765, secret: new Uint8Array(32).fill(3) });
const follow = (url: string, frameId = 0) => followedToken({ tabId: 1, frameId, url });

test('recognises a pairing link', () => {
  expect(follow(`http://127.0.0.1:8765/pair#${token}`)).toBe(token);
  expect(follow(`http://localhost:8765/pair#${token}`)).toBe(token);
});

test.each([
  ['another host', `http://evil.example:8765/pair#${token}`],
  ['a host that only looks like it', `http://127.0.0.1.evil.example:8765/pair#${token}`],
  ['a user name that looks like it', `http://127.0.0.1:8765@evil.example/pair#${token}`],
  ['another path', `http://127.0.0.1:8765/pairs#${token}`],
  ['https', `https://127.0.0.1:8765/pair#${token}`],
  ['another port than the token names', `http://127.0.0.1:9000/pair#${token}`],
  ['no token', 'http://127.0.0.1:8765/pair'],
  ['a broken token', 'http://127.0.0.1:8765/pair#ccp1_8765_short'],
  ['no address at all', 'about:blank'],
])('does not take %s for one', (_what, url) => {
  expect(follow(url)).toBeUndefined();
});

test('does not follow a link in a frame', () => {
  expect(follow(`http://127.0.0.1:8765/pair#${token}`, 4)).toBeUndefined();
});

test('hands the token over and shows the page in the same tab', async () => {
  const memory = new FakeStorage();
  const shown: number[] = [];
  const navigation = { tabId: 9, frameId: 0, url: `http://127.0.0.1:8765/pair#${token}` };
  await takeFollowedLink(navigation, memory, async (tabId) => void shown.push(tabId));
  expect(await memory.read(FOLLOWED_TOKEN_KEY)).toBe(token);
  expect(shown).toEqual([9]);
});
