/** The observer for an answer, by its headers. */
import type { DialectId } from '../codec.ts';
import { anthropicReader } from './anthropic.ts';
import { Draft } from './draft.ts';
import { observeInflated } from './inflated-observer.ts';
import type { AnswerObserver } from './observer.ts';
import { chatReader } from './openai-chat.ts';
import { responsesReader } from './openai-responses.ts';
import type { AnswerReader } from './reader.ts';
import { StreamObserver } from './stream-observer.ts';
import { WholeObserver } from './whole-observer.ts';

const json = /^application\/(?:[\w.+-]*\+)?json\s*(?:;|$)/i;
const eventStream = /^text\/event-stream\s*(?:;|$)/i;

/** Of other content types, and of encodings that are not known here, nothing is told. */
export function createObserver(
  dialect: DialectId,
  contentType: string | undefined,
  contentEncoding: string | undefined,
): AnswerObserver {
  const inner = observerOf(readerOf(dialect), contentType?.trim() ?? '');
  if (inner === undefined) return new BlindObserver();
  if (contentEncoding === undefined || /^\s*(?:identity\s*)?$/i.test(contentEncoding)) return inner;
  return observeInflated(contentEncoding, inner) ?? new BlindObserver();
}

class BlindObserver implements AnswerObserver {
  push(): void {}

  end() {
    return Promise.resolve(new Draft().toFacts());
  }
}

function observerOf(reader: AnswerReader, contentType: string): AnswerObserver | undefined {
  if (eventStream.test(contentType)) return new StreamObserver(reader);
  return json.test(contentType) ? new WholeObserver(reader) : undefined;
}

function readerOf(dialect: DialectId): AnswerReader {
  switch (dialect) {
    case 'anthropic':
      return anthropicReader;
    case 'openai-chat':
      return chatReader;
    case 'openai-responses':
      return responsesReader;
  }
}
