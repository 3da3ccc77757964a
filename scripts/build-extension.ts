/**
 * Builds the extension into dist/extension, for each browser whose build is older than its sources. `--force` builds
 * anyway, `--browser chrome` builds only that one.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { isFresh, leaveStamp } from './freshness.ts';

const browsers = ['chrome', 'firefox'] as const;
type Browser = (typeof browsers)[number];

const root = join(import.meta.dirname, '..');
const outputFolder = join(root, 'dist', 'extension');
const sources = [
  'extension',
  'shared',
  'scripts/bundle/notices.ts',
  'wxt.config.ts',
  'package.json',
  'package-lock.json',
];

function folderOf(browser: Browser): string {
  return join(outputFolder, `${browser}-mv3`);
}

function stampOf(browser: Browser): string {
  return join(outputFolder, `.built-${browser}`);
}

function isBuilt(browser: Browser): boolean {
  const paths = sources.map((source) => join(root, source));
  return existsSync(join(folderOf(browser), 'manifest.json')) && isFresh(stampOf(browser), paths);
}

/** Resolves when the folder is whole; rejects with what the bundler said. */
async function buildFor(browser: Browser): Promise<void> {
  const startedAt = new Date();
  rmSync(stampOf(browser), { force: true });
  // A process of its own: the bundler draws on its standard output, and holds one build's state in globals.
  const bundler = spawn(
    process.execPath,
    [join(root, 'node_modules', 'wxt', 'bin', 'wxt.mjs'), 'build', '--browser', browser, '--mv3'],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_ENV: 'production' } },
  );
  const [output, complaints, [code]] = await Promise.all([
    text(bundler.stdout),
    text(bundler.stderr),
    once(bundler, 'close'),
  ]);
  if (code !== 0 || !existsSync(join(folderOf(browser), 'manifest.json'))) {
    throw new Error(`${browser}: ${readable(`${output}\n${complaints}`)}`);
  }
  leaveStamp(stampOf(browser), startedAt);
}

/** Terminal output as plain text, without the frames of a spinner. */
function readable(output: string): string {
  const lines = stripVTControlCharacters(output)
    .split('\n')
    .map((line) => line.slice(line.lastIndexOf('\r') + 1).trimEnd());
  return lines.filter((line) => line !== '').join('\n');
}

function readBrowsers(choice: string | undefined): readonly Browser[] {
  const chosen = browsers.filter((browser) => choice === undefined || choice === browser);
  if (chosen.length === 0) throw new Error(`--browser must be chrome or firefox, not "${choice}".`);
  return chosen;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { force: { type: 'boolean' }, browser: { type: 'string' } } });
  const stale = readBrowsers(values.browser).filter((browser) => values.force === true || !isBuilt(browser));
  if (stale.length === 0) return;
  const startedAtMs = performance.now();
  const results = await Promise.allSettled(stale.map((browser) => buildFor(browser)));
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []));
  if (failures.length > 0) throw new Error(failures.join('\n\n'));
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  console.log(`Extension built in ${seconds} s: ${stale.map((one) => `dist/extension/${one}-mv3`).join(', ')}`);
}

try {
  await main();
} catch (thrown) {
  console.error(`The extension could not be built.\n${thrown instanceof Error ? thrown.message : String(thrown)}`);
  process.exitCode = 1;
}
