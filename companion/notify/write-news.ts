/** What happened, in words for a person who is doing something else. */
import type { News } from './news.ts';

/** A key, login or session, as it is called: `OpenAI key work`. */
export interface Named {
  readonly id: string;
  readonly provider: string;
  readonly who: string;
}

export interface LimitFigures {
  readonly limit: number;
  readonly used: number;
  readonly resetsAtMs: number | null;
}

export function newsOfLowQuota(named: Named, figures: LimitFigures): News {
  const left = Math.max(0, figures.limit - figures.used);
  const text = `${count(figures.used)} of ${count(figures.limit)} tokens are used, ${count(left)} are left. ${resets(figures)}`;
  return about(named, 'quota-low', `Limit nearly used up: ${named.who}`, text);
}

export function newsOfExhaustedQuota(named: Named, figures: LimitFigures): News {
  const text = `Your limit of ${count(figures.limit)} tokens is used up, so it does not serve. ${resets(figures)} \`companion quota set\` raises it.`;
  return about(named, 'quota-exhausted', `Limit used up: ${named.who}`, text);
}

export function newsOfNoCredit(named: Named): News {
  const text = 'The provider says that no credit is left, so it rests. Add credit in the console of the provider.';
  return about(named, 'quota-exhausted', `No credit left: ${named.who}`, text);
}

export function newsOfRotation(named: Named, successor: string): News {
  const text = `Its limit is used up. Requests go on with ${successor}.`;
  return about(named, 'quota-rotated', `${successor} has taken over from ${named.who}`, text);
}

export function newsOfReset(named: Named, limit: number | null): News {
  const text =
    limit === null ? 'It serves again, without a limit.' : `It serves again, with ${count(limit)} tokens to use.`;
  return about(named, 'quota-reset', `Limit begun anew: ${named.who}`, text);
}

export function newsOfFailedRenewal(
  named: Named,
  trouble: { readonly message: string; readonly remedy: string },
): News {
  return about(named, 'login-refresh-failed', `Not renewed: ${named.who}`, `${trouble.message} ${trouble.remedy}`);
}

export function newsOfExpiredLogin(named: Named, remedy: string): News {
  return about(named, 'login-expired', `Signed out: ${named.who}`, `The provider no longer accepts it. ${remedy}`);
}

export function newsOfExpiredSession(named: Named): News {
  const text = 'claude.ai no longer accepts it. Open claude.ai, sign in, and click "Sync session" in the extension.';
  return about(named, 'session-expired', `Session expired: ${named.who}`, text);
}

export function newsOfRejectedKey(named: Named): News {
  const text = 'The provider does not accept it. `companion keys test` asks again; replace it if it is gone.';
  return about(named, 'key-rejected', `Key rejected: ${named.who}`, text);
}

function about({ id, provider }: Named, kind: News['kind'], title: string, text: string): News {
  return { kind, title, text, provider, credential: id };
}

function resets({ resetsAtMs }: LimitFigures): string {
  if (resetsAtMs === null) return 'It does not begin anew by itself.';
  return `It begins anew on ${new Date(resetsAtMs).toLocaleString('en-GB', { dateStyle: 'long', timeStyle: 'short' })}.`;
}

function count(tokens: number): string {
  return tokens.toLocaleString('en-US');
}
