/**
 * Bundles the companion into dist/ when its sources are newer than the last build. `--force` bundles anyway, `--into`
 * bundles into another folder. Always from nothing, so that no file of an earlier build ends up in the package.
 * docs/decisions/0011-bundled-companion.md
 */
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleCompanion } from './bundle/bundle-companion.ts';
import { formatNotices } from './bundle/notices.ts';
import { isFresh, leaveStamp } from './freshness.ts';

const root = join(import.meta.dirname, '..');
const sources = ['companion', 'shared', 'scripts', 'package.json', 'package-lock.json'];

async function bundleInto(output: string): Promise<void> {
  for (const name of ['companion', 'shared', 'package.json', 'THIRD-PARTY-NOTICES']) {
    rmSync(join(output, name), { recursive: true, force: true });
  }
  const bundled = await bundleCompanion(root, join(output, 'companion'));
  writeFileSync(join(output, 'THIRD-PARTY-NOTICES'), formatNotices(bundled.packageFolders));
  // The nearest one to the bundle: it tells Node the kind of module, and is a hundred times smaller than the package's.
  writeFileSync(join(output, 'package.json'), '{ "type": "module" }\n');
  // `npx companion` in a checkout runs the file as it is.
  chmodSync(join(output, 'companion', 'cli', 'main.js'), 0o755);
}

const { values } = parseArgs({ options: { into: { type: 'string' }, force: { type: 'boolean' } } });
const output = resolve(values.into ?? join(root, 'dist'));
const stamp = join(output, '.built-companion');
const isStale = values.into !== undefined || values.force === true;
if (
  isStale ||
  !isFresh(
    stamp,
    sources.map((source) => join(root, source)),
  )
) {
  const startedAt = new Date();
  mkdirSync(output, { recursive: true });
  rmSync(stamp, { force: true });
  await bundleInto(output);
  if (values.into === undefined) leaveStamp(stamp, startedAt);
}
