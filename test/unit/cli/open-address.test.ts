import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { isRemote, mayOpen, openAddress, openersOf } from '../../../companion/cli/open-address.ts';

const address = 'https://claude.ai/oauth/authorize?code=true&state=$(touch%20x)&scope=a%20b';

afterEach(() => vi.unstubAllEnvs());

describe('what may be opened', () => {
  it.each([
    ['https://claude.ai/oauth/authorize?x=1', true],
    ['http://localhost:8443/oauth/authorize', true],
    ['http://127.0.0.1:1455/', true],
    ['http://[::1]:1455/', true],
    ['http://example.com/', false],
    ['http://localhost.example.com/', false],
    ['file:///etc/passwd', false],
    ['javascript:alert(1)', false],
    ['ms-settings:privacy', false],
    ['--version', false],
    ['', false],
  ])('%s: %s', (text, expected) => {
    expect(mayOpen(text)).toBe(expected);
  });
});

describe('what opens it', () => {
  it.each([
    ['darwin', {}, [['open']]],
    ['win32', {}, [['rundll32.exe', 'url.dll,FileProtocolHandler']]],
    ['linux', { DISPLAY: ':0' }, [['xdg-open']]],
    ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, [['xdg-open']]],
    ['linux', {}, []],
    ['linux', { WSL_DISTRO_NAME: 'Debian' }, [['wslview'], ['rundll32.exe', 'url.dll,FileProtocolHandler']]],
    ['darwin', { SSH_CONNECTION: '1 2 3 4' }, []],
    ['linux', { DISPLAY: ':0', SSH_TTY: '/dev/pts/0' }, []],
  ] as const)('on %s with %j: %j', (platform, environment, expected) => {
    expect(openersOf({ platform, environment })).toEqual(expected);
    expect(isRemote({ platform, environment })).toBe('SSH_CONNECTION' in environment || 'SSH_TTY' in environment);
  });

  it.skipIf(process.platform === 'win32')('gets the address as it is, without a shell between', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'open-address-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'xdg-open'), `#!/bin/sh\nprintf '%s|' "$#" "$@" > '${folder}/seen'\n`);
    await chmod(join(folder, 'xdg-open'), 0o755);
    vi.stubEnv('PATH', `${folder}:${process.env['PATH']}`);
    expect(await openAddress(address, { platform: 'linux', environment: { DISPLAY: ':0' } })).toBe(true);
    await vi.waitFor(async () => {
      expect(await readFile(join(folder, 'seen'), 'utf8')).toBe(`1|${address}|`);
    });
  });

  it('that is not there is no error', async () => {
    vi.stubEnv('PATH', '/nowhere');
    expect(await openAddress(address, { platform: 'linux', environment: { DISPLAY: ':0' } })).toBe(false);
    expect(await openAddress('file:///etc/passwd', { platform: 'linux', environment: { DISPLAY: ':0' } })).toBe(false);
  });
});
