import { describe, expect, test } from 'vitest';
import { readCodexSettings } from '../../../../companion/account/adopt/codex-settings.ts';

function read(toml: string | undefined, platform: NodeJS.Platform = 'linux') {
  return readCodexSettings(toml, platform);
}

describe('where Codex keeps its login', () => {
  test('is the file unless its settings say otherwise', () => {
    expect(read(undefined)).toEqual({ store: 'file', isSealed: false });
    expect(read('model = "gpt-5"\n')).toEqual({ store: 'file', isSealed: false });
    expect(read('cli_auth_credentials_store = "somewhere"\n').store).toBe('file');
  });

  test.each(['file', 'keyring', 'auto', 'ephemeral'] as const)('is said by the word %s', (store) => {
    expect(read(`model = "gpt-5"\ncli_auth_credentials_store = "${store}" # mine\n`).store).toBe(store);
    expect(read(`"cli_auth_credentials_store"='${store}'`).store).toBe(store);
  });

  test('is not said by a line of another table, of a remark or of a long text', () => {
    const line = 'cli_auth_credentials_store = "keyring"';
    expect(read(`[profiles.work]\n${line}\n`).store).toBe('file');
    expect(read(`[[hooks]]\n${line}\n`).store).toBe('file');
    expect(read(`# ${line}\n`).store).toBe('file');
    expect(read(`instructions = """\n${line}\n"""\n`).store).toBe('file');
    expect(read(`instructions = '''one line'''\n${line}\n`).store).toBe('keyring');
    expect(read(`list = [\n  "${'a = b'}",\n]\n${line}\n`).store).toBe('keyring');
  });

  test('is a sealed file where the feature is on, in either way of writing it, and on Windows', () => {
    expect(read('[features]\nsecret_auth_storage = true\n').isSealed).toBe(true);
    expect(read('features.secret_auth_storage = true\n').isSealed).toBe(true);
    expect(read('', 'win32').isSealed).toBe(true);
    expect(read('[ features ]\nsecret_auth_storage = false # readable\n', 'win32').isSealed).toBe(false);
  });

  test('is found in a text of any kind without a fault', () => {
    for (const toml of ['[', '= = =', '"""', '\u0000', '[features', 'a.b.c.d = {', '\r\n[x]\r\n']) {
      expect(read(toml)).toEqual({ store: 'file', isSealed: false });
    }
  });
});
