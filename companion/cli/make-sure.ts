/** Asks before something is done that nobody should do by accident. */
import { createInterface } from 'node:readline/promises';
import { CompanionError } from '../base/error.ts';

export interface Question {
  /** What wants a yes, as the beginning of a sentence. */
  readonly deed: string;
  readonly text: string;
  /** What holds after a no. */
  readonly otherwise: string;
}

/** Returns after a yes. Errors: `INVALID_REQUEST` after anything else, and where nobody can be asked. */
export async function makeSure({ deed, text, otherwise }: Question): Promise<void> {
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) {
    throw new CompanionError('INVALID_REQUEST', `${deed} wants a yes, and nobody is here to say it.`, {
      remedy: 'Add `--yes`.',
    });
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const gone = new Promise<undefined>((resolve) => prompt.once('close', () => resolve(undefined)));
    const answer = await Promise.race([prompt.question(`${text} [y/N] `), gone]);
    if (answer === undefined) process.stderr.write('\n');
    if (/^y(es)?$/i.test(answer?.trim() ?? '')) return;
  } finally {
    prompt.close();
  }
  throw new CompanionError('INVALID_REQUEST', 'Nothing was changed.', { remedy: otherwise });
}
