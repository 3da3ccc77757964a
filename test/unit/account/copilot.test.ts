/** What of GitHub's answers is believed, and what becomes of odd ones. */
import { chmod, mkdir, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { windowsOfCopilotUsage } from '../../../companion/account/copilot/copilot-usage.ts';
import { trustedApiUrl } from '../../../companion/account/copilot/copilot-settings.ts';
import type { CopilotSettings } from '../../../companion/account/copilot/copilot-settings.ts';
import { readGhToken } from '../../../companion/account/copilot/gh-token.ts';
import { GithubTokenStorage } from '../../../companion/account/copilot/github-token-storage.ts';
import { readDeviceCode } from '../../../companion/account/oauth/device-code.ts';
import { memoryLogger } from '../../../companion/base/log.ts';
import { LoginTickets } from '../../../companion/http/device/login-tickets.ts';
import { mergeChoices } from '../../../companion/wire/openai-chat/upstream/merge-choices.ts';
import { Secret } from '../../../shared/redact.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const settings: CopilotSettings = {
  clientId: 'Ov23liInvented',
  scopes: ['read:user'],
  exchange: 'auto',
  githubUrl: 'https://github.com',
  githubApiUrl: 'https://api.github.com',
  isApiUrlSet: false,
};

describe('the address that a token names', () => {
  test.each([
    ['https://api.individual.githubcopilot.com', 'https://api.individual.githubcopilot.com'],
    ['https://api.business.githubcopilot.com/', 'https://api.business.githubcopilot.com'],
    ['https://githubcopilot.com', 'https://githubcopilot.com'],
  ])('%s is asked', (named, url) => {
    expect(trustedApiUrl(named, settings)).toBe(url);
  });

  test.each([
    'http://api.githubcopilot.com',
    'https://api.githubcopilot.com.evil.example',
    'https://evilgithubcopilot.com',
    'https://api.githubcopilot.com@evil.example',
    'https://api.githubcopilot.com:8443',
    'https://api.githubcopilot.com/elsewhere',
    'no address',
    undefined,
    7,
  ])('%s is not', (named) => {
    expect(trustedApiUrl(named, settings)).toBeNull();
  });

  test('gives way to the one that is configured', () => {
    const set = { ...settings, isApiUrlSet: true };
    expect(trustedApiUrl('https://api.individual.githubcopilot.com', set)).toBeNull();
  });
});

describe('a code', () => {
  const good = {
    deviceCode: 'secret-code',
    userCode: 'ABCD-1234',
    verificationUri: 'https://github.com/login/device',
    verificationUriComplete: undefined,
    expiresIn: 900,
    interval: 5,
  };

  test('has the usual times where it tells none, and never lasts for ever', () => {
    expect(readDeviceCode('GitHub', { ...good, expiresIn: undefined, interval: undefined })).toMatchObject({
      lastsMs: 900_000,
      intervalMs: 5000,
    });
    expect(readDeviceCode('GitHub', { ...good, expiresIn: 1e9, interval: -1 })).toMatchObject({
      lastsMs: 3_600_000,
      intervalMs: 5000,
    });
  });

  test.each(['javascript:alert(1)', 'http://evil.example/', 'https://user:pass@github.com/', '', null, {}])(
    'is none with the page %s',
    (verificationUri) => {
      expect(() => readDeviceCode('GitHub', { ...good, verificationUri })).toThrow(/without a code/);
    },
  );

  test('leaves out a page with the code filled in that a browser must not be sent to', () => {
    const code = readDeviceCode('GitHub', { ...good, verificationUriComplete: 'file:///etc/passwd' });
    expect(code.verificationUriComplete).toBeNull();
  });
});

describe('what is left of a plan', () => {
  const atMs = Date.UTC(2026, 11, 1);

  test('is exceeded when it is used up, unless GitHub may count on', () => {
    const used = { entitlement: 300, remaining: -12, unlimited: false };
    const read = (premium: object) =>
      windowsOfCopilotUsage(
        { quota_reset_date: '2027-01-01', quota_snapshots: { premium_interactions: premium } },
        atMs,
      );
    expect(read(used)).toMatchObject([{ usedFraction: 1.04, status: 'exceeded', resetsAtMs: Date.UTC(2027, 0, 1) }]);
    expect(read({ ...used, overage_permitted: true })).toMatchObject([{ status: 'warning' }]);
    expect(read({ percent_remaining: 15 })).toMatchObject([{ usedFraction: 0.85, status: 'warning' }]);
  });

  test.each([undefined, null, [], 'text', {}, { quota_snapshots: { chat: { entitlement: 'many' } } }])(
    'is nothing in %j',
    (body) => {
      expect(windowsOfCopilotUsage(body, atMs)).toEqual([]);
    },
  );
});

