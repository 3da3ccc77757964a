import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { codexSource } from '../../../../companion/account/adopt/codex-login.ts';
import type { StoredLogin } from '../../../../companion/account/login/stored-login.ts';
import { Secret } from '../../../../shared/redact.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { FakeKeyring } from '../../../support/fake-keyring.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { accessToken, codexAuth, expiresAtMs, jwt, put } from './logins.ts';

interface Scene {
  readonly settings?: string;
  readonly platform?: NodeJS.Platform;
  readonly environment?: Readonly<Record<string, string>>;
}

async function scene({ settings, platform = 'linux', environment = {} }: Scene = {}) {
  const home = await temporaryFolder();
  const folder = join(home, '.codex');
  const keyring = new FakeKeyring();
  if (settings !== undefined) await put(join(folder, 'config.toml'), settings);
  const source = codexSource({
    environment: { HOME: home, ...environment },
    clock: new FakeClock(),
    platform,
    keyring,
    isEnabled: () => true,
  });
  const account = `cli|${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`;
  return { home, folder, path: join(folder, 'auth.json'), keyring, account, source, storage: source.storage };
}

function renewed(from: StoredLogin, mark: string): StoredLogin {
  return {
    ...from,
    accessToken: new Secret(accessToken(expiresAtMs, mark)),
    refreshToken: new Secret(`rt_${mark}`),
    refreshedAtMs: expiresAtMs,
  };
}

/** Fails where there is no login. */
async function login({ storage }: { readonly storage: { load(): Promise<StoredLogin | undefined> } }) {
  const found = await storage.load();
  if (found === undefined) throw new Error('no login');
  return found;
}

describe('the ChatGPT login in auth.json', () => {
  test("CCP-4: is the Codex CLI's own, found in ~/.codex", async () => {
    const codex = await scene();
    expect(await codex.storage.load()).toBeUndefined();
    expect(await codex.storage.exists()).toBe(false);
    await put(codex.path, codexAuth);
    expect((await login(codex)).account?.email).toBe('ada@example.org');
    expect(codex.storage.location).toBe(codex.path);
    expect(codex.source).toMatchObject({ provider: 'openai', owner: 'codex', mayRefresh: true });
  });

  test('is found where codex.home points', async () => {
    const folder = await temporaryFolder();
    await put(join(folder, 'auth.json'), codexAuth);
    const options = { environment: {}, clock: new FakeClock(), isEnabled: () => true };
    expect((await login(codexSource({ ...options, home: folder }))).account?.id).toBe('account-1');
  });

  test('CCP-9: is made there by a login of ours, as Codex itself would, for nobody else to read', async () => {
    const elsewhere = await scene();
    await put(elsewhere.path, codexAuth);
    const codex = await scene();
    const next = renewed(await login(elsewhere), 'ours');
    expect(await codex.storage.save(next, undefined)).toBe(true);
    expect((await stat(codex.path)).mode & 0o777).toBe(0o600);
    expect(await readdir(codex.folder)).toEqual(['auth.json']);
    expect(Object.keys(JSON.parse(await readFile(codex.path, 'utf8')))).toEqual([
      'auth_mode',
      'OPENAI_API_KEY',
      'tokens',
      'last_refresh',
    ]);
    expect((await login(codex)).refreshToken?.reveal()).toBe('rt_ours');
  });

  test('is written back only over what was read, and everything else in the file stays', async () => {
    const codex = await scene();
    await put(codex.path, codexAuth);
    const before = await login(codex);
    expect(await codex.storage.save(renewed(before, 'two'), before)).toBe(true);
    expect(await codex.storage.save(renewed(before, 'three'), before)).toBe(false);
    expect(await codex.storage.save(renewed(before, 'three'), undefined)).toBe(false);
    expect(JSON.parse(await readFile(codex.path, 'utf8'))).toMatchObject({
      zebra: codexAuth.zebra,
      later: ['x'],
      tokens: { future: 'kept', refresh_token: 'rt_two' },
    });
    expect((await stat(codex.path)).mode & 0o777).toBe(0o600);
  });

  test('is not brought back by a renewal after the person signed out', async () => {
    const codex = await scene();
    await put(codex.path, codexAuth);
    const before = await login(codex);
    await put(codex.path, { OPENAI_API_KEY: null });
    expect(await codex.storage.save(renewed(before, 'two'), before)).toBe(false);
    expect(JSON.parse(await readFile(codex.path, 'utf8'))).toEqual({ OPENAI_API_KEY: null });
  });

  test('is written to where a link leads, and the link stays one', async () => {
    const codex = await scene();
    const target = join(codex.home, 'dotfiles', 'auth.json');
    await put(target, codexAuth);
    await mkdir(codex.folder);
    await symlink(target, codex.path);
    const before = await login(codex);
    expect(await codex.storage.save(renewed(before, 'two'), before)).toBe(true);
    expect(await readFile(target, 'utf8')).toContain('rt_two');
    expect(await readdir(join(codex.home, 'dotfiles'))).toEqual(['auth.json']);
  });

  test('is read whole though Codex writes its file in place', async () => {
    const codex = await scene();
    await put(codex.path, '');
    const reading = login(codex);
    await writeFile(codex.path, JSON.stringify(codexAuth));
    expect((await reading).refreshToken?.reveal()).toBe('rt_one');
  });

  test('PY-6: is left as it is where it cannot be read, and nothing of it is quoted', async () => {
    const codex = await scene();
    await put(codex.path, '{"tokens": {"access_token": "CANARY');
    const error: unknown = await codex.storage.load().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'LOGIN_UNREADABLE', message: expect.stringContaining(codex.path) });
    expect(String(error)).not.toContain('CANARY');
    await expect(codex.storage.save({} as never, undefined)).rejects.toMatchObject({ code: 'LOGIN_UNREADABLE' });
    expect(await readFile(codex.path, 'utf8')).toContain('CANARY');
  });

  test('goes alone when the person signs out here, and the API key stays', async () => {
    const codex = await scene();
    expect(await codex.storage.delete()).toBe(false);
    await put(codex.path, { ...codexAuth, OPENAI_API_KEY: 'sk-kept' });
    expect(await codex.storage.delete()).toBe(true);
    expect(JSON.parse(await readFile(codex.path, 'utf8'))).toMatchObject({
      auth_mode: 'apikey',
      OPENAI_API_KEY: 'sk-kept',
    });
    expect(await codex.storage.load()).toBeUndefined();
    expect(await codex.storage.delete()).toBe(false);
  });

  test('is heard of at once when Codex signs in or renews it', async () => {
    const codex = await scene();
    let seen: string | undefined;
    const look = () => void codex.storage.load().then((found) => (seen = found?.refreshToken?.reveal()));
    onTestFinished(codex.source.watch(look));
    await put(codex.path, codexAuth);
    await expect.poll(() => seen).toBe('rt_one');
    await put(`${codex.path}.new`, { ...codexAuth, tokens: { ...codexAuth.tokens, refresh_token: 'rt_new' } });
    await rename(`${codex.path}.new`, codex.path);
    await expect.poll(() => seen).toBe('rt_new');
  });
});

