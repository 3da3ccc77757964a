/** How a command reaches the companion: over its control socket when it runs, else in this process, for what needs no server. */
import { CompanionError } from '../base/error.ts';
import type { ErrorCode } from '../../shared/error-code.ts';
import { errorTable } from '../../shared/error-code.ts';
import { findHome } from '../config/home.ts';
import { pathsOf } from '../config/paths.ts';
import { askSocket } from './control-socket.ts';
import type { ControlAnswer, Method } from './control-socket.ts';

/** `undefined` when nobody listens; errors of the companion come back as what they are. */
export async function askIfRunning<Answer>(method: Method, route: string, body?: object): Promise<Answer | undefined> {
  const answer = await askSocket(controlSocketPath(), method, route, body);
  return answer === undefined ? undefined : readAnswer(answer);
}

/** Throws `NOT_RUNNING` when nobody listens; errors of the companion come back as what they are. */
export async function askRunning<Answer>(method: Method, route: string, body?: object): Promise<Answer> {
  const answer = await askSocket(controlSocketPath(), method, route, body);
  if (answer === undefined) throw new CompanionError('NOT_RUNNING', 'The companion is not running.');
  return readAnswer(answer);
}

/** The same question, answered from the companion's files by this process when none runs. */
export async function ask<Answer>(method: Method, route: string, body?: object): Promise<Answer> {
  const answer = await askSocket(controlSocketPath(), method, route, body);
  if (answer !== undefined) return readAnswer(answer);
  const { askInProcess } = await import('./in-process.ts');
  return readAnswer(await askInProcess(method, route, body));
}

/** Several questions to one companion: the one that runs, or its parts in this process, which then stay open. */
export interface Conversation {
  /** Errors: `NOT_RUNNING` when the companion went away in the middle; its own errors as what they are. */
  ask<Answer>(method: Method, route: string, body?: object): Promise<Answer>;
  /** Must be called. */
  close(): Promise<void>;
}

export async function openConversation(): Promise<Conversation> {
  const path = controlSocketPath();
  if ((await askSocket(path, 'GET', '/control/logins/worker')) !== undefined) return talkTo(path);
  const { openInProcess } = await import('./in-process.ts');
  const opened = await openInProcess();
  return {
    ask: async (method, route, body) => readAnswer(await opened.ask(method, route, body)),
    close: () => opened.close(),
  };
}

function talkTo(path: string): Conversation {
  return {
    ask: async (method, route, body) => {
      const answer = await askSocket(path, method, route, body);
      if (answer === undefined) throw new CompanionError('NOT_RUNNING', 'The companion was stopped meanwhile.');
      return readAnswer(answer);
    },
    close: async () => undefined,
  };
}

function controlSocketPath(): string {
  return pathsOf(findHome({ environment: process.env, cwd: process.cwd() }).path).controlSocket;
}

function readAnswer<Answer>({ status, body }: ControlAnswer): Answer {
  if (status < 400) return body as Answer;
  throw errorFrom((body as { readonly companion?: DescribedError } | undefined)?.companion);
}

/** An error as it travels. */
export interface DescribedError {
  readonly code?: string;
  readonly message?: string;
  readonly remedy?: string;
}

export function errorFrom(described: DescribedError | undefined): CompanionError {
  const code =
    described?.code !== undefined && Object.hasOwn(errorTable, described.code)
      ? (described.code as ErrorCode)
      : 'INTERNAL';
  return new CompanionError(
    code,
    described?.message ?? 'The companion answered in a form that this command does not know.',
    described?.remedy === undefined ? {} : { remedy: described.remedy },
  );
}
