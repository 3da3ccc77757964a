/** Logins that stop working, or cannot be renewed for now, as news. */
import { codexProvider } from '../../shared/api-provider.ts';
import type { LoginStatus } from '../../shared/status.ts';
import type { News } from './news.ts';
import { newsOfExpiredLogin, newsOfFailedRenewal } from './write-news.ts';
import type { Named } from './write-news.ts';

type LoginNews = 'login-expired' | 'login-refresh-failed';

/** Each trouble is told once, until the login is well again; what was so at the start is no news. */
export function createLoginWatch(
  tell: (news: News) => void,
  atStart: readonly LoginStatus[],
): (logins: readonly LoginStatus[]) => void {
  const told = new Map(atStart.map((login) => [login.id, newsOf(login)] as const));
  return (logins) => {
    for (const login of logins) {
      const now = newsOf(login);
      const before = told.get(login.id);
      told.set(login.id, now);
      if (now === undefined || now === before) continue;
      const named = namedLogin(login);
      const remedy = login.trouble?.remedy ?? 'Sign in again with `companion auth login`.';
      const message = login.trouble?.message ?? 'It could not be renewed.';
      tell(
        now === 'login-expired' ? newsOfExpiredLogin(named, remedy) : newsOfFailedRenewal(named, { message, remedy }),
      );
    }
  };
}

function newsOf({ state, trouble }: LoginStatus): LoginNews | undefined {
  if (state === 'dead') return 'login-expired';
  return trouble?.code === 'LOGIN_REFRESH_FAILED' ? 'login-refresh-failed' : undefined;
}

function namedLogin({ id, provider, name }: LoginStatus): Named {
  const isChatGpt = provider === 'openai';
  return {
    id,
    provider: isChatGpt ? codexProvider.id : provider,
    who: `${isChatGpt ? 'ChatGPT' : provider === 'anthropic' ? 'Claude' : provider} login ${name}`,
  };
}
