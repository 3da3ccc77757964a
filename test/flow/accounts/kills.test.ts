/** Fault row 15: companions that are killed while they renew a login. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { authOf, CompanionProgram, leaveSignedIn, modelOf, pathOf, providers, tokensOf } from './programs.ts';

/** Each takes most of a second of one core; the figure of the fault matrix is 500. */
const rounds = Number(process.env['CCPROXY_KILL_ROUNDS'] ?? 20);
const kills = rounds / providers.length;

/**
 * What is guaranteed: the tokens on the disk are the pair before or the pair after, never a mixture; the access token of
 * either serves at once; the refresh token of either can be used, but for one case that nobody can close: the provider had
 * used up the old one, and the new one died with the process before it was written. Then only a new login helps.
 */
describe.each(providers)('%s: a companion that is killed while it renews', (provider) => {
  test(
    `leaves tokens that serve and files that parse (${kills} times)`,
    { timeout: 60_000 + kills * 5000 },
    async () => {
      const { house, key } = await leaveSignedIn(provider, null);
      const auth = authOf(house, provider);
      auth.reset();
      let renewals = 0;
      let next = new CompanionProgram(house, key).ready();
      for (let round = 0; round < kills; round += 1) {
        const program = await next;
        // What the last one left serves the next.
        expect((await program.say(pathOf[provider], 'hello', modelOf[provider])).status).toBe(200);
        next = new CompanionProgram(house, key).ready();
        const before = auth.calls.count('refresh_token');
        program.write(`renew ${provider}`);
        expect(await program.nextLine()).toBe('renewed');
        await pause(Math.random() * 30);
        await program.kill();
        renewals += auth.calls.count('refresh_token') - before;

        const { access_token, refresh_token } = await tokensOf(house, provider);
        expect(auth.find(access_token)?.state).toBe('live');
        expect(auth.secrets).toContain(refresh_token);
        expect(auth.calls.count('refresh_token', 'refused')).toBe(0);
        if (!auth.isRenewable(refresh_token)) await house.replaceTokens(provider);
      }
      expect(renewals).toBeGreaterThanOrEqual(kills);
      await (await next).kill();
      await house.start();
      expect(house.status(provider)).toMatchObject({ state: 'usable', trouble: null });
      expect((await house.say(pathOf[provider], 'at last', modelOf[provider])).status).toBe(200);
      await house.app.service.logins.refresh(provider);
      expect((await house.say(pathOf[provider], 'renewed', modelOf[provider])).status).toBe(200);
      expect(await house.findLeaks()).toEqual([]);
      for (const name of await readdir(house.home)) {
        if (name.endsWith('.json')) JSON.parse(await readFile(join(house.home, name), 'utf8'));
        expect(name).not.toMatch(/\.(?:tmp|damaged)/);
      }
    },
  );
});
