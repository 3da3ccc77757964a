/** `companion auth login-copilot` and `auth login-kiro`: shows a code, and waits until it was confirmed at the provider. */
import type { DeviceLoginProviderId } from '../../../shared/credential.ts';
import { disclosureText } from '../../../shared/login-disclosure.ts';
import { loginName } from '../../../shared/login-name.ts';
import { signInCommand } from '../../../shared/sign-in.ts';
import type { LoginStatus } from '../../../shared/status.ts';
import { confirmationPlace, stuckChecks } from '../../account/oauth/login-checks.ts';
import { sleep, systemClock } from '../../base/clock.ts';
import { CompanionError } from '../../base/error.ts';
import type { DeviceAttemptAnswer } from '../../http/manage/device-login-routes.ts';
import { errorFrom, openConversation } from '../control-client.ts';
import type { Conversation } from '../control-client.ts';
import { untilInterrupted } from '../interruption.ts';
import { openAddress } from '../open-address.ts';
import { createOutput, formatDuration, paint, wrap } from '../print.ts';
import { printable } from '../terminal.ts';
import { showWaiting } from '../waiting-line.ts';
import { describeEnd } from './auth-login.ts';

export interface DeviceLoginOptions {
  readonly json?: true;
  /** commander's form of `--no-browser`. */
  readonly browser?: boolean;
  readonly startUrl?: string;
  readonly region?: string;
}

type Say = (text?: string) => void;

const pollMs = 500;

export async function signInByCode(provider: DeviceLoginProviderId, options: DeviceLoginOptions): Promise<void> {
  const output = createOutput(options.json === true);
  const say: Say = output.aside;
  const talk = await openConversation();
  try {
    const { startUrl, region } = options;
    const attempt = await talk.ask<DeviceAttemptAnswer>('POST', `/v0/oauth/${provider}/begin`, {
      ...(startUrl !== undefined && { start_url: startUrl }),
      ...(region !== undefined && { region }),
    });
    for (const paragraph of disclosureText(provider).split('\n\n')) say(`${wrap(paragraph, 0).join('\n')}\n`);
    await sayWhatToDo(attempt, await pageOf(talk, provider), options, say);
    const login = await follow(talk, attempt, say);
    if (output.isJson) return output.json({ provider, login });
    output.line(describeEnd(login, Date.now()));
  } finally {
    await talk.close();
  }
}

async function sayWhatToDo(
  { provider, user_code: code, verification_uri: page, verification_uri_complete: complete }: DeviceAttemptAnswer,
  ownPage: string | undefined,
  options: DeviceLoginOptions,
  say: Say,
): Promise<void> {
  const address = complete ?? page;
  const isOpened = options.browser !== false && (await openAddress(address));
  say(`Your code:  ${paint.strong(printable(code))}\n`);
  say(
    isOpened
      ? `Your browser opens the page of ${confirmationPlace(provider)} for it. If it does not, open this address:`
      : 'Enter it here, in a browser on whatever device you like:',
  );
  say(`\n${printable(address)}\n`);
  if (ownPage === undefined) return;
  say('The same with a button to copy the code, for a browser on this computer (the link works once):');
  say(`\n${ownPage}\n`);
}

/** `undefined` where no companion runs that could serve it. */
async function pageOf(talk: Conversation, provider: DeviceLoginProviderId): Promise<string | undefined> {
  try {
    return (await talk.ask<{ readonly url: string }>('POST', '/v0/management/logins/device', { provider })).url;
  } catch {
    return undefined;
  }
}

async function follow(talk: Conversation, attempt: DeviceAttemptAnswer, say: Say): Promise<LoginStatus> {
  const path = `/v0/oauth/${attempt.provider}/attempts/${attempt.id}`;
  const shown = { attempt };
  const stop = new AbortController();
  // Ctrl+C is listened for first: whoever sees that it waits may press it.
  const interrupted = untilInterrupted(() => givenUp(attempt.provider), stop.signal);
  const stopWaiting = showWaiting(() => waitingWords(shown.attempt));
  try {
    return await Promise.race([interrupted, poll(talk, path, shown, stop.signal)]);
  } catch (thrown) {
    // For an end that came from there it changes nothing.
    await talk.ask('POST', `${path}/cancel`).catch(() => undefined);
    stopWaiting();
    if (thrown instanceof CompanionError && thrown.code === 'LOGIN_TIMED_OUT') sayChecks(attempt.provider, say);
    throw thrown;
  } finally {
    stopWaiting();
    stop.abort();
    await interrupted.catch(() => undefined);
  }
}

async function poll(
  talk: Conversation,
  path: string,
  shown: { attempt: DeviceAttemptAnswer },
  stop: AbortSignal,
): Promise<LoginStatus> {
  for (;;) {
    shown.attempt = await talk.ask<DeviceAttemptAnswer>('GET', path);
    const { state, error, login } = shown.attempt;
    if (state === 'failed') throw errorFrom(error ?? undefined);
    if (state === 'done') return statusOf(talk, login?.id ?? '');
    await sleep(systemClock, pollMs, stop);
  }
}

async function statusOf(talk: Conversation, id: string): Promise<LoginStatus> {
  const { logins } = await talk.ask<{ readonly logins: readonly LoginStatus[] }>('GET', '/control/logins');
  const login = logins.find((one) => one.id === id);
  if (login === undefined) throw new CompanionError('LOGIN_REQUIRED', 'The login was removed again.');
  return login;
}

function waitingWords({ provider, expires_at, error }: DeviceAttemptAnswer): string {
  const left = formatDuration(Math.max(0, Date.parse(expires_at) - Date.now()));
  if (error !== null) return `${printable(error.message)} It is tried again, ${left} left`;
  return `Waiting for you to enter the code at ${confirmationPlace(provider)}, ${left} left`;
}

function sayChecks(provider: DeviceLoginProviderId, say: Say): void {
  say('When it is stuck:');
  stuckChecks(provider).forEach((check, index) => say(`  ${index + 1}. ${wrap(check, 5).join('\n').trimStart()}`));
  say();
}

function givenUp(provider: DeviceLoginProviderId): CompanionError {
  const message = `You gave the sign-in to ${loginName(provider)} up: nothing was kept, and its code is of no use any more.`;
  const remedy = `\`${signInCommand(provider)}\` begins again, whenever you like.`;
  return new CompanionError('LOGIN_CANCELLED', message, { remedy });
}
