/** Freeform tools, which take plain text: the hub knows them as tools with one named input that is a string. */
import type Anthropic from '@anthropic-ai/sdk';
import { isObject, parseJson } from '../hub/fields.ts';

const INPUT_KEY = 'input';

export interface Grammar {
  readonly syntax?: string | null | undefined;
  readonly definition?: string | null | undefined;
}

interface FreeformDefinition {
  readonly name: string;
  readonly description: string | null | undefined;
  readonly grammar: Grammar | null | undefined;
}

/** The tool for the hub; its grammar, which nobody enforces here, is told to the model that is to obey it. */
export function freeformTool({ name, description, grammar }: FreeformDefinition): Anthropic.Tool {
  const told = [description, grammar && describeGrammar(grammar)].filter(Boolean).join('\n\n');
  return {
    name,
    ...(told === '' ? {} : { description: told }),
    input_schema: {
      type: 'object',
      properties: { [INPUT_KEY]: { type: 'string', description: 'The whole input as plain text.' } },
      required: [INPUT_KEY],
    },
  };
}

function describeGrammar({ syntax, definition }: Grammar): string {
  if (!definition) return '';
  return `The input must match this ${syntax ? `${syntax} ` : ''}grammar:\n${definition}`;
}

export function wrapFreeform(input: string): Readonly<Record<string, string>> {
  return { [INPUT_KEY]: input };
}

/** The text of a complete input; what a model wrote in any other form is given as it is. */
export function unwrapFreeform(input: unknown): string {
  return findText(input ?? {}) ?? JSON.stringify(input);
}

/** An object without anything is no text; arguments that were no JSON object are the text, or it was cut off. */
function findText(input: unknown): string | undefined {
  if (!isObject(input)) return undefined;
  const { [INPUT_KEY]: text, _raw_arguments: raw, ...others } = input;
  if (typeof text === 'string') return text;
  if (Object.keys(others).length > 0 || text !== undefined) return undefined;
  if (raw === undefined) return '';
  return typeof raw === 'string' ? readWhole(raw) : undefined;
}

function readWhole(json: string): string {
  const [reader, text] = readFreeform(newFreeform, json);
  return text + finishFreeform(reader);
}

/** The JSON of an input that is still coming, and how far its text was read. */
export interface FreeformReader {
  readonly phase: 'before' | 'inside' | 'after';
  /** Before the text all of the JSON; inside it what may be the beginning of a character. */
  readonly held: string;
}

export const newFreeform: FreeformReader = { phase: 'before', held: '' };

/** Models begin with the text; JSON that does not is read when it is whole. */
const opening = new RegExp(String.raw`^\s*\{\s*"${INPUT_KEY}"\s*:\s*"`);
const LONGEST_OPENING = 64;

/** The text that `json`, the next fragment, adds; together the same for every cut. */
export function readFreeform(reader: FreeformReader, json: string): readonly [FreeformReader, string] {
  if (reader.phase === 'after') return [reader, ''];
  const held = reader.held + json;
  if (reader.phase === 'inside') return readInside(held);
  const begun = reader.held.length < LONGEST_OPENING ? opening.exec(held)?.[0] : undefined;
  return begun === undefined ? [{ phase: 'before', held }, ''] : readInside(held.slice(begun.length));
}

/** The rest of the text, once no more JSON comes: half a character is none. */
export function finishFreeform({ phase, held }: FreeformReader): string {
  if (phase !== 'before' || held.trim() === '') return '';
  return findText(parseJson(held)) ?? held;
}

function readInside(json: string): readonly [FreeformReader, string] {
  let text = '';
  let from = 0;
  for (const { 0: mark, 1: hex, index } of json.matchAll(/"|\\(?:u([0-9a-fA-F]{4})|[^u])?/g)) {
    text += json.slice(from, index);
    from = index + mark.length;
    if (mark === '"') return [{ phase: 'after', held: '' }, text];
    if (mark === '\\' && /^\\(?:u[0-9a-fA-F]{0,3})?$/.test(json.slice(index, index + 6))) {
      return holdHalf(text, json.slice(index));
    }
    text += hex === undefined ? unescape(mark) : String.fromCharCode(Number.parseInt(hex, 16));
  }
  return holdHalf(text + json.slice(from), '');
}

/** A character may be two escapes, or come in two fragments: its first half waits for the second. */
function holdHalf(text: string, rest: string): readonly [FreeformReader, string] {
  const whole = /[\ud800-\udbff]/.test(text.at(-1) ?? '') ? text.slice(0, -1) : text;
  return [{ phase: 'inside', held: text.slice(whole.length) + rest }, whole];
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['\\"', '"'],
  ['\\\\', '\\'],
  ['\\/', '/'],
  ['\\b', '\b'],
  ['\\f', '\f'],
  ['\\n', '\n'],
  ['\\r', '\r'],
  ['\\t', '\t'],
]);

/** What is no escape of JSON is the text that it looks like. */
function unescape(mark: string): string {
  return escapes.get(mark) ?? mark;
}
