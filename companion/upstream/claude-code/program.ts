/** The user's own Claude Code: where it is, and whether it is new enough. */
import { execFile } from 'node:child_process';
import { access, constants, stat } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { CompanionError } from '../../base/error.ts';
import { plainWords } from '../../wire/claude-code/failure.ts';
import { withoutOurs } from './environment.ts';
import type { Environment } from './environment.ts';
import { isOlder } from './version-order.ts';

export interface ClaudeCodeProgram {
  readonly path: string;
  readonly version: string;
}

export interface ProgramFinderOptions {
  /** From the configuration; absent to look for it. */
  readonly path: string | undefined;
  readonly environment: Environment;
  /** The user's home folder. */
  readonly userHome: string;
  /** What `path --version` prints. */
  readonly readVersion?: (path: string) => Promise<string>;
  readonly platform?: NodeJS.Platform;
}

/** Older ones read files that a prompt names with `@`, and obey its slash commands. */
const oldest = [2, 1, 248] as const;

/** Finds the program anew each time, so that one that was just installed is found; asks it for its version once. */
export class ProgramFinder {
  readonly #options: ProgramFinderOptions;
  readonly #platform: NodeJS.Platform;
  /** By path; holds for the file as it was then. */
  #known: { readonly stamp: string; readonly program: Promise<ClaudeCodeProgram> } | undefined;

  constructor(options: ProgramFinderOptions) {
    this.#options = options;
    this.#platform = options.platform ?? process.platform;
  }

  /** Rejects with `CLAUDE_CODE_MISSING`, or `CLAUDE_CODE_FAILED` when it does not run or is too old. */
  async find(): Promise<ClaudeCodeProgram> {
    const path = await this.#locate();
    const { mtimeMs, size } = await stat(path);
    const stamp = `${path} ${mtimeMs} ${size}`;
    if (this.#known?.stamp !== stamp) {
      const program = this.#check(path);
      this.#known = { stamp, program };
      // What failed is tried again by the next request.
      program.catch(() => (this.#known = undefined));
    }
    return this.#known.program;
  }

  async #check(path: string): Promise<ClaudeCodeProgram> {
    const text = await this.#askVersion(path);
    const version = /^\s*(\d+\.\d+\.\d+)/.exec(text)?.[1];
    if (version === undefined) {
      throw new CompanionError('CLAUDE_CODE_FAILED', `${path} does not say which version of Claude Code it is.`);
    }
    if (isOlder(version, oldest)) {
      const message = `Claude Code ${version} is too old for this mode; ${oldest.join('.')} is the first that serves it.`;
      throw new CompanionError('CLAUDE_CODE_FAILED', message, { remedy: 'Run `claude update`.' });
    }
    return { path, version };
  }

  #askVersion(path: string): Promise<string> {
    const { readVersion, environment } = this.#options;
    return readVersion === undefined ? askVersion(path, withoutOurs(environment)) : readVersion(path);
  }

  async #locate(): Promise<string> {
    const { path } = this.#options;
    if (path !== undefined) {
      if (await isProgram(path)) return path;
      throw new CompanionError(
        'CLAUDE_CODE_MISSING',
        `There is no program at ${path}, which \`claude_code.path\` names.`,
      );
    }
    for (const candidate of this.#candidates()) if (await isProgram(candidate)) return candidate;
    throw new CompanionError('CLAUDE_CODE_MISSING', 'Claude Code was not found on this computer.');
  }

  #candidates(): readonly string[] {
    const { environment, userHome } = this.#options;
    const [, path = ''] = Object.entries(environment).find(([name]) => name.toUpperCase() === 'PATH') ?? [];
    const inPath = path.split(delimiter).filter((folder) => isAbsolute(folder));
    const usual = [join(userHome, '.local', 'bin'), join(userHome, '.claude', 'local')];
    return [...inPath, ...usual].flatMap((folder) => this.#filesIn(folder));
  }

  /** On Windows npm leaves a script that only a shell can run, and the program beside it. */
  #filesIn(folder: string): readonly string[] {
    if (this.#platform !== 'win32') return [join(folder, 'claude')];
    return [
      join(folder, 'claude.exe'),
      join(folder, 'node_modules', '@anthropic-ai', 'claude-code', 'bin', 'claude.exe'),
    ];
  }
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

const patienceMs = 30_000;

export interface ProgramRun {
  /** Why it did not end well; `undefined` when it did. */
  readonly error: Error | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Claude Code once, to its end, from its own folder: not from one whose settings it would read. Never rejects. */
export function runProgram(path: string, args: readonly string[], environment: Environment): Promise<ProgramRun> {
  const isScript = /\.[cm]?js$/.test(path);
  const command = isScript ? process.execPath : path;
  const all = [...(isScript ? [path] : []), ...args];
  return new Promise((resolve) => {
    const options = { cwd: dirname(path), env: { ...environment }, timeout: patienceMs };
    const child = execFile(command, all, options, (error, stdout, stderr) =>
      resolve({ error: error ?? undefined, stdout, stderr }),
    );
    // It waits for no words of ours.
    child.stdin?.on('error', () => undefined).end();
  });
}

async function askVersion(path: string, environment: Environment): Promise<string> {
  const { error, stdout, stderr } = await runProgram(path, ['--version'], environment);
  if (error === undefined) return stdout;
  const words = plainWords(stderr === '' ? error.message : stderr);
  throw new CompanionError('CLAUDE_CODE_FAILED', `${path} cannot be run: ${words}`, { cause: error });
}
