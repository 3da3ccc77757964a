/** Reading an item that another program keeps in the macOS keychain. */
import { execFile } from 'node:child_process';
import { Secret } from '../../../shared/redact.ts';
import { CompanionError } from '../../base/error.ts';

export interface KeychainItem {
  readonly service: string;
  readonly account: string;
}

/** What `security` exits with when there is no such item. */
const noSuchItem = 44;
/** It may first ask the person; then it waits for them. */
const patienceMs = 60_000;
const longestSecretBytes = 4 * 1024 * 1024;

/**
 * The secret of the item, or `undefined` if there is none. Asks through `security`, the system's own program, by which
 * Claude Code writes the item: for another program the system would ask the person each time. Errors: `VAULT_LOCKED`.
 */
export function readKeychainItem(
  { service, account }: KeychainItem,
  program = '/usr/bin/security',
): Promise<Secret | undefined> {
  const args = ['find-generic-password', '-s', service, '-a', account, '-w'];
  return new Promise((resolve, reject) => {
    const limits = { timeout: patienceMs, maxBuffer: longestSecretBytes, encoding: 'utf8' } as const;
    const child = execFile(program, args, limits, (error, stdout) => {
      if (error === null) resolve(new Secret(fromHex(stdout.trim())));
      else if (error.code === noSuchItem) resolve(undefined);
      else reject(locked(service));
    });
    child.stdin?.end();
  });
}

/** So `security` prints what holds more than plain letters. */
function fromHex(text: string): string {
  return /^(?:[0-9a-f]{2})+$/i.test(text) ? Buffer.from(text, 'hex').toString('utf8') : text;
}

/** The error of the program is no cause: it quotes what it printed. */
function locked(service: string): CompanionError {
  return new CompanionError(
    'VAULT_LOCKED',
    `The macOS keychain did not give out "${service}": it is locked, or you refused.`,
    {
      remedy: 'Unlock it with `security unlock-keychain`; over SSH it is locked until you do.',
    },
  );
}
