/** Remembers the thinking that stood before tool calls, for clients whose form has no place for it. In memory only. */
import type { DialectId } from '../wire/codec.ts';
import type { HubEvent, HubMessage } from '../wire/hub/event.ts';
import type { HubContentBlock } from '../wire/hub/request.ts';
import { thinkingToRemember } from '../wire/hub/thinking-memory.ts';

export interface ThinkingMemoryLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

interface Entry {
  readonly blocks: readonly HubContentBlock[];
  readonly bytes: number;
}

const longestThinking = 4 * 1024 * 1024;
const defaultLimits: ThinkingMemoryLimits = { maxEntries: 10_000, maxBytes: 64 * 1024 * 1024 };

/**
 * Owner: the composition root. Key: a scope (whose credential or provider it is: scopes never share) and the id of a tool
 * call. Lifetime: until the process ends, or until newer or more recently used entries need the room.
 */
export class ThinkingMemory {
  readonly #limits: ThinkingMemoryLimits;
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(limits: ThinkingMemoryLimits = defaultLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes what is worth remembering of a finished message. */
  remember(scope: string, message: Pick<HubMessage, 'content'>): void {
    for (const { toolUseId, blocks } of thinkingToRemember(message)) this.#set(keyOf(scope, toolUseId), blocks);
  }

  /** The thinking before that call, or `undefined`. */
  recall(scope: string, toolUseId: string): readonly HubContentBlock[] | undefined {
    const key = keyOf(scope, toolUseId);
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.blocks;
  }

  /** Reads along with one stream; `undefined` for a dialect whose clients keep the thinking themselves. */
  recorder(scope: string, dialect: DialectId): ThinkingRecorder | undefined {
    return dialect === 'anthropic' ? undefined : new ThinkingRecorder((message) => this.remember(scope, message));
  }

  #set(key: string, blocks: readonly HubContentBlock[]): void {
    const bytes = sizeOf(key, blocks);
    this.#delete(key);
    if (bytes > this.#limits.maxBytes) return;
    this.#entries.set(key, { blocks, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#limits.maxEntries && this.#bytes <= this.#limits.maxBytes) return;
      this.#delete(oldest);
    }
  }

  #delete(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }
}

type Block = HubMessage['content'][number];

/** Gathers the thinking and the calls of one stream; only a message that was finished is remembered. Never throws. */
export class ThinkingRecorder {
  readonly #remember: (message: Pick<HubMessage, 'content'>) => void;
  readonly #blocks: Block[] = [];
  #pieces: string[] = [];
  /** Characters so far; a message of more than the memory takes is let go of while it still grows. */
  #length = 0;

  constructor(remember: (message: Pick<HubMessage, 'content'>) => void) {
    this.#remember = remember;
  }

  push(event: HubEvent): void {
    switch (event.type) {
      case 'content_block_start':
        return this.#open(event.content_block);
      case 'content_block_delta':
        return this.#add(event.delta);
      case 'content_block_stop':
        return this.#close();
      case 'message_stop':
        return this.#length > longestThinking ? undefined : this.#remember({ content: this.#blocks });
      default:
    }
  }

  #open(block: Block): void {
    this.#pieces = block.type === 'thinking' ? [block.thinking] : [];
    if (block.type === 'thinking' || block.type === 'redacted_thinking' || block.type === 'tool_use') {
      this.#blocks.push({ ...block });
    }
  }

  #add(delta: Extract<HubEvent, { type: 'content_block_delta' }>['delta']): void {
    const block = this.#blocks.at(-1);
    if (block?.type !== 'thinking') return;
    if (delta.type === 'thinking_delta') this.#take(delta.thinking);
    if (delta.type === 'signature_delta') block.signature = delta.signature;
  }

  #take(piece: string): void {
    this.#length += piece.length;
    if (this.#length <= longestThinking) this.#pieces.push(piece);
    else this.#pieces = [];
  }

  #close(): void {
    const block = this.#blocks.at(-1);
    if (block?.type === 'thinking' && this.#pieces.length > 0) block.thinking = this.#pieces.join('');
    this.#pieces = [];
  }
}

function keyOf(scope: string, toolUseId: string): string {
  return JSON.stringify([scope, toolUseId]);
}

/** Two bytes for each character: what an engine takes at most. */
function sizeOf(key: string, blocks: readonly HubContentBlock[]): number {
  const characters = blocks.reduce((sum, block) => {
    if (block.type === 'thinking') return sum + block.thinking.length + block.signature.length;
    return block.type === 'redacted_thinking' ? sum + block.data.length : sum;
  }, key.length);
  return characters * 2;
}
