/** A hub request as what one asks claude.ai: a prompt, attachments and files. It has no roles, no system prompt, no knobs. */
import type { Warning } from '../codec.ts';
import type { HubRequest } from '../hub/request.ts';
import { readContents, textAttachment } from './content.ts';
import type { Turn, TurnPart, WebAttachment, WebUpload } from './content.ts';
import { estimateTokens } from '../hub/estimate.ts';
import { refuseUnavailable, warnDropped } from './refuse.ts';

export interface WebPlan {
  readonly model: string;
  readonly prompt: string;
  readonly attachments: readonly WebAttachment[];
  /** In the order of the request; each becomes a file id of the completion. */
  readonly uploads: readonly WebUpload[];
  /** Extended thinking. */
  readonly thinking: boolean;
  /** To be emulated on the answer; claude.ai knows none. */
  readonly stopSequences: readonly string[];
  /** Of all text; files are not counted. */
  readonly inputTokenEstimate: number;
  readonly warnings: readonly Warning[];
}

export interface ComposeOptions {
  /** Characters of text up to which everything stands in the prompt; above it, a text attachment carries it. */
  readonly attachAbove?: number;
}

const DEFAULT_ATTACH_ABOVE = 20_000;
const PASTE_NAME = 'paste.txt';

/**
 * Throws `NOT_AVAILABLE_IN_MODE` with `details.field` for what web mode cannot do, and warns of what it drops. A single
 * user message without a system prompt is the prompt, word for word; else the system text comes first and then the turns
 * under `Human:` and `Assistant:`. Neighbouring messages of one role are one turn, as on the API.
 */
export function composeWebPlan(request: HubRequest, options: ComposeOptions = {}): WebPlan {
  refuseUnavailable(request);
  const contents = readContents(request.messages);
  const turns = mergeTurns(contents.turns);
  const text = placeText(systemText(request), turns, options.attachAbove ?? DEFAULT_ATTACH_ABOVE);
  const attachments = [...text.attachments, ...contents.attachments];
  const allText = [text.prompt, ...attachments.map((attachment) => attachment.extracted_content)].join('');
  return {
    model: request.model,
    prompt: text.prompt,
    attachments,
    uploads: contents.uploads,
    thinking: request.thinking?.type === 'enabled' || request.thinking?.type === 'adaptive',
    stopSequences: request.stop_sequences ?? [],
    inputTokenEstimate: estimateTokens(allText),
    warnings: [...warnDropped(request), ...contents.warnings],
  };
}

interface PlacedText {
  readonly prompt: string;
  readonly attachments: readonly WebAttachment[];
}

function placeText(system: string, turns: readonly Turn[], attachAbove: number): PlacedText {
  const [only] = turns;
  const isPlain = system === '' && turns.length === 1 && only?.role === 'user';
  const whole = isPlain ? plainText(only) : transcript(system, turns);
  if (whole.length <= attachAbove) return { prompt: whole, attachments: [] };
  // Agents end with system messages (reminders, the date): the question is still the person's last message.
  const lastIndex = turns.findLastIndex((turn) => turn.role !== 'system');
  const last = turns[lastIndex];
  const lastText = last?.role === 'user' ? plainText(last) : '';
  if (isPlain || lastText === '' || lastText.length > attachAbove) {
    return { prompt: isPlain ? PASTED_MESSAGE : PASTED_ALL, attachments: [textAttachment(PASTE_NAME, whole)] };
  }
  const before = transcript(system, turns.toSpliced(lastIndex, 1));
  return { prompt: `${PASTED_HISTORY}\n\n${lastText}`, attachments: [textAttachment(PASTE_NAME, before)] };
}

const PASTED_MESSAGE = `My message is in the attached ${PASTE_NAME}. Read it and answer it as if it stood here.`;
const PASTED_ALL = `The attached ${PASTE_NAME} holds our conversation so far, instructions first. Continue from it: answer its last message.`;
const PASTED_HISTORY = `The attached ${PASTE_NAME} holds our conversation so far, instructions first. Continue from it: answer this next message.`;

function systemText({ system, output_config: output }: HubRequest): string {
  const blocks = typeof system === 'string' ? [system] : (system ?? []).map((block) => block.text);
  return [...blocks.filter((text) => !BILLING_LINE.test(text)), ...schemaInstruction(output?.format?.schema)]
    .filter((text) => text !== '')
    .join('\n\n');
}

/** Claude Code's first system block: accounts of the API, changes with each call, and says nothing to a model. */
const BILLING_LINE = /^x-anthropic-billing-header:[^\n]*$/;

function schemaInstruction(schema: Readonly<Record<string, unknown>> | undefined): readonly string[] {
  if (schema === undefined) return [];
  const instruction =
    'Answer with one JSON value that is valid against this JSON Schema and with nothing else: no other';
  return [`${instruction} words, no code fence.\n${JSON.stringify(schema)}`];
}

function mergeTurns(turns: readonly Turn[]): readonly Turn[] {
  const merged: Turn[] = [];
  for (const turn of turns) {
    const previous = merged.at(-1);
    if (previous?.role === turn.role)
      merged[merged.length - 1] = { ...turn, parts: [...previous.parts, ...turn.parts] };
    else merged.push(turn);
  }
  return merged;
}

const speakers = { user: 'Human: ', assistant: 'Assistant: ', system: '' } as const;

function transcript(system: string, turns: readonly Turn[]): string {
  const spoken = turns.map((turn) => ({ speaker: speakers[turn.role], text: turn.parts.map(markedText).join('\n\n') }));
  const lines = spoken.filter(({ text }) => text !== '').map(({ speaker, text }) => `${speaker}${text}`);
  return [system, ...lines].filter((text) => text !== '').join('\n\n');
}

/** In a transcript a file leaves a mark, so that the model knows whose turn it belongs to. */
function markedText(part: TurnPart): string {
  return part.kind === 'text' ? part.text : `[attached file: ${part.name}]`;
}

function plainText(turn: Turn): string {
  return turn.parts.flatMap((part) => (part.kind === 'text' ? [part.text] : [])).join('\n\n');
}
