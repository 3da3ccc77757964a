/** Providers that are reached with an API key: what is public about them, and where each differs from the common form. */

/**
 * The API that a provider speaks: Anthropic's, OpenAI's (which always has Chat Completions), that of the ChatGPT backend,
 * which has Responses alone, or that of Kiro, which no client speaks.
 */
export type ProviderWire = 'anthropic' | 'openai' | 'codex' | 'kiro';

/**
 * Where an OpenAI-compatible server departs from OpenAI itself. Only translated requests are bent to them: a client that
 * speaks Chat Completions to such a server reaches it byte for byte.
 */
export interface ChatQuirks {
  /** The field that limits the answer. */
  readonly maxTokensField: 'max_completion_tokens' | 'max_tokens';
  /** Role of the instructions. */
  readonly systemRole: 'system' | 'developer';
  /** `stream_options.include_usage` is understood. */
  readonly takesStreamOptions: boolean;
  /** `stop` is understood; otherwise stop sequences are enforced here. */
  readonly takesStop: boolean;
  readonly takesImages: boolean;
  readonly takesParallelToolCalls: boolean;
  /** `user` is understood. */
  readonly takesUser: boolean;
  /** How a JSON schema is asked for: the `json_schema` response format, or `json_object` and an instruction. */
  readonly jsonSchema: 'native' | 'instruction';
  /** `reasoning_effort` levels that are understood, weakest first; empty when the field is refused. */
  readonly efforts: readonly string[];
  /** What becomes of earlier turns' thinking: left out, sent as `reasoning_content`, or that only beside tool calls. */
  readonly replaysReasoning: 'never' | 'always' | 'with-tools';
  /** Form of tool call ids: any, or exactly nine letters and digits. */
  readonly toolIds: 'any' | 'nine-alphanumerics';
  /** The least temperature above zero that is taken instead of 0; `null` where 0 is fine. */
  readonly leastTemperature: number | null;
  /** `tool_choice` for "call some tool". */
  readonly requiredToolChoice: 'required' | 'any';
  /** Opaque tool-call fields (`extra_content`, Gemini's thought signatures) have to be echoed. */
  readonly echoesExtraContent: boolean;
  /** After results only the assistant may speak, and a last message of the assistant is marked as the one to continue. */
  readonly hasStrictTurns: boolean;
}

export interface ApiProvider {
  /** Also the prefix in `provider/model`; lower case. */
  readonly id: string;
  /** As a person reads it. */
  readonly name: string;
  readonly wire: ProviderWire;
  /** Without a slash at its end. Anthropic's wire: without `/v1`; OpenAI's: what stands before `/chat/completions`. */
  readonly baseUrl: string;
  /** Has `/responses`; otherwise Responses clients are translated. */
  readonly hasResponses: boolean;
  /** Beginnings of model names that are this provider's beyond doubt: `gpt-`. */
  readonly modelPrefixes: readonly string[];
  /** The models that it offers; `null`: asked of the provider. */
  readonly models: readonly string[] | null;
  /** Wants no key, as a server on this computer may. */
  readonly isKeyless: boolean;
  /** Opened by a login, never by a key. */
  readonly isLoginOnly?: true;
  /** Offers the models of others: asked for one by its bare name after those who offer it at first hand. */
  readonly isReseller?: true;
  readonly quirks: ChatQuirks;
}

export const openAiQuirks: ChatQuirks = {
  maxTokensField: 'max_completion_tokens',
  systemRole: 'system',
  takesStreamOptions: true,
  takesStop: true,
  takesImages: true,
  takesParallelToolCalls: true,
  takesUser: true,
  jsonSchema: 'native',
  efforts: ['minimal', 'low', 'medium', 'high', 'xhigh'],
  replaysReasoning: 'never',
  toolIds: 'any',
  leastTemperature: null,
  requiredToolChoice: 'required',
  echoesExtraContent: false,
  hasStrictTurns: false,
};

/** What most servers that call themselves OpenAI-compatible take; the start for provider blocks in the configuration. */
export const compatibleQuirks: ChatQuirks = { ...openAiQuirks, maxTokensField: 'max_tokens' };

/** What a ChatGPT plan offers, through the backend that Codex uses. `baseUrl` ends before `/responses`. */
export const codexProvider = {
  id: 'codex',
  name: 'ChatGPT (Codex)',
  wire: 'codex',
  baseUrl: 'https://chatgpt.com/backend-api/codex',
  hasResponses: true,
  // As long as OpenAI's own beginnings: both are meant, and the plan that is paid for already comes first.
  modelPrefixes: ['gpt-5', 'codex-'],
  models: null,
  isKeyless: false,
  isLoginOnly: true,
  quirks: openAiQuirks,
} as const satisfies ApiProvider;

