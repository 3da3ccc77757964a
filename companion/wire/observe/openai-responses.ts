/** The Responses API, as a stream and whole. */
import { asText } from '../hub/fields.ts';
import { findMembers, parseRange } from '../json-scan.ts';
import { objectAt } from './draft.ts';
import type { Draft } from './draft.ts';
import { readOpenAiUsage } from './openai-usage.ts';
import type { AnswerReader } from './reader.ts';

const terminal = /^response\.(?:completed|incomplete|failed|cancelled)$/;

export const responsesReader: AnswerReader = {
  needles: [
    Buffer.from('"response.completed"'),
    Buffer.from('"response.incomplete"'),
    Buffer.from('"response.failed"'),
    Buffer.from('"error"'),
  ],

  readFrame(data, draft) {
    const found = findMembers(data, ['type', 'response', 'error', 'code']);
    const type = parseRange(data, found.get('type'));
    // Some servers send an error without a type.
    if (type === 'error' || (type === undefined && found.has('error'))) {
      const error = objectAt(data, found.get('error'));
      draft.fail(asText(parseRange(data, found.get('code'))) ?? error['code'] ?? error['type']);
      return true;
    }
    if (typeof type !== 'string') return false;
    draft.hasBegun ||= type.startsWith('response.');
    const response = found.get('response');
    if (response !== undefined) readResponse(data, response.start, draft);
    if (terminal.test(type)) {
      draft.hasEnded = true;
      draft.stopReason ??= type.slice('response.'.length);
    }
    return true;
  },

  readWhole(body, draft) {
    readResponse(body, 0, draft);
  },
};

function readResponse(body: Buffer, start: number, draft: Draft): void {
  const found = findMembers(body, ['id', 'model', 'status', 'usage', 'error'], start);
  draft.name(parseRange(body, found.get('model')), parseRange(body, found.get('id')));
  const status = asText(parseRange(body, found.get('status')));
  if (status !== undefined && status !== 'in_progress' && status !== 'queued') draft.stopReason = status;
  readOpenAiUsage(objectAt(body, found.get('usage')), draft);
  const error = objectAt(body, found.get('error'));
  const errorType = asText(error['code']) ?? asText(error['type']);
  if (errorType !== undefined) draft.errorType = errorType;
}
