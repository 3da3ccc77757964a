/** What the command says when it is asked for help, or when it was not understood. */
import { describe, expect, test } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { CompanionError } from '../../../companion/base/error.ts';
import { runProgram } from '../../../companion/cli/program.ts';
import { runForPeople } from '../../support/companion-process.ts';
import { emptyHome } from './home.ts';

const commands = [
  'start',
  'status',
  'usage',
  'explain',
  'quota',
  'notifications',
  'pair',
  'browsers',
  'unpair',
  'session',
  'auth',
  'keys',
  'token',
  'config',
  'env',
  'logs',
  'stop',
];

const authPaths = [
  ['auth'],
  ...['login', 'login-openai', 'validate', 'info', 'refresh', 'logout', 'adopt', 'import'].map((name) => [
    'auth',
    name,
  ]),
  ['config', 'codex'],
];

async function run(...args: string[]) {
  const { home } = await emptyHome();
  return runForPeople(args, { home });
}

describe('help', () => {
  test.each([[[]], [['--help']], [['help']]])('for %j lists every command, and ends well', async (args) => {
    const { exitCode, stdout, stderr } = await run(...args);
    expect(exitCode).toBe(0);
    expect(stderr).toBe('');
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command}\\b.*\\w`, 'm'));
    expect(stdout).toContain('First steps');
  });

  test.each(['start', 'session'])('for %s is the same either way', async (command) => {
    const [asked, option] = await Promise.all([run('help', command), run(command, '--help')]);
    expect(asked.exitCode).toBe(0);
    expect(asked.stdout).toContain(`Usage: companion ${command}`);
    expect(option).toEqual(asked);
  });

  test('fits a terminal of 80 columns', async () => {
    const texts = await Promise.all(
      [
        [],
        ['start'],
        ['usage'],
        ['explain'],
        ['session'],
        ['session', 'use'],
        ['keys'],
        ['keys', 'add'],
        ...authPaths,
      ].map((path) => run(...path, '--help')),
    );
    const longest = texts.flatMap(({ stdout }) => stdout.split('\n')).filter((line) => line.length > 80);
    expect(longest).toEqual([]);
  });

  test('names the version', async () => {
    expect((await run('--version')).stdout).toBe(`${packageJson.version}\n`);
  });
});

describe('a mistake', () => {
  test.each([
    [['bogus'], "Unknown command 'bogus'.", 'companion --help'],
    [['stat'], 'Did you mean', 'companion --help'],
    [['session', 'bogus'], "Unknown command 'bogus'.", 'companion session --help'],
    [['keys', 'add'], "Missing required argument 'provider'.", 'companion keys add --help'],
    [['keys', 'add', 'openai', 'sk-1'], 'A key is never an argument', 'the command asks for it'],
    [['start', '--bogus'], "Unknown option '--bogus'.", 'companion start --help'],
    [['status', '--bogus'], "Unknown option '--bogus'.", 'companion status --help'],
    [['status', 'extra'], 'Too many arguments', 'companion status --help'],
    [['unpair'], "Missing required argument 'browser'.", 'companion unpair --help'],
    [['session', 'use'], "Missing required argument 'session'.", 'companion session use --help'],
    [['env', '--shell', 'csh'], 'sh, fish, powershell', 'companion env --help'],
    [['start', '--vault', 'cloud'], 'auto, keyring, file', 'companion start --help'],
    [['start', '--port'], 'argument missing', 'companion start --help'],
    [['auth', 'bogus'], "Unknown command 'bogus'.", 'companion auth --help'],
    [['auth', 'adopt', 'cursor'], 'claude-code, codex', 'companion auth adopt --help'],
    [['auth', 'refresh', 'ada', '--all'], 'Either one login or --all.', 'Leave out'],
    [['config', 'codex'], 'Say --enable or --disable.', 'companion auth status'],
    [['config', 'codex', '--enable', '--disable'], 'Say --enable or --disable.', 'companion auth status'],
    [['usage', '--by', 'week'], 'model, client, client-key, credential, provider, day', 'companion usage --help'],
    [['usage', '--since', 'soon'], '--since does not understand "soon"', '24h'],
    [['usage', '--since', '2999-01-01'], 'lies in the future', '24h'],
    [['logs', '--lines', '-1'], '--lines must be a whole number', 'companion logs'],
  ])('in %j is named, with what to do, and ends with 2', async (args, problem, remedy) => {
    const error: unknown = await runProgram(args).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CompanionError);
    expect(error).toMatchObject({
      exitCode: 2,
      message: expect.stringContaining(problem),
      remedy: expect.stringContaining(remedy),
    });
  });

  test('is told on standard error, in two lines, without a trace of our own', async () => {
    expect(await run('start', '--bogus')).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: "Error: Unknown option '--bogus'.\n`companion start --help` shows what can be said.\n",
    });
    expect(await run('start', '--port', '65536')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^Error: server\.port \(flag --port\) must be a whole number .*\n.*\n$/),
    });
  });

  test('is JSON for programs', async () => {
    const { exitCode, stdout, stderr } = await run('start', '--vault', 'cloud', '--json');
    expect(exitCode).toBe(2);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ event: 'error', error: { code: 'INVALID_REQUEST' } });
  });

  test('of leaving out what a group should do shows what it can do', async () => {
    const { exitCode, stderr } = await run('session');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('remove <session>');
  });
});
