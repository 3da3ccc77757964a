/** `companion start` as a process: what it says, how it ends, and what it leaves behind. */
import { join } from 'node:path';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runCompanion, runForPeople, startCompanion } from '../../support/companion-process.ts';
import { emptyHome, livedInHome, opened, running } from './home.ts';

const secrets = [
  [/ccp1_\d+_[\w-]{43}/g, '<token>'],
  [/ccpk_[\w-]{43}/g, '<key>'],
  [/127\.0\.0\.1:\d+/g, '127.0.0.1:<port>'],
  [/\/\S*ccproxy-home-\w+/g, '<home>'],
  [/Companion \d+\.\d+\.\d+/g, 'Companion <version>'],
] as const;
const withoutSecrets = (text: string) =>
  secrets.reduce((masked, [pattern, name]) => masked.replace(pattern, name), text);

describe('for programs', () => {
  test('says first where it listens, then how to pair', async () => {
    const { home } = await emptyHome();
    const companion = await running({ home });
    const pairing = await companion.waitForEvent('pairing');
    expect(companion.events.map(({ event }) => event)).toEqual(['listening', 'pairing']);
    expect(companion.events[0]).toEqual({
      event: 'listening',
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      pid: companion.pid,
    });
    expect(pairing['link']).toBe(`${companion.url}/pair#${String(pairing['token'])}`);
    expect(Date.parse(String(pairing['expires_at']))).toBeGreaterThan(Date.now());
    expect((await fetch(`${companion.url}/healthz`)).status).toBe(200);
  });

  test('offers no pairing when a browser is paired already', async () => {
    const { home } = await livedInHome();
    const companion = await running({ home });
    await companion.stop();
    expect(companion.events.map(({ event }) => event)).toEqual(['listening', 'stopping', 'stopped']);
  });

  test('reports a start that fails as one line of JSON', async () => {
    const { home } = await emptyHome();
    const { exitCode, json } = await runCompanion(['start'], { home, environment: { CCPROXY_PORT: 'http' } });
    expect(exitCode).toBe(2);
    expect(json).toMatchObject({ event: 'error', error: { code: 'CONFIG_INVALID', message: expect.any(String) } });
  });
});

describe('for people', () => {
  test('says where it is, what to paste and how to pair, within 80 columns', async () => {
    const { home } = await emptyHome();
    const companion = opened(['start', '--port', '0'], { home });
    await companion.waitForText('Ctrl+C stops it.');
    expect(await companion.stop()).toBe(0);
    const checkout = join(import.meta.dirname, '..', '..', '..');
    expect(withoutSecrets(companion.output).replaceAll(checkout, '<checkout>').trim()).toMatchInlineSnapshot(`
      "CCProxy Companion <version> is running at http://127.0.0.1:<port>

        Secrets   <home>/vault.json (its key: vault.key beside it)
        API keys  none yet: \`companion keys add <provider>\`
        Logins    none yet: \`companion auth login\` or \`auth login-openai\`
        Browsers  none paired
        Sessions  none yet
        Files     <home>

      Client settings, to paste into a shell (\`companion env\` prints them again):

        export ANTHROPIC_BASE_URL='http://127.0.0.1:<port>'
        export ANTHROPIC_AUTH_TOKEN='<key>'
        export ANTHROPIC_API_KEY='<key>'
        export OPENAI_BASE_URL='http://127.0.0.1:<port>/v1'
        export OPENAI_API_KEY='<key>'

      No browser is paired yet. Load the extension in yours, and pair it.

        Chrome, Edge  chrome://extensions, Developer mode, Load unpacked:
                      <checkout>/dist/extension/chrome-mv3
        Firefox       about:debugging#/runtime/this-firefox, Load Temporary Add-on:
                      <checkout>/dist/extension/firefox-mv3/manifest.json

      Paste this token into the extension:

        <token>

      or open this link in the browser that has the extension:

      http://127.0.0.1:<port>/pair#<token>

      It works once, for 5 min.

      Ctrl+C stops it.

      Stopping ...
      Stopped."
    `);
    const tooLong = companion.output.split('\n').filter((line) => line.length > 80 && !line.includes(home));
    expect(tooLong.filter((line) => !/\/pair#|\/dist\/extension\//.test(line))).toEqual([]);
  });

  test('prints no secret where it is read by others', async () => {
    const { home } = await emptyHome();
    const companion = opened(['start', '--port', '0', '--no-secrets'], { home });
    await companion.waitForText('exec companion companion env');
    expect(companion.output).toContain('`companion env` prints what clients need');
    expect(companion.output).not.toMatch(/ccp[a-z]_|ccp1_/);
    expect(await companion.stop()).toBe(0);
  });

  test('names the sessions and browsers that it knows', async () => {
    const { home } = await livedInHome();
    const companion = opened(['start', '--port', '0'], { home });
    await companion.waitForText('Ctrl+C stops it.');
    expect(companion.output).toMatch(/Browsers +2 paired, 0 connected/);
    expect(companion.output).toMatch(/Sessions +ada@work\.example, ada@home\.example/);
    expect(companion.output).not.toContain('ccp1_');
  });

  test('warns when it needs no key', async () => {
    const { home } = await emptyHome();
    const companion = opened(['start', '--port', '0', '--no-auth'], { home });
    await companion.waitForText('Ctrl+C stops it.');
    expect(companion.output).toMatch(/Clients +need no key/);
  });

  test('shows no colours where there is no terminal', async () => {
    const { home } = await emptyHome();
    const companion = opened(['start', '--port', '0'], { home, environment: { NO_COLOR: '' } });
    await companion.waitForText('Ctrl+C stops it.');
    expect(companion.output).not.toContain('\u001b');
  });
});

describe('the end', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'after %s is graceful and leaves nothing behind',
    async (signal) => {
      const paths = await emptyHome();
      const companion = await running(paths);
      expect(JSON.parse(await readFile(paths.runFile, 'utf8'))).toMatchObject({
        pid: companion.pid,
        url: companion.url,
      });
      companion.signal(signal);
      expect(await companion.exited).toBe(0);
      expect(companion.events.at(-1)).toEqual({ event: 'stopped' });
      expect([paths.runFile, paths.controlSocket].filter((path) => existsSync(path))).toEqual([]);
      expect((await runCompanion(['logs'], paths)).stdout).toContain(signal);
    },
  );

  test('after `companion stop` is the same', async () => {
    const paths = await emptyHome();
    const companion = await running(paths);
    expect(await runCompanion(['stop'], paths)).toMatchObject({ exitCode: 0, json: { stopping: true } });
    expect(await companion.exited).toBe(0);
    expect(existsSync(paths.controlSocket)).toBe(false);
  });

  test('after a kill is followed by a new start as if nothing had been', async () => {
    const paths = await emptyHome();
    const first = await running(paths);
    const { json: before } = await runCompanion(['env'], paths);
    await first.kill();
    expect(existsSync(paths.controlSocket)).toBe(true);
    expect((await runCompanion(['status'], paths)).exitCode).toBe(3);
    const second = await running(paths);
    const { json: after } = await runCompanion(['env'], paths);
    expect(after.OPENAI_API_KEY).toBe(before.OPENAI_API_KEY);
    expect((await runCompanion(['status'], paths)).json.pid).toBe(second.pid);
  });

  test('does not come because somebody stopped reading what it prints', async () => {
    const paths = await emptyHome();
    const companion = await running(paths);
    companion.stopReading();
    expect((await runCompanion(['pair'], paths)).exitCode).toBe(0);
    companion.signal('SIGTERM');
    expect(await companion.exited).toBe(0);
  });
});

