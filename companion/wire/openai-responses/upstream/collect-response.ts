/** The response object that a stream adds up to, for clients that asked for no stream where there is nothing else. */
import { CompanionError } from '../../../base/error.ts';
import { asArray, asObject, asText, isObject, parseJson } from '../../hub/fields.ts';
import type { JsonObject } from '../../hub/fields.ts';
import type { SseFrame } from '../../sse.ts';
import { failureOf, isFailure } from './error.ts';

const ends: ReadonlySet<string> = new Set(['response.completed', 'response.incomplete', 'response.done']);

/**
 * Takes the frames of one stream. `push` throws what a failure in it means; `response` throws `STREAM_BROKEN` before the
 * event that ends the response. That event may leave the output out, so the items are kept as each is done.
 */
export class ResponseCollector {
  readonly #items = new Map<number, JsonObject>();
  #final: JsonObject | undefined;

  push({ event: name, data }: SseFrame): void {
    const event = parseJson(data);
    if (!isObject(event) || this.#final !== undefined) return;
    const type = asText(event.type) ?? name ?? '';
    if (isFailure(type, event)) throw failureOf(event);
    if (type === 'response.output_item.done' && isObject(event.item)) this.#keep(event.item, event.output_index);
    if (ends.has(type) && isObject(event.response)) this.#final = event.response;
  }

  get isComplete(): boolean {
    return this.#final !== undefined;
  }

  response(): JsonObject {
    const final = this.#final;
    if (final === undefined) {
      throw new CompanionError('STREAM_BROKEN', 'The stream ended before the answer was complete.');
    }
    const told = asArray(final.output).map((item) => asObject(item));
    const kept = [...this.#items].toSorted(([one], [other]) => one - other).map(([, item]) => item);
    return { ...final, output: told.length >= kept.length ? told : kept };
  }

  #keep(item: JsonObject, index: unknown): void {
    this.#items.set(typeof index === 'number' ? index : this.#items.size, item);
  }
}
