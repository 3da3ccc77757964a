/** `companion auth login` and `auth login-openai`: begins a login, says what to do, and waits for its end. */
import type { LoginProviderId } from '../../../shared/credential.ts';
import type { LoginStatus } from '../../../shared/status.ts';
import type { LoginProgress } from '../../account/oauth/login-desk-contract.ts';
import { CompanionError } from '../../base/error.ts';
import { openConversation } from '../control-client.ts';
import type { Conversation } from '../control-client.ts';
import { followLogin } from '../follow-login.ts';
import { accountOf, describeLasting, describeLoginState, titleOf } from '../login-words.ts';
import { isRemote, openAddress } from '../open-address.ts';
import { createOutput, formatDuration, paint, wrap } from '../print.ts';
import { printable } from '../terminal.ts';
import { showWaiting } from '../waiting-line.ts';

export interface LoginOptions {
  readonly json?: true;
  readonly manual?: true;
  /** commander's form of `--no-browser`. */
  readonly browser?: boolean;
  readonly force?: true;
}

type Say = (text?: string) => void;

export async function signIn(provider: LoginProviderId, options: LoginOptions): Promise<void> {
  const output = createOutput(options.json === true);
  const say: Say = output.aside;
  const talk = await openConversation();
  try {
    const progress = await begin(talk, provider, options, say);
    sayDisclosure(progress.disclosure, say);
    await sayWhatToDo(progress, options, say);
    const signedIn = await turnOn(await follow(talk, progress, say), talk);
    if (output.isJson) return output.json({ provider, login: signedIn });
    output.line(describeEnd(signedIn, Date.now()));
    if (provider === 'openai')
      output.line('Codex mode is on with it; `companion config codex --disable` turns it off.');
  } finally {
    await talk.close();
  }
}

/** Without a port to listen on there is still the way by hand, for somebody who is there to paste. */
async function begin(
  talk: Conversation,
  provider: LoginProviderId,
  { manual, force }: LoginOptions,
  say: Say,
): Promise<LoginProgress> {
  const ask = (way: 'manual' | undefined) =>
    talk.ask<LoginProgress>('POST', '/control/logins/begin', { provider, way, isForced: force });
  try {
    return await ask(manual === true ? 'manual' : undefined);
  } catch (thrown) {
    const isBusy = thrown instanceof CompanionError && thrown.code === 'LOGIN_PORTS_BUSY';
    if (!isBusy || process.stdin.isTTY !== true) throw thrown;
    say(`${paint.warn('Note:')} ${thrown.message} So this goes by hand.\n`);
    return ask('manual');
  }
}

function sayDisclosure(disclosure: string, say: Say): void {
  const [title = '', ...paragraphs] = disclosure.split('\n\n');
  say(paint.strong(title));
  for (const paragraph of paragraphs) say(`\n${wrap(paragraph, 0).join('\n')}`);
  say();
}

async function sayWhatToDo(progress: LoginProgress, options: LoginOptions, say: Say): Promise<void> {
  const { way, authorizeUrl } = progress;
  const isOpened = way !== 'browser' && options.browser !== false && (await openAddress(authorizeUrl));
  say(introductionOf(way, isOpened));
  // On a line of its own and without an indent it stays one link.
  say(`\n${authorizeUrl}\n`);
  const words = pasteWords(progress, process.stdin.isTTY === true);
  if (words !== undefined) say(`${wrap(words, 0).join('\n')}\n`);
}

function introductionOf(way: LoginProgress['way'], isOpened: boolean): string {
  if (way === 'browser') {
    return (
      `${paint.strong("Open the extension's popup")} (its badge shows 1) and click ` +
      `${paint.strong('"Open the sign-in page"')}.\nOr open this address in that browser yourself:`
    );
  }
  if (isOpened) return 'Your browser opens the sign-in page. If it does not, open this address:';
  return way === 'manual' || isRemote()
    ? 'Open this address in a browser, and sign in:'
    : 'Open this address in a browser on this computer, and sign in:';
}

/** What else there is to do with the page's answer; `undefined` when it comes by itself and nobody could paste it. */
function pasteWords({ way, redirectUri }: LoginProgress, isAtTerminal: boolean): string | undefined {
  const endsHere = ['localhost', '127.0.0.1', '[::1]'].includes(new URL(redirectUri).hostname);
  const answer = endsHere ? 'the whole address of that page' : 'the code that it shows at the end';
  const opensNot = endsHere ? 'It ends on a page that does not open. ' : '';
  if (way === 'manual' && !isAtTerminal) return `${opensNot}From standard input comes ${answer}.`;
  const keys = 'it is not shown, and Ctrl+C gives up.';
  if (way === 'manual') return `${opensNot}Paste ${answer} here: ${keys}`;
  return isAtTerminal ? `If it ends on a page that does not open, paste ${answer} here: ${keys}` : undefined;
}

async function follow(talk: Conversation, progress: LoginProgress, say: Say): Promise<LoginStatus> {
  const wait = () =>
    showWaiting(() => `Waiting for you to sign in, ${formatDuration(progress.expiresAtMs - Date.now())} left`);
  let stopWaiting = () => {};
  const onWrongPaste = (problem: string) => {
    stopWaiting();
    say(`${paint.warn('Not taken:')} ${problem} You can paste again.`);
    stopWaiting = wait();
  };
  // Ctrl+C is listened for first: whoever sees that it waits may press it.
  const followed = followLogin({ talk, progress, input: process.stdin, onWrongPaste });
  stopWaiting = wait();
  try {
    return await followed;
  } finally {
    stopWaiting();
  }
}

/** Whoever signs in to Codex here wants it used here, also from a companion that leaves that to the person. */
async function turnOn(login: LoginStatus, talk: Conversation): Promise<LoginStatus> {
  if (login.provider !== 'openai' || login.state !== 'off') return login;
  const { logins } = await talk.ask<{ logins: readonly LoginStatus[] }>('POST', '/control/logins/adopt', {
    owner: 'codex',
    isOn: true,
  });
  return logins.find(({ id }) => id === login.id) ?? login;
}

/** `Signed in to Claude as ada@example.com (Max 20×). Kept in ... Valid until 14:05, renewed by itself.` */
export function describeEnd(login: LoginStatus, nowMs: number): string {
  const who = `${paint.good('Signed in')} to ${titleOf(login.provider)} as ${paint.strong(accountOf(login))}.`;
  const lasting = describeLasting(login, nowMs);
  const until = lasting.startsWith('until') ? `Valid ${lasting}.` : `It is ${lasting}.`;
  const state = login.state === 'usable' ? '' : ` It is ${describeLoginState(login.state)}.`;
  return `${who}${state}\nKept in ${printable(login.location)}. ${until}`;
}
