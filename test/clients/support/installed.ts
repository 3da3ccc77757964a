/** Where `scripts/install-clients.mjs` put the clients of others. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** `programs`: Claude Code and Codex. `libraries`: for Node. `python`: an environment with libraries. */
export type Part = 'programs' | 'libraries' | 'python';

const folder = join(import.meta.dirname, '..', '..', '..', 'node_modules', '.clients');

export function installedFolder(part: Part): string {
  return join(folder, part);
}

/** Below the part's `node_modules`. */
export function installedFile(part: 'programs' | 'libraries', path: string): string {
  return join(installedFolder(part), 'node_modules', ...path.split('/'));
}

export function isInstalled(part: Part): boolean {
  return existsSync(join(installedFolder(part), '.installed'));
}

/** Whether all of `parts` are there; else says so, for whoever wonders why a file's tests were skipped. */
export function haveParts(testFile: string, ...parts: readonly Part[]): boolean {
  const missing = parts.filter((part) => !isInstalled(part));
  if (missing.length === 0) return true;
  const words = missing.join(' and ');
  console.warn(`${testFile} skips: the ${words} are not installed; \`node scripts/install-clients.mjs\` says why.`);
  return false;
}
