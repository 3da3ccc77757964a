/** Anthropic's Messages, as a stream and whole. */
import { findMembers, parseRange } from '../json-scan.ts';
import { asObject } from '../hub/fields.ts';
import { asCount, objectAt } from './draft.ts';
import type { Draft } from './draft.ts';
import type { AnswerReader } from './reader.ts';

const frameMembers = ['type', 'message', 'delta', 'usage', 'error'] as const;
const messageMembers = ['id', 'model', 'stop_reason', 'usage'] as const;
const streamType = /^(?:message|content_block)_|^ping$/;

export const anthropicReader: AnswerReader = {
  needles: [Buffer.from('"message_'), Buffer.from('"error"')],

  readFrame(data, draft) {
    const members = findMembers(data, frameMembers);
    const type = parseRange(data, members.get('type'));
    if (typeof type !== 'string') return false;
    draft.hasBegun ||= streamType.test(type);
    if (type === 'error') draft.fail(objectAt(data, members.get('error'))['type']);
    if (type === 'message_stop') draft.hasEnded = true;
    if (type === 'message_start') readMessage(data, members.get('message')?.start, draft);
    if (type === 'message_delta') {
      readStop(objectAt(data, members.get('delta'))['stop_reason'], draft);
      readUsage(objectAt(data, members.get('usage')), draft);
    }
    return true;
  },

  readWhole(body, draft) {
    readMessage(body, 0, draft);
    if (draft.usage !== undefined) return;
    const members = findMembers(body, ['type', 'error']);
    if (parseRange(body, members.get('type')) === 'error') draft.fail(objectAt(body, members.get('error'))['type']);
  },
};

function readMessage(body: Buffer, start: number | undefined, draft: Draft): void {
  const members = findMembers(body, messageMembers, start);
  draft.name(parseRange(body, members.get('model')), parseRange(body, members.get('id')));
  readStop(parseRange(body, members.get('stop_reason')), draft);
  readUsage(objectAt(body, members.get('usage')), draft);
}

function readStop(reason: unknown, draft: Draft): void {
  if (typeof reason === 'string') draft.stopReason = reason;
}

function readUsage(value: unknown, draft: Draft): void {
  const usage = asObject(value);
  const told = {
    inputTokens: asCount(usage['input_tokens']),
    outputTokens: asCount(usage['output_tokens']),
    cacheReadTokens: asCount(usage['cache_read_input_tokens']),
    cacheWriteTokens: asCount(usage['cache_creation_input_tokens']),
  };
  if (Object.values(told).some((count) => count !== undefined)) draft.count(told);
}
