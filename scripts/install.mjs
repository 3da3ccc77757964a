/**
 * Runs before `npm start` and `npm test`, on whatever Node the machine has: installs the packages when they are missing
 * or older than the lock file, and what Claude Code mode needs besides. Plain JavaScript for that reason.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { installAgentSdk } from './install-agent-sdk.mjs';

const stamp = 'node_modules/.installed-lock';
const lock = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');

function isInstalled() {
  if (!existsSync('node_modules/.package-lock.json')) return false;
  if (existsSync(stamp)) return readFileSync(stamp, 'utf8') === lock;
  return statSync('node_modules/.package-lock.json').mtimeMs >= statSync('package-lock.json').mtimeMs;
}

if (!isInstalled()) {
  console.log('Installing packages (npm ci) ...');
  const result = spawnSync('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) {
    console.error('npm ci failed; see its message above.');
    process.exit(result.status ?? 1);
  }
}
writeFileSync(stamp, lock);
installAgentSdk();