/**
 * What a GitHub Copilot plan offers: models of several makers, behind OpenAI's Chat Completions. Which of them take Responses
 * as well, its list of models tells.
 */
export const copilotProvider = {
  id: 'copilot',
  name: 'GitHub Copilot',
  wire: 'openai',
  baseUrl: 'https://api.githubcopilot.com',
  hasResponses: false,
  modelPrefixes: [],
  models: null,
  isKeyless: false,
  isLoginOnly: true,
  isReseller: true,
  quirks: { ...compatibleQuirks, takesUser: false, efforts: ['low', 'medium', 'high'] },
} as const satisfies ApiProvider;

/** What a Kiro plan offers, on AWS. `baseUrl` ends before `/generateAssistantResponse`; the models are those of the settings. */
export const kiroProvider = {
  id: 'kiro',
  name: 'Kiro',
  wire: 'kiro',
  baseUrl: 'https://q.us-east-1.amazonaws.com',
  hasResponses: false,
  modelPrefixes: [],
  models: [],
  isKeyless: false,
  isLoginOnly: true,
  isReseller: true,
  quirks: openAiQuirks,
} as const satisfies ApiProvider;

/** The providers that the product knows by name. `baseUrl` is the public one; the configuration may set another. */
export const builtInProviders = [
  {
    id: 'anthropic',
    name: 'Anthropic',
    wire: 'anthropic',
    baseUrl: 'https://api.anthropic.com',
    hasResponses: false,
    modelPrefixes: ['claude-'],
    models: null,
    isKeyless: false,
    quirks: openAiQuirks,
  },
  {
    id: 'openai',
    name: 'OpenAI',
    wire: 'openai',
    baseUrl: 'https://api.openai.com/v1',
    hasResponses: true,
    modelPrefixes: [
      'gpt-',
      'gpt-5',
      'o1',
      'o3',
      'o4',
      'chatgpt-',
      'codex-',
      'text-embedding-',
      'dall-e-',
      'whisper-',
      'tts-',
    ],
    models: null,
    isKeyless: false,
    quirks: openAiQuirks,
  },
  {
    id: 'gemini',
    name: 'Gemini',
    wire: 'openai',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
    hasResponses: false,
    modelPrefixes: ['gemini-', 'gemma-'],
    models: null,
    isKeyless: false,
    quirks: { ...compatibleQuirks, efforts: ['low', 'medium', 'high'], takesUser: false, echoesExtraContent: true },
  },
  {
    id: 'mistral',
    name: 'Mistral',
    wire: 'openai',
    baseUrl: 'https://api.mistral.ai/v1',
    hasResponses: false,
    modelPrefixes: [
      'mistral-',
      'ministral-',
      'magistral-',
      'codestral-',
      'devstral-',
      'pixtral-',
      'open-mistral-',
      'open-mixtral-',
    ],
    models: null,
    isKeyless: false,
    quirks: {
      ...compatibleQuirks,
      takesStreamOptions: false,
      takesUser: false,
      efforts: [],
      toolIds: 'nine-alphanumerics',
      requiredToolChoice: 'any',
      hasStrictTurns: true,
    },
  },
  {
    id: 'groq',
    name: 'Groq',
    wire: 'openai',
    baseUrl: 'https://api.groq.com/openai/v1',
    hasResponses: true,
    modelPrefixes: [],
    models: null,
    isKeyless: false,
    quirks: {
      ...compatibleQuirks,
      efforts: ['low', 'medium', 'high'],
      leastTemperature: 1e-8,
    },
  },
  {
    id: 'deepseek',
    name: 'DeepSeek',
    wire: 'openai',
    baseUrl: 'https://api.deepseek.com',
    hasResponses: false,
    modelPrefixes: ['deepseek-'],
    models: null,
    isKeyless: false,
    quirks: {
      ...compatibleQuirks,
      takesImages: false,
      takesUser: false,
      takesParallelToolCalls: false,
      jsonSchema: 'instruction',
      efforts: [],
      replaysReasoning: 'with-tools',
    },
  },
] as const satisfies readonly ApiProvider[];

export type BuiltInProviderId = (typeof builtInProviders)[number]['id'];

/** Other words for a provider, as people and other programs of this kind write them. */
const otherNames: ReadonlyMap<string, string> = new Map([
  ['claude', 'anthropic'],
  ['chatgpt', codexProvider.id],
  ['github-copilot', copilotProvider.id],
  ['claude.ai', 'claude-web'],
  ['google', 'gemini'],
]);

/** The id of the provider that a person means, whether there is one or not: `claude` is `anthropic`. */
export function providerIdOf(name: string): string {
  const id = name.trim().toLowerCase();
  return otherNames.get(id) ?? id;
}
