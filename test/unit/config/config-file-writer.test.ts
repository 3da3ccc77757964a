import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readConfigFile } from '../../../companion/config/config-file.ts';
import { setInConfigFile } from '../../../companion/config/config-file-writer.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function changed(source: string | undefined, ...setting: [Parameters<typeof setInConfigFile>[1], unknown]) {
  const path = join(await temporaryFolder(), 'config.yaml');
  if (source !== undefined) await writeFile(path, source);
  await setInConfigFile(path, setting[0], setting[1] as boolean);
  expect(readConfigFile(path).values.get(setting[0])?.value).toEqual(setting[1]);
  return readFile(path, 'utf8');
}

async function refusal(source: string): Promise<unknown> {
  const path = join(await temporaryFolder(), 'config.yaml');
  await writeFile(path, source);
  const error: unknown = await setInConfigFile(path, 'codex.enabled', true).catch((thrown: unknown) => thrown);
  expect(await readFile(path, 'utf8')).toBe(source);
  expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(path) });
  return (error as Error).message.replace(path, '');
}

const full = `# My settings

server:
    port: 9000          # the old one was taken
    host: 127.0.0.1

# Codex, from time to time
codex:
    models: [ "gpt-5", 'gpt-5-mini' ]   # only these
    # off at work
    enabled: false # see above

providers:
    - id: local
      base_url: http://127.0.0.1:11434/v1
`;

describe('setInConfigFile', () => {
  test('makes the file, for nobody else to read', async () => {
    const folder = join(await temporaryFolder(), 'new', 'home');
    const path = join(folder, 'config.yaml');
    await setInConfigFile(path, 'codex.enabled', true);
    expect(await readFile(path, 'utf8')).toBe('codex:\n  enabled: true\n');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['config.yaml']);
  });

  test('changes one value and leaves remarks, order, quotes and indentation', async () => {
    const next = await changed(full, 'codex.enabled', true);
    expect(next).toBe(
      full
        .replace('enabled: false', 'enabled: true')
        .replace('9000          #', '9000 #')
        .replace(']   # only', '] # only'),
    );
  });

  test('adds a setting to its group, and a group to the file', async () => {
    const inGroup = await changed('codex:\n  # which\n  models: [a]\n', 'codex.enabled', true);
    expect(inGroup).toBe('codex:\n  # which\n  models: [a]\n  enabled: true\n');
    const newGroup = await changed('# Top\nserver:\n  port: 1\n\n# End\n', 'claude_code.use_login', true);
    expect(newGroup).toBe('# Top\nserver:\n  port: 1\n\nclaude_code:\n  use_login: true\n\n# End\n');
  });

  test('fills what stands empty: a file, a file of remarks, a group', async () => {
    expect(await changed('', 'codex.enabled', true)).toBe('codex:\n  enabled: true\n');
    expect(await changed('# Only a remark\n', 'codex.enabled', true)).toBe(
      '# Only a remark\n\ncodex:\n  enabled: true\n',
    );
    const emptyGroup = await changed('codex: # later\nserver:\n  port: 1\n', 'codex.enabled', true);
    expect(emptyGroup).toContain('# later');
    expect(emptyGroup).toContain('port: 1');
  });

  test('takes over a value that was written as something else', async () => {
    expect(await changed('codex:\n  enabled: "no" # why\n', 'codex.enabled', true)).toBe(
      'codex:\n  enabled: true # why\n',
    );
    expect(await changed('codex: { enabled: no }\n', 'codex.enabled', true)).toBe('codex: { enabled: true }\n');
  });

  test('writes a text that looks like something else so that it stays a text', async () => {
    expect(await changed('', 'codex.home', '0123')).toBe('codex:\n  home: "0123"\n');
    expect(await changed('', 'codex.home', '# no remark')).toContain('"# no remark"');
  });

  test('leaves a file alone that says so already', async () => {
    const source = 'codex:   { enabled:   true }   # as it is\n';
    expect(await changed(source, 'codex.enabled', true)).toBe(source);
  });

  test('keeps the ends of lines and the mode of the file, and follows a link', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'dotfiles'));
    const [link, target] = [join(folder, 'config.yaml'), join(folder, 'dotfiles', 'config.yaml')];
    await writeFile(target, 'server:\r\n  port: 1\r\n');
    await chmod(target, 0o640);
    await symlink(target, link);
    await setInConfigFile(link, 'server.port', 2);
    expect(await readFile(target, 'utf8')).toBe('server:\r\n  port: 2\r\n');
    expect((await stat(target)).mode & 0o777).toBe(0o640);
    expect(await readFile(link, 'utf8')).toBe('server:\r\n  port: 2\r\n');
  });

  test('refuses a file in which it cannot be done, names the line and changes nothing', async () => {
    expect(await refusal('server:\n  port: [1\n')).toMatch(/^:\d+:\d+: not valid YAML/);
    expect(await refusal('# list\n- codex\n')).toMatch(/^:2: `codex.enabled` could not be set here/);
    expect(await refusal('server:\n  port: 1\ncodex: yes\n')).toMatch(/^:3: /);
    expect(await refusal('base: &base { enabled: false }\ncodex: *base\n')).toMatch(/^:2: /);
    expect(await refusal('server: *nobody\n')).toMatch(/^:1: /);
  });

  test('never quotes what stands in the file', async () => {
    expect(await refusal('security:\n  auth_token: CANARY-token\n bad: [\n')).not.toContain('CANARY');
  });
});
