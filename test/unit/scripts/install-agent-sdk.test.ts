/** The step before `npm start` that adds the Agent SDK, with a Claude Code and an npm of the test's own. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, readdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findAgentSdk } from '../../../companion/upstream/claude-code/agent-sdk.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const scripts = join(import.meta.dirname, '..', '..', '..', 'scripts');

/** Does what `npm ci` does with these pins, offline. */
const workingNpm = `echo "$@" >> "$CALLS"
folder=node_modules/@anthropic-ai/claude-agent-sdk
/bin/mkdir -p $folder && echo 'export const query = 1;' > $folder/sdk.mjs && echo '{"version":"0.3.330"}' > $folder/package.json`;
const brokenNpm = `echo "$@" >> "$CALLS"
/bin/mkdir -p node_modules/half
echo 'npm error network request failed' >&2
exit 1`;

async function writeProgram(path: string, script: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

async function openCheckout(npm: string) {
  const root = await temporaryFolder();
  const [checkout, home, bin] = [join(root, 'checkout'), join(root, 'home'), join(root, 'bin')];
  await cp(join(scripts, 'agent-sdk'), join(checkout, 'scripts', 'agent-sdk'), { recursive: true });
  await mkdir(join(checkout, 'node_modules'));
  await mkdir(home);
  await writeProgram(join(bin, 'npm'), npm);
  const calls = join(root, 'calls');
  const program = `import { installAgentSdk } from ${JSON.stringify(join(scripts, 'install-agent-sdk.mjs'))}; installAgentSdk();`;
  return {
    checkout,
    home,
    bin,
    modules: join(checkout, 'node_modules'),
    npm: (script: string) => writeProgram(join(bin, 'npm'), script),
    calls: async () => (existsSync(calls) ? (await readFile(calls, 'utf8')).trim().split('\n') : []),
    /** As before a start; resolves to what a person reads. */
    start: () =>
      new Promise<{ readonly exitCode: unknown; readonly words: string }>((resolve) => {
        const env = { PATH: bin, HOME: home, CALLS: calls };
        const args = ['--input-type=module', '-e', program];
        execFile(process.execPath, args, { cwd: checkout, env }, (error, stdout, stderr) =>
          resolve({ exitCode: error === null ? 0 : error.code, words: `${stdout}${stderr}` }),
        );
      }),
  };
}

describe.skipIf(process.platform === 'win32')('before a start, the Agent SDK', () => {
  test('is left out, without a word, where no Claude Code is', async () => {
    const { start, calls, modules } = await openCheckout(workingNpm);
    expect(await start()).toEqual({ exitCode: 0, words: '' });
    expect(await calls()).toEqual([]);
    expect(await readdir(modules)).toEqual([]);
  });

  test.each(['PATH', '.local/bin', '.claude/local'])('is added once where a Claude Code is in %s', async (place) => {
    const { start, calls, modules, bin, home, checkout } = await openCheckout(workingNpm);
    await writeProgram(join(place === 'PATH' ? bin : join(home, place), 'claude'), 'exit 0');
    const { exitCode, words } = await start();
    expect(exitCode).toBe(0);
    expect(words.trim().split('\n')).toHaveLength(1);
    expect(words).toContain("Claude Code is on this computer: adding Anthropic's Agent SDK (5 MB)");
    expect(await calls()).toEqual([expect.stringContaining('--omit=optional --omit=peer --ignore-scripts')]);
    expect(await readdir(modules)).toEqual(['.agent-sdk']);
    expect(await findAgentSdk(join(home, 'none'), join(checkout, 'dist', 'companion'))).toMatchObject({
      version: '0.3.330',
    });
    expect(await start()).toEqual({ exitCode: 0, words: '' });
    expect(await calls()).toHaveLength(1);
  });

  test('is added anew when other versions are pinned, or when a part of it is gone', async () => {
    const { start, calls, modules, bin, checkout } = await openCheckout(workingNpm);
    await writeProgram(join(bin, 'claude'), 'exit 0');
    await start();
    await writeFile(join(checkout, 'scripts', 'agent-sdk', 'package-lock.json'), '{}');
    await start();
    expect(await calls()).toHaveLength(2);
    await writeFile(join(modules, '.agent-sdk', '.installed'), 'half of it');
    await start();
    expect(await calls()).toHaveLength(3);
  });

  test('that cannot be had keeps nothing from starting, and is not waited for at every start', async () => {
    const { start, calls, npm, modules, bin } = await openCheckout(brokenNpm);
    await writeProgram(join(bin, 'claude'), 'exit 0');
    const { exitCode, words } = await start();
    expect(exitCode).toBe(0);
    expect(words).toContain('Not added: the Agent SDK. Claude Code mode needs it; everything else works.\n');
    expect(words).toContain('npm error network request failed');
    expect(await readdir(modules)).toEqual(['.agent-sdk.failed']);
    expect(await start()).toEqual({ exitCode: 0, words: '' });
    expect(await calls()).toHaveLength(1);

    await npm(workingNpm);
    const twoHoursAgo = new Date(Date.now() - 2 * 60 * 60_000);
    await utimes(join(modules, '.agent-sdk.failed'), twoHoursAgo, twoHoursAgo);
    await start();
    expect(await calls()).toHaveLength(2);
    expect(await readdir(modules)).toEqual(['.agent-sdk']);
  });

  test('is what the tests of Claude Code mode use', async () => {
    const [pinned, tested] = await Promise.all(
      [join(scripts, 'agent-sdk'), join(scripts, '..', 'test', 'clients', 'libraries')].map(async (folder) => {
        const { packages } = JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8')) as {
          readonly packages: Readonly<Record<string, { readonly version: string; readonly integrity: string }>>;
        };
        return packages['node_modules/@anthropic-ai/claude-agent-sdk'];
      }),
    );
    expect(pinned?.version).toBe(tested?.version);
    expect(pinned?.integrity).toBe(tested?.integrity);
  });
});