describe('the ChatGPT login in the environment', () => {
  const token = jwt({ exp: expiresAtMs / 1000, 'https://api.openai.com/auth': { chatgpt_account_id: 'account-9' } });

  test('goes before the file, and is only read', async () => {
    const codex = await scene({ environment: { CODEX_ACCESS_TOKEN: token } });
    await put(codex.path, codexAuth);
    const found = await login(codex);
    expect(found).toMatchObject({ refreshToken: null, account: { id: 'account-9' }, expiresAtMs });
    expect(codex.storage.location).toBe('environment CODEX_ACCESS_TOKEN');
    for (const change of [codex.storage.save(found, found), codex.storage.delete()]) {
      await expect(change).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
        message: expect.not.stringContaining(token),
      });
    }
    expect(JSON.parse(await readFile(codex.path, 'utf8'))).toEqual(codexAuth);
  });

  test('is none where the token is of another kind', async () => {
    const codex = await scene({ environment: { CODEX_ACCESS_TOKEN: 'agent-token' } });
    await put(codex.path, codexAuth);
    expect((await login(codex)).account?.id).toBe('account-1');
  });
});

describe('the ChatGPT login in the keyring', () => {
  const inKeyring = 'cli_auth_credentials_store = "keyring"\n';

  test('is read from the item of that folder, and written back to it', async () => {
    const codex = await scene({ settings: inKeyring, platform: 'darwin' });
    codex.keyring.entries.set(codex.account, JSON.stringify(codexAuth));
    const before = await login(codex);
    expect(codex.storage.location).toBe(`OS keyring (service: Codex Auth, user: ${codex.account})`);
    expect(await codex.storage.save(renewed(before, 'two'), before)).toBe(true);
    expect(await codex.storage.save(renewed(before, 'three'), before)).toBe(false);
    expect(JSON.parse(codex.keyring.entries.get(codex.account) ?? '')).toMatchObject({
      zebra: codexAuth.zebra,
      tokens: { refresh_token: 'rt_two' },
    });
    expect(await codex.storage.exists()).toBe(true);
    expect(await readdir(codex.folder)).toEqual(['config.toml']);
  });

  test('is in the file where Codex may take either and there is no keyring', async () => {
    const codex = await scene({ settings: 'cli_auth_credentials_store = "auto"\n', platform: 'darwin' });
    codex.keyring.trouble = 'it is locked';
    await put(codex.path, codexAuth);
    const before = await login(codex);
    expect(await codex.storage.save(renewed(before, 'two'), before)).toBe(true);
    expect(await readFile(codex.path, 'utf8')).toContain('rt_two');
    await codex.storage.delete();
    expect(await codex.storage.save(renewed(before, 'new'), undefined)).toBe(true);
    expect(await readFile(codex.path, 'utf8')).toContain('rt_new');
  });

  test('is the one in the keyring where Codex may take either and there are both', async () => {
    const codex = await scene({ settings: 'cli_auth_credentials_store = "auto"\n', platform: 'darwin' });
    await put(codex.path, codexAuth);
    const tokens = { ...codexAuth.tokens, refresh_token: 'rt_keyring' };
    codex.keyring.entries.set(codex.account, JSON.stringify({ ...codexAuth, tokens }));
    expect((await login(codex)).refreshToken?.reveal()).toBe('rt_keyring');
    codex.keyring.entries.clear();
    expect((await login(codex)).refreshToken?.reveal()).toBe('rt_one');
  });

  test.each([
    ['on Linux', inKeyring, 'linux'],
    ['on Windows', inKeyring, 'win32'],
    ['sealed by Codex', `${inKeyring}[features]\nsecret_auth_storage = true\n`, 'darwin'],
  ] as const)('is left to Codex %s, with a word on how to share it', async (_where, settings, platform) => {
    const codex = await scene({ settings, platform });
    await put(codex.path, codexAuth);
    for (const attempt of [codex.storage.load(), codex.storage.save({} as never, undefined)]) {
      await expect(attempt).rejects.toMatchObject({
        code: 'LOGIN_UNREADABLE',
        remedy: expect.stringContaining('cli_auth_credentials_store = "file"'),
      });
    }
    expect(codex.keyring.probes).toBe(0);
  });
});
