import { readFileSync } from 'node:fs';
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Document, Pair, YAMLMap } from 'yaml';
import { z } from 'zod';
import { CompanionError } from '../base/error.ts';
import { isWord, nearest } from './nearest.ts';
import { configSchema, settings } from './schema.ts';

export interface FileValue {
  readonly value: unknown;
  /** Counts from 1. */
  readonly line: number;
  /** Of a part of the value, or of what is nearest around it. */
  lineOf(path: readonly PropertyKey[]): number;
}

export interface ConfigFile {
  /** By setting key. */
  readonly values: ReadonlyMap<string, FileValue>;
  /** What is wrong with its form, one sentence each. */
  readonly problems: readonly string[];
}

/** Reads `config.yaml`; an absent file is an empty one. Errors: `CONFIG_INVALID` if it cannot be read or is not YAML. */
export function readConfigFile(path: string): ConfigFile {
  const source = readIfExists(path);
  return source === undefined ? { values: new Map(), problems: [] } : readConfigText(source, path);
}

/** The same of a text; `path` is for the messages. */
export function readConfigText(source: string, path: string): ConfigFile {
  const lines = new LineCounter();
  // The parser's own messages can quote the line, and a line can hold a secret.
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const error = document.errors[0];
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new CompanionError(
      'CONFIG_INVALID',
      `${path}:${line}:${col}: not valid YAML: ${withoutQuote(error.message)}.`,
    );
  }
  return new Reader(path, document, lines).read();
}

/** The text of a file that may be absent. Errors: `CONFIG_INVALID` if it is there and cannot be read. */
export function readIfExists(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new CompanionError('CONFIG_INVALID', `${path} could not be read (${code ?? 'unknown error'}).`, {
      cause: thrown,
    });
  }
}

function withoutQuote(message: string): string {
  return (message.split(/: |"/, 1)[0] ?? '').replace(/[\s.(]+$/, '');
}

/** One walk over the document, next to the schema. */
class Reader {
  readonly #path: string;
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #values = new Map<string, FileValue>();
  readonly #problems: string[] = [];

  constructor(path: string, document: Document, lines: LineCounter) {
    this.#path = path;
    this.#document = document;
    this.#lines = lines;
  }

  read(): ConfigFile {
    const { contents } = this.#document;
    if (isMap(contents)) this.#readGroup(contents, configSchema, '');
    else if (!isEmpty(contents))
      this.#complain(1, 'settings stand in groups, such as `server:` with `port: 8000` below it');
    return { values: this.#values, problems: this.#problems };
  }

  #readGroup(map: YAMLMap, group: z.ZodObject, prefix: string): void {
    for (const pair of map.items) {
      const name = nameOf(pair);
      const schema: unknown = Object.hasOwn(group.shape, name) ? group.shape[name] : undefined;
      this.#readPair(pair, schema, `${prefix}${name}`);
    }
  }

  #readPair(pair: Pair, schema: unknown, key: string): void {
    const line = this.#lineOf(pair);
    const value = this.#valueOf(pair, line);
    if (schema === undefined) this.#readFormer(pair, key, value, line);
    else if (value === null || value === undefined) return;
    else if (!(schema instanceof z.ZodObject)) this.#keep(key, pair, value, line);
    else if (isMap(pair.value)) this.#readGroup(pair.value, schema, `${key}.`);
    else this.#complain(line, `"${key}" is a group of settings: ${Object.keys(schema.shape).join(', ')}`);
  }

  /** A setting that had this name elsewhere, or a group of some; today's name beats it. */
  #readFormer(pair: Pair, key: string, value: unknown, line: number): void {
    const current = settings.find(({ formerly }) => formerly?.includes(key));
    const isGroup = settings.some(({ formerly }) => formerly?.some((name) => name.startsWith(`${key}.`)));
    if (isGroup && isMap(pair.value)) this.#readGroup(pair.value, z.object({}), `${key}.`);
    else if (current === undefined) this.#complain(line, unknownSetting(key));
    else if (value !== null && value !== undefined && (current.addsUp === true || !this.#values.has(current.key)))
      this.#keep(current.key, pair, value, line);
  }

  #keep(key: string, pair: Pair, value: unknown, line: number): void {
    const addsUp = settings.some((setting) => setting.key === key && setting.addsUp === true);
    // One of the two lists would be passed over in silence.
    if (addsUp && this.#values.has(key))
      this.#complain(line, `"${key}" stands here under two names: put them together`);
    const lineOf = (path: readonly PropertyKey[]) => this.#lineWithin(pair, path) ?? line;
    this.#values.set(key, { value, line, lineOf });
  }

  #lineWithin({ value }: Pair, path: readonly PropertyKey[]): number | undefined {
    const [step, ...rest] = path;
    if (isSeq(value) && typeof step === 'number') {
      const item = value.items[step];
      const start = isNode(item) ? item.range?.[0] : undefined;
      if (start === undefined) return undefined;
      return this.#lineWithin({ value: item } as Pair, rest) ?? this.#lines.linePos(start).line;
    }
    const pair = isMap(value) ? value.items.find((one) => nameOf(one) === step) : undefined;
    return pair && (this.#lineWithin(pair, rest) ?? this.#lineOf(pair));
  }

  /** An alias can name an anchor that is not there, or stand for millions of values. */
  #valueOf(pair: Pair, line: number): unknown {
    try {
      return isNode(pair.value) ? (pair.value.toJS(this.#document) as unknown) : undefined;
    } catch {
      this.#complain(line, 'an alias (`*name`) could not be resolved');
      return undefined;
    }
  }

  #lineOf(pair: Pair): number {
    const start = isNode(pair.key) ? pair.key.range?.[0] : undefined;
    return start === undefined ? 1 : this.#lines.linePos(start).line;
  }

  #complain(line: number, problem: string): void {
    this.#problems.push(`${this.#path}:${line}: ${problem}${problem.endsWith('?') ? '' : '.'}`);
  }
}

function nameOf(pair: Pair): string {
  return String(isScalar(pair.key) ? pair.key.value : pair.key);
}

function isEmpty(contents: unknown): boolean {
  return contents === null || (isScalar(contents) && contents.value === null);
}

function unknownSetting(key: string): string {
  const known = settings.map((setting) => setting.key);
  const groups = Object.keys(configSchema.shape);
  if (known.some((setting) => setting === key)) return `write "${key}" as groups, with one name below the other`;
  if (!isWord(key)) return 'unknown setting (its name is not shown, in case it is a secret)';
  const guess = nearest(key, [...known, ...groups]);
  return guess === undefined ? `unknown setting "${key}"` : `unknown setting "${key}"; did you mean "${guess}"?`;
}
