/** The licences of what is bundled: most ask for their text to travel along. */
import { readFileSync, readdirSync } from 'node:fs';
import { join, sep } from 'node:path';

interface PackageFacts {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

const head = 'CCProxy Companion contains parts of these packages.';

/** Of the packages that bundled modules came from, each once. */
export function packageFoldersOf(modules: readonly string[]): readonly string[] {
  const nearest = /^.*[/\\]node_modules[/\\](?:@[^/\\]+[/\\])?[^/\\]+/;
  const folders = modules.flatMap((id) => nearest.exec(id)?.[0] ?? []);
  return [...new Set(folders.map((folder) => folder.replaceAll('/', sep)))].sort();
}

/** One section for each package folder. Throws if a package has no licence text: then somebody must look at it. */
export function formatNotices(packageFolders: readonly string[]): string {
  return `${[head, ...packageFolders.map(sectionOf)].join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

function sectionOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageFacts;
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
  if (texts.length === 0 && !withoutText.has(name)) throw new Error(`${name} ${version} has no licence text`);
  return [`${name} ${version} (${license})`, ...texts].join('\n\n');
}

/** Packages that name their licence and ship no text of it. */
const withoutText: ReadonlySet<string> = new Set(['abstract-logging', 'wxt']);
