/** `companion session add`: a claude.ai session as the value of its cookie, asked for without showing it. */
import { sessionDisclosure } from '../../../shared/session-disclosure.ts';
import { CompanionError } from '../../base/error.ts';
import { ask } from '../control-client.ts';
import { createOutput, paint, wrap } from '../print.ts';
import type { Output } from '../print.ts';
import { readSecret } from '../read-secret.ts';
import { printable } from '../terminal.ts';

export interface AddSessionOptions {
  readonly json?: true;
  readonly name?: string;
  readonly organisation?: string;
  readonly expiresIn?: string;
}

interface Added {
  readonly message: string;
  readonly trouble: { readonly message: string; readonly remedy: string | null } | null;
}

/** `excess` is what was typed behind the command: most likely the session, which must not be there. */
export async function addSession(excess: readonly string[], options: AddSessionOptions): Promise<void> {
  if (excess.length > 0) throw sessionAsArgument();
  const output = createOutput(options.json === true);
  disclose(output);
  const question = 'Value of the cookie sessionKey of claude.ai (it is not shown): ';
  const sessionKey = await readSecret(question, process.stdin, process.stderr);
  const { name, organisation, expiresIn } = options;
  const added = await ask<Added>('POST', '/api/session/add', {
    session_key: sessionKey.reveal().trim(),
    ...(name === undefined ? {} : { name }),
    ...(organisation === undefined ? {} : { organization_id: organisation }),
    ...(expiresIn === undefined ? {} : { expires_in: expiresIn }),
  });
  if (output.isJson) return output.json(added);
  output.line(printable(added.message));
  if (added.trouble === null) return;
  for (const line of wrap(printable(added.trouble.message), 2)) output.line(`  ${paint.warn(line)}`);
  for (const line of wrap(added.trouble.remedy ?? '', 2)) output.line(`  ${line}`);
}

/** Before anything is asked for: handing it over is the choice. */
function disclose(output: Output): void {
  output.aside(paint.strong(sessionDisclosure.title));
  for (const paragraph of sessionDisclosure.paragraphs) {
    output.aside();
    for (const line of wrap(paragraph, 2)) output.aside(`  ${line}`);
  }
  output.aside();
}

function sessionAsArgument(): CompanionError {
  return new CompanionError(
    'INVALID_REQUEST',
    'A session is never an argument: other programs can see it there, and your shell writes it down.',
    { remedy: 'Leave it out: the command asks for it. If that was a real one, sign out of claude.ai and in again.' },
  );
}
