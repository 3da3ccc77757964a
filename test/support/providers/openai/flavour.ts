/** The servers that speak OpenAI's API, each in its own way. */

export type Flavour = 'openai' | 'gemini' | 'mistral' | 'groq' | 'deepseek' | 'local';

export const flavours: readonly Flavour[] = ['openai', 'gemini', 'mistral', 'groq', 'deepseek', 'local'];

export interface FlavourFacts {
  readonly id: Flavour;
  /** What stands before `/chat/completions` in the provider's public address; further ones serve too. */
  readonly basePaths: readonly string[];
  readonly hasResponses: boolean;
  readonly models: readonly string[];
  /** Models that think: OpenAI's refuse the older parameters, DeepSeek's want their thoughts back. */
  readonly reasoningModels: readonly string[];
  readonly embeddingModels: readonly string[];
  readonly ownedBy: string;
  readonly toolCallId: { readonly prefix: string; readonly length: number };
  /** Usage without being asked: on the last chunk, on every chunk, or not at all. */
  readonly usageInStream: 'when-asked' | 'last-chunk' | 'every-chunk';
  readonly isKeyless: boolean;
}

const shared = {
  hasResponses: false,
  reasoningModels: [],
  toolCallId: { prefix: 'call_', length: 24 },
  usageInStream: 'when-asked',
  isKeyless: false,
} as const;

const facts: Readonly<Record<Flavour, FlavourFacts>> = {
  openai: {
    ...shared,
    id: 'openai',
    basePaths: ['/v1'],
    hasResponses: true,
    models: ['gpt-5.5', 'gpt-5.1', 'gpt-5', 'gpt-5-mini', 'gpt-4.1', 'gpt-4o', 'gpt-4o-mini', 'o3', 'o4-mini'],
    reasoningModels: ['gpt-5.5', 'gpt-5.1', 'gpt-5', 'gpt-5-mini', 'o3', 'o4-mini'],
    embeddingModels: ['text-embedding-3-small', 'text-embedding-3-large'],
    ownedBy: 'system',
  },
  gemini: {
    ...shared,
    id: 'gemini',
    basePaths: ['/v1beta/openai'],
    models: ['gemini-3-pro-preview', 'gemini-2.5-pro', 'gemini-2.5-flash'],
    reasoningModels: ['gemini-3-pro-preview'],
    embeddingModels: ['gemini-embedding-001'],
    ownedBy: 'google',
    toolCallId: { prefix: 'function-call-', length: 19 },
    usageInStream: 'every-chunk',
  },
  mistral: {
    ...shared,
    id: 'mistral',
    basePaths: ['/v1'],
    models: ['mistral-large-latest', 'mistral-small-latest', 'magistral-medium-latest', 'codestral-latest'],
    reasoningModels: ['magistral-medium-latest'],
    embeddingModels: ['mistral-embed'],
    ownedBy: 'mistralai',
    toolCallId: { prefix: '', length: 9 },
    usageInStream: 'last-chunk',
  },
  groq: {
    ...shared,
    id: 'groq',
    basePaths: ['/openai/v1'],
    hasResponses: true,
    models: ['llama-3.3-70b-versatile', 'openai/gpt-oss-120b', 'qwen/qwen3-32b'],
    reasoningModels: ['openai/gpt-oss-120b', 'qwen/qwen3-32b'],
    embeddingModels: [],
    ownedBy: 'Groq',
  },
  deepseek: {
    ...shared,
    id: 'deepseek',
    basePaths: ['', '/v1', '/beta'],
    models: ['deepseek-v4-flash', 'deepseek-v4-pro', 'deepseek-r1'],
    reasoningModels: ['deepseek-v4-flash', 'deepseek-v4-pro', 'deepseek-r1'],
    embeddingModels: [],
    ownedBy: 'deepseek',
    toolCallId: { prefix: 'call_00_', length: 20 },
  },
  local: {
    ...shared,
    id: 'local',
    basePaths: ['/v1'],
    models: ['llama3.2:latest', 'qwen3:8b'],
    embeddingModels: ['nomic-embed-text:latest'],
    ownedBy: 'library',
    toolCallId: { prefix: 'call_', length: 8 },
    isKeyless: true,
  },
};

export function flavourFacts(flavour: Flavour): FlavourFacts {
  return facts[flavour];
}
