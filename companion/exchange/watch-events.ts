/** Hub events on their way to the client, watched for what they add up to. */
import type { HubEvent } from '../wire/hub/event.ts';
import type { TokenUsage } from '../wire/observe/observer.ts';

type Counts = { -readonly [Name in keyof TokenUsage]: number };

/** Usage as the stream tells it: `message_start` has the input side, each `message_delta` overwrites what it names. */
export class UsageWatch {
  #counts: Counts | undefined;

  push(event: HubEvent): void {
    if (event.type === 'message_start') this.#add(event.message.usage);
    else if (event.type === 'message_delta') this.#add(event.usage);
  }

  get usage(): TokenUsage | undefined {
    return this.#counts;
  }

  #add(told: Partial<Record<keyof typeof names, number | null>> | undefined): void {
    if (told === undefined) return;
    const counts = (this.#counts ??= { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 });
    for (const [wireName, name] of nameEntries) {
      const count = told[wireName];
      if (typeof count === 'number') counts[name] = count;
    }
  }
}

const names = {
  input_tokens: 'inputTokens',
  output_tokens: 'outputTokens',
  cache_read_input_tokens: 'cacheReadTokens',
  cache_creation_input_tokens: 'cacheWriteTokens',
} as const satisfies Record<string, keyof TokenUsage>;
const nameEntries = Object.entries(names) as [keyof typeof names, keyof TokenUsage][];
