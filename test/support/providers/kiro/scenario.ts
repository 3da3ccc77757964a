/** What a test wishes for. */
import type { CheckedBody } from './check.ts';

export interface KiroCall {
  readonly id: string;
  readonly name: string;
  readonly input: object;
}

export interface KiroAnswer {
  readonly text?: string;
  readonly calls?: readonly KiroCall[];
}

export type KiroEnding =
  | { readonly kind: 'whole' }
  /** The connection breaks after so many messages. */
  | { readonly kind: 'reset' | 'fin'; readonly afterMessages: number }
  /** The connection closes after so many messages, with nothing that says whether that is the end. */
  | { readonly kind: 'close'; readonly afterMessages: number }
  /** A proper end of the HTTP body, within a message. */
  | { readonly kind: 'half-message'; readonly afterMessages: number }
  /** The next message has a bit turned over. */
  | { readonly kind: 'bad-crc'; readonly afterMessages: number }
  /** An exception in the place of the next message. */
  | { readonly kind: 'exception'; readonly afterMessages: number; readonly type: string; readonly message: string };

export interface KiroRefusal {
  readonly status: number;
  /** `__type`. */
  readonly exception?: string;
  readonly message: string;
  readonly reason?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface KiroUsage {
  readonly used: number;
  readonly limit: number;
  /** Unix seconds. */
  readonly resetsAt: number;
  readonly title: string;
}

export interface KiroScenario {
  readonly answer: (body: CheckedBody) => KiroAnswer;
  readonly ending: KiroEnding;
  readonly refuse: KiroRefusal | null;
  /** The refusal is lifted after so many. */
  readonly refuseTimes: number;
  readonly usage: KiroUsage;
  /** Bytes of one piece on the way; `null` sends each message whole. */
  readonly sliceBytes: number | null;
}

export const calmDay: KiroScenario = {
  answer: ({ conversationState }) => ({ text: conversationState.currentMessage.userInputMessage.content || 'done' }),
  ending: { kind: 'whole' },
  refuse: null,
  refuseTimes: Infinity,
  usage: { used: 25.5, limit: 100, resetsAt: 4_102_444_800, title: 'KIRO FREE' },
  sliceBytes: null,
};
