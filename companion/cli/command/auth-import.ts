/** `companion auth import`: takes over the Claude login that another program keeps in a file. */
import { resolve } from 'node:path';
import { isLoginFile, noLoginFile } from '../../account/login/login-import.ts';
import type { ImportedLogin } from '../../account/login/login-service-contract.ts';
import { expandTilde } from '../../config/home.ts';
import type { ListedLogins } from '../../http/control/login-routes.ts';
import { openConversation } from '../control-client.ts';
import type { Conversation } from '../control-client.ts';
import { disclosureLines } from '../foreign-login.ts';
import { makeSure } from '../make-sure.ts';
import { createOutput } from '../print.ts';
import { printable } from '../terminal.ts';
import { describeEnd } from './auth-login.ts';

export interface ImportOptions {
  readonly json?: true;
  readonly yes?: true;
  readonly force?: true;
}

const question = { deed: 'Taking over a login', text: 'Take it over?', otherwise: 'The file is as it was.' };

export async function importLogin(file: string | undefined, options: ImportOptions): Promise<void> {
  const output = createOutput(options.json === true);
  const talk = await openConversation();
  try {
    const path = file === undefined ? await findFile(talk) : await checkFile(file);
    for (const line of importDisclosure(path)) output.aside(line);
    if (options.yes !== true) await makeSure(question);
    const body = { path, isForced: options.force };
    const imported = await talk.ask<ImportedLogin>('POST', '/control/logins/import', body);
    if (output.isJson) return output.json(imported);
    output.line(describeEnd(imported.login, Date.now()));
    output.line(`${printable(imported.path)} stays as it is.`);
  } finally {
    await talk.close();
  }
}

async function findFile(talk: Conversation): Promise<string> {
  const { importable } = await talk.ask<ListedLogins>('GET', '/control/logins');
  const [path] = importable.found;
  if (path === undefined) throw noLoginFile(importable.searched);
  return path;
}

/** The companion may stand in another folder than whoever named the file. */
async function checkFile(file: string): Promise<string> {
  const path = resolve(expandTilde(file, process.env));
  if (!(await isLoginFile(path))) throw noLoginFile([path]);
  return path;
}

/** What becomes of the login, whom that disturbs, and what the provider's terms say: before it is read. */
function importDisclosure(path: string): readonly string[] {
  return disclosureLines('Take over the Claude login of another program', [
    `The companion reads the login in ${printable(path)}, keeps a copy of its own, renews it, and sends it to Anthropic ` +
      'alone. The file stays as it is.',
    'A renewal gives new tokens to one copy only: when the companion has renewed it, the program that keeps the file may ' +
      'have to sign in again, and the other way round. `companion auth login` makes a login of its own, which disturbs ' +
      'nobody.',
  ]);
}
