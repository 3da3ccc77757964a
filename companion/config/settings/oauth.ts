/** `oauth`: how logins are made at Anthropic and OpenAI. */
import { z } from 'zod';
import { baseUrl, baseUrlWords, path, pathWords, scopes, scopeWords, text } from '../form.ts';
import { setting } from '../setting.ts';

export const oauthSettings = z.strictObject({
  anthropic: z.strictObject({
    client_id: setting(text.default('9d1c250a-e61b-44d9-88ed-5944d1962f5e'), {
      description: 'the OAuth client that the Claude login is made with; the preset is the public one of Claude Code',
      allowed: 'the id of an OAuth client',
    }),
    authorize_url: setting(baseUrl.optional(), {
      description: 'the page where you allow a Claude login; unset, it is at `upstreams.claude_web`',
      allowed: baseUrlWords,
      staysLocalInDotEnv: true,
    }),
    token_path: setting(path.default('/v1/oauth/token'), {
      description: 'where codes are traded for tokens, at `upstreams.anthropic_auth`',
      allowed: pathWords,
    }),
    manual_redirect: setting(baseUrl.default('https://platform.claude.com/oauth/code/callback'), {
      description: 'the page that shows the code to be pasted',
      allowed: baseUrlWords,
      staysLocalInDotEnv: true,
    }),
    scopes: setting(scopes.default(['user:profile', 'user:inference']), {
      description: 'what a Claude login may do',
      allowed: scopeWords,
    }),
  }),
  openai: z.strictObject({
    client_id: setting(text.default('app_EMoamEEZ73f0CkXaXp7hrann'), {
      description: 'the OAuth client that the ChatGPT login is made with; the preset is the public one of Codex',
      allowed: 'the id of an OAuth client',
    }),
    authorize_url: setting(baseUrl.optional(), {
      description: 'the page where you allow a ChatGPT login; unset, it is at `upstreams.openai_auth`',
      allowed: baseUrlWords,
      staysLocalInDotEnv: true,
    }),
    scopes: setting(scopes.default(['openid', 'profile', 'email', 'offline_access']), {
      description: 'what a ChatGPT login may do',
      allowed: scopeWords,
    }),
  }),
});
