import { chmod, mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { ProgramFinder } from '../../../../companion/upstream/claude-code/program.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

/** A program that says a version, as Claude Code does. */
async function installClaude(path: string, version = '2.1.330 (Claude Code)'): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\necho "${version}"\n`);
  await chmod(path, 0o755);
  return path;
}

describe.skipIf(process.platform === 'win32')('the Claude Code of the user', () => {
  test('is the one of the configuration, before any other', async () => {
    const home = await temporaryFolder();
    const path = await installClaude(join(home, 'own'), '2.1.300 (Claude Code)');
    await installClaude(join(home, 'bin', 'claude'));
    const finder = new ProgramFinder({ path, environment: { PATH: join(home, 'bin') }, userHome: home });
    expect(await finder.find()).toEqual({ path, version: '2.1.300' });
  });

  test('is the first of PATH, else of its usual places', async () => {
    const home = await temporaryFolder();
    await mkdir(join(home, 'empty'));
    const environment = { PATH: ['relative', '', join(home, 'empty'), join(home, 'bin')].join(delimiter) };
    const finder = new ProgramFinder({ path: undefined, environment, userHome: home });
    const local = await installClaude(join(home, '.claude', 'local', 'claude'));
    expect((await finder.find()).path).toBe(local);
    const usual = await installClaude(join(home, '.local', 'bin', 'claude'));
    expect((await finder.find()).path).toBe(usual);
    const inPath = await installClaude(join(home, 'bin', 'claude'));
    expect((await finder.find()).path).toBe(inPath);
  });

  test('that is nowhere is missing, and found once it is installed', async () => {
    const home = await temporaryFolder();
    await mkdir(join(home, 'bin', 'claude'), { recursive: true });
    const environment = { PATH: join(home, 'bin') };
    const finder = new ProgramFinder({ path: undefined, environment, userHome: home });
    await expect(finder.find()).rejects.toMatchObject({ code: 'CLAUDE_CODE_MISSING' });
    await installClaude(join(home, '.local', 'bin', 'claude'));
    expect((await finder.find()).version).toBe('2.1.330');
  });

  test('that the configuration names wrongly is missing by that name', async () => {
    const home = await temporaryFolder();
    await writeFile(join(home, 'text'), 'not to be run');
    for (const path of [join(home, 'nothing'), join(home, 'text'), home]) {
      const finder = new ProgramFinder({ path, environment: {}, userHome: home });
      await expect(finder.find()).rejects.toMatchObject({
        code: 'CLAUDE_CODE_MISSING',
        message: expect.stringContaining(`${path}, which \`claude_code.path\` names`),
      });
    }
  });

  test.each(['1.0.128 (Claude Code)', '2.0.999', '2.1.247'])('that is too old says so: %s', async (version) => {
    const home = await temporaryFolder();
    const path = await installClaude(join(home, 'claude'), version);
    await expect(new ProgramFinder({ path, environment: {}, userHome: home }).find()).rejects.toMatchObject({
      code: 'CLAUDE_CODE_FAILED',
      message: expect.stringContaining('2.1.248'),
      remedy: 'Run `claude update`.',
    });
  });

  test.each(['2.1.248', '2.2.0 (Claude Code)', '3.0.0'])('that is new enough serves: %s', async (version) => {
    const home = await temporaryFolder();
    const path = await installClaude(join(home, 'claude'), version);
    const program = await new ProgramFinder({ path, environment: {}, userHome: home }).find();
    expect(program.version).toBe(version.split(' ')[0]);
  });

  test('that does not run tells its own words', async () => {
    const home = await temporaryFolder();
    const path = join(home, 'claude');
    await writeFile(path, '#!/bin/sh\necho "no such library" >&2\nexit 3\n', { mode: 0o755 });
    await expect(new ProgramFinder({ path, environment: {}, userHome: home }).find()).rejects.toMatchObject({
      code: 'CLAUDE_CODE_FAILED',
      message: expect.stringContaining('no such library'),
    });
  });

  test('is asked for its version without our secrets', async () => {
    const home = await temporaryFolder();
    const path = join(home, 'claude');
    await writeFile(path, `#!/bin/sh\nenv > "${home}/seen"\necho 2.1.330\n`, { mode: 0o755 });
    const environment = { PATH: process.env['PATH'], CCPROXY_CLAUDE_API_KEYS: 'CANARY', KEPT: 'yes' };
    vi.stubEnv('CCPROXY_ENCRYPTION_KEY', 'CANARY');
    await new ProgramFinder({ path, environment, userHome: home }).find();
    const seen = await readFile(join(home, 'seen'), 'utf8');
    expect(seen).toContain('KEPT=yes');
    expect(seen).not.toContain('CANARY');
  });

  test('is asked for its version once, and again after an update', async () => {
    const home = await temporaryFolder();
    const path = await installClaude(join(home, 'claude'));
    const asked: string[] = [];
    const readVersion = async (one: string) => `2.1.${300 + asked.push(one)}`;
    const finder = new ProgramFinder({ path, environment: {}, userHome: home, readVersion });
    await Promise.all([finder.find(), finder.find()]);
    expect((await finder.find()).version).toBe('2.1.301');
    await utimes(path, new Date(), new Date(Date.now() + 5000));
    expect((await finder.find()).version).toBe('2.1.302');
    expect(asked).toHaveLength(2);
  });

  test('on Windows is the program, never the script that npm leaves for shells', async () => {
    const home = await temporaryFolder();
    const bin = join(home, 'npm');
    await installClaude(join(bin, 'claude'));
    const path = await installClaude(join(bin, 'node_modules', '@anthropic-ai', 'claude-code', 'bin', 'claude.exe'));
    const environment = { Path: bin };
    const finder = new ProgramFinder({ path: undefined, environment, userHome: home, platform: 'win32' });
    expect((await finder.find()).path).toBe(path);
  });
});
