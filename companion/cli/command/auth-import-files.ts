/** `companion auth import-files`: the API keys of plain files are taken over; the files go only when that is asked for. */
import { ask } from '../control-client.ts';
import { createOutput, paint, wrap } from '../print.ts';
import { printable } from '../terminal.ts';

interface Answer {
  readonly files: readonly {
    readonly path: string;
    readonly problems: readonly object[];
    readonly keys: readonly { readonly name: string; readonly provider: string; readonly is_kept: boolean }[];
  }[];
  readonly notices: readonly string[];
  readonly removed: readonly string[];
}

/** Ends with 1 when a file has a problem, for scripts. */
export async function importFiles(options: { readonly json?: true; readonly remove?: true }): Promise<void> {
  const output = createOutput(options.json === true);
  const answer = await ask<Answer>('POST', '/v0/management/auth-files/import', { remove: options.remove === true });
  const { files, notices, removed } = answer;
  if (files.some(({ problems }) => problems.length > 0)) process.exitCode = 1;
  if (output.isJson) return output.json(answer);
  if (files.length === 0 && removed.length === 0) {
    output.line('No credential file was found. `auths/claude.json` in the home of the companion would be one;');
    return output.line('`auth.folder` names another folder. `companion keys add` asks for a key without a file.');
  }
  for (const { path, keys } of files) {
    output.line(paint.strong(printable(path)));
    for (const { name, provider, is_kept: isKept } of keys) {
      const state = isKept ? paint.good('kept, encrypted') : paint.soft('removed by you, and not taken over again');
      output.line(`  ${printable(provider)} ${printable(name)}: ${state}`);
    }
  }
  for (const notice of notices) for (const line of wrap(printable(notice), 0)) output.line(line);
  for (const path of removed) output.line(`Deleted: ${printable(path)}`);
}
