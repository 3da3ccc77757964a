/** Waits for a login that was begun: until it is over, the person pastes its answer, or gives it up. */
import { signInCommand } from '../../shared/sign-in.ts';
import type { LoginStatus } from '../../shared/status.ts';
import type { LoginProgress } from '../account/oauth/login-desk-contract.ts';
import { CompanionError } from '../base/error.ts';
import type { LoginOutcomeAnswer } from '../http/control/login-routes.ts';
import { errorFrom } from './control-client.ts';
import type { Conversation } from './control-client.ts';
import { untilInterrupted } from './interruption.ts';
import { readHiddenLine } from './read-secret.ts';
import type { SecretInput } from './read-secret.ts';

export interface FollowOptions {
  readonly talk: Pick<Conversation, 'ask'>;
  readonly progress: Pick<LoginProgress, 'id' | 'provider' | 'way'>;
  readonly input: SecretInput;
  /** Something was pasted that is not the answer; another try is possible. */
  readonly onWrongPaste: (problem: string) => void;
}

/** Below the time that the control socket is waited for. */
const pollMs = 15_000;

/**
 * Listens for Ctrl+C before it returns its promise. Errors: those of the login, `LOGIN_CANCELLED` when it was given up here.
 */
export async function followLogin(options: FollowOptions): Promise<LoginStatus> {
  const stop = new AbortController();
  const ways = [untilInterrupted(() => givenUp(options), stop.signal), poll(options, stop.signal)];
  if (options.progress.way === 'manual' || options.input.isTTY === true) ways.push(paste(options, stop.signal));
  try {
    return readOutcome(await Promise.race(ways), options);
  } catch (thrown) {
    // For an end that came from there it changes nothing.
    await options.talk.ask('DELETE', pendingRoute(options)).catch(() => undefined);
    throw thrown;
  } finally {
    stop.abort();
    await Promise.allSettled(ways);
  }
}

function pendingRoute({ progress }: FollowOptions): string {
  return `/control/logins/pending/${encodeURIComponent(progress.id)}`;
}

function readOutcome(outcome: LoginOutcomeAnswer, options: FollowOptions): LoginStatus {
  if (outcome.state === 'done') return outcome.login;
  throw outcome.state === 'failed' ? errorFrom(outcome.error) : givenUp(options);
}

async function poll(options: FollowOptions, stop: AbortSignal): Promise<LoginOutcomeAnswer> {
  for (;;) {
    const answer = await options.talk.ask<LoginOutcomeAnswer>('GET', `${pendingRoute(options)}?waitMs=${pollMs}`);
    if (answer.state !== 'waiting' || stop.aborted) return answer;
  }
}

async function paste(options: FollowOptions, stop: AbortSignal): Promise<LoginOutcomeAnswer> {
  const { talk, input, onWrongPaste } = options;
  for (;;) {
    const pasted = (await readHiddenLine(input, stop))?.trim();
    if (pasted === undefined) throw input.isTTY === true ? givenUp(options) : nothingPiped();
    if (pasted === '') continue;
    const outcome = await talk.ask<LoginOutcomeAnswer>('POST', `${pendingRoute(options)}/finish`, { pasted });
    // The login still waits for the right thing, and somebody is there to look for it.
    if (outcome.state !== 'failed' || input.isTTY !== true || !isWrongPaste(outcome.error.code)) return outcome;
    onWrongPaste(outcome.error.message);
  }
}

function isWrongPaste(code: string): boolean {
  return code === 'INVALID_REQUEST' || code === 'LOGIN_MISMATCH';
}

function givenUp({ progress }: FollowOptions): CompanionError {
  return new CompanionError(
    'LOGIN_CANCELLED',
    'You gave it up; nothing was kept, and the page is of no use any more.',
    {
      remedy: `\`${signInCommand(progress.provider)}\` begins again, whenever you like.`,
    },
  );
}

function nothingPiped(): CompanionError {
  return new CompanionError('INVALID_REQUEST', 'No answer came in.', {
    remedy:
      'Type the command in a terminal to be asked for it, or pipe in the code or the address that the page ends on.',
  });
}
