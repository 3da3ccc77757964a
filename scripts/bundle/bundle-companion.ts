/** What is bundled into what. */
import { rolldown } from 'rolldown';
import type { OutputOptions } from 'rolldown';
import { leanUndici } from './lean-undici.ts';
import { packageFoldersOf } from './notices.ts';

export interface Bundled {
  /** Absolute folders of the npm packages that parts were taken from. */
  readonly packageFolders: readonly string[];
}

/** Native: each computer needs its own, which npm picks. */
const external = ['keytar'];

/** What every command needs, in one file: `companion status` is to read as few as it can. */
const commandParts =
  /\/(companion\/(cli\/(report-error|print|control-client|control-socket|command\/(env|pair|session|status))|base\/(error|log-line|plain-text)|config\/paths|version)|shared\/(error-code|ledger|redact))\.ts$|\/(picocolors\/.*|package\.json)$/;

/** What runs before the compile cache is open. */
const entryParts = /\/companion\/(cli\/(compile-cache|old-node)|config\/home)\.ts$/;

const outputOptions: OutputOptions = {
  format: 'esm',
  entryFileNames: '[name].js',
  // Names that stay: a new version's file takes the place of the old one in Node's compile cache.
  chunkFileNames: 'chunk/[name].js',
  sourcemap: true,
  sourcemapExcludeSources: true,
  // Half as much to read at each start and to keep in memory. Names of functions stay, for stack traces.
  minify: { compress: { keepNames: { function: true, class: true } }, mangle: { keepNames: true } },
  codeSplitting: {
    groups: [
      { name: 'entry', test: entryParts },
      { name: 'command', test: commandParts },
    ],
  },
};

/** Bundles the command and the keyring's helper into `folder`, one file for each part that is loaded on its own. */
export async function bundleCompanion(root: string, folder: string): Promise<Bundled> {
  const bundle = await rolldown({
    cwd: root,
    platform: 'node',
    tsconfig: false,
    input: { 'cli/main': 'companion/cli/main.ts', 'vault/keyring-process': 'companion/vault/keyring-process.ts' },
    external,
    plugins: [leanUndici],
  });
  try {
    const { output } = await bundle.write({ ...outputOptions, dir: folder });
    const modules = output.flatMap((part) => (part.type === 'chunk' ? part.moduleIds : []));
    return { packageFolders: packageFoldersOf(modules) };
  } finally {
    await bundle.close();
  }
}
