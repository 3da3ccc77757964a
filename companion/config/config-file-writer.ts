/** Changing one setting in `config.yaml`, and nothing else that the person wrote there. */
import { mkdirSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import type { Document, YAMLMap } from 'yaml';
import { fileError, writeFileAtomic } from '../base/atomic-file.ts';
import { CompanionError } from '../base/error.ts';
import { readConfigFile, readIfExists } from './config-file.ts';
import type { SettingKey } from './schema.ts';

/** As YAML holds it: texts, numbers, lists, groups. */
export type FileSetting =
  | string
  | number
  | boolean
  | null
  | readonly FileSetting[]
  | { readonly [name: string]: FileSetting };

/**
 * Sets `key`, such as `codex.enabled`, in the file at `path` (made, 0600, if need be). Comments, order and everything else
 * stay; a link is followed. The file is either the old one or the new one. Errors: `CONFIG_INVALID`, with file and line,
 * for a file in which that cannot be done safely, which is then left alone; `STORE_UNAVAILABLE` (disk).
 */
export async function setInConfigFile(path: string, key: SettingKey, value: FileSetting): Promise<void> {
  // Refuses what is not YAML in the words of whoever reads it.
  readConfigFile(path);
  const source = readIfExists(path) ?? '';
  await writeConfigText(path, withSetting(source, key, value, path), source);
}

/** Puts `next` in the place of `source`, which stands there. Errors: `STORE_UNAVAILABLE` (disk). */
export async function writeConfigText(path: string, next: string, source: string): Promise<void> {
  if (next === source) return;
  const target = resolveLink(path);
  makeFolder(dirname(target));
  await writeFileAtomic(target, next, modeOf(target));
}

/** The text with one setting changed; `path` is for the message. Errors: `CONFIG_INVALID`, as above. */
export function withSetting(source: string, key: SettingKey, value: FileSetting, path: string): string {
  const { document, fail } = parseForChange(source, key, path);
  const names = key.split('.');
  const last = names.pop() ?? key;
  const group = names.reduce((parent, name) => groupIn(document, parent, name, fail), rootOf(document, fail));
  // Writing the document anew would tidy what the person wrote; it is not touched for nothing.
  if (isDeepStrictEqual(asPlain(document, group, last), value)) return source;
  setNode(document, group, last, value);
  return print(document, source) ?? fail(group.range?.[0]);
}

/** The text without a setting, by whichever of its `names`, and without groups that held nothing else. Errors: as above. */
export function withoutSetting(source: string, names: readonly string[], path: string): string {
  const { document, fail } = parseForChange(source, names[0] ?? '', path);
  const present = names.map((name) => name.split('.')).filter((steps) => document.hasIn(steps));
  if (present.length === 0) return source;
  for (const steps of present) removeIn(document, steps);
  const first = isMap(document.contents) ? document.contents.items[0]?.key : undefined;
  // What comes first now was set off from what went.
  if (isNode(first)) first.spaceBefore = false;
  return print(document, source) ?? fail(0);
}

function removeIn(document: Document, steps: readonly string[]): void {
  document.deleteIn(steps);
  const parent = steps.slice(0, -1);
  if (parent.length === 0) return;
  const group = document.getIn(parent, true);
  const isBare = isMap(group) && group.items.length === 0 && !group.comment && !group.commentBefore;
  if (isBare) removeIn(document, parent);
}

function parseForChange(source: string, key: string, path: string): { document: Document; fail: Fail } {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const fail: Fail = (offset) => {
    throw cannotChange(path, lines.linePos(offset ?? 0).line, key);
  };
  if (document.errors.length > 0) fail(document.errors[0]?.pos[0]);
  return { document, fail };
}

type Fail = (offset: number | undefined) => never;

function rootOf(document: Document, fail: Fail): YAMLMap {
  const { contents } = document;
  if (isMap(contents)) {
    // `{}`, as the file stands once the last setting was taken out.
    if (contents.items.length === 0) contents.flow = false;
    return contents;
  }
  if (contents !== null && !(isScalar(contents) && contents.value === null)) fail(contents.range?.[0]);
  const root = document.createNode({});
  document.contents = root;
  // A file that has nothing but remarks begins with them.
  document.commentBefore = [document.commentBefore, contents?.commentBefore, document.comment]
    .filter((text) => typeof text === 'string')
    .join('\n\n');
  document.comment = null;
  return root;
}

/** The group called `name`, made if it is not there or stands empty. */
function groupIn(document: Document, parent: YAMLMap, name: string, fail: Fail): YAMLMap {
  const current = parent.get(name, true) as unknown;
  if (isMap(current)) return current;
  if (current !== undefined && !(isScalar(current) && current.value === null))
    fail(offsetOf(current) ?? parent.range?.[0]);
  const group = document.createNode({});
  if (isScalar(current)) group.comment = current.comment ?? null;
  const title = document.createNode(name);
  title.spaceBefore = parent === document.contents && parent.items.length > 0;
  if (current === undefined) parent.set(title, group);
  else parent.set(name, group);
  return group;
}

function offsetOf(node: unknown): number | undefined {
  return (node as { readonly range?: readonly [number, number, number] | null }).range?.[0];
}

function asPlain(document: Document, group: YAMLMap, name: string): unknown {
  const current: unknown = group.get(name, true);
  return isNode(current) ? (current.toJS(document) as unknown) : undefined;
}

/** A value that stands there keeps the remarks around it. */
function setNode(document: Document, group: YAMLMap, name: string, value: FileSetting): void {
  const current: unknown = group.get(name, true);
  const node = document.createNode(value);
  if (isNode(current)) {
    node.comment = current.comment ?? null;
    node.commentBefore = current.commentBefore ?? null;
  }
  group.set(document.createNode(name), node);
}

/** In the manner of the file; `undefined` when that cannot be done, or would say something else. */
function print(document: Document, source: string): string | undefined {
  const indent = /^( {2,8})\S/m.exec(source)?.[1]?.length ?? 2;
  try {
    const text = document.toString({ indent, lineWidth: 0, flowCollectionPadding: /[[{] \S/.test(source) });
    if (!isDeepStrictEqual(parseDocument(text).toJS(), document.toJS())) return undefined;
    return source.includes('\r\n') ? text.replaceAll(/\r?\n/g, '\r\n') : text;
  } catch {
    // Such as an alias without its anchor.
    return undefined;
  }
}

function cannotChange(path: string, line: number, key: string): CompanionError {
  return new CompanionError(
    'CONFIG_INVALID',
    `${path}:${line}: \`${key}\` could not be set here; nothing was changed.`,
    {
      remedy: `Set \`${key}\` in that file by hand.`,
    },
  );
}

function resolveLink(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (thrown) {
    throw fileError('create the folder', path, thrown);
  }
}

function modeOf(path: string): number {
  const facts = statSync(path, { throwIfNoEntry: false });
  return facts === undefined ? 0o600 : facts.mode & 0o777;
}