describe('a second companion', () => {
  test('of the same home gives way, and names the first', async () => {
    const paths = await emptyHome();
    const first = await running(paths);
    const { exitCode, stderr } = await runForPeople(['start', '--port', '0'], paths);
    expect(exitCode).toBe(4);
    expect(stderr).toContain(`process ${first.pid}, ${first.url}`);
    expect(stderr).toContain('stop it first');
    expect((await runCompanion(['status'], paths)).json.pid).toBe(first.pid);
  });

  test('of another home runs beside it', async () => {
    const [one, other] = await Promise.all([emptyHome(), emptyHome()]);
    const [first, second] = await Promise.all([running(one), running(other)]);
    expect(first.url).not.toBe(second.url);
  });
});

describe('a busy port', () => {
  test('is named, with what to do, and its holder is left alone', async () => {
    const holder = createServer((_request, response) => response.end('mine'));
    holder.listen(0, '127.0.0.1');
    await once(holder, 'listening');
    onTestFinished(() => void holder.close());
    const { port } = holder.address() as AddressInfo;
    const paths = await emptyHome();
    const { exitCode, stdout, stderr } = await runForPeople(['start', '--port', String(port)], paths);
    expect(exitCode).toBe(4);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      `Error: Port ${port} on 127.0.0.1 is in use by another program.\n` +
        'Choose another port with `--port`, or stop the program that holds this one.\n',
    );
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('mine');
    expect([paths.runFile, paths.controlSocket].filter((path) => existsSync(path))).toEqual([]);
    await (await startCompanion(paths)).stop();
  });
});

describe('settings', () => {
  test.each([
    ['no YAML', 'server:\n  port: [8000\n', /config\.yaml:\d+:\d+: not valid YAML/],
    [
      'an unknown setting',
      'server:\n  prot: 8000\n',
      /config\.yaml:2: unknown setting "server\.prot"; did you mean "server\.port"\?/,
    ],
    ['a wrong value', 'server:\n\n  port: many\n', /server\.port \(\/.*config\.yaml:3\) must be a whole number/],
    ['a group as a value', 'server: 8000\n', /config\.yaml:1: "server" is a group of settings: host, port/],
  ])('with %s are refused, with file and line, and left as they are', async (_what, yaml, message) => {
    const paths = await emptyHome();
    await writeFile(paths.configFile, yaml);
    const { exitCode, stderr } = await runForPeople(['start'], paths);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(message);
    expect(await readFile(paths.configFile, 'utf8')).toBe(yaml);
  });
});
