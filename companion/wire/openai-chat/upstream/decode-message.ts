/** A whole completion as a hub message. */
import { CompanionError } from '../../../base/error.ts';
import type { Stamp } from '../../codec.ts';
import { blankMessage } from '../../hub/blank.ts';
import type { HubMessage } from '../../hub/event.ts';
import { errorOfEvent } from '../../hub/failure.ts';
import { asArray, asObject, asText, isObject, parseJson } from '../../hub/fields.ts';
import type { JsonObject } from '../../hub/fields.ts';
import { scanForStop } from '../../hub/stop-sequence.ts';
import type { AnswerContext } from './answer.ts';
import { readPieces } from './delta.ts';
import type { CallPiece, Piece, TextPiece } from './delta.ts';
import { decodeErrorObject } from '../../openai/provider-error.ts';
import { failureOfFinish, readFinish, stopReasonOf, strongerFinish } from './finish.ts';
import type { Finish } from './finish.ts';
import { newHubId } from '../../openai/target-tool-id.ts';
import { readUsage } from './usage.ts';

type Block = HubMessage['content'][number];

/** Throws `UPSTREAM_UNREADABLE` for a body that is no completion, and what an error under a status of success means. */
export function decodeCompletion(body: unknown, context: AnswerContext, stamp: Stamp): HubMessage {
  const completion = readCompletion(body);
  const choices = asArray(completion.choices).map(asObject);
  for (const { finish_reason: word } of choices) {
    const failure = failureOfFinish(word);
    if (failure !== undefined) throw errorOfEvent({ type: 'error', error: failure });
  }
  const finish = choices.reduce<Finish | undefined>(
    (strongest, choice) => strongerFinish(strongest, readFinish(choice.finish_reason)),
    undefined,
  );
  const pieces = choices.flatMap((choice, position) => readPieces(asObject(choice.message), position));
  const { content, found } = cutAtStop(wordBlocks(pieces), context.memo.localStops);
  const calls = found === undefined ? callBlocks(pieces, finish === 'length', context) : [];
  const seen = { hasCalls: calls.length > 0, isRefusal: pieces.some(({ kind }) => kind === 'refusal') };
  const blank = blankMessage(`msg_${stamp.id}`, asText(completion.model) ?? context.memo.model);
  return {
    ...blank,
    content: [...content, ...calls],
    stop_reason: found === undefined ? stopReasonOf(finish, seen) : 'stop_sequence',
    stop_sequence: found ?? null,
    usage: readUsage(completion) ?? blank.usage,
  };
}

function readCompletion(body: unknown): JsonObject {
  const first: unknown = Array.isArray(body) ? body[0] : body;
  if (isObject(first) && first.error) throw decodeErrorObject(first);
  const hasMessage = isObject(body) && asArray(body.choices).some((choice) => isObject(asObject(choice).message));
  if (hasMessage) return body;
  throw new CompanionError('UPSTREAM_UNREADABLE', "The provider's answer is no completion.");
}

/** Thinking and words in their order, each run of a kind as one block; blank ones are none. */
function wordBlocks(pieces: readonly Piece[]): readonly Block[] {
  const runs: { kind: 'text' | 'thinking'; text: string }[] = [];
  for (const piece of pieces.filter((one): one is TextPiece => one.kind !== 'call')) {
    const kind = piece.kind === 'thinking' ? 'thinking' : 'text';
    const last = runs.at(-1);
    if (last?.kind === kind) last.text += piece.text;
    else runs.push({ kind, text: piece.text });
  }
  return runs.flatMap(({ kind, text }): readonly Block[] => {
    if (text.trim() === '') return [];
    return kind === 'text'
      ? [{ type: 'text', text, citations: null }]
      : [{ type: 'thinking', thinking: text, signature: '' }];
  });
}

/** What comes after the first stop sequence was never said. */
function cutAtStop(
  blocks: readonly Block[],
  stops: readonly string[],
): { readonly content: readonly Block[]; readonly found: string | undefined } {
  const content: Block[] = [];
  for (const block of stops.length === 0 ? [] : blocks) {
    const scan = block.type === 'text' ? scanForStop('', block.text, stops) : undefined;
    if (block.type !== 'text' || scan?.found === undefined) content.push(block);
    else {
      const kept = scan.text.trim() === '' ? [] : [{ ...block, text: scan.text }];
      return { content: [...content, ...kept], found: scan.found };
    }
  }
  return { content: blocks, found: undefined };
}

/** A call that the token limit cut off is left out: nobody can carry it out. */
function callBlocks(pieces: readonly Piece[], isCutOff: boolean, context: AnswerContext): readonly Block[] {
  const { memo, stampId, echoesExtraContent } = context;
  const taken = new Set(memo.takenIds);
  const calls = pieces.filter((piece): piece is CallPiece => piece.kind === 'call' && piece.name !== '');
  return calls.flatMap((call, position): readonly Block[] => {
    const parsed = parseJson(call.args);
    if (isCutOff && !isObject(parsed)) return [];
    const id = newHubId({ id: call.id, extra: echoesExtraContent ? call.extra : undefined, position }, taken, stampId);
    taken.add(id);
    const name = memo.toolNames.get(call.name) ?? call.name;
    return [{ type: 'tool_use', id, name, input: inputOf(call.args, parsed), caller: { type: 'direct' } }];
  });
}

/** Arguments that are no JSON object are kept under a name that no tool has. */
function inputOf(args: string, parsed: unknown): unknown {
  if (isObject(parsed)) return parsed;
  return args.trim() === '' ? {} : { _raw_arguments: args };
}
