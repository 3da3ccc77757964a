/** Whether Claude Code mode could answer, asked by a person before a request finds out. */
import type { ErrorCode } from '../../../shared/error-code.ts';
import { toCompanionError } from '../../base/error.ts';
import { asObject, asText, parseJson } from '../../wire/hub/fields.ts';
import type { FoundAgentSdk } from './agent-sdk.ts';
import type { Environment } from './environment.ts';
import { runProgram } from './program.ts';
import type { ClaudeCodeProgram } from './program.ts';

export interface ClaudeCodeReadiness {
  /** `null` when it is not there, or cannot serve. */
  readonly program: ClaudeCodeProgram | null;
  readonly sdk: FoundAgentSdk | null;
  /** What Claude Code says of its own login; `null` when it did not tell. */
  readonly signIn: ClaudeCodeSignIn | null;
  /** What stands in the way; empty when nothing is known to. */
  readonly troubles: readonly ClaudeCodeTrouble[];
}

export interface ClaudeCodeSignIn {
  readonly isSignedIn: boolean;
  /** Claude Code's word: `claude.ai`, `oauth_token`, `api_key`, ... */
  readonly method: string | null;
  readonly email: string | null;
  /** Claude Code's word: `max`, `pro`, ... */
  readonly plan: string | null;
}

export interface ClaudeCodeTrouble {
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string;
}

export interface ReadinessParts {
  readonly findProgram: () => Promise<ClaudeCodeProgram>;
  readonly findSdk: () => Promise<FoundAgentSdk>;
  /** In which Claude Code would answer. */
  readonly environment: Environment;
}

const notSignedIn: ClaudeCodeTrouble = {
  code: 'CLAUDE_CODE_FAILED',
  message: 'Claude Code is not signed in.',
  remedy: 'Run `claude` in a terminal and sign in. (An `apiKeyHelper` of its settings is not used here.)',
};

/** Never rejects. Takes as long as Claude Code needs to start, half a second; nothing is sent to anybody. */
export async function readReadiness({
  findProgram,
  findSdk,
  environment,
}: ReadinessParts): Promise<ClaudeCodeReadiness> {
  const [program, sdk] = await Promise.allSettled([findProgram(), findSdk()]);
  const signIn = program.status === 'fulfilled' ? await askSignIn(program.value.path, environment) : null;
  const failures = [program, sdk].flatMap((one) => (one.status === 'rejected' ? [troubleOf(one.reason)] : []));
  return {
    program: program.status === 'fulfilled' ? program.value : null,
    sdk: sdk.status === 'fulfilled' ? sdk.value : null,
    signIn,
    troubles: signIn?.isSignedIn === false ? [...failures, notSignedIn] : failures,
  };
}

/** Without the person's settings, as when it answers. */
async function askSignIn(path: string, environment: Environment): Promise<ClaudeCodeSignIn | null> {
  const args = ['--setting-sources=', 'auth', 'status', '--json'];
  const { stdout } = await runProgram(path, args, environment);
  const told = asObject(parseJson(stdout));
  if (typeof told.loggedIn !== 'boolean') return null;
  return {
    isSignedIn: told.loggedIn,
    method: asText(told.authMethod) ?? null,
    email: asText(told.email) ?? null,
    plan: asText(told.subscriptionType) ?? null,
  };
}

function troubleOf(cause: unknown): ClaudeCodeTrouble {
  const { code, message, remedy } = toCompanionError(cause);
  return { code, message, remedy };
}
