import { AnthropicTokenEndpoint } from './anthropic-token-endpoint.ts';
import type { LoginProvider } from './login-providers.ts';
import { OpenAiTokenEndpoint } from './openai-token-endpoint.ts';
import type { ProviderCallOptions } from './provider-call.ts';
import type { TokenEndpoint } from './token-endpoint.ts';

export function createTokenEndpoint(provider: LoginProvider, options: ProviderCallOptions): TokenEndpoint {
  switch (provider.id) {
    case 'anthropic':
      return new AnthropicTokenEndpoint(provider, options);
    case 'openai':
      return new OpenAiTokenEndpoint(provider, options);
  }
}
