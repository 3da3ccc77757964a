import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The built extension that came with this companion, for `browser`; `undefined` where none was built. */
export function findExtensionFolder(browser: 'chrome' | 'firefox'): string | undefined {
  // From the sources (companion/cli) and from the build (dist/companion/chunk).
  const candidates = [join('..', '..', 'dist', 'extension'), join('..', '..', 'extension')];
  const folders = candidates.map((folder) => join(import.meta.dirname, folder, `${browser}-mv3`));
  return folders.find((folder) => existsSync(join(folder, 'manifest.json')));
}
