/** The two settings of Codex's `config.toml` that say where it keeps its login. */

/**
 * `keyring`: an item of the keyring. `auto`: that, or the file where there is no keyring. `ephemeral`: nowhere; it signs in
 * each time.
 */
export type CodexStore = 'file' | 'keyring' | 'auto' | 'ephemeral';

export interface CodexSettings {
  readonly store: CodexStore;
  /** What would go into the keyring goes into an encrypted file of Codex's own instead, which only Codex can read. */
  readonly isSealed: boolean;
}

const stores: ReadonlySet<string> = new Set<CodexStore>(['file', 'keyring', 'auto', 'ephemeral']);

/** `toml` is the text of the file, if there is one. What is not understood of it is as if it were not there. */
export function readCodexSettings(toml: string | undefined, platform: NodeJS.Platform): CodexSettings {
  const values = simpleValues(toml ?? '');
  const store = values.get('cli_auth_credentials_store');
  const isSealed = values.get('features.secret_auth_storage');
  return {
    store: typeof store === 'string' && stores.has(store) ? (store as CodexStore) : 'file',
    // Entries of the Windows keyring are too small for its tokens.
    isSealed: typeof isSealed === 'boolean' ? isSealed : platform === 'win32',
  };
}

const header = /^\s*\[\s*([^[\]]+?)\s*\]\s*(?:#.*)?$/;
const listHeader = /^\s*\[\[/;
const pair = /^\s*((?:"[^"]*"|'[^']*'|[\w-]+|\s*\.\s*)+?)\s*=\s*(.*)$/;
const text = /^(?:"([^"\\]*)"|'([^']*)')\s*(?:#.*)?$/;
const flag = /^(true|false)\s*(?:#.*)?$/;

/** Texts and flags that stand on one line, by their dotted name. */
function simpleValues(toml: string): ReadonlyMap<string, string | boolean> {
  const values = new Map<string, string | boolean>();
  let table = '';
  for (const line of outsideLongTexts(toml)) {
    const title = header.exec(line)?.[1];
    if (title !== undefined) table = `${plainName(title)}.`;
    else if (listHeader.test(line)) table = '[].';
    const [, name, source = ''] = pair.exec(line) ?? [];
    const value = valueOf(source);
    if (name !== undefined && value !== undefined) values.set(table + plainName(name), value);
  }
  return values;
}

function plainName(name: string): string {
  return name.replaceAll(/["'\s]/g, '');
}

function valueOf(source: string): string | boolean | undefined {
  const quoted = text.exec(source);
  if (quoted !== null) return quoted[1] ?? quoted[2] ?? '';
  const word = flag.exec(source)?.[1];
  return word === undefined ? undefined : word === 'true';
}

/** The lines that are not within a text of several lines, which may look like anything. */
function* outsideLongTexts(toml: string): Generator<string> {
  let quote: string | undefined;
  for (const line of toml.split(/\r?\n/)) {
    const marks = line.match(/"""|'''/g) ?? [];
    if (quote === undefined && marks.length === 0) yield line;
    for (const mark of marks) {
      if (quote === undefined) quote = mark;
      else if (quote === mark) quote = undefined;
    }
  }
}