describe('the GitHub CLI', () => {
  const { logger } = memoryLogger();

  async function program(script: string) {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'bin'));
    await writeFile(join(folder, 'bin', 'gh'), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, 'bin', 'gh'), 0o755);
    return { environment: { HOME: folder, PATH: `${join(folder, 'bin')}:/usr/bin:/bin` }, logger };
  }

  test('gives its token', async () => {
    const token = await readGhToken(await program('echo gho_0123456789abcdef'));
    expect(token?.reveal()).toBe('gho_0123456789abcdef');
  });

  test.each(['exit 1', 'echo', 'echo two words', 'echo gho_0123456789abcdef; exit 4'])(
    'gives none that is of use by: %s',
    async (script) => {
      expect(await readGhToken(await program(script))).toBeUndefined();
    },
  );

  test('is asked of a program that gets none of our secrets, and is not looked for where somebody merely stands', async () => {
    const options = await program('echo "gho_0123456789abcdef$CCPROXY_ADMIN_KEY$SECURITY__AUTH_TOKEN$GH_HOST:$PWD"');
    const secrets = { CCPROXY_ADMIN_KEY: 'canary', SECURITY__AUTH_TOKEN: 'canary', GH_HOST: 'kept' };
    const environment = { ...options.environment, ...secrets };
    const token = await readGhToken({ ...options, environment });
    expect(token?.reveal()).toBe(`gho_0123456789abcdefkept:${await realpath(environment.HOME ?? '')}`);
  });

  test('may not be there at all', async () => {
    const folder = await temporaryFolder();
    expect(await readGhToken({ environment: { HOME: folder, PATH: folder }, logger })).toBeUndefined();
  });
});

test('a GitHub token that is another one than before is another login', async () => {
  const held = { token: 'gho_first_0123456789' };
  const storage = new GithubTokenStorage('a place', () => Promise.resolve(new Secret(held.token)));
  const first = await storage.load();
  if (first === undefined) throw new Error('there is no login');
  const traded = { ...first, accessToken: new Secret('tid=1'), expiresAtMs: 2e12 };
  expect(await storage.save(traded, first)).toBe(true);
  expect(await storage.load()).toBe(traded);
  expect(await storage.save(traded, first)).toBe(false);
  held.token = 'gho_second_0123456789';
  expect((await storage.load())?.accessToken.reveal()).toBe(held.token);
  expect(await storage.delete()).toBe(false);
});

describe('tickets and sessions of the page', () => {
  test('are over after a while, and are not kept in numbers without end', () => {
    const clock = { nowMs: 0 };
    const tickets = new LoginTickets(() => clock.nowMs);
    const late = tickets.issue('copilot').secret.reveal();
    clock.nowMs += 15 * 60_000;
    expect(() => tickets.redeem('copilot', late)).toThrow(/used, or is over/);
    const session = tickets.redeem('copilot', tickets.issue('copilot').secret.reveal()).secret.reveal();
    const headers = { 'x-login-session': session };
    expect(tickets.isOpen({ provider: 'copilot' }, headers)).toBe(true);
    expect(tickets.isOpen({ provider: 'kiro' }, headers)).toBe(false);
    expect(tickets.isOpen(undefined, headers)).toBe(false);
    for (let n = 0; n < 50; n += 1) tickets.openSession('copilot');
    expect(tickets.isOpen({ provider: 'copilot' }, headers)).toBe(false);
  });

  test('slow down whoever guesses', () => {
    const tickets = new LoginTickets(() => 0);
    const codes = Array.from({ length: 40 }, () => {
      try {
        return tickets.redeem('copilot', 'guess');
      } catch (thrown) {
        return (thrown as { readonly code: string }).code;
      }
    });
    expect(codes.at(0)).toBe('ADMIN_KEY_INVALID');
    expect(codes.at(-1)).toBe('TOO_MANY_FAILED_KEYS');
  });
});

describe('several choices of one answer', () => {
  test('are one, with all words and all calls, and the strongest reason to stop', () => {
    const call = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } });
    const merged = mergeChoices({
      id: 'c1',
      choices: [
        { finish_reason: 'stop', message: { role: 'assistant', content: 'One ' } },
        { finish_reason: 'tool_calls', message: { role: 'assistant', content: null, tool_calls: [call('a')] } },
        { finish_reason: 'tool_calls', message: { role: 'assistant', content: 'two', tool_calls: [call('b')] } },
      ],
    });
    expect(merged).toEqual({
      id: 'c1',
      choices: [
        {
          index: 0,
          finish_reason: 'tool_calls',
          message: { role: 'assistant', content: 'One two', tool_calls: [call('a'), call('b')] },
        },
      ],
    });
  });

  test('stay as they are where there is one, or none', () => {
    const one = { choices: [{ index: 0, message: { content: 'x' }, finish_reason: 'stop' }] };
    expect(mergeChoices(one)).toBe(one);
    expect(mergeChoices({ error: {} })).toEqual({ error: {} });
  });
});
