/** Files of other programs, as they write them, with invented tokens. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

export function jwt(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256', typ: 'JWT', kid: 'k1' })}.${part(claims)}.c2lnbmF0dXJl`;
}

export function accessToken(expiresAtMs: number, mark = 'one'): string {
  return jwt({ exp: Math.floor(expiresAtMs / 1000), jti: mark, scp: ['openid', 'offline_access'] });
}

export const idToken = jwt({
  email: 'ada@example.org',
  'https://api.openai.com/auth': {
    chatgpt_account_id: 'account-1',
    chatgpt_plan_type: 'plus',
    chatgpt_user_id: 'user-1',
  },
});

export const expiresAtMs = Date.UTC(2026, 5, 1);

/** Codex's own form, with what a newer Codex may have put there besides. */
export const codexAuth = {
  auth_mode: 'chatgpt',
  OPENAI_API_KEY: null,
  zebra: { '%nested': [1, { deep: true }], apple: null },
  tokens: {
    refresh_token: 'rt_one',
    id_token: idToken,
    future: 'kept',
    access_token: accessToken(expiresAtMs),
    account_id: 'account-1',
  },
  last_refresh: '2026-05-20T10:00:00.123456Z',
  later: ['x'],
};

export function claudeCredentials(mark: string, expires: number): string {
  return JSON.stringify({
    claudeAiOauth: {
      accessToken: `sk-ant-oat01-${mark}`,
      refreshToken: `sk-ant-ort01-${mark}`,
      expiresAt: expires,
      scopes: ['user:inference', 'user:profile'],
      subscriptionType: 'max',
      rateLimitTier: 'default_claude_max_20x',
    },
    mcpOAuth: { server: { accessToken: 'of a server' } },
  });
}

export async function put(path: string, content: string | object): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content, null, 2), { mode: 0o600 });
}
