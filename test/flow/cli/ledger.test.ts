/** `companion usage` and `companion explain`, with a companion that runs and without one. */
import { describe, expect, test } from 'vitest';
import type { Paths } from '../../../companion/config/paths.ts';
import { openStore } from '../../../companion/store/open-store.ts';
import { runCompanion, runForPeople } from '../../support/companion-process.ts';
import { ledgerRow } from '../../support/records.ts';
import { emptyHome, livedInHome, running, work } from './home.ts';

const hourMs = 3_600_000;

/** Three exchanges: a day ago with a key, two hours ago with a session, a minute ago with nobody. */
async function homeWithLedger(): Promise<Paths> {
  const paths = await livedInHome();
  const nowMs = Date.now();
  const { store } = openStore(paths.database, { quarantine: false });
  store.appendExchanges([
    ledgerRow({ id: 'exc_aaa1', atMs: nowMs - 24 * hourMs, model: 'fast' }),
    ledgerRow({
      id: 'exc_aab2',
      atMs: nowMs - 2 * hourMs,
      credential: work.id,
      provider: 'claude-web',
      client: 'codex',
    }),
    ledgerRow({
      id: 'exc_bbb3',
      atMs: nowMs - 60_000,
      credential: null,
      servedModel: null,
      status: 503,
      outcome: 'SESSION_REQUIRED',
      inputTokens: null,
      outputTokens: null,
      cacheReadTokens: null,
      cacheWriteTokens: null,
      explanation: { plan: 'not routed', considered: [], attempts: [] },
    }),
  ]);
  store.close();
  return paths;
}

const ways: readonly [string, (paths: Paths) => Promise<unknown>][] = [
  ['from the files', async () => undefined],
  ['from the companion that runs', (paths) => running(paths)],
];

describe.each(ways)('%s', (_way, prepare) => {
  test('usage is summed by model, client, key, credential, provider and day, since whenever is asked', async () => {
    const paths = await homeWithLedger();
    await prepare(paths);
    const keys = async (...args: string[]) => {
      const { json } = await runCompanion(['usage', ...args], paths);
      return json.groups.map(({ name, exchanges }: { name: string; exchanges: number }) => `${name} ${exchanges}`);
    };
    expect(await keys()).toEqual(['claude-sonnet-4-5 3']);
    expect((await keys('--by', 'client')).sort()).toEqual(['claude-code 2', 'codex 1']);
    expect((await keys('--by', 'credential')).sort()).toEqual([' 1', `${work.name} 1`, 'anthropic-3f9a2c41 1'].sort());
    expect((await keys('--by', 'provider')).sort()).toEqual(['Anthropic 2', 'claude.ai 1']);
    expect(await keys('--by', 'client-key')).toEqual(["The companion's own key 3"]);
    expect(await keys('--by', 'client', '--since', '3h')).toEqual(['codex 1', 'claude-code 1']);
    expect((await runCompanion(['usage', '--by', 'day'], paths)).json).toMatchObject({
      by: 'day',
      sinceMs: null,
      dropped: 0,
      total: { key: '', exchanges: 3, failures: 1, inputTokens: 200, cacheReadTokens: 6000 },
    });
  });

  test('usage is a chart for people, in plain characters where no terminal is', async () => {
    const paths = await homeWithLedger();
    await prepare(paths);
    const { exitCode, stdout, stderr } = await runForPeople(['usage', '--by', 'client'], paths);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^ {2}claude-code +#+ +3\.52k +100 +20 +85 % +2 +1$/m);
    expect(stdout).toMatch(/^ {2}total +7\.04k +200 +40 +85 % +3 +1$/m);
    // eslint-disable-next-line no-control-regex -- nothing but printable ASCII is the point
    expect(stdout).toMatch(/^[\x20-\x7e\n]+$/);
  });

  test('an exchange is explained by its id, a beginning of it, the id in the answer, or for being the last', async () => {
    const paths = await homeWithLedger();
    await prepare(paths);
    const explained = async (...args: string[]) => (await runCompanion(['explain', ...args], paths)).json.id;
    expect(await explained()).toBe('exc_bbb3');
    expect(await explained('last')).toBe('exc_bbb3');
    expect(await explained('exc_aab2')).toBe('exc_aab2');
    expect(await explained('req_aaa1')).toBe('exc_aaa1');
    expect(await explained('aaa')).toBe('exc_aaa1');
    const { stdout } = await runForPeople(['explain'], paths);
    expect(stdout).toContain('  Outcome  SESSION_REQUIRED, HTTP 503\n           Open the extension');
    for (const id of ['exc_aa', 'exc_zzz', '../usage']) {
      expect(await runCompanion(['explain', id], paths)).toMatchObject({
        exitCode: 1,
        json: { error: { code: 'NOT_FOUND' } },
      });
    }
  });

  test('a ledger without a row is no failure', async () => {
    const paths = await emptyHome();
    await prepare(paths);
    const [used, explained] = [await runForPeople(['usage'], paths), await runForPeople(['explain'], paths)];
    expect(used).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^No exchange yet/) });
    expect(explained).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^No exchange yet/) });
    expect((await runCompanion(['usage'], paths)).json).toMatchObject({ groups: [], total: null });
    expect((await runCompanion(['explain'], paths)).json).toBeNull();
  });
});
