/** A plain file with API keys, as other programs of this kind keep them. Pure: text in, keys or problems out. */
import { basename } from 'node:path';
import { providerIdOf } from '../../../shared/api-provider.ts';
import type { ApiProvider } from '../../../shared/api-provider.ts';
import { Secret } from '../../../shared/redact.ts';
import { toCompanionError } from '../../base/error.ts';
import { checkNewKey } from '../key-record.ts';
import type { NewKey } from '../key-record.ts';

/** What is wrong in a file, for a person; never with a word of what stands there. */
export interface FileProblem {
  readonly message: string;
  /** `null` where only the entry can be named. */
  readonly line: number | null;
}

export interface AuthFileContent {
  readonly keys: readonly NewKey[];
  readonly problems: readonly FileProblem[];
}

type Fields = Readonly<Record<string, unknown>>;

const keyTypes: ReadonlySet<string> = new Set(['api_key', 'api-key', 'apikey', 'api key']);
const listNames = ['keys', 'auths', 'credentials'] as const;
const mostEntries = 200;

/**
 * `{"type": "api_key", "token": "...", "priority": 1}`, a list of such entries, or such a list under `keys`, `auths` or
 * `credentials`. The provider is named by an entry, or by the name of the file: `claude.json`, `openai-work.json`.
 */
export function readAuthFile(path: string, text: string, providers: readonly ApiProvider[]): AuthFileContent {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (thrown) {
    return { keys: [], problems: [syntaxProblem(text, thrown)] };
  }
  const { entries, isList, shared } = entriesOf(content);
  if (entries.length > mostEntries) return unreadable(`it has more than ${mostEntries} entries`);
  const usual = shared['provider'] ?? providerOfFile(path, providers);
  const keys: NewKey[] = [];
  const problems: FileProblem[] = [];
  for (const [index, entry] of entries.entries()) {
    const read = readEntry(entry, usual, providers);
    if (typeof read !== 'string') keys.push(read);
    else problems.push({ message: isList ? `entry ${index + 1}: ${read}` : read, line: null });
  }
  if (entries.length === 0) return unreadable('it has no key');
  return { keys, problems };
}

function unreadable(message: string): AuthFileContent {
  return { keys: [], problems: [{ message, line: null }] };
}

function entriesOf(content: unknown): { entries: readonly unknown[]; isList: boolean; shared: Fields } {
  if (Array.isArray(content)) return { entries: content, isList: true, shared: {} };
  const fields = fieldsOf(content);
  // All of them: a file of which a part was passed over must not look as if it were needed no more.
  const lists = listNames.map((name) => fields?.[name]).filter((value) => Array.isArray(value));
  if (fields === undefined || lists.length === 0) return { entries: [content], isList: false, shared: {} };
  return { entries: lists.flat(), isList: true, shared: fields };
}

/** The key, or what is wrong with the entry. */
function readEntry(entry: unknown, usualProvider: unknown, providers: readonly ApiProvider[]): NewKey | string {
  const fields = typeof entry === 'string' ? { token: entry } : fieldsOf(entry);
  if (fields === undefined) return 'this is no entry: it wants at least a `token`';
  const type = fields['type'] ?? 'api_key';
  if (typeof type !== 'string' || !keyTypes.has(type.toLowerCase())) return typeProblem(fields);
  const provider = fields['provider'] ?? usualProvider;
  if (typeof provider !== 'string')
    return 'nothing tells its provider: add a field `provider`, or name the file after it';
  const token = fields['token'] ?? fields['key'] ?? fields['api_key'];
  if (typeof token !== 'string') return 'it has no `token`';
  const { name, priority } = fields;
  if (name !== undefined && typeof name !== 'string') return 'its `name` is no text';
  if (priority !== undefined && typeof priority !== 'number') return 'its `priority` is no number';
  try {
    return checkNewKey({ providerId: providerIdOf(provider), secret: new Secret(token), name, priority }, providers);
  } catch (thrown) {
    return toCompanionError(thrown).message.replace(/\.$/, '');
  }
}

function typeProblem(fields: Fields): string {
  const isLogin = ['access_token', 'refresh_token', 'claudeAiOauth', 'tokens'].some((name) => name in fields);
  return isLogin
    ? 'it holds a login, not a key: `companion auth login` or `companion auth import` makes one'
    : 'only entries of the type `api_key` are taken over';
}

/** `claude.json`, `claude-2.json`, `openai_work.json`; `undefined` for a name that means nobody. */
function providerOfFile(path: string, providers: readonly ApiProvider[]): string | undefined {
  const stem = basename(path).replace(/\.json$/i, '');
  const parts = stem.split(/(?=[-_. ])/);
  const names = parts.map((_, index) => parts.slice(0, parts.length - index).join(''));
  return names.map(providerIdOf).find((id) => providers.some((provider) => provider.id === id));
}

/** The parser quotes what it does not like, so its own words are never shown. */
function syntaxProblem(text: string, thrown: unknown): FileProblem {
  if (text.trim() === '') return { message: 'it is empty', line: 1 };
  return { message: 'it is not valid JSON', line: lineOfError(text, String(thrown)) };
}

function lineOfError(text: string, said: string): number {
  const lines = text.split('\n');
  const [, position] = /at position (\d+)/.exec(said) ?? [];
  if (position !== undefined) return text.slice(0, Number(position)).split('\n').length;
  if (!said.includes('Unexpected token')) return text.trimEnd().split('\n').length;
  // No place is told for these. A beginning that ends before it is merely unfinished, so the first line that is not, has it.
  const isWrong = (count: number) => errorOf(lines.slice(0, count).join('\n')).includes('Unexpected token');
  let [fine, wrong] = [0, lines.length];
  while (wrong - fine > 1) {
    const middle = Math.floor((fine + wrong) / 2);
    if (isWrong(middle)) wrong = middle;
    else fine = middle;
  }
  return wrong;
}

function errorOf(text: string): string {
  try {
    JSON.parse(text);
    return '';
  } catch (thrown) {
    return String(thrown);
  }
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}
