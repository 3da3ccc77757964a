/** The real `companion` command, as a process of its own: started, watched, stopped, killed. */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

const program = join(import.meta.dirname, '..', '..', 'companion', 'cli', 'main.ts');
const patienceMs = 20_000;
const compileCache = join(tmpdir(), `ccproxy-test-compile-cache-${userInfo().uid}`);

type Child = ChildProcessByStdio<Writable | null, Readable, Readable>;

export interface CompanionOptions {
  /** Folder for everything it keeps; also its working folder, so that no `.env` of a developer is read. */
  readonly home: string;
  /** Added to an otherwise bare environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Further arguments of the command. */
  readonly args?: readonly string[];
  /** Numeric id of another user to run as; takes root. */
  readonly user?: number;
  /** What is piped into it; nothing unless given. A command that goes on gets more by `type`. */
  readonly input?: string;
  /** A built companion; that of the sources unless given. */
  readonly program?: string;
  /** Octal, such as `000`; takes a POSIX shell. */
  readonly umask?: string;
}

/** One line of `companion start --json`. */
export interface CompanionEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

export interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as JSON; `undefined` where it is none. */
  readonly json: ReturnType<typeof JSON.parse>;
}

/** Runs a command to its end: `runCompanion(['status'], { home })`. `--json` is added. */
export function runCompanion(command: readonly string[], options: CompanionOptions): Promise<CommandResult> {
  return runForPeople([...command, '--json'], options);
}

/** The same without `--json`, as a person types it. */
export async function runForPeople(command: readonly string[], options: CompanionOptions): Promise<CommandResult> {
  const child = spawnCompanion([...command, ...(options.args ?? [])], options);
  child.stdin?.end(options.input);
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const [exitCode] = await once(child, 'close');
  return { exitCode, stdout: stdout.text, stderr: stderr.text, json: parse(stdout.text) };
}

/** Starts a companion on a free port and resolves when it listens; rejects with its own words when it gives up. */
export async function startCompanion(options: CompanionOptions): Promise<CompanionProcess> {
  const hasPort = options.args?.includes('--port') ?? false;
  const port = hasPort ? [] : ['--port', '0'];
  const companion = new CompanionProcess(
    spawnCompanion(['start', '--json', ...port, ...(options.args ?? [])], options),
  );
  await companion.waitForEvent('listening');
  return companion;
}

/** A command that goes on until it is stopped, such as `logs --follow`, as a person types it. */
export function openCommand(command: readonly string[], options: CompanionOptions): CompanionProcess {
  const opened = new CompanionProcess(spawnCompanion([...command, ...(options.args ?? [])], options));
  if (options.input !== undefined) opened.type(options.input);
  return opened;
}

export class CompanionProcess {
  readonly events: CompanionEvent[] = [];
  /** Exit code; `null` after a signal. */
  readonly exited: Promise<number | null>;
  readonly #child: Child;
  readonly #stdout: { readonly text: string };
  readonly #stderr: { readonly text: string };
  #hasExited = false;

  constructor(child: Child) {
    this.#child = child;
    this.#stdout = collect(child.stdout);
    this.#stderr = collect(child.stderr);
    createInterface({ input: child.stdout }).on('line', (line) => this.#take(line));
    this.exited = once(child, 'close').then(([code]) => {
      this.#hasExited = true;
      return code as number | null;
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Origin that it listens on, such as `http://127.0.0.1:43123`. */
  get url(): string {
    const url = this.events.find((one) => one.event === 'listening')?.['url'];
    if (typeof url !== 'string') throw new Error('the companion has not said where it listens');
    return url;
  }

  get stdout(): string {
    return this.#stdout.text;
  }

  get stderr(): string {
    return this.#stderr.text;
  }

  /** Everything it has printed, standard output first. */
  get output(): string {
    return `${this.#stdout.text}\n${this.#stderr.text}`;
  }

  waitForEvent(name: string): Promise<CompanionEvent> {
    return this.#waitFor(name, () => this.events.find((one) => one.event === name));
  }

  /** Waits until `text` has been printed, on either stream. */
  async waitForText(text: string): Promise<void> {
    await this.#waitFor(text, () => this.output.includes(text) || undefined);
  }

  async #waitFor<Found>(name: string, find: () => Found | undefined): Promise<Found> {
    const deadline = AbortSignal.timeout(patienceMs);
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      if (this.#hasExited) throw new Error(`the companion ended before "${name}":\n${this.output}`);
      if (deadline.aborted) throw new Error(`no "${name}" within ${patienceMs} ms:\n${this.output}`);
      await sleep(20);
    }
  }

  /** Into its standard input, which it has if the options gave it one. */
  type(text: string): void {
    if (this.#child.stdin === null) throw new Error('the companion was given no input');
    this.#child.stdin.write(text);
  }

  /** Closes our end of its output, as `| head` does. */
  stopReading(): void {
    this.#child.stdout.destroy();
    this.#child.stderr.destroy();
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Asks it to end, and returns its exit code. */
  async stop(): Promise<number | null> {
    this.signal('SIGTERM');
    const end = await Promise.race([this.exited, sleep(patienceMs, 'late' as const, { ref: false })]);
    if (end !== 'late') return end;
    await this.kill();
    throw new Error(`the companion did not end within ${patienceMs} ms of SIGTERM:\n${this.output}`);
  }

  /** Ctrl+C, and whatever it does about it. */
  async interrupt(): Promise<void> {
    this.signal('SIGINT');
    await this.exited;
  }

  /** Ends it without asking, as a power cut would. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  #take(line: string): void {
    const event: unknown = parse(line);
    if (typeof event !== 'object' || event === null || !('event' in event)) return;
    this.events.push(event as CompanionEvent);
  }
}

/** Nothing of the developer's own environment gets in (no settings, no keyring, no proxies), and nothing gets out. */
function spawnCompanion(args: readonly string[], options: CompanionOptions): Child {
  const environment = {
    PATH: process.env['PATH'],
    HOME: options.home,
    LANG: 'C.UTF-8',
    NO_COLOR: '1',
    CCPROXY_HOME: options.home,
    CCPROXY_VAULT: 'file',
    CCPROXY_UPSTREAM_CLAUDE_WEB: 'http://127.0.0.1:9',
    // Reading TypeScript anew takes half of the time of a short command.
    NODE_COMPILE_CACHE: compileCache,
    ...options.environment,
  };
  const [file = '', ...rest] = withUmask(options.umask, [process.execPath, options.program ?? program, ...args]);
  const stdin = options.input === undefined ? 'ignore' : 'pipe';
  return spawn(file, rest, {
    cwd: options.home,
    env: environment,
    stdio: [stdin, 'pipe', 'pipe'],
    ...(options.user === undefined ? {} : { uid: options.user, gid: options.user }),
  }) as Child;
}

function withUmask(umask: string | undefined, command: readonly string[]): readonly string[] {
  return umask === undefined ? command : ['/bin/sh', '-c', `umask ${umask}; exec "$@"`, 'sh', ...command];
}

function collect(stream: Readable): { readonly text: string } {
  const collected = { text: '' };
  stream.setEncoding('utf8').on('data', (chunk: string) => (collected.text += chunk));
  return collected;
}

function parse(text: string): ReturnType<typeof JSON.parse> {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
