/** What is published: the npm package, run as its users run it, and the archives for the browsers' stores. */
import { execFile, spawn } from 'node:child_process';
import { chmod, cp, mkdir, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { readPackage, readZip } from '../support/archive.ts';
import type { ArchiveFiles } from '../support/archive.ts';
import { CompanionProcess } from '../support/companion-process.ts';
import { createTemporaryHome } from '../support/temporary-home.ts';
import packageJson from '../../package.json' with { type: 'json' };

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
const secretLike = /-----BEGIN [A-Z ]*PRIVATE KEY|\bsk-ant-[a-z]+\d+-\w{4}|\bccpk_[\w-]{20}|\bghp_\w{20}|\bnpm_\w{20}/;

async function createFolder(): Promise<string> {
  const folder = await createTemporaryHome();
  onTestFinished(() => folder.remove());
  return folder.path;
}

const singleFiles: ReadonlySet<string> = new Set([
  'package.json',
  'dist/package.json',
  'docs/config.schema.json',
  'docs/openapi.json',
  'dist/THIRD-PARTY-NOTICES',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
]);

/** `npm pack` of what `npm run build` would leave, built aside: a companion may be running from dist. */
async function packCompanion(folder: string): Promise<ArchiveFiles> {
  const stage = join(folder, 'stage');
  for (const name of ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'docs', 'dist/extension']) {
    await cp(join(root, name), join(stage, name), { recursive: true });
  }
  await run(process.execPath, [join(root, 'scripts/build-companion.ts'), '--into', join(stage, 'dist')]);
  await run('npm', ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder], { cwd: stage });
  return readPackage(await readFile(join(folder, `${packageJson.name}-${packageJson.version}.tgz`)));
}

/** As `npm install` would lay it out: with its own dependencies in reach, and none of ours. */
async function install(files: ArchiveFiles, folder: string): Promise<string> {
  const modules = join(folder, 'prefix', 'node_modules');
  const installed = join(modules, packageJson.name);
  for (const [name, bytes] of files) {
    await mkdir(dirname(join(installed, name)), { recursive: true });
    await writeFile(join(installed, name), bytes);
  }
  for (const name of Object.keys(packageJson.dependencies)) {
    await symlink(join(root, 'node_modules', name), join(modules, name), 'junction');
  }
  return installed;
}

