/** Until Claude Code asks the API: through the companion with and without a process that stands ready, and by itself. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { claudeCodeBinary } from '../../clients/support/claude-code.ts';
import { installedFolder, isInstalled } from '../../clients/support/installed.ts';
import { startAnthropicApi } from '../../support/providers/anthropic/api.ts';
import type { AnthropicApi } from '../../support/providers/anthropic/api.ts';
import { createTemporaryHome } from '../../support/temporary-home.ts';
import { companionProgram } from '../compiled.ts';
import { median, ratiosOf, runInterleaved, summarize } from '../measure.ts';
import { inMs } from '../report.ts';
import type { Effort, Figure } from '../report.ts';

const model = 'claude-sonnet-4-5';
/** Enough for a process to get ready. */
const pauseMs = 2000;

/** The companion is as `compileCompanion` left it. Nothing where Claude Code is not installed for the tests. */
export async function measureClaudeCode({ rounds }: Effort): Promise<readonly Figure[]> {
  if (!isInstalled('programs') || !isInstalled('libraries')) return [];
  const [home, api] = await Promise.all([createTemporaryHome(), startAnthropicApi()]);
  try {
    return await measureIn(home.path, api, rounds);
  } finally {
    await Promise.all([home.remove(), api.close()]);
  }
}

async function measureIn(home: string, api: AnthropicApi, rounds: number): Promise<readonly Figure[]> {
  const environment = {
    PATH: process.env['PATH'],
    HOME: home,
    TMPDIR: home,
    ANTHROPIC_API_KEY: api.key,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
  };
  const companions = await Promise.all([0, 1].map((warm) => startCompanion(home, warm, environment, api.url)));
  const [cold, warm] = companions as [RunningCompanion, RunningCompanion];
  try {
    const arms = {
      alone: () => timeToApi(api, () => askClaudeCode(home, { ...environment, ANTHROPIC_BASE_URL: api.url })),
      cold: () => timeToApi(api, () => cold.ask()),
      warm: () => sleep(pauseMs).then(() => timeToApi(api, () => warm.ask())),
    };
    const took = await runInterleaved(arms, { warmUps: 2, rounds, samples: 2 });
    const figure = (name: string, over: readonly number[]): Figure => ({
      name,
      value: inMs(median(over)),
      ratio: summarize(ratiosOf(over, took.alone)),
      note: `until the request is at the API, against ${inMs(median(took.alone))} of \`claude -p\``,
    });
    return [
      figure('Claude Code mode, first request', took.cold),
      figure('Claude Code mode, with a process that stands ready', took.warm),
    ];
  } finally {
    await Promise.all(companions.map((companion) => companion.stop()));
  }
}

/** From the asking to the request at the API; the rest of the answer is waited for, and not counted. */
async function timeToApi(api: AnthropicApi, ask: () => Promise<void>): Promise<number> {
  const before = api.requests.length;
  const startedAtMs = performance.timeOrigin + performance.now();
  await ask();
  const asked = api.requests[before];
  if (asked === undefined) throw new Error('Claude Code asked nobody');
  return asked.startedAtMs - startedAtMs;
}

async function askClaudeCode(cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  const args = ['-p', 'Hello.', '--model', model, '--tools', '', '--setting-sources=', '--no-session-persistence'];
  const child = spawn(claudeCodeBinary(), args, { cwd, env, stdio: 'ignore' });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`claude -p ended with ${code}`);
}

interface RunningCompanion {
  ask(): Promise<void>;
  stop(): Promise<void>;
}

async function startCompanion(
  folder: string,
  warm: number,
  environment: NodeJS.ProcessEnv,
  upstream: string,
): Promise<RunningCompanion> {
  const home = join(folder, `companion-${warm}`);
  await mkdir(home, { mode: 0o700 });
  const settings = `claude_code:\n  warm: ${warm}\n  path: ${JSON.stringify(claudeCodeBinary())}\n`;
  await writeFile(join(home, 'config.yaml'), settings, { mode: 0o600 });
  await symlink(installedFolder('libraries'), join(home, 'agent-sdk'));
  const env = { ...environment, CCPROXY_HOME: home, CCPROXY_VAULT: 'file', CCPROXY_UPSTREAM_ANTHROPIC: upstream };
  const args = [companionProgram, 'start', '--port', '0', '--no-auth', '--json'];
  const child = spawn(process.execPath, args, { cwd: home, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const { url } = JSON.parse(line.toString('utf8').split('\n', 1)[0] ?? '') as { readonly url: string };
  return { ask: () => askCompanion(url), stop: () => stop(child) };
}

async function askCompanion(url: string): Promise<void> {
  const body = { model, max_tokens: 500, messages: [{ role: 'user', content: 'Hello.' }] };
  const headers = { 'content-type': 'application/json', 'x-proxy-mode': 'claude-code' };
  const reply = await fetch(`${url}/v1/messages`, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await reply.text();
  if (reply.status !== 200) throw new Error(`the companion answered ${reply.status}: ${text}`);
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  await once(child, 'close');
}
