/** Chat Completions (and the older completions, and embeddings), as a stream and whole. */
import { findMembers, parseRange } from '../json-scan.ts';
import type { ByteRange } from '../json-scan.ts';
import { asArray, asObject } from '../hub/fields.ts';
import { objectAt } from './draft.ts';
import type { Draft } from './draft.ts';
import { readOpenAiUsage } from './openai-usage.ts';
import type { AnswerReader } from './reader.ts';

const members = ['id', 'model', 'choices', 'usage', 'x_groq', 'error'] as const;
const done = '[DONE]';

export const chatReader: AnswerReader = {
  // Every chunk names the finish reason and often the usage, mostly as `null`: what follows the name decides.
  needles: [Buffer.from('"finish_reason"'), Buffer.from('"usage"'), Buffer.from(done), Buffer.from('"error"')],

  readFrame(data, draft) {
    if (data.length < 16 && data.toString('latin1').trim() === done) {
      draft.hasEnded = true;
      return true;
    }
    const found = findMembers(data, members);
    if (found.size === 0) return false;
    draft.hasBegun ||= found.has('choices');
    draft.name(parseRange(data, found.get('model')), parseRange(data, found.get('id')));
    readUsages(data, found, draft);
    readError(data, found.get('error'), draft);
    for (const choice of asArray(parseRange(data, found.get('choices'))))
      finish(asObject(choice)['finish_reason'], draft);
    return true;
  },

  readWhole(body, draft) {
    const found = findMembers(body, members);
    draft.name(parseRange(body, found.get('model')), parseRange(body, found.get('id')));
    readUsages(body, found, draft);
    readError(body, found.get('error'), draft);
    // Only the first choice, and nothing of its text.
    const choices = found.get('choices');
    if (choices === undefined) return;
    const first = findMembers(body, ['finish_reason'], choices.start + 1);
    finish(parseRange(body, first.get('finish_reason')), draft);
  },
};

function finish(reason: unknown, draft: Draft): void {
  if (typeof reason !== 'string' || reason === '') return;
  draft.stopReason = reason;
  draft.hasEnded = true;
}

function readUsages(body: Buffer, found: ReadonlyMap<string, ByteRange>, draft: Draft): void {
  readOpenAiUsage(objectAt(body, found.get('x_groq'))['usage'], draft);
  readOpenAiUsage(objectAt(body, found.get('usage')), draft);
}

function readError(body: Buffer, range: ByteRange | undefined, draft: Draft): void {
  if (range === undefined || body[range.start] !== 0x7b) return;
  const error = objectAt(body, range);
  draft.fail(error['type'] ?? error['code']);
}
