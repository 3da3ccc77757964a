/** Conversations that the API keeps (a beta): a request goes on from an answer, and brings only what is new. */
import { Refusal } from './errors.ts';
import type { Message } from './build.ts';
import { toJson } from './build.ts';
import type { JsonObject } from './plan.ts';

interface Kept {
  /** Name of the key that it belongs to. */
  readonly owner: string;
  readonly conversation: JsonObject;
}

/** By the id of the last answer. */
export class Threads {
  readonly #kept = new Map<string, Kept>();

  /** The request with all that came before it. @throws Refusal 404 for an answer that this key was not given. */
  unfold(body: JsonObject, owner: string): JsonObject {
    const { thread, ...own } = body;
    const { type, previous_message_id: previous } = (thread ?? {}) as JsonObject;
    if (type !== 'continue') return own;
    const kept = this.#kept.get(String(previous));
    if (kept?.owner !== owner) {
      throw new Refusal(404, `Thread not found: ${String(previous)}`, { details: { error_code: 'thread_not_found' } });
    }
    return { ...kept.conversation, ...own, messages: [...messagesOf(kept.conversation), ...messagesOf(own)] };
  }

  /** Remembers an answer to a request that asked for it; `unfolded` is the whole conversation before it. */
  keep(body: JsonObject, unfolded: JsonObject, owner: string, message: Message): void {
    if (body['thread'] === undefined) return;
    const { system, tools } = unfolded;
    const reply = { role: 'assistant', content: toJson(message)['content'] };
    const messages = [...messagesOf(unfolded), reply];
    const conversation = { ...(system !== undefined && { system }), ...(tools !== undefined && { tools }), messages };
    this.#kept.set(message.id, { owner, conversation });
  }
}

function messagesOf(body: JsonObject): readonly JsonObject[] {
  return body['messages'] as readonly JsonObject[];
}
