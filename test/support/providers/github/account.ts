/** `api.github.com` for a Copilot login: who it is, the trade of tokens, and what is left of the plan. */
import { randomBytes } from 'node:crypto';
import type { Call } from '../server/call.ts';
import type { Route } from '../server/routes.ts';
import { sendJson } from '../server/send.ts';
import type { GithubState } from './state.ts';

export const octoAda = { id: 5_830_011, login: 'octo-ada', name: 'Ada Lovelace', email: null } as const;

export const accountRoutes: readonly Route<GithubState>[] = [
  { method: 'GET', path: '/api/user', serve: withToken((call) => sendJson(call, 200, octoAda)) },
  { method: 'GET', path: '/api/copilot_internal/v2/token', serve: withToken(trade) },
  { method: 'GET', path: '/api/copilot_internal/user', serve: withToken((call) => sendJson(call, 200, plan)) },
];

const plan = {
  login: octoAda.login,
  copilot_plan: 'individual',
  quota_reset_date: '2027-01-01',
  quota_snapshots: {
    chat: { entitlement: 0, remaining: 0, percent_remaining: 100, unlimited: true, quota_id: 'chat' },
    completions: { entitlement: 0, remaining: 0, percent_remaining: 100, unlimited: true, quota_id: 'completions' },
    premium_interactions: {
      entitlement: 300,
      remaining: 75,
      percent_remaining: 25,
      unlimited: false,
      overage_count: 0,
      overage_permitted: false,
      quota_id: 'premium_interactions',
      quota_remaining: 75,
    },
  },
};

function withToken(serve: (call: Call, state: GithubState) => Promise<void> | void): Route<GithubState>['serve'] {
  return (call, state) => {
    const [, token = ''] = /^token (.+)$/.exec(call.record.headers['authorization'] ?? '') ?? [];
    if (state.githubTokens.get(token)?.isLive === true) return serve(call, state);
    return sendJson(call, 401, { message: 'Bad credentials', documentation_url: 'https://docs.github.com/rest' });
  };
}

function trade(call: Call, state: GithubState): Promise<void> | void {
  const { tradeStatus, copilotLifeSeconds, apiUrl } = state.scenario;
  state.trades += 1;
  if (tradeStatus !== 200) {
    const message = tradeStatus === 404 ? 'Not Found' : 'Resource not accessible by integration';
    return sendJson(call, tradeStatus, { message, documentation_url: 'https://docs.github.com/rest' });
  }
  const expiresAt = Math.floor(Date.now() / 1000) + copilotLifeSeconds;
  const token = `tid=${randomBytes(16).toString('hex')};exp=${expiresAt};sku=plus;8kp=1:${randomBytes(32).toString('hex')}`;
  state.copilotTokens.set(token, expiresAt * 1000);
  state.secrets.push(token);
  return sendJson(call, 200, {
    token,
    expires_at: expiresAt,
    refresh_in: Math.max(1, copilotLifeSeconds - 300),
    endpoints: { api: apiUrl, proxy: 'https://proxy.individual.githubcopilot.com' },
    chat_enabled: true,
  });
}
