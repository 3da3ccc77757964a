/** What is known of an answer so far; grows while it goes by. */
import { scrub } from '../../../shared/redact.ts';
import { asObject, asText } from '../hub/fields.ts';
import { parseRange } from '../json-scan.ts';
import type { ByteRange } from '../json-scan.ts';
import type { AnswerFacts, TokenUsage } from './observer.ts';

/** It is kept and logged, so it has to be a word and nothing else. */
const errorWord = /^[\w.:-]{1,64}$/;

export class Draft {
  usage: TokenUsage | undefined;
  stopReason: string | undefined;
  model: string | undefined;
  answerId: string | undefined;
  errorType: string | undefined;
  /** A frame was seen that only a stream of this dialect holds. */
  hasBegun = false;
  hasEnded = false;
  /** Something went by that cannot be judged, so that nothing may be said about completeness. */
  isBlind = false;

  /** Counts are cumulative: what is told replaces what was known, what is left out stays. */
  count(told: Partial<Record<keyof TokenUsage, number | undefined>>): void {
    this.usage = {
      inputTokens: told.inputTokens ?? this.usage?.inputTokens ?? 0,
      outputTokens: told.outputTokens ?? this.usage?.outputTokens ?? 0,
      cacheReadTokens: told.cacheReadTokens ?? this.usage?.cacheReadTokens ?? 0,
      cacheWriteTokens: told.cacheWriteTokens ?? this.usage?.cacheWriteTokens ?? 0,
    };
  }

  /** The name and id of an answer are told in more than one place; an empty one tells nothing. */
  name(model: unknown, answerId: unknown): void {
    this.model = asText(model) ?? this.model;
    this.answerId = asText(answerId) ?? this.answerId;
  }

  fail(type: unknown): void {
    this.hasEnded = true;
    const word = asText(type) ?? '';
    this.errorType = errorWord.test(word) && scrub(word) === word ? word : 'error';
  }

  toFacts(): AnswerFacts {
    const { usage, stopReason, model, answerId, errorType, hasEnded } = this;
    const isComplete = !this.hasBegun || hasEnded || this.isBlind;
    return { usage, stopReason, model, answerId, errorType, isComplete, hasEnded };
  }
}

/** The object at `range`; an empty one for anything else. */
export function objectAt(body: Buffer, range: ByteRange | undefined): Readonly<Record<string, unknown>> {
  return range === undefined || body[range.start] !== 0x7b ? {} : asObject(parseRange(body, range));
}

export function asCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
