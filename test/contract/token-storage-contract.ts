import { describe, expect, it } from 'vitest';
import type { TokenStorage } from '../../companion/account/login/token-storage.ts';
import { accessOf, bobAccount, makeLogin } from '../support/logins.ts';

/** What every place of a login does. `open` makes an empty one; it is cleaned up by whoever made it. */
export function describeTokenStorage(name: string, open: () => Promise<TokenStorage>): void {
  describe(`token storage: ${name}`, () => {
    it('PY-5: is empty first, gives back every part of what was saved, and tells where that is', async () => {
      const storage = await open();
      expect([await storage.load(), await storage.exists()]).toEqual([undefined, false]);
      const login = makeLogin({
        expiresAtMs: 1_900_000_000_123,
        refreshExpiresAtMs: 1_950_000_000_000,
        refreshedAtMs: 1_800_000_000_001,
        account: bobAccount,
      });
      expect(await storage.save(login, undefined)).toBe(true);
      const found = await storage.load();
      expect(found).toEqual({ ...login, accessToken: expect.anything(), refreshToken: expect.anything() });
      expect([found?.accessToken.reveal(), found?.refreshToken?.reveal()]).toEqual([
        'CANARY-access-0',
        'CANARY-refresh-0',
      ]);
      expect(await storage.exists()).toBe(true);
      expect(storage.location).not.toBe('');
    });

    it('keeps what is unknown unknown', async () => {
      const storage = await open();
      const login = makeLogin({ refresh: null, account: null, scopes: [] });
      await storage.save(login, undefined);
      const { accessToken: _, ...rest } = (await storage.load()) ?? login;
      expect(rest).toEqual({
        provider: 'anthropic',
        refreshToken: null,
        idToken: null,
        expiresAtMs: null,
        refreshExpiresAtMs: null,
        scopes: [],
        account: null,
        refreshedAtMs: null,
      });
    });

    it('writes only in place of what was expected', async () => {
      const storage = await open();
      const [first, second, third] = ['1', '2', '3'].map((n) => makeLogin({ access: `a${n}`, refresh: `r${n}` }));
      if (!first || !second || !third) throw new Error('three are made');
      expect(await storage.save(second, first)).toBe(false);
      expect(await storage.load()).toBeUndefined();
      expect(await storage.save(first, undefined)).toBe(true);
      expect(await storage.save(second, undefined)).toBe(false);
      expect(await storage.save(third, second)).toBe(false);
      expect(await storage.save(third, makeLogin({ access: 'a1', refresh: 'r2' }))).toBe(false);
      expect(await storage.save(second, makeLogin({ access: 'a1', refresh: 'r1', account: null }))).toBe(true);
      expect(accessOf(await storage.load())).toBe('a2');
    });

    it('lets one of many through that all expect the same', async () => {
      const storage = await open();
      const first = makeLogin();
      await storage.save(first, undefined);
      const others = Array.from({ length: 8 }, (_, n) => makeLogin({ access: `a${n}`, refresh: `r${n}` }));
      const saved = await Promise.all(others.map((login) => storage.save(login, first)));
      expect(saved.filter(Boolean)).toHaveLength(1);
      expect(accessOf(await storage.load())).toBe(`a${saved.indexOf(true)}`);
    });

    it('deletes, and tells whether there was something', async () => {
      const storage = await open();
      expect(await storage.delete()).toBe(false);
      await storage.save(makeLogin(), undefined);
      expect([await storage.delete(), await storage.delete()]).toEqual([true, false]);
      expect([await storage.load(), await storage.exists()]).toEqual([undefined, false]);
      expect(await storage.save(makeLogin(), undefined)).toBe(true);
    });
  });
}
