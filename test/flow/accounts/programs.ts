/** Companions in processes of their own, which share the home of a house that is stopped. */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { LoginProviderId, RedirectLoginProviderId } from '../../../shared/credential.ts';
import { askRaw } from '../api/raw-client.ts';
import type { RawAnswer } from '../api/raw-client.ts';
import { bodyFor, claude, gpt, openAccountHouse } from './house.ts';
import type { AccountHouse, DialectPath } from './house.ts';

export const pathOf = { anthropic: '/v1/messages', openai: '/v1/responses' } as const;
export const modelOf = { anthropic: claude, openai: gpt } as const;
export const providers = ['anthropic', 'openai'] as const satisfies readonly RedirectLoginProviderId[];
export const authOf = (house: AccountHouse, provider: LoginProviderId) =>
  provider === 'anthropic' ? house.claude.auth : house.openAiAuth;
export const tokensOf = (house: AccountHouse, provider: LoginProviderId) =>
  provider === 'anthropic' ? house.readClaudeTokens() : house.readAuthFile();

/** Somebody is signed in, and the companion that they did it with is gone. The worker is off: requests alone renew. */
export async function leaveSignedIn(provider: RedirectLoginProviderId, expiresInSeconds: number | null) {
  const auth = { scenario: { expiresInSeconds } };
  const config = { auth: { refresh: { enabled: false } } };
  const house = await openAccountHouse({ claude: { auth }, openAiAuth: auth, config });
  await house.signIn(provider);
  const { key } = house;
  await house.stop();
  // Renewed once more, at the latest by now.
  const endsAtMs = Date.now() + (expiresInSeconds ?? 0) * 1000;
  return { house, key, endsAtMs };
}

/** One at a time starts in a home: each takes the socket for commands from the one before. */
export class CompanionProgram {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #key: string;
  #url = '';

  constructor({ home, environment }: AccountHouse, key: string) {
    this.#key = key;
    this.#child = spawn(process.execPath, [join(import.meta.dirname, 'companion-program.ts'), home], {
      stdio: ['pipe', 'pipe', 'inherit'],
      // Many start: compiling the same code again each time would take most of the test.
      env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: compileCache, ...environment },
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    onTestFinished(() => void this.#child.kill('SIGKILL'));
  }

  async ready(): Promise<this> {
    this.#url = await this.nextLine();
    return this;
  }

  async nextLine(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error('the companion ended');
    return value;
  }

  write(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  say(path: DialectPath, text: string, model?: string): Promise<RawAnswer> {
    const headers = { 'x-api-key': this.#key, 'anthropic-version': '2023-06-01' };
    return askRaw(this.#url, { path, headers, body: bodyFor(path, text, model) });
  }

  /** As a power cut would. */
  async kill(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}

const compileCache = join(tmpdir(), `ccproxy-test-compile-cache-${userInfo().uid}`);
