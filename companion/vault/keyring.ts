/** The keyring of the operating system, held at arm's length: it can block, prompt, or be half installed. */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { scrub, Secret } from '../../shared/redact.ts';

export const keyringService = 'ccproxy-companion';

/** The keyring does not work here, or not now; `message` says why, as the end of "the system keyring cannot be used: ...". */
export class KeyringUnavailable extends Error {}

export interface Keyring {
  /** Writes, reads and deletes an entry of its own. Errors: `KeyringUnavailable`, within 3 seconds. */
  probe(): Promise<void>;
  /** Only meaningful after a successful `probe`: a locked keyring says that there is no such entry. */
  read(account: string): Promise<Secret | undefined>;
  write(account: string, secret: Secret): Promise<void>;
  /** `true` if there was such an entry. */
  delete(account: string): Promise<boolean>;
  close(): void;
}

/** One operation, as it goes to the helper process and back. */
export interface KeyringRequest {
  readonly operation: 'read' | 'write' | 'delete';
  readonly service: string;
  readonly account: string;
  readonly secret?: string;
}

/** The value that was read; of `delete`, something if there was an entry. */
export type KeyringReply = { readonly value: string | null } | { readonly error: string };

type Environment = Readonly<Record<string, string | undefined>>;
type Helper = ChildProcessByStdio<Writable, Readable, null>;

const probeLimitMs = 3000;
/** Once the keyring works, macOS may still ask the person to allow the access to this entry. */
const accessLimitMs = 60_000;

/**
 * The keyring of this computer: the entries of one service, another program's perhaps. Nothing is loaded or asked before
 * the first call. One call at a time.
 */
export function systemKeyring(
  environment: Environment = process.env,
  platform = process.platform,
  service = keyringService,
): Keyring {
  return new HelperKeyring(environment, platform, service);
}

/**
 * Speaks to the keyring through a process of its own. The native module calls the keyring synchronously on a thread: when
 * nobody answers on the session bus that thread waits for ever and the process that holds it cannot even exit. A helper can
 * be killed. It also keeps a native module, and what it may crash on, out of the companion.
 */
class HelperKeyring implements Keyring {
  readonly #environment: Environment;
  readonly #platform: NodeJS.Platform;
  readonly #service: string;
  #helper: Helper | undefined;

  constructor(environment: Environment, platform: NodeJS.Platform, service: string) {
    this.#environment = environment;
    this.#platform = platform;
    this.#service = service;
  }

  async probe(): Promise<void> {
    const endsAtMs = performance.now() + probeLimitMs;
    // An entry of our own: nothing is ever left in another program's service.
    const ask = (operation: KeyringRequest['operation'], secret?: string): Promise<string | null> =>
      this.#ask(
        { operation, service: keyringService, account: 'probe', ...(secret === undefined ? {} : { secret }) },
        endsAtMs,
      );
    const value = randomUUID();
    await ask('write', value);
    const isKept = (await ask('read')) === value;
    await ask('delete');
    if (!isKept) throw new KeyringUnavailable('it does not give back what it was given');
  }

  async read(account: string): Promise<Secret | undefined> {
    const value = await this.#access({ operation: 'read', account });
    return value === null ? undefined : new Secret(value);
  }

  async write(account: string, secret: Secret): Promise<void> {
    await this.#access({ operation: 'write', account, secret: secret.reveal() });
  }

  async delete(account: string): Promise<boolean> {
    return (await this.#access({ operation: 'delete', account })) !== null;
  }

  close(): void {
    this.#helper?.kill('SIGKILL');
    this.#helper = undefined;
  }

  #access(request: Omit<KeyringRequest, 'service'>): Promise<string | null> {
    return this.#ask({ ...request, service: this.#service }, performance.now() + accessLimitMs);
  }

  async #ask(request: KeyringRequest, endsAtMs: number): Promise<string | null> {
    if (this.#platform === 'linux' && !hasSessionBus(this.#environment)) {
      throw new KeyringUnavailable('there is no session bus');
    }
    if (this.#helper?.exitCode !== null) this.#helper = startHelper(this.#environment);
    try {
      const reply = await exchange(this.#helper, request, endsAtMs - performance.now());
      if ('value' in reply) return reply.value;
      throw new KeyringUnavailable(reasonOf(reply.error));
    } catch (thrown) {
      this.close();
      throw thrown;
    }
  }
}

function hasSessionBus(environment: Environment): boolean {
  if (environment['DBUS_SESSION_BUS_ADDRESS']) return true;
  const runtimeFolder = environment['XDG_RUNTIME_DIR'];
  return runtimeFolder !== undefined && runtimeFolder !== '' && existsSync(join(runtimeFolder, 'bus'));
}

function startHelper(environment: Environment): Helper {
  // This folder is another one in the bundle, its place beside `vault` is not.
  const script = join(import.meta.dirname, '..', 'vault', `keyring-process${extname(import.meta.filename)}`);
  const helper = spawn(process.execPath, [script], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: environmentForHelper(environment),
    windowsHide: true,
  });
  // A pipe that breaks shows as the exit of the helper.
  helper.stdin.on('error', () => undefined);
  return helper;
}

/** Neither our own settings, some of which are secrets, nor options that change how Node starts. */
function environmentForHelper(environment: Environment): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(CCPROXY_|SECURITY__|NODE_)/.test(name)));
}

/** One line there, one line back. */
function exchange(helper: Helper, request: KeyringRequest, limitMs: number): Promise<KeyringReply> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: helper.stdout });
    const limit = setTimeout(() => fail('it does not answer'), Math.max(0, limitMs));
    const settle = (finish: () => void): void => {
      clearTimeout(limit);
      helper.off('exit', onExit).off('error', onError);
      lines.close();
      finish();
    };
    const fail = (reason: string): void => settle(() => reject(new KeyringUnavailable(reason)));
    const onExit = (): void => fail('its library failed');
    const onError = (): void => fail('its helper process could not be started');
    helper.once('exit', onExit).once('error', onError);
    lines.once('line', (line) => settle(() => resolve(JSON.parse(line) as KeyringReply)));
    helper.stdin.write(`${JSON.stringify(request)}\n`);
  });
}

/** What the libraries say, in the words of a person. */
function reasonOf(error: string): string {
  if (/failed to load|cannot find (package|module)/i.test(error)) return 'its library could not be loaded (libsecret)';
  if (/locked|dismissed/i.test(error)) return 'it is locked';
  if (/does not exist at path/i.test(error)) return 'it holds no collection, or a locked one';
  if (/was not provided by any \.service/i.test(error)) return 'no keyring service is installed';
  return scrub(error);
}
