/**
 * Adds Anthropic's Agent SDK, which Claude Code mode speaks through, where a Claude Code is on this computer. It lies apart
 * from the project's packages, at a pinned version, and without the second Claude Code of 200 MB that npm would add to it.
 * Nothing that goes wrong here keeps anything from starting. Plain JavaScript, for any Node.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { findProgram } from './find-programs.mjs';

const pins = 'scripts/agent-sdk';
const files = ['package.json', 'package-lock.json'];
const folder = 'node_modules/.agent-sdk';
/** It becomes `folder` when it is whole. */
const workshop = `${folder}.new`;
const proof = 'node_modules/@anthropic-ai/claude-agent-sdk/sdk.mjs';
const failure = `${folder}.failed`;

const patienceMs = 60_000;
/** Without a network, not every start is to wait for it. */
const restMs = 60 * 60_000;
const isWindows = process.platform === 'win32';
// Peers are types, and helpers for tools; only npm's old way leaves them out of the lock as well.
const left = ['--legacy-peer-deps', '--omit=optional', '--omit=peer', '--ignore-scripts'];
const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--fetch-retries=1', '--fetch-timeout=15000'];

/** In the folder of the project. */
export function installAgentSdk(environment = process.env) {
  try {
    const wanted = pinsHash();
    if (isInstalled(wanted) || hasFailedLately(wanted) || findProgram('claude', environment) === undefined) return;
    console.log("Claude Code is on this computer: adding Anthropic's Agent SDK (5 MB), to ask it through ...");
    const problem = install(wanted, environment);
    if (problem === undefined) return rmSync(failure, { force: true });
    writeFileSync(failure, wanted);
    console.error(`Not added: the Agent SDK. Claude Code mode needs it; everything else works.\n${problem}`);
  } catch (error) {
    console.error(`Not added: the Agent SDK. Claude Code mode needs it; everything else works.\n${String(error)}`);
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}

function pinsHash() {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(`${pins}/${file}`));
  return hash.digest('hex');
}

function isInstalled(wanted) {
  const stamp = `${folder}/.installed`;
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && existsSync(`${folder}/${proof}`);
}

function hasFailedLately(wanted) {
  if (!existsSync(failure) || readFileSync(failure, 'utf8') !== wanted) return false;
  return Date.now() - statSync(failure).mtimeMs < restMs;
}

/** Nothing when all is well, else what went wrong. */
function install(wanted, environment) {
  rmSync(workshop, { recursive: true, force: true });
  mkdirSync(workshop, { recursive: true });
  for (const file of files) copyFileSync(`${pins}/${file}`, `${workshop}/${file}`);
  const { status, signal, error, stdout, stderr } = spawnSync('npm', ['ci', ...left, ...quiet], {
    cwd: workshop,
    env: environment,
    shell: isWindows,
    encoding: 'utf8',
    timeout: patienceMs,
  });
  if (signal || (error && error.code === 'ETIMEDOUT')) return `npm took longer than ${patienceMs / 1000} s.`;
  if (error) return `npm could not be started (${error.code}).`;
  if (status !== 0) return `${stdout}${stderr}`.trim().split('\n').slice(0, 4).join('\n');
  if (!existsSync(`${workshop}/${proof}`)) return 'npm installed something else.';
  writeFileSync(`${workshop}/.installed`, wanted);
  rmSync(folder, { recursive: true, force: true });
  renameSync(workshop, folder);
}
