import { createHash } from 'node:crypto';
import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { claudeCodeSource } from '../../../../companion/account/adopt/claude-code-login.ts';
import { readKeychainItem } from '../../../../companion/account/adopt/macos-keychain.ts';
import { memoryLogger } from '../../../../companion/base/log.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { claudeCredentials, put } from './logins.ts';

interface Scene {
  readonly environment?: Readonly<Record<string, string>>;
  readonly platform?: NodeJS.Platform;
  readonly isEnabled?: boolean;
  readonly readKeychain?: typeof readKeychainItem;
}

async function scene({ environment = {}, platform = 'linux', isEnabled = true, ...rest }: Scene = {}) {
  const home = await temporaryFolder();
  const clock = new FakeClock();
  const log = memoryLogger();
  const source = claudeCodeSource({
    environment: { HOME: home, USER: 'ada', ...environment },
    platform,
    clock,
    logger: log.logger,
    isEnabled: () => isEnabled,
    ...rest,
  });
  const hourMs = 3_600_000;
  return {
    home,
    source,
    storage: source.storage,
    log,
    soonMs: clock.nowMs() + hourMs,
    beforeMs: clock.nowMs() - hourMs,
    token: async () => (await source.storage.load())?.accessToken.reveal(),
  };
}

/** A program that stands for the system's `security`. */
async function securityProgram(script: string): Promise<string> {
  const path = join(await temporaryFolder(), 'security');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o700);
  return path;
}

const none = async (): Promise<undefined> => undefined;

