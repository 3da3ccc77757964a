/** Token counts, and a prompt cache that really remembers: the same marked prefix is written once and read afterwards. */
import { createHash } from 'node:crypto';
import type { JsonObject, Usage } from './plan.ts';

/** Four characters for a token. */
export function countTokens(value: unknown): number {
  if (value === undefined) return 0;
  return Math.ceil((typeof value === 'string' ? value : JSON.stringify(value)).length / 4);
}

export function countInput(body: JsonObject): number {
  return Math.max(1, countTokens(body['system']) + countTokens(body['tools']) + countTokens(body['messages']));
}

interface Mark {
  readonly ttl: '5m' | '1h';
  /** JSON of all that stands before and in the marked block. */
  readonly prefix: string;
}

/** Prefixes by organisation; they live as long as the stand-in. */
export class PromptCache {
  readonly #known = new Set<string>();

  read(owner: string, body: JsonObject): Usage {
    const total = countInput(body);
    const marks = findMarks(body);
    const known = marks.findLast(({ prefix }) => this.#known.has(digest(owner, prefix)));
    const read = Math.min(total, known === undefined ? 0 : countTokens(known.prefix));
    const last = marks.at(-1);
    const created = last === undefined ? 0 : Math.max(0, Math.min(total, countTokens(last.prefix)) - read);
    for (const { prefix } of marks) this.#known.add(digest(owner, prefix));
    return {
      input_tokens: total - read - created,
      cache_creation_input_tokens: created,
      cache_read_input_tokens: read,
      cache_creation: {
        ephemeral_5m_input_tokens: last?.ttl === '1h' ? 0 : created,
        ephemeral_1h_input_tokens: last?.ttl === '1h' ? created : 0,
      },
      output_tokens: 0,
      output_tokens_details: null,
      server_tool_use: null,
      service_tier: 'standard',
      inference_geo: null,
    };
  }
}

function digest(owner: string, prefix: string): string {
  return createHash('sha256').update(owner).update('\0').update(prefix).digest('base64');
}

function findMarks(body: JsonObject): readonly Mark[] {
  const marks: Mark[] = [];
  let prefix = String(body['model']);
  const pass = (block: JsonObject) => {
    const { cache_control: mark, ...content } = block;
    prefix += JSON.stringify(content);
    if (mark === undefined || mark === null) return;
    marks.push({ ttl: (mark as JsonObject)['ttl'] === '1h' ? '1h' : '5m', prefix });
  };
  for (const block of blocksOf(body)) pass(block);
  if (body['cache_control'] !== undefined && body['cache_control'] !== null) {
    pass({ cache_control: body['cache_control'] });
  }
  return marks;
}

/** In the order of the cache: tools, system, messages. */
function* blocksOf(body: JsonObject): Iterable<JsonObject> {
  yield* (body['tools'] ?? []) as readonly JsonObject[];
  yield* toBlocks(body['system'] ?? []);
  for (const message of body['messages'] as readonly JsonObject[]) yield* toBlocks(message['content']);
}

function toBlocks(content: unknown): readonly JsonObject[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : (content as readonly JsonObject[]);
}
