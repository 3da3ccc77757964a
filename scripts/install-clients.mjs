/**
 * Runs before `npm test`: installs the pinned clients of others that the tests in test/clients drive (Claude Code, Codex,
 * libraries for Node and Python) into folders of their own. They are big, and no dependency of the package. Where some
 * cannot be had, the tests that need them skip. Plain JavaScript, for any Node.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const folder = 'node_modules/.clients';
const isWindows = process.platform === 'win32';
const patienceMs = 5 * 60_000;

// No install script runs: what the tests start needs none.
const npmCi = ['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
const npmPatience = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000'];
const python = isWindows ? 'python' : 'python3';
const venvPython = isWindows ? 'Scripts/python.exe' : 'bin/python';
const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '--retries=1'];

/** `files` stand in `test/clients/<name>`, `proof` and the commands' own folder below `node_modules/.clients/<name>`. */
const parts = [
  {
    name: 'programs',
    what: 'Claude Code and Codex (340 MB)',
    files: ['package.json', 'package-lock.json'],
    proof: 'node_modules/@openai/codex/package.json',
    commands: [[...npmCi, ...npmPatience]],
  },
  {
    name: 'libraries',
    what: 'client libraries for Node (40 MB)',
    files: ['package.json', 'package-lock.json'],
    proof: 'node_modules/ai/package.json',
    // The Agent SDK's own copy of Claude Code is optional: it runs the one above.
    commands: [[...npmCi, ...npmPatience, '--omit=optional']],
  },
  {
    name: 'python',
    what: 'client libraries for Python (20 MB)',
    files: ['requirements.txt'],
    proof: venvPython,
    commands: [
      [python, '-m', 'venv', '.'],
      [venvPython, ...pip, '--only-binary=:all:', '-r', 'requirements.txt'],
    ],
  },
];

const folderOf = (part) => `${folder}/${part.name}`;
const stampOf = (part) => `${folderOf(part)}/.installed`;

function pinsOf(part) {
  const hash = createHash('sha256');
  for (const file of part.files) hash.update(readFileSync(`test/clients/${part.name}/${file}`));
  return hash.digest('hex');
}

function isInstalled(part) {
  // A Python that is gone since leaves its environment as a dangling link.
  const isThere = existsSync(stampOf(part)) && existsSync(`${folderOf(part)}/${part.proof}`);
  return isThere && readFileSync(stampOf(part), 'utf8') === pinsOf(part);
}

/** Resolves to nothing when all is well, else to what went wrong. */
function run([program, ...args], cwd) {
  return new Promise((resolve) => {
    let words = '';
    const path = program.includes('/') ? `${process.cwd()}/${cwd}/${program}` : program;
    const child = spawn(path, args, {
      cwd,
      shell: isWindows && program === 'npm',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: patienceMs,
    });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (words += chunk));
    child.on('error', (error) => resolve(`${program} could not be started (${error.code ?? error.message}).`));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(undefined);
      else if (signal !== null) resolve(`${program} took longer than ${patienceMs / 60_000} minutes.`);
      else resolve(words.trim().split('\n').slice(0, 4).join('\n') || `${program} ended with exit code ${code}.`);
    });
  });
}

async function install(part) {
  const target = folderOf(part);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  for (const file of part.files) copyFileSync(`test/clients/${part.name}/${file}`, `${target}/${file}`);
  for (const command of part.commands) {
    const problem = await run(command, target);
    if (problem === undefined) continue;
    rmSync(target, { recursive: true, force: true });
    console.error(`Not installed: ${part.what}. Tests that need them skip.\n${problem}`);
    return;
  }
  writeFileSync(stampOf(part), pinsOf(part));
}

/** Earlier versions of this file put things elsewhere. */
function removeOthers() {
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    if (!parts.some((part) => part.name === name)) rmSync(`${folder}/${name}`, { recursive: true, force: true });
  }
}

const missing = parts.filter((part) => !isInstalled(part));
if (missing.length > 0) {
  console.log(`Installing ${missing.map((part) => part.what).join(', ')} for the tests, once ...`);
  removeOthers();
  await Promise.all(missing.map(install));
}
