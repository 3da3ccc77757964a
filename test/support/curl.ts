/** Runs a `curl` line as a guide prints it, against another address and with headers added. */

export interface CurlAnswer {
  readonly status: number;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into whatever came
  readonly json: any;
}

/** Understands what guides use: `-X`, `-H`, `-d` and the address. Whatever else stands there is a mistake of the test. */
export async function curl(
  line: string,
  to: { readonly url: string; readonly headers?: Readonly<Record<string, string>> },
): Promise<CurlAnswer> {
  const [program, ...words] = wordsOf(line);
  if (program !== 'curl') throw new Error(`this is no curl line: ${line}`);
  const headers = new Headers(to.headers);
  let address: string | undefined;
  let body: string | undefined;
  let method: string | undefined;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '-X') method = words.shift();
    else if (word === '-H') setHeader(headers, words.shift() ?? '');
    else if (word === '-d') body = words.shift();
    else if (word.startsWith('-')) throw new Error(`curl ${word} is not known here`);
    else address = word;
  }
  const { pathname, search } = new URL(address ?? '');
  const answer = await fetch(`${to.url}${pathname}${search}`, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers,
    ...(body !== undefined && { body }),
  });
  const text = await answer.text();
  return { status: answer.status, text, json: text === '' ? undefined : JSON.parse(text) };
}

function setHeader(headers: Headers, line: string): void {
  const [, name = '', value = ''] = /^([^:]+):\s*(.*)$/s.exec(line) ?? [];
  headers.set(name, value);
}

/** As a shell would: quotes taken off, and a backslash at the end of a line continues it. */
function wordsOf(line: string): string[] {
  const pattern = /'([^']*)'|"((?:[^"\\]|\\.)*)"|([^\s'"]+)/gs;
  return [...line.replaceAll(/\\\n/g, ' ').matchAll(pattern)].map(
    ([, single, double, bare]) => single ?? double?.replaceAll(/\\(.)/gs, '$1') ?? bare ?? '',
  );
}
