import { ask } from '../control-client.ts';
import type { GlobalOptions } from '../define-command.ts';
import { createOutput } from '../print.ts';

/** Prints the key that manages the companion over HTTP: that alone, so that `$(companion admin-key)` is the key. */
export async function adminKey(options: GlobalOptions): Promise<void> {
  const output = createOutput(options.json === true);
  const answer = await ask<{ readonly admin_key: string }>('GET', '/control/admin-key');
  if (output.isJson) output.json(answer);
  else output.line(answer.admin_key);
}
