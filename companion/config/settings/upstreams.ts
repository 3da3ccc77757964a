/** `upstreams`: where each provider is. */
import { z } from 'zod';
import { builtInProviders, copilotProvider } from '../../../shared/api-provider.ts';
import type { BuiltInProviderId } from '../../../shared/api-provider.ts';
import { defaultKiroUrl, defaultOidcUrl } from '../aws-region.ts';
import { baseUrl, baseUrlWords } from '../form.ts';
import { setting } from '../setting.ts';

/** A row here is all that a new upstream needs. */
function upstream(url: string, environment: string, description: string) {
  return setting(baseUrl.default(url), {
    description,
    allowed: baseUrlWords,
    environment: [environment],
    staysLocalInDotEnv: true,
  });
}

function publicUpstream(id: BuiltInProviderId, description: string) {
  const url = builtInProviders.find((provider) => provider.id === id)?.baseUrl ?? '';
  return upstream(url, `CCPROXY_UPSTREAM_${id.toUpperCase()}`, description);
}

export const upstreamSettings = z.strictObject({
  claude_web: upstream(
    'https://claude.ai',
    'CCPROXY_UPSTREAM_CLAUDE_WEB',
    'where claude.ai is; for tests and gateways of your own',
  ),
  anthropic: publicUpstream('anthropic', "where Anthropic's API is"),
  anthropic_auth: upstream(
    'https://platform.claude.com',
    'CCPROXY_UPSTREAM_ANTHROPIC_AUTH',
    'where Claude logins are renewed',
  ),
  openai: publicUpstream('openai', "where OpenAI's API is"),
  openai_auth: upstream(
    'https://auth.openai.com',
    'CCPROXY_UPSTREAM_OPENAI_AUTH',
    'where ChatGPT logins are made and renewed',
  ),
  chatgpt: upstream('https://chatgpt.com/backend-api', 'CCPROXY_UPSTREAM_CHATGPT', 'where the backend of ChatGPT is'),
  github: upstream('https://github.com', 'CCPROXY_UPSTREAM_GITHUB', 'where a Copilot login is confirmed'),
  github_api: upstream(
    'https://api.github.com',
    'CCPROXY_UPSTREAM_GITHUB_API',
    'where a GitHub token is traded for a Copilot token, and the plan is asked for',
  ),
  copilot: upstream(
    copilotProvider.baseUrl,
    'CCPROXY_UPSTREAM_COPILOT',
    'the API of GitHub Copilot; unset, the one that the token names',
  ),
  aws_oidc: upstream(
    defaultOidcUrl,
    'CCPROXY_UPSTREAM_AWS_OIDC',
    'where Kiro logins are made and renewed; the preset is that of the region of a login',
  ),
  kiro: upstream(
    defaultKiroUrl,
    'CCPROXY_UPSTREAM_KIRO',
    'where Kiro is asked; the preset is that of the region of a login',
  ),
  gemini: publicUpstream('gemini', "where Gemini's API is"),
  mistral: publicUpstream('mistral', "where Mistral's API is"),
  groq: publicUpstream('groq', "where Groq's API is"),
  deepseek: publicUpstream('deepseek', "where DeepSeek's API is"),
});
