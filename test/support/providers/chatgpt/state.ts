/** What the stand-in holds, for all its routes. */
import type { ChatGptAccount } from '../oauth/openai-account.ts';
import type { FoundToken } from '../oauth/ledger.ts';
import type { OpenAiState } from '../openai/state.ts';
import type { ChatGptScenario } from './scenario.ts';

/** Who issues the tokens. */
export interface TokenFinder {
  find(accessToken: string): FoundToken<ChatGptAccount> | undefined;
}

export interface ChatGptState {
  readonly auth: TokenFinder;
  readonly models: readonly string[];
  /** What the API behind the backend goes by. */
  readonly api: OpenAiState;
  /** Encrypted thoughts that were given here. */
  readonly thoughts: Set<string>;
  scenario: ChatGptScenario;
  refusalsLeft: number;
}