describe("Claude Code's login", () => {
  test('is read with its plan, and with the account that Claude Code knows', async () => {
    const { home, storage, soonMs } = await scene();
    await put(join(home, '.claude', '.credentials.json'), claudeCredentials('today', soonMs));
    await put(join(home, '.claude.json'), {
      oauthAccount: {
        accountUuid: 'account-1',
        emailAddress: 'ada@example.org',
        organizationUuid: 'organisation-1',
        organizationName: 'Analytical Engines',
        organizationType: 'claude_team',
        organizationRateLimitTier: 'default_claude_max_5x',
      },
    });
    expect(await storage.load()).toMatchObject({
      provider: 'anthropic',
      expiresAtMs: soonMs,
      scopes: ['user:inference', 'user:profile'],
      account: {
        id: 'account-1',
        email: 'ada@example.org',
        organisationId: 'organisation-1',
        organisation: 'Analytical Engines',
        subscriptionType: 'max',
        rateLimitTier: 'default_claude_max_20x',
      },
    });
    expect(storage.location).toBe(join(home, '.claude', '.credentials.json'));
  });

  test.each([
    ['.claude', '.credentials.json'],
    ['.claude', 'credentials.json'],
    ['.config', 'claude', 'credentials.json'],
  ])('CCP-2: is found in ~/%s/%s', async (...parts) => {
    const { home, token, soonMs } = await scene();
    await put(join(home, ...parts), claudeCredentials('found', soonMs));
    expect(await token()).toBe('sk-ant-oat01-found');
  });

  test('CCP-2: is found where CLAUDE_CONFIG_DIR points, with the account of that place', async () => {
    const folder = await temporaryFolder();
    const { home, storage, token, soonMs } = await scene({ environment: { CLAUDE_CONFIG_DIR: folder } });
    await put(join(home, '.claude', '.credentials.json'), claudeCredentials('of another place', soonMs));
    expect(await token()).toBeUndefined();
    await put(join(folder, '.credentials.json'), claudeCredentials('moved', soonMs));
    await put(join(folder, '.claude.json'), { oauthAccount: { accountUuid: 'moved', emailAddress: 'm@example.org' } });
    await put(join(home, '.claude.json'), { oauthAccount: { accountUuid: 'other', emailAddress: 'o@example.org' } });
    expect(await token()).toBe('sk-ant-oat01-moved');
    expect((await storage.load())?.account?.email).toBe('m@example.org');
  });

  test('CCP-2: a token in the environment goes first, for requests only and without an end', async () => {
    const { home, storage, soonMs } = await scene({ environment: { CLAUDE_CODE_OAUTH_TOKEN: 'sk-ant-oat01-year' } });
    await put(join(home, '.claude', '.credentials.json'), claudeCredentials('file', soonMs));
    const login = await storage.load();
    expect(login?.accessToken.reveal()).toBe('sk-ant-oat01-year');
    expect(login).toMatchObject({ refreshToken: null, expiresAtMs: null, scopes: ['user:inference'], account: null });
    expect(storage.location).toBe('environment CLAUDE_CODE_OAUTH_TOKEN');
  });

  test('PY-9: every place that was looked at is in the log, and all of them are named once when there is none', async () => {
    const { home, storage, log, soonMs } = await scene();
    expect(await storage.load()).toBeUndefined();
    await storage.load();
    const files = ['.claude/.credentials.json', '.claude/credentials.json', '.config/claude/credentials.json'];
    const paths = files.map((file) => join(home, file));
    expect(log.lines.filter(({ level }) => level === 'debug').map((line) => line['place'])).toEqual([
      ...paths,
      ...paths,
    ]);
    expect(log.lines.filter(({ level }) => level === 'warn')).toMatchObject([{ searched: paths }]);
    expect(storage.location).toBe(paths.join(', '));
    await put(paths[1] ?? '', claudeCredentials('late', soonMs));
    await storage.load();
    expect(storage.location).toBe(paths[1]);
    expect(log.text()).not.toContain('sk-ant');
  });

  test('PY-9: nobody is warned that it is missing who did not turn it on', async () => {
    const { storage, log } = await scene({ isEnabled: false });
    await storage.load();
    expect(log.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  test('is taken from where it lasts, when it was left behind in another place', async () => {
    const { home, token, soonMs, beforeMs } = await scene();
    await put(join(home, '.claude', '.credentials.json'), claudeCredentials('stale', beforeMs));
    expect(await token()).toBe('sk-ant-oat01-stale');
    await put(join(home, '.config', 'claude', 'credentials.json'), claudeCredentials('fresh', soonMs));
    expect(await token()).toBe('sk-ant-oat01-fresh');
  });

  test('PY-6: a file that cannot be read is named and nothing of it quoted, unless another place has the login', async () => {
    const { home, storage, token, soonMs } = await scene();
    const path = join(home, '.claude', '.credentials.json');
    await put(path, '{"claudeAiOauth": {"accessToken": "sk-ant-oat01-CANARY"');
    const error: unknown = await storage.load().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'LOGIN_UNREADABLE', message: expect.stringContaining(path) });
    expect(String(error)).not.toContain('CANARY');
    await put(join(home, '.claude', 'credentials.json'), claudeCredentials('other', soonMs));
    expect(await token()).toBe('sk-ant-oat01-other');
  });

  test('is no login when only those of its servers stand there', async () => {
    const { home, token } = await scene();
    await put(join(home, '.claude', '.credentials.json'), { mcpOAuth: { server: { accessToken: 'x' } } });
    expect(await token()).toBeUndefined();
  });

  test('is never changed or deleted, and never renewed from here', async () => {
    const { home, source, storage, soonMs } = await scene();
    const path = join(home, '.claude', '.credentials.json');
    await put(path, claudeCredentials('theirs', soonMs));
    await expect(storage.save({} as never, undefined)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    await expect(storage.delete()).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    expect(source.mayRefresh).toBe(false);
    expect(source.renewRemedy).toContain('Run `claude` once');
    expect(await readFile(path, 'utf8')).toBe(claudeCredentials('theirs', soonMs));
  });

  test('is heard of at once when Claude Code renews it', async () => {
    const { home, source, token, soonMs } = await scene();
    const path = join(home, '.claude', '.credentials.json');
    let seen: string | undefined;
    onTestFinished(source.watch(() => void token().then((value) => (seen = value))));
    await put(path, claudeCredentials('first', soonMs));
    await expect.poll(() => seen).toBe('sk-ant-oat01-first');
    await put(`${path}.new`, claudeCredentials('second', soonMs));
    await rename(`${path}.new`, path);
    await expect.poll(() => seen).toBe('sk-ant-oat01-second');
  });
});

describe("Claude Code's login in the macOS keychain", () => {
  test('CCP-2: is read from the item of that user', async () => {
    const program = await securityProgram(
      `[ "$*" = "find-generic-password -s Claude Code-credentials -a ada -w" ] || exit 44\ncat <<'END'\n${claudeCredentials('keychain', 9e12)}\nEND`,
    );
    const { storage, token } = await scene({
      platform: 'darwin',
      readKeychain: (item) => readKeychainItem(item, program),
    });
    expect(await token()).toBe('sk-ant-oat01-keychain');
    expect(storage.location).toBe('macOS keychain (service: Claude Code-credentials, account: ada)');
  });

  test('has an item of its own for each folder of CLAUDE_CONFIG_DIR', async () => {
    const asked: unknown[] = [];
    const folder = '/Users/ada/work';
    const { storage } = await scene({
      platform: 'darwin',
      environment: { CLAUDE_CONFIG_DIR: folder },
      readKeychain: async (item) => void asked.push(item),
    });
    await storage.load();
    const digest = createHash('sha256').update(folder).digest('hex').slice(0, 8);
    expect(asked).toEqual([{ service: `Claude Code-credentials-${digest}`, account: 'ada' }]);
  });

  test('is a trouble of one line while the keychain is locked, and none while a file has the login', async () => {
    const program = await securityProgram('echo "CANARY: User interaction is not allowed." >&2; exit 36');
    const { home, storage, token, soonMs } = await scene({
      platform: 'darwin',
      readKeychain: (item) => readKeychainItem(item, program),
    });
    const error = (await storage.load().catch((thrown: unknown) => thrown)) as Error;
    expect(error).toMatchObject({ code: 'VAULT_LOCKED', remedy: expect.stringContaining('security unlock-keychain') });
    expect(error.message).not.toMatch(/\n|CANARY/);
    await put(join(home, '.claude', '.credentials.json'), claudeCredentials('file', soonMs));
    expect(await token()).toBe('sk-ant-oat01-file');
  });

  test('is not looked for on other systems', async () => {
    const { storage } = await scene({ readKeychain: () => Promise.reject(new Error('asked')) });
    expect(await storage.load()).toBeUndefined();
  });

  test('that is missing is no trouble', async () => {
    const program = await securityProgram('exit 44');
    const item = { service: 'Claude Code-credentials', account: 'ada' };
    expect(await readKeychainItem(item, program)).toBeUndefined();
    const { storage } = await scene({ platform: 'darwin', readKeychain: none });
    expect(await storage.load()).toBeUndefined();
  });
});
