/**
 * The real Codex and the companion with one login: each renews it in turn, as tokens that work only once are renewed, and
 * neither signs the other out.
 */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import { codexSource } from '../../companion/account/adopt/codex-login.ts';
import { codexAuthCodec } from '../../companion/account/adopt/codex-auth-json.ts';
import type { LoginSource } from '../../companion/account/login/login-source.ts';
import type { StoredLogin } from '../../companion/account/login/stored-login.ts';
import { createLoginProviders } from '../../companion/account/oauth/login-providers.ts';
import { createTokenEndpoint } from '../../companion/account/oauth/create-token-endpoint.ts';
import type { TokenEndpoint } from '../../companion/account/oauth/token-endpoint.ts';
import { systemClock } from '../../companion/base/clock.ts';
import { loadConfig } from '../../companion/config/load.ts';
import { startChatGptBackend } from '../support/providers/chatgpt/backend.ts';
import { startOpenAiAuth } from '../support/providers/oauth/openai-auth.ts';
import type { OpenAiAuth } from '../support/providers/oauth/openai-auth.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { runCodexWithLogin } from './support/codex.ts';
import { haveParts } from './support/installed.ts';

async function scene() {
  const home = await temporaryFolder();
  const path = join(home, '.codex', 'auth.json');
  const auth = await startOpenAiAuth();
  const backend = await startChatGptBackend({ auth });
  const dispatcher = new Agent();
  onTestFinished(async () => {
    await Promise.all([auth.close(), backend.close(), dispatcher.close()]);
    expect([...auth.failures, ...backend.failures]).toEqual([]);
  });
  const environment = { HOME: home, ...auth.environment, ...backend.environment };
  const source = codexSource({ environment, clock: systemClock, isEnabled: () => true });
  const { config } = loadConfig({ flags: { home }, environment, cwd: home });
  const endpoint = createTokenEndpoint(createLoginProviders(config).openai, {
    dispatcher,
    nowMs: Date.now,
    userAgent: 'ccproxy-companion',
  });
  return {
    auth,
    backend,
    source,
    path,
    renewHere: () => renew(source, endpoint),
    ask: (prompt: string) =>
      runCodexWithLogin(prompt, { backendUrl: backend.url, tokenUrl: auth.tokenUrl }, { home, model: 'gpt-5.5' }),
    refreshToken: async () => (await source.storage.load())?.refreshToken?.reveal() ?? '',
  };
}

/** Reads, renews, and writes back what nobody changed meanwhile. */
async function renew({ storage }: LoginSource, endpoint: TokenEndpoint): Promise<void> {
  const login = await storage.load();
  if (login === undefined) throw new Error('nobody is signed in');
  const next = await endpoint.refresh(login, AbortSignal.timeout(10_000));
  expect(await storage.save(next, login)).toBe(true);
}

describe.runIf(haveParts('test/clients/codex-login.test.ts', 'programs'))('Codex and the companion', () => {
  test('CCP-13: renew one login ten times, each in turn, and both stay signed in', async () => {
    const { auth, backend, source, path, renewHere, ask, refreshToken } = await scene();
    // What a login of ours leaves behind.
    expect(await source.storage.save(loginOf(auth), undefined)).toBe(true);
    const seen = new Set([await refreshToken()]);
    for (let round = 1; round <= 5; round += 1) {
      // Codex drops the keys that it does not know when it writes; we do not.
      await addKey(path, 'of_tomorrow', { kept: true });
      auth.expireAccess();
      await renewHere();
      expect(JSON.parse(await readFile(path, 'utf8'))).toHaveProperty('of_tomorrow', { kept: true });
      seen.add(await refreshToken());
      const afterOurs = await ask(`Say one, ${round}.`);
      expect(afterOurs).toMatchObject({ exitCode: 0, wanted: [] });
      expect(auth.calls.count('refresh_token')).toBe(2 * round - 1);

      auth.expireAccess();
      const run = await ask(`Say two, ${round}.`);
      expect(run).toMatchObject({ exitCode: 0, wanted: [] });
      expect(run.items.at(-1)).toMatchObject({ type: 'agent_message', text: expect.stringContaining(`two, ${round}`) });
      expect(auth.calls.count('refresh_token')).toBe(2 * round);
      seen.add(await refreshToken());
    }
    expect(seen.size).toBe(11);
    expect(auth.calls.count('refresh_token', 'granted')).toBe(10);
    expect(auth.isRenewable(await refreshToken())).toBe(true);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(backend.requests.at(-1)).toMatchObject({ status: 200, key: 'mary@example.com' });
  });
});

async function addKey(path: string, name: string, value: unknown): Promise<void> {
  const document: object = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(path, JSON.stringify({ ...document, [name]: value }, null, 2));
}

/** As if the person had signed in here. */
function loginOf(auth: OpenAiAuth): StoredLogin {
  const login = codexAuthCodec(systemClock).parse(JSON.stringify(auth.signInToCodex()));
  if (login === undefined) throw new Error('the stand-in gave no login');
  return login;
}
