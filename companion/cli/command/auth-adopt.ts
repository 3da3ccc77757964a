/** `companion auth adopt`, and `companion config codex`: whether another program's login is used here too. */
import { ownerName } from '../../account/login/owner-name.ts';
import type { LoginStatus } from '../../../shared/status.ts';
import { CompanionError } from '../../base/error.ts';
import { ask } from '../control-client.ts';
import { accountOf, describeLasting, describeLoginState } from '../login-words.ts';
import { disclosureLines } from '../foreign-login.ts';
import { createOutput, paint } from '../print.ts';
import { printable } from '../terminal.ts';
import { nextSteps } from './auth-status.ts';

type Program = 'claude-code' | 'codex' | 'gh' | 'kiro';

interface AdoptOptions {
  readonly json?: true;
  readonly off?: true;
}

const settings = {
  'claude-code': 'claude_code.use_login',
  codex: 'codex.enabled',
  gh: 'copilot.use_gh',
  kiro: 'kiro.use_login',
} as const;

export async function adopt(program: Program, options: AdoptOptions): Promise<void> {
  const output = createOutput(options.json === true);
  const isOn = options.off !== true;
  if (isOn && program === 'claude-code') {
    for (const line of claudeCodeDisclosure()) output.aside(line);
  }
  if (isOn && program === 'gh') for (const line of ghDisclosure()) output.aside(line);
  if (isOn && program === 'kiro') for (const line of kiroDisclosure()) output.aside(line);
  const { logins } = await ask<{ logins: readonly LoginStatus[] }>('POST', '/control/logins/adopt', {
    owner: program,
    isOn,
  });
  if (output.isJson) return output.json({ program, enabled: isOn, logins });
  for (const line of adoptedLines(program, isOn, logins, Date.now())) output.line(line);
}

export interface ConfigCodexOptions {
  readonly json?: true;
  readonly enable?: true;
  readonly disable?: true;
}

export async function configureCodex({ enable, disable, json }: ConfigCodexOptions): Promise<void> {
  if ((enable === true) === (disable === true)) {
    throw new CompanionError('INVALID_REQUEST', 'Say --enable or --disable.', {
      remedy: '`companion auth status` shows how it stands.',
    });
  }
  await adopt('codex', { ...(json === true ? { json } : {}), ...(disable === true ? { off: true } : {}) });
}

/** What is read, where it goes, and what the provider's terms say: before it is turned on. */
export function claudeCodeDisclosure(): readonly string[] {
  return disclosureLines("Use Claude Code's login", [
    'The companion reads the login of your own Claude Code from where Claude Code keeps it, and sends it to Anthropic ' +
      'alone. It never changes, renews or removes it: only Claude Code does that.',
  ]);
}

function ghDisclosure(): readonly string[] {
  const told =
    'The companion asks your GitHub CLI for its token (`gh auth token`), trades it at GitHub for tokens of Copilot, and ' +
    'sends both to GitHub alone. It never changes or removes it.';
  return disclosureLines('Use Copilot with the login of the GitHub CLI', [told], 'copilot');
}

function kiroDisclosure(): readonly string[] {
  const told =
    'The companion reads the access token of your own Kiro from where Kiro keeps it, and sends it to AWS alone. It never ' +
    'changes, renews or removes it: only Kiro does that.';
  return disclosureLines("Use Kiro's login", [told], 'kiro');
}

export function adoptedLines(
  program: Program,
  isOn: boolean,
  logins: readonly LoginStatus[],
  nowMs: number,
): readonly string[] {
  const name = ownerName(program);
  const setting = `\`${settings[program]}\` in config.yaml`;
  if (!isOn) return [`${name}'s login is no longer used here (${setting}). ${name} itself stays signed in.`];
  const head = `${paint.good('On:')} ${name}'s login is used here (${setting}).`;
  if (logins.length === 0) return [head, ...noneYet(program)];
  return [head, ...logins.flatMap((login) => loginLines(login, nowMs))];
}

function noneYet(program: Program): readonly string[] {
  switch (program) {
    case 'codex':
      return ['There is none yet: `companion auth login-openai` signs in, and so does `codex login`.'];
    case 'claude-code':
      return ['There is none yet: run `claude`, and sign in there.'];
    case 'kiro':
      return ['There is none yet: open Kiro, and sign in there; or sign in here with `companion auth login-kiro`.'];
    case 'gh':
      return ['It gave no token: `gh auth login` signs in there, and the companion sees it within a few minutes.'];
  }
}

function loginLines(login: LoginStatus, nowMs: number): readonly string[] {
  return [
    `  ${paint.strong(accountOf(login))}  ${describeLoginState(login.state)}, ${describeLasting(login, nowMs)}`,
    `  ${paint.soft(printable(login.location))}`,
    ...nextSteps(login, 2).map((line) => `  ${line}`),
  ];
}
