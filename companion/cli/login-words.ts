/** How a login is spoken of, the same in every command. */
import type { LoginProviderId } from '../../shared/credential.ts';
import { loginName } from '../../shared/login-name.ts';
import type { LoginStatus } from '../../shared/status.ts';
import { formatMoment, paint } from './print.ts';
import { printable } from './terminal.ts';

/** What one signs in to: `Claude`, `ChatGPT`, `GitHub Copilot`. */
export function titleOf(provider: LoginProviderId): string {
  return loginName(provider);
}

/** `Claude login`, `ChatGPT login`, `Claude Code's login`. */
export function kindOf({ provider, owner }: Pick<LoginStatus, 'provider' | 'owner'>): string {
  if (owner === 'kiro') return "Kiro's own login";
  return owner === 'claude-code' ? "Claude Code's login" : `${titleOf(provider)} login`;
}

/** The state in its own word, coloured. */
export function describeLoginState(state: LoginStatus['state'], isOff = false): string {
  if (isOff && state !== 'off') return paint.soft('turned off');
  switch (state) {
    case 'usable':
      return paint.good('usable');
    case 'expired':
      return paint.warn('expired');
    case 'dead':
      return paint.bad('dead');
    case 'off':
      return paint.soft('off');
  }
}

/** `ada@example.com (Max 20×)` */
export function accountOf({ name, plan }: Pick<LoginStatus, 'name' | 'plan'>): string {
  return plan === null ? printable(name) : `${printable(name)} (${printable(plan)})`;
}

type Lasting = Pick<LoginStatus, 'expiresAtMs' | 'isRefreshable' | 'owner' | 'state'>;

/** `until 14:05, renewed by itself`, `over since 9:12, renewed when it is needed`. */
export function describeLasting(login: Lasting, nowMs: number): string {
  const { expiresAtMs } = login;
  if (expiresAtMs === null) return describeRenewal(login, false);
  const isOver = expiresAtMs <= nowMs;
  return `${isOver ? 'over since' : 'until'} ${formatMoment(expiresAtMs, nowMs)}, ${describeRenewal(login, isOver)}`;
}

function describeRenewal({ isRefreshable, owner, state }: Lasting, isOver: boolean): string {
  if (owner === 'claude-code') return 'renewed by Claude Code alone';
  if (owner === 'kiro') return 'renewed by Kiro alone';
  if (state === 'dead' || !isRefreshable) return 'not renewed';
  return isOver ? 'renewed when it is needed' : 'renewed by itself';
}

/** Who is meant, in the words that the control routes know. Programs are names too: `claude-code`, `codex`. */
export function wantedLogin(who: string, logins: readonly LoginStatus[]): string {
  const byOwner = logins.find(({ owner }) => owner === who);
  if (byOwner !== undefined) return byOwner.id;
  const providers: Readonly<Record<string, LoginProviderId>> = {
    claude: 'anthropic',
    chatgpt: 'openai',
    codex: 'openai',
    'github-copilot': 'copilot',
  };
  return Object.hasOwn(providers, who) ? (providers[who] ?? who) : who;
}

/** The one that is meant when nobody is named: a Claude login that is on, else any that is, else whatever there is. */
export function usualLogin(logins: readonly LoginStatus[]): string {
  const on = logins.filter(({ state }) => state !== 'off');
  const [first] = [...on.filter(({ provider }) => provider === 'anthropic'), ...on, ...logins];
  return first?.id ?? 'anthropic';
}
