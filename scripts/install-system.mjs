/**
 * Runs before `npm test`: looks for the system programs that the tests drive, and installs Debian's packages for them
 * where that is possible without asking. Only Chromium is a must; tests that lack anything else skip, and say why.
 * Plain JavaScript, for any Node. `--check` looks and prints, and changes nothing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { findProgram } from './find-programs.mjs';

const needs = [
  { what: 'Chromium', package: 'chromium', isThere: () => findProgram('chromium') !== undefined, isMust: true },
  { what: 'Firefox', package: 'firefox-esr', isThere: () => findProgram('firefox') !== undefined },
  { what: 'openssl', package: 'openssl', isThere: () => findProgram('openssl') !== undefined },
  { what: 'a font', package: 'fonts-dejavu-core', isThere: hasFont },
  { what: 'a keyring', package: 'gnome-keyring', isThere: () => findProgram('gnome-keyring-daemon') !== undefined },
  { what: 'a session bus', package: 'dbus', isThere: () => findProgram('dbus-run-session') !== undefined },
  { what: 'libsecret', package: 'libsecret-1-0', isThere: hasLibsecret },
  { what: 'Python with venv', package: 'python3-venv', isThere: hasPython },
].filter((need) => process.platform === 'linux' || ['Chromium', 'Firefox', 'openssl'].includes(need.what));

function hasFont() {
  return existsSync('/usr/share/fonts/truetype') || existsSync('/usr/share/fonts/opentype');
}

function hasLibsecret() {
  const folders = ['/usr/lib', '/usr/lib64', ...multiarchFolders()];
  return folders.some((folder) => existsSync(`${folder}/libsecret-1.so.0`));
}

function hasPython() {
  return spawnSync('python3', ['-c', 'import venv, ensurepip'], { stdio: 'ignore' }).status === 0;
}

function multiarchFolders() {
  try {
    return readdirSync('/usr/lib')
      .filter((name) => name.endsWith('-linux-gnu'))
      .map((name) => `/usr/lib/${name}`);
  } catch {
    return [];
  }
}

const missing = () => needs.filter((need) => !need.isThere());

/** `[]` as root, `['sudo', '-n']` where that works without a password, `undefined` where neither does. */
function findAuthority() {
  if (process.getuid?.() === 0) return [];
  const sudo = spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' });
  return sudo.status === 0 ? ['sudo', '-n'] : undefined;
}

function run(authority, args) {
  const [program, ...rest] = [...authority, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', ...args];
  const result = spawnSync(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  return { isDone: result.status === 0, words: `${result.stdout ?? ''}${result.stderr ?? ''}` };
}

function install(authority, packages) {
  console.log(`Installing ${packages.join(', ')} with apt-get, for the browser and keyring tests ...`);
  const steps = [['update'], ['install', '-y', '--no-install-recommends', ...packages]];
  for (const step of steps) {
    const { isDone, words } = run(authority, step);
    if (!isDone) console.error(`apt-get ${step[0]} failed:\n${words.trim().split('\n').slice(-5).join('\n')}`);
  }
}

function report(lacking) {
  if (lacking.length === 0) return;
  const optional = lacking.filter((need) => !need.isMust).map((need) => need.what);
  const packages = lacking.map((need) => need.package).join(' ');
  if (optional.length > 0) console.error(`Not found: ${optional.join(', ')}. Tests that need them are skipped.`);
  if (optional.length < lacking.length) {
    console.error('Chromium was not found, and the tests need it. If it is somewhere unusual, set CHROMIUM_PATH.');
    process.exitCode = 1;
  }
  if (existsSync('/usr/bin/apt-get')) {
    console.error(`Install with:  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${packages}`);
  }
}

const lackingAtFirst = missing();
if (lackingAtFirst.length > 0 && !process.argv.includes('--check') && existsSync('/usr/bin/apt-get')) {
  const authority = findAuthority();
  if (authority !== undefined) {
    install(
      authority,
      lackingAtFirst.map((need) => need.package),
    );
  }
}
const lacking = lackingAtFirst.length > 0 ? missing() : [];
report(lacking);
if (process.argv.includes('--check') && lacking.length === 0) {
  console.log(`All there: ${needs.map((need) => need.what).join(', ')}.`);
}
