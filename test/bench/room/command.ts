/** How long a person waits for the command, against a Node that does nothing. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createTemporaryHome } from '../../support/temporary-home.ts';
import { residentMegabytes } from '../api/system.ts';
import { companionProgram as program } from '../compiled.ts';
import { median, ratiosOf, runInterleaved, summarize } from '../measure.ts';
import { atMost, inMs } from '../report.ts';
import type { Effort, Figure } from '../report.ts';

/** The companion is as `compileCompanion` left it. */
export async function measureCommand({ rounds }: Effort): Promise<readonly Figure[]> {
  const home = await createTemporaryHome();
  try {
    return await measureBuilt(home.path, rounds);
  } finally {
    await home.remove();
  }
}

async function measureBuilt(home: string, rounds: number): Promise<readonly Figure[]> {
  const env = { PATH: process.env['PATH'], HOME: home, CCPROXY_HOME: home, CCPROXY_VAULT: 'file' };
  const run = (...args: readonly string[]) =>
    spawn(process.execPath, args, { env, cwd: home, stdio: ['ignore', 'pipe', 'inherit'] });
  const time = async (...args: readonly string[]) => {
    const startedAtMs = performance.now();
    const child = run(...args);
    child.stdout.resume();
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`);
    return performance.now() - startedAtMs;
  };
  const timeStart = async () => {
    const startedAtMs = performance.now();
    const child = run(program, 'start', '--port', '0', '--json');
    await once(child.stdout, 'data');
    const tookMs = performance.now() - startedAtMs;
    child.kill('SIGTERM');
    await once(child, 'close');
    return tookMs;
  };
  const plan = { warmUps: 1, rounds: rounds + 2, samples: 2 };
  const starts = await runInterleaved({ bare: () => time('-e', '0'), start: timeStart }, plan);
  const server = run(program, 'start', '--port', '0', '--json');
  await once(server.stdout, 'data');
  const restMegabytes = residentMegabytes(server.pid);
  const statuses = await runInterleaved({ bare: () => time('-e', '0'), status: () => time(program, 'status') }, plan);
  server.kill('SIGTERM');
  await once(server, 'close');
  const figure = (name: string, over: readonly number[], bare: readonly number[], limit: number): Figure => {
    const ratio = summarize(ratiosOf(over, bare));
    const note = `against ${inMs(median(bare))} of \`node -e 0\``;
    return { name, value: inMs(median(over)), ratio, target: atMost(limit, ratio.median), note };
  };
  return [
    figure('`companion start` until it listens', starts.start, starts.bare, 3),
    figure('`companion status`', statuses.status, statuses.bare, 1.5),
    ...(restMegabytes === undefined
      ? []
      : [
          {
            name: 'memory of a companion at rest',
            value: `${restMegabytes} MB`,
            target: { words: '< 90 MB', isMet: restMegabytes < 90 },
            note: 'resident, right after its start',
          },
        ]),
  ];
}
