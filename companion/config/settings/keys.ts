/** `keys`: aPI keys, by provider. */
import { z } from 'zod';
import type { BuiltInProviderId } from '../../../shared/api-provider.ts';
import { keyTextWords } from '../../base/api-key-text.ts';
import { keyEntryNames, keyList } from '../key-list.ts';
import { setting } from '../setting.ts';

/** Keys of one provider, from every place that has some. */
function keys(name: string, environment: string, formerly: readonly string[] = []) {
  return setting(keyList.default([]), {
    description: `your API keys of ${name}`,
    reloads: true,
    allowed: `a list of keys: ${keyTextWords}`,
    environment: [environment],
    formerly,
    isSecret: true,
    addsUp: true,
    parts: keyEntryNames,
  });
}

export const keySettings = z.strictObject({
  anthropic: keys('Anthropic', 'CCPROXY_CLAUDE_API_KEYS', ['claude.api_keys']),
  openai: keys('OpenAI', 'CCPROXY_OPENAI_API_KEYS'),
  gemini: keys('Gemini', 'CCPROXY_GEMINI_API_KEYS'),
  mistral: keys('Mistral', 'CCPROXY_MISTRAL_API_KEYS'),
  groq: keys('Groq', 'CCPROXY_GROQ_API_KEYS'),
  deepseek: keys('DeepSeek', 'CCPROXY_DEEPSEEK_API_KEYS'),
} satisfies Record<BuiltInProviderId, z.ZodType>);
