/** Asking for a secret: on a terminal without showing it, else from what is piped in. Never an argument. */
import type { ReadStream } from 'node:tty';
import { Secret } from '../../shared/redact.ts';
import { CompanionError } from '../base/error.ts';

/** Standard input, as far as it is needed here. */
export type SecretInput = NodeJS.ReadableStream &
  Partial<Pick<ReadStream, 'isTTY' | 'setRawMode'>> & { unref?: () => void };

/** Far above any key; whoever pipes a film in gets no further. */
const longest = 100_000;

/** Errors: `INVALID_REQUEST` when nothing comes, or when the person gives up (Ctrl+C, Ctrl+D, Escape). */
export async function readSecret(question: string, input: SecretInput, output: NodeJS.WritableStream): Promise<Secret> {
  if (input.isTTY !== true) return new Secret(await readAll(input.setEncoding('utf8')));
  // Begins to hide what is typed before the question is there, lest a quick paste shows on the screen.
  const line = readHiddenLine(input);
  output.write(question);
  const typed = await line.finally(() => output.write('\n'));
  if (typed === undefined) throw gaveUp();
  return new Secret(typed);
}

/**
 * One line, not shown on a terminal; of what is piped in, the first one. `undefined` when the person gives up (Ctrl+C,
 * Ctrl+D, Escape) or nothing comes. Rejects with the reason of `signal`.
 */
export async function readHiddenLine(input: SecretInput, signal?: AbortSignal): Promise<string | undefined> {
  const isTerminal = input.isTTY === true;
  input.setEncoding('utf8');
  if (isTerminal) input.setRawMode?.(true);
  try {
    return await readLine(input, signal);
  } finally {
    if (isTerminal) input.setRawMode?.(false);
    input.pause();
  }
}

async function readAll(input: SecretInput): Promise<string> {
  let text = '';
  for await (const chunk of input) {
    text += String(chunk);
    if (text.length > longest) break;
  }
  if (text.trim() !== '') return text;
  throw new CompanionError('INVALID_REQUEST', 'Nothing came in.', {
    remedy: 'Type the command in a terminal to be asked for it, or pipe it in.',
  });
}

function readLine(input: SecretInput, signal: AbortSignal | undefined): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let typed = '';
    const finish = (act: () => void) => {
      input.removeListener('data', take);
      input.removeListener('end', onEnd);
      signal?.removeEventListener('abort', onAbort);
      act();
    };
    const onAbort = () => finish(() => reject(signal?.reason as Error));
    // A terminal that goes away has nobody at it; the last line of a pipe may lack its end.
    const onEnd = () => finish(() => resolve(input.isTTY === true || typed === '' ? undefined : typed));
    const take = (chunk: string | Buffer) => {
      const next = edit(typed, withoutPasteMarks(String(chunk)));
      if (next === 'gave up') return finish(() => resolve(undefined));
      typed = next.text;
      if (next.isDone) finish(() => resolve(typed));
    };
    if (signal?.aborted === true) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    input.on('data', take);
    input.on('end', onEnd);
    input.resume();
  });
}

/** What terminals put around a pasted text. */
function withoutPasteMarks(chunk: string): string {
  // eslint-disable-next-line no-control-regex -- the escape character is what is looked for
  return chunk.replace(/\u001b\[20[01]~/g, '');
}

function edit(before: string, chunk: string): { readonly text: string; readonly isDone: boolean } | 'gave up' {
  let text = before;
  // An arrow or a function key, which has nothing to do here.
  if (chunk.length > 1 && chunk.startsWith('\u001b')) return { text, isDone: false };
  for (const character of chunk) {
    if (character === '\r' || character === '\n') return { text, isDone: true };
    if (character === '\u0003' || character === '\u001b') return 'gave up';
    if (character === '\u0004') return text === '' ? 'gave up' : { text, isDone: true };
    if (character === '\u007f' || character === '\b') text = text.slice(0, -1);
    else if (character === '\u0015') text = '';
    else if (text.length < longest) text += character;
  }
  return { text, isDone: false };
}

function gaveUp(): CompanionError {
  return new CompanionError('INVALID_REQUEST', 'No key was given, and nothing was changed.');
}
