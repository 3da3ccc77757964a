/** Every command, with a companion that runs and without one, for people and for programs. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../../companion/store/open-store.ts';
import { companionStatusSchema, clientSettingsSchema } from '../../../shared/status.ts';
import { runCompanion, runForPeople } from '../../support/companion-process.ts';
import { emptyHome, livedInHome, personal, running, work } from './home.ts';

describe('when none runs', () => {
  test.each(['status', 'pair', 'stop'])('%s says so, and ends with 3', async (command) => {
    const paths = await emptyHome();
    const [forPeople, forPrograms] = await Promise.all([
      runForPeople([command], paths),
      runCompanion([command], paths),
    ]);
    expect(forPeople).toMatchObject({
      exitCode: 3,
      stdout: '',
      stderr: 'Error: The companion is not running.\nRun `companion start` first.\n',
    });
    expect(forPrograms).toMatchObject({ exitCode: 3, stderr: '', json: { error: { code: 'NOT_RUNNING' } } });
  });

  test('status works though the settings are broken: they are not its business', async () => {
    const paths = await emptyHome();
    expect((await runCompanion(['status'], { ...paths, environment: { CCPROXY_PORT: 'x' } })).exitCode).toBe(3);
  });

  test('browsers and sessions are listed from the files', async () => {
    const paths = await livedInHome();
    const browsers = await runCompanion(['browsers'], paths);
    expect(browsers.json.browsers).toMatchObject([
      { id: 'seat-one', name: 'Chrome on Linux', isOnline: false },
      { id: 'seat-two', name: 'Firefox on Linux', isOnline: false },
    ]);
    const sessions = await runCompanion(['session', 'list'], paths);
    expect(sessions.json.sessions.map((session: { id: string }) => session.id)).toEqual([work.id, personal.id]);
  });

  test('an empty home says how to get the first of each', async () => {
    const paths = await emptyHome();
    expect((await runForPeople(['browsers'], paths)).stdout).toContain('`companion pair`');
    expect((await runForPeople(['session', 'list'], paths)).stdout).toContain('"Sync session"');
    expect((await runForPeople(['logs'], paths)).stdout).toBe('Nothing was logged yet.\n');
  });
});

/** The commands that change something do so alike, whoever answers them. */
describe.each(['while one runs', 'while none runs'])('%s', (when) => {
  async function home() {
    const paths = await livedInHome();
    if (when === 'while one runs') await running(paths);
    return paths;
  }

  test('a session can be made the default, by name', async () => {
    const paths = await home();
    const { exitCode, stdout } = await runForPeople(['session', 'use', 'ada@home.example'], paths);
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('now serves by default'),
    });
    const { json } = await runCompanion(['session', 'list'], paths);
    expect(json.sessions.find((session: { isDefault: boolean }) => session.isDefault).id).toBe(personal.id);
  });

  test('an organisation can be chosen, unless it may not chat or is not there', async () => {
    const paths = await home();
    const use = (organisation: string) =>
      runCompanion(['session', 'use', work.id, '--organisation', organisation], paths);
    expect((await use('Poets')).json).toMatchObject({ organisation: 'Poets' });
    expect((await use('11111111-1111-4111-8111-111111111111')).json).toMatchObject({ organisation: 'Engines' });
    for (const refused of ['API only', 'Painters']) {
      const { exitCode, json } = await use(refused);
      expect(exitCode).not.toBe(0);
      expect(json.error.message).toContain(refused);
    }
  });

  test('a session can be forgotten', async () => {
    const paths = await home();
    expect((await runForPeople(['session', 'remove', work.name], paths)).stdout).toContain('is forgotten');
    const { json } = await runCompanion(['session', 'list'], paths);
    expect(json.sessions).toMatchObject([{ id: personal.id, isDefault: true }]);
  });

  test('a browser can be unpaired by name, and its sessions go with it', async () => {
    const paths = await home();
    const { stdout } = await runForPeople(['unpair', 'Chrome on Linux'], paths);
    expect(stdout).toBe(`Chrome on Linux is no longer paired; forgotten with it: ${work.name}.\n`);
    expect((await runCompanion(['browsers'], paths)).json.browsers).toMatchObject([{ id: 'seat-two' }]);
    expect((await runCompanion(['session', 'list'], paths)).json.sessions).toMatchObject([{ id: personal.id }]);
  });
});

