import { expect, test } from 'vitest';
import { hashState, mayOpenLogin, readRedirect, redirectFilters, sameAddress } from '../../extension/oauth-rules.ts';
import type { OAuthStart } from '../../extension/oauth-rules.ts';
import { offer } from './support/login-tabs.ts';

/** The offer with another authorize address; its own parameters stay unless the address has some. */
async function at(provider: 'anthropic' | 'openai', page: string, change: Partial<OAuthStart> = {}) {
  const start = await offer(provider);
  const url = new URL(page);
  url.search ||= new URL(start.authorizeUrl).search;
  return { ...start, authorizeUrl: url.href, ...change };
}

/** The offer whose redirect address is another, in both places where it stands. */
async function backTo(provider: 'anthropic' | 'openai', redirectUri: string) {
  const start = await offer(provider);
  const url = new URL(start.authorizeUrl);
  url.searchParams.set('redirect_uri', redirectUri);
  return { ...start, redirectUri, authorizeUrl: url.href };
}

test.each([
  ['anthropic', 'https://claude.ai/oauth/authorize'],
  ['anthropic', 'https://claude.com/cai/oauth/authorize'],
  ['anthropic', 'https://platform.claude.com/oauth/authorize'],
  ['anthropic', 'https://console.anthropic.com/oauth/authorize'],
  ['openai', 'https://auth.openai.com/oauth/authorize'],
  ['anthropic', 'http://127.0.0.1:4000/oauth/authorize'],
  ['openai', 'http://localhost:4000/oauth/authorize'],
] as const)('opens a login of %s at %s', async (provider, page) => {
  expect(await mayOpenLogin(await at(provider, page))).toBe(true);
});

test.each([
  ['anthropic', 'https://auth.openai.com/oauth/authorize'],
  ['openai', 'https://claude.ai/oauth/authorize'],
  ['anthropic', 'http://claude.ai/oauth/authorize'],
  ['anthropic', 'https://claude.ai:8443/oauth/authorize'],
  ['anthropic', 'https://claude.ai.evil.example/oauth/authorize'],
  ['anthropic', 'https://claude.ai@evil.example/oauth/authorize'],
  ['anthropic', 'https://user@claude.ai/oauth/authorize'],
  ['anthropic', 'https://127.0.0.1:4000/oauth/authorize'],
  ['anthropic', 'http://192.168.1.7:4000/oauth/authorize'],
  ['anthropic', 'javascript:alert(1)'],
] as const)('does not open a login of %s at %s', async (provider, page) => {
  expect(await mayOpenLogin(await at(provider, page))).toBe(false);
});

test.each([
  ['anthropic', 'http://localhost:54545/callback'],
  ['anthropic', 'http://127.0.0.1:1/auth/callback'],
  ['anthropic', 'https://platform.claude.com/oauth/code/callback'],
  ['anthropic', 'https://console.anthropic.com/oauth/code/callback'],
  ['openai', 'http://localhost:1457/auth/callback'],
] as const)('lets %s send the person back to %s', async (provider, redirectUri) => {
  expect(await mayOpenLogin(await backTo(provider, redirectUri))).toBe(true);
});

test.each([
  ['anthropic', 'http://localhost:54545/steal'],
  ['anthropic', 'https://localhost:54545/callback'],
  ['anthropic', 'http://evil.example/callback'],
  ['anthropic', 'http://localhost:54545/callback?also=this'],
  ['anthropic', 'http://localhost:54545/callback#there'],
  ['anthropic', 'http://me@localhost:54545/callback'],
  ['openai', 'https://platform.claude.com/oauth/code/callback'],
] as const)('does not let %s send the person back to %s', async (provider, redirectUri) => {
  expect(await mayOpenLogin(await backTo(provider, redirectUri))).toBe(false);
});

test('opens nothing whose parts do not belong together', async () => {
  const start = await offer('openai');
  expect(await mayOpenLogin({ ...start, redirectUri: 'http://localhost:1457/auth/callback' })).toBe(false);
  expect(await mayOpenLogin({ ...start, stateHash: await hashState('another') })).toBe(false);
  const twice = `${start.authorizeUrl}&redirect_uri=http%3A%2F%2Flocalhost%3A1%2Fcallback`;
  expect(await mayOpenLogin({ ...start, authorizeUrl: twice })).toBe(false);
  expect(await mayOpenLogin({ ...start, authorizeUrl: `${start.authorizeUrl}&state=two` })).toBe(false);
});

test('reads a code, and a refusal', () => {
  expect(readRedirect('http://localhost:1455/auth/callback?code=c&state=s&iss=https%3A%2F%2Fidp')).toEqual({
    uri: 'http://localhost:1455/auth/callback',
    answer: { code: 'c', state: 's', iss: 'https://idp' },
  });
  const refusal = 'http://127.0.0.1:7/callback?error=access_denied&error_description=No+thanks&state=s';
  expect(readRedirect(refusal)?.answer).toEqual({ error: 'access_denied', errorDescription: 'No thanks', state: 's' });
});

test.each([
  ['no state', 'code=c'],
  ['neither code nor error', 'state=s'],
  ['both', 'code=c&error=e&state=s'],
  ['two codes', 'code=c&code=d&state=s'],
  ['two states', 'code=c&state=s&state=t'],
  ['an empty code', 'code=&state=s'],
  ['a code that no provider gives', `code=${'c'.repeat(4001)}&state=s`],
])('takes no answer from a redirect with %s', (_what, query) => {
  expect(readRedirect(`http://localhost:1455/auth/callback?${query}`)).toMatchObject({ answer: null });
});

test('cuts off a refusal that has too much to say', () => {
  const query = new URLSearchParams({ error: 'e', state: 's', error_description: 'x'.repeat(5000) });
  expect(readRedirect(`http://localhost:1/callback?${query}`)?.answer?.errorDescription).toHaveLength(2000);
});

test.each([
  'https://evil.example/callback?code=c&state=s',
  'http://localhost:1/other?code=c&state=s',
  'about:blank',
  '',
])('has nothing to do with %j', (address) => expect(readRedirect(address)).toBeUndefined());

test('compares addresses as a browser writes them', () => {
  expect(sameAddress('http://localhost:80/callback', 'http://localhost/callback')).toBe(true);
  expect(sameAddress('http://localhost:81/callback', 'http://localhost/callback')).toBe(false);
  expect(sameAddress('http://127.0.0.1:81/callback', 'http://localhost:81/callback')).toBe(false);
});

test('every address that a login may come back to wakes the worker', () => {
  const matches = (address: string) => {
    const { hostname, pathname } = new URL(address);
    return redirectFilters.some(({ hostEquals, pathEquals }) => hostEquals === hostname && pathEquals === pathname);
  };
  expect(matches('http://localhost:54545/callback')).toBe(true);
  expect(matches('http://127.0.0.1:1455/auth/callback')).toBe(true);
  expect(matches('https://platform.claude.com/oauth/code/callback')).toBe(true);
  expect(matches('https://console.anthropic.com/oauth/code/callback')).toBe(true);
  expect(matches('http://localhost:3000/')).toBe(false);
});
