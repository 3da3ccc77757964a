/**
 * What an answer used that did not say so, for budgets and limits alone: a stream that nobody asked for its usage, or that the
 * client left before its end, would otherwise cost nothing. Nothing of it stands in the ledger.
 */
import type { AnswerFacts, TokenUsage } from '../wire/observe/observer.ts';
import type { HubEvent } from '../wire/hub/event.ts';
import type { ExchangeRequest } from './exchange.ts';

/** Of ordinary text. */
const charactersPerToken = 4;
/** Each event of a stream holds a token or two, and names the answer, the model and the time besides. */
const streamBytesPerToken = 200;

/** Of a stream that was passed on: `bytes` of it. */
export function guessRelayed(
  { body }: Pick<ExchangeRequest, 'body'>,
  facts: Pick<AnswerFacts, 'usage' | 'hasEnded'> | undefined,
  bytes: number,
): number {
  if (facts === undefined || isUntold(facts.usage))
    return Math.ceil(tokensOfRequest(body) + bytes / streamBytesPerToken);
  return facts.hasEnded ? 0 : Math.ceil(bytes / streamBytesPerToken);
}

/** Of an answer that was translated, of which so many characters were seen. */
export function guessTranslated(
  { body }: Pick<ExchangeRequest, 'body'>,
  { usage, isWhole }: { readonly usage: TokenUsage | undefined; readonly isWhole: boolean },
  characters: number,
): number {
  if (isUntold(usage)) return Math.ceil(tokensOfRequest(body) + characters / charactersPerToken);
  return isWhole ? 0 : Math.ceil(characters / charactersPerToken);
}

/** What a model said in one event. */
export function charactersOf(event: HubEvent): number {
  if (event.type !== 'content_block_delta') return 0;
  const { delta } = event;
  if (delta.type === 'text_delta') return delta.text.length;
  if (delta.type === 'thinking_delta') return delta.thinking.length;
  return delta.type === 'input_json_delta' ? delta.partial_json.length : 0;
}

/** A stream that was translated begins with zeros, in the place of what comes at its end. */
function isUntold(usage: TokenUsage | undefined): boolean {
  return usage === undefined || usage.inputTokens + usage.outputTokens + usage.cacheReadTokens === 0;
}

function tokensOfRequest(body: ExchangeRequest['body']): number {
  return Buffer.isBuffer(body) ? body.length / charactersPerToken : 0;
}