test.each([
  ['unpair', 'seat-', 'several browsers'],
  ['unpair', 'Netscape', 'No paired browser is called "Netscape"'],
  ['session use', 'nobody', 'no session called "nobody"'],
  ['session remove', 'nobody', 'no session called "nobody"'],
])('%s %s fails in plain words, and changes nothing', async (command, name, words) => {
  const paths = await livedInHome();
  const { exitCode, stderr } = await runForPeople([...command.split(' '), name], paths);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(words);
  const { store } = openStore(paths.database, { quarantine: false });
  onTestFinished(() => store.close());
  expect([store.seats().length, store.sessions().length]).toEqual([2, 2]);
});

test('names are taken as they are: a slash, a quote or a percent sign is no way out', async () => {
  const paths = await livedInHome();
  await running(paths);
  for (const name of ['../seats', "x'; DROP TABLE seats; --", '%2e%2e/é?']) {
    expect((await runCompanion(['session', 'remove', name], paths)).json.error).toMatchObject({
      code: 'NOT_FOUND',
      message: `There is no session called "${name}".`,
    });
  }
});

describe('what is shown', () => {
  test('as status: everything, in the shape that the extension gets too', async () => {
    const paths = await livedInHome();
    const companion = await running(paths);
    const { exitCode, json } = await runCompanion(['status'], paths);
    expect(exitCode).toBe(0);
    expect(companionStatusSchema.parse(json)).toMatchObject({
      pid: companion.pid,
      url: companion.url,
      isAuthRequired: true,
      vault: { kind: 'key-file' },
      seats: [{ id: 'seat-one' }, { id: 'seat-two' }],
      sessions: [{ id: work.id, quotas: [{ window: 'five_hour' }, { window: 'seven_day' }] }, { id: personal.id }],
    });
  });

  test('as status for people: aligned, with what is left of each window', async () => {
    const paths = await livedInHome();
    const companion = await running(paths);
    const { stdout } = await runForPeople(['status'], paths);
    expect(stdout).toContain(`Running at ${companion.url}, version`);
    expect(stdout).toMatch(/^ {4}5 hours {2}█{2,3}░{7,8} {2,3}25 % used {2}resets .+ ago$/m);
    expect(stdout).toMatch(/^ {4}week {5}█{8}░{2} {2,3}81 % used {2}resets .+ ago$/m);
    expect(stdout).toContain('claude.ai no longer accepts this session.');
    expect(stdout.split('\n').filter((line) => line.length > 80 && !line.includes(paths.home))).toEqual([]);
  });

  test('as tables, within 80 columns and with the columns under each other', async () => {
    const paths = await livedInHome();
    const { stdout } = await runForPeople(['browsers'], paths);
    const [header = '', ...rows] = stdout.trimEnd().split('\n');
    expect(rows).toHaveLength(2);
    for (const [heading, cells] of Object.entries({ BROWSER: ['Chrome', 'Firefox'], FINGERPRINT: ['4F2A', 'AAAA'] })) {
      expect(rows.map((row, index) => row.indexOf(cells[index] ?? ''))).toEqual(Array(2).fill(header.indexOf(heading)));
    }
    const sessions = await runForPeople(['session', 'list'], paths);
    expect(sessions.stdout).toContain('or Poets, 22222222-2222-4222-8222-222222222222');
    expect(sessions.stdout).not.toContain('API only');
    expect(
      [stdout, sessions.stdout]
        .join('\n')
        .split('\n')
        .filter((line) => line.length > 80),
    ).toEqual([]);
  });

  test('as a pairing: a token and a link, each new one in place of the last', async () => {
    const paths = await emptyHome();
    const companion = await running(paths);
    const first = (await runCompanion(['pair'], paths)).json;
    const second = (await runCompanion(['pair'], paths)).json;
    expect(first.link).toBe(`${companion.url}/pair#${first.token}`);
    expect(second.token).not.toBe(first.token);
    const { stdout } = await runForPeople(['pair'], paths);
    expect(stdout).toMatch(/^ {2}ccp1_\d+_[\w-]{43}$/m);
    expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/pair#ccp1_\d+_[\w-]{43}$/m);
    expect(stdout).toContain('It works once, for 5 min.');
  });

  test('as client settings: the same whether a companion runs or not, but for its port', async () => {
    const paths = await emptyHome();
    const before = (await runCompanion(['env'], paths)).json;
    const companion = await running(paths);
    const after = (await runCompanion(['env'], paths)).json;
    expect(clientSettingsSchema.parse(after)).toEqual({
      ...before,
      ANTHROPIC_BASE_URL: companion.url,
      OPENAI_BASE_URL: `${companion.url}/v1`,
    });
    expect(before.ANTHROPIC_BASE_URL).toBe('http://127.0.0.1:8000');
  });
});
