/** Token counts; four characters for a token, with the automatic cache of long prefixes. */
import type { AnswerPart, AnswerPlan, JsonObject, TokenCounts } from './plan.ts';
import { argumentsText } from './plan.ts';

const leastCachedTokens = 1024;
const stepTokens = 128;
const remembered = 16;

/** The last prompts; what a new one has in common with one of them was cached. */
export class PrefixCache {
  readonly #prompts: string[] = [];

  read(owner: string | null, prompt: string): number {
    const keyed = `${owner ?? ''}\n${prompt}`;
    if (keyed.length < leastCachedTokens * 4) return 0;
    const common = Math.max(0, ...this.#prompts.map((one) => commonPrefix(one, keyed)));
    this.#prompts.push(keyed);
    if (this.#prompts.length > remembered) this.#prompts.shift();
    const tokens = Math.floor(common / 4);
    return tokens < leastCachedTokens ? 0 : tokens - (tokens % stepTokens);
  }
}

function commonPrefix(one: string, other: string): number {
  const longest = Math.min(one.length, other.length);
  if (one.startsWith(other.slice(0, longest))) return longest;
  let least = 0;
  let most = longest;
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (one.startsWith(other.slice(0, middle))) least = middle;
    else most = middle - 1;
  }
  return least;
}

export function countUsage(plan: AnswerPlan, prompt: string, cached: number): TokenCounts {
  const of = (parts: readonly AnswerPart[]) => parts.reduce((sum, part) => sum + tokensOf(part), 0);
  const reasoning = of(plan.parts.filter(({ kind }) => kind === 'reasoning'));
  const promptTokens = Math.max(1, Math.ceil(prompt.length / 4));
  return {
    prompt: promptTokens,
    cached: Math.min(promptTokens, cached),
    cacheWrite: 0,
    completion: Math.max(1, of(plan.parts)),
    reasoning,
    ...plan.usage,
  };
}

function tokensOf(part: AnswerPart): number {
  const text =
    part.kind === 'tool-call' ? argumentsText(part) : part.kind === 'custom-tool-call' ? part.input : part.text;
  return Math.ceil(text.length / 4);
}

export function promptOf(body: JsonObject): string {
  return JSON.stringify([body['tools'], body['instructions'], body['messages'] ?? body['input']]);
}