describe('the npm package', () => {
  let files: ArchiveFiles;
  const textOf = (name: string) => files.get(name)?.toString('latin1') ?? '';

  beforeAll(async () => {
    const folder = await createTemporaryHome();
    files = await packCompanion(folder.path).finally(() => folder.remove());
  });

  test('holds the compiled companion, the built extension and documents, and nothing else', () => {
    const names = [...files.keys()];
    const isWelcome = (name: string) =>
      /^dist\/companion\/[\w/-]+\.js(\.map)?$/.test(name) ||
      /^dist\/extension\/(chrome|firefox)-mv3\/[\w./-]+$/.test(name) ||
      /^docs\/[\w-]+\.md$/.test(name) ||
      singleFiles.has(name);
    expect(names.filter((name) => !isWelcome(name))).toEqual([]);
    expect(names.filter((name) => /\.tsx?$|^dist\/extension.*\.map$|test|\.env/.test(name))).toEqual([]);
    expect(names.filter((name) => name.endsWith('.map') && /"sourcesContent":\["/.test(textOf(name)))).toEqual([]);
    expect(names).toEqual(
      expect.arrayContaining([
        packageJson.bin.companion,
        'dist/extension/chrome-mv3/manifest.json',
        'dist/extension/firefox-mv3/manifest.json',
        'README.md',
        'LICENSE',
      ]),
    );
    expect(names.filter((name) => secretLike.test(textOf(name)))).toEqual([]);
  });

  test('brings the licence of each package whose parts it holds', () => {
    const names = [...files.keys()].filter((name) => name.endsWith('.js.map'));
    const sources = names.flatMap((name) => (JSON.parse(textOf(name)) as { readonly sources: string[] }).sources);
    const packages = sources.flatMap((source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1] ?? []);
    const notices = textOf('dist/THIRD-PARTY-NOTICES');
    const bundled = [...new Set(packages)];
    expect(bundled).toEqual(expect.arrayContaining(['fastify', 'undici', 'ws', 'zod']));
    expect(bundled.filter((name) => !notices.includes(`\n${name} `))).toEqual([]);
  });

  test('brings the licence of what the extension holds, in each browser’s folder', () => {
    for (const browser of ['chrome', 'firefox']) {
      const notices = textOf(`dist/extension/${browser}-mv3/THIRD-PARTY-NOTICES.txt`);
      const named = ['preact', '@preact/signals', 'uplot', 'zod', 'webextension-polyfill'];
      expect(named.filter((name) => !notices.includes(`\n${name} `))).toEqual([]);
    }
  });

  test('starts, answers and stops with its own dependencies alone', async () => {
    const folder = await createFolder();
    const installed = await install(files, folder);
    const program = join(installed, packageJson.bin.companion);
    const home = join(folder, 'home');
    await mkdir(home, { mode: 0o700 });
    const env = { PATH: process.env['PATH'], HOME: home, CCPROXY_HOME: home, CCPROXY_VAULT: 'file' };
    const stdio = ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'];
    const start = [program, 'start', '--json', '--port', '0'];
    const companion = new CompanionProcess(spawn(process.execPath, start, { cwd: home, env, stdio }));
    onTestFinished(() => companion.kill());
    await companion.waitForEvent('listening');
    expect(await (await fetch(`${companion.url}/healthz`)).json()).toEqual({ status: 'ok' });
    const { stdout } = await run(process.execPath, [program, 'status', '--json'], { cwd: home, env });
    expect(JSON.parse(stdout)).toMatchObject({ version: packageJson.version, url: companion.url });
    expect(await companion.stop()).toBe(0);
  });

  test.skipIf(process.platform === 'win32')(
    'keeps compiled code where no other user can write, or not at all',
    async () => {
      const folder = await createFolder();
      const program = join(await install(files, folder), packageJson.bin.companion);
      const cacheOf = async (name: string, mode: number) => {
        const home = join(folder, name);
        await mkdir(home);
        await chmod(home, mode);
        const env = { PATH: process.env['PATH'], HOME: home, CCPROXY_HOME: home, CCPROXY_VAULT: 'file' };
        await run(process.execPath, [program, 'session', 'list', '--json'], { cwd: folder, env }).catch(
          () => undefined,
        );
        return stat(join(home, 'cache')).catch(() => undefined);
      };
      expect((await cacheOf('private', 0o700))?.mode.toString(8)).toBe('40700');
      expect(await cacheOf('open', 0o777)).toBeUndefined();
    },
  );

  test('needs no install script, its own or a dependency that is allowed one', () => {
    const scripts = Object.keys(packageJson.scripts);
    expect(scripts.filter((name) => /^(pre|post)?install$|^prepare$/.test(name))).toEqual([]);
    expect(Object.keys(packageJson.allowScripts).filter((name) => name in packageJson.dependencies)).toEqual([]);
  });
});

describe("the stores' archives", () => {
  test('hold what was built, and the sources archive rebuilds to the same extension', async () => {
    const folder = await createFolder();
    await run(process.execPath, [join(root, 'scripts/zip-extension.ts'), '--into', folder]);
    const archive = async (kind: string, from = folder) =>
      readZip(await readFile(join(from, `ccproxy-companion-${packageJson.version}-${kind}.zip`)));
    const [chrome, firefox, sources] = [await archive('chrome'), await archive('firefox'), await archive('sources')];
    for (const files of [chrome, firefox]) {
      expect([...files.keys()]).toEqual(expect.arrayContaining(['manifest.json', 'background.js', 'popup.html']));
      expect([...files.keys()].filter((name) => /\.(tsx?|map)$/.test(name))).toEqual([]);
    }
    expect([...sources.keys()].filter((name) => !isSource(name))).toEqual([]);
    expect([...sources.keys()].filter((name) => secretLike.test(sources.get(name)?.toString('latin1') ?? ''))).toEqual(
      [],
    );
    expect(asTexts(await archive('firefox', await rebuild(sources, join(folder, 'review'))))).toEqual(asTexts(firefox));
  });
});

const singleSources = [
  'wxt.config.ts',
  'scripts/bundle/notices.ts',
  'tsconfig.base.json',
  'package.json',
  'package-lock.json',
  'LICENSE',
];

function isSource(name: string): boolean {
  return /^(extension|shared)\//.test(name) || [...singleSources, 'CONTRIBUTING.md'].includes(name);
}

/** As a reviewer does it; the packages of the lock file are those that are installed here. */
async function rebuild(sources: ArchiveFiles, folder: string): Promise<string> {
  for (const [name, bytes] of sources) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  const bundler = join('node_modules', 'wxt', 'bin', 'wxt.mjs');
  await run(process.execPath, [bundler, 'zip', '--browser', 'firefox'], {
    cwd: folder,
    env: { ...process.env, NODE_ENV: 'production' },
  });
  expect(await readdir(join(folder, 'dist', 'extension'))).toContain('firefox-mv3');
  return join(folder, 'dist', 'extension');
}

function asTexts(files: ArchiveFiles): Readonly<Record<string, string>> {
  return Object.fromEntries([...files].map(([name, bytes]) => [name, bytes.toString('latin1')]));
}
