/** The cookies of a session: sent as they are, rotated when the site says so, and only then. */
import { describe, expect, test } from 'vitest';
import { CookieJar, PendingCookies } from '../../../companion/account/cookie-jar.ts';
import { MemoryVault } from '../../../companion/vault/memory-vault.ts';
import type { SessionCookie } from '../../../shared/credential.ts';

const cookies: readonly SessionCookie[] = [
  { name: 'sessionKey', value: 'one', expiresAtMs: Date.now() + 1_000_000 },
  { name: 'lastActiveOrg', value: 'org-1' },
];
const header = 'sessionKey=one; lastActiveOrg=org-1';

async function openJar() {
  const vault = new MemoryVault();
  const jar = new CookieJar(vault);
  await jar.put('ses_1', cookies);
  const source = jar.source('ses_1');
  const rotate = async (...lines: string[]) => {
    await source.rotate(lines, await source.header());
    return source.header();
  };
  return { vault, jar, source, rotate };
}

test('sends the cookies as one header', async () => {
  const { source } = await openJar();
  expect(await source.header()).toBe(header);
});

test('of a session that is not kept is SESSION_REQUIRED', async () => {
  const { jar } = await openJar();
  await expect(jar.source('ses_2').header()).rejects.toMatchObject({ code: 'SESSION_REQUIRED' });
  await jar.remove('ses_1');
  await expect(jar.source('ses_1').header()).rejects.toMatchObject({ code: 'SESSION_REQUIRED' });
});

describe('a set-cookie line', () => {
  test('rotates the session, and leaves the other cookies', async () => {
    const { rotate, jar } = await openJar();
    const line = 'sessionKey=two; Max-Age=2419200; HttpOnly; Domain=.claude.ai; Path=/; Secure; SameSite=Lax';
    expect(await rotate(line)).toBe('sessionKey=two; lastActiveOrg=org-1');
    const [kept] = (await jar.get('ses_1')) ?? [];
    expect(Math.abs((kept?.expiresAtMs ?? 0) - Date.now() - 2_419_200_000)).toBeLessThan(10_000);
  });

  test('with an Expires date keeps that date', async () => {
    const { rotate, jar } = await openJar();
    await rotate('sessionKey=two; Expires=Wed, 01 Jan 2098 00:00:00 GMT');
    expect((await jar.get('ses_1'))?.[0]?.expiresAtMs).toBe(Date.UTC(2098, 0, 1));
  });

  test('that only moves the end of the session is followed, unless it moves it by minutes', async () => {
    const { rotate, jar } = await openJar();
    const endMs = async () => (await jar.get('ses_1'))?.[0]?.expiresAtMs ?? 0;
    await rotate('sessionKey=one; Max-Age=2419200');
    expect(Math.abs((await endMs()) - Date.now() - 2_419_200_000)).toBeLessThan(10_000);
    const kept = await endMs();
    await rotate('sessionKey=one; Max-Age=2419800');
    expect(await endMs()).toBe(kept);
  });

  test('may add a cookie of the session', async () => {
    const { rotate } = await openJar();
    expect(await rotate('routingHint=r; Domain=claude.ai')).toBe(`${header}; routingHint=r`);
  });

  test.each([
    ['of Cloudflare', '__cf_bm=x; Domain=.claude.ai'],
    ['of an unknown name', 'anything=x'],
    ['of another domain', 'sessionKey=two; Domain=evil.example'],
    ['of a domain that only ends alike', 'sessionKey=two; Domain=notclaude.ai'],
    ['that is empty', 'sessionKey=; Max-Age=100'],
    ['that deletes by its age', 'sessionKey=two; Max-Age=0'],
    ['that deletes by a date', 'sessionKey=two; Expires=Thu, 01 Jan 1970 00:00:00 GMT'],
    ['that is no cookie', 'nonsense'],
    ['that is empty altogether', ''],
  ])('%s changes nothing', async (_name, line) => {
    const { rotate } = await openJar();
    expect(await rotate(line)).toBe(header);
  });

  test('for a request that carried other cookies changes nothing', async () => {
    const { source } = await openJar();
    await source.rotate(['sessionKey=two'], 'sessionKey=zero; lastActiveOrg=org-1');
    expect(await source.header()).toBe(header);
  });

  test('for a session that was removed does not bring it back', async () => {
    const { source, jar, vault } = await openJar();
    await jar.remove('ses_1');
    await source.rotate(['sessionKey=two'], header);
    expect(await vault.list('session/')).toEqual([]);
  });
});

test('of several rotations at once the first one counts: the others are answers to what is no longer current', async () => {
  const { source } = await openJar();
  await Promise.all(['two', 'three', 'four'].map((value) => source.rotate([`sessionKey=${value}`], header)));
  expect(await source.header()).toBe('sessionKey=two; lastActiveOrg=org-1');
});

test('pending cookies rotate in memory until they are accepted', async () => {
  const pending = new PendingCookies(cookies);
  await pending.rotate(['sessionKey=two', 'cf_clearance=x']);
  expect(await pending.header()).toBe('sessionKey=two; lastActiveOrg=org-1');
  expect(pending.cookies.map((cookie) => cookie.name)).toEqual(['sessionKey', 'lastActiveOrg']);
});
