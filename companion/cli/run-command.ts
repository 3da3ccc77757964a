import { toCompanionError } from '../base/error.ts';
import { status } from './command/status.ts';
import { reportError } from './report-error.ts';

/** Runs one command line and resolves to its exit code. */
export async function runCommand(args: readonly string[]): Promise<number> {
  const isJson = args.includes('--json');
  try {
    // Prompts and scripts ask it all the time, and parsing arguments with commander takes longer than the answer.
    if (/^status( --json)?$/.test(args.join(' '))) await status({ isJson });
    else await (await import('./program.ts')).runProgram(args);
    return Number(process.exitCode ?? 0);
  } catch (thrown) {
    return reportError(toCompanionError(thrown), thrown, isJson);
  }
}
