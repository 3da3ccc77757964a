/**
 * Which conversation a request belongs to, so that its turns stay with one key and its prompt cache stays warm. Clients
 * that name a session are believed; otherwise the first thing that the person said names it.
 */
import { hash } from 'node:crypto';

export interface Conversation {
  readonly key: string;
  /** An earlier turn is part of it. First turns are alike too often (`hi`) to be kept together. */
  readonly isContinued: boolean;
}

const sessionHeaders: ReadonlySet<string> = new Set([
  'x-claude-code-session-id',
  'session_id',
  'session-id',
  'x-session-id',
  'x-session-affinity',
]);
const sampleBytes = 1024;
const earlierTurns: readonly Buffer[] = ['"assistant"', '"function_call"', '"custom_tool_call"'].map((text) =>
  Buffer.from(text),
);
const previous = Buffer.from('"previous_');
const previousAnswer = /^"previous_(?:response|message)_id"\s*:\s*"([\w-]{1,200})"/;
const user = Buffer.from('"user"');
const content = Buffer.from('"content"');
const textMember = Buffer.from('"text":');

/** `undefined` when nothing tells. `promptCacheKey` is the body's own, where it has one. */
export function conversationOf(
  rawHeaders: readonly string[],
  body: Buffer,
  promptCacheKey: string | undefined,
): Conversation | undefined {
  const answer = earlierAnswer(body);
  if (answer !== undefined) return { key: conversationAfter(answer), isContinued: true };
  const named = sessionHeader(rawHeaders) ?? promptCacheKey;
  if (named !== undefined) return { key: `named:${named.slice(0, 200)}`, isContinued: true };
  const opening = openingWords(body);
  if (opening === undefined) return undefined;
  const isContinued = earlierTurns.some((mark) => body.includes(mark));
  return { key: `opening:${hash('sha1', opening)}`, isContinued };
}

/** Names the conversation that an answer belongs to, for requests that carry on from it without repeating it. */
export function conversationAfter(answerId: string): string {
  return `after:${answerId}`;
}

/** What `earlierAnswer` would find again; whatever else a provider calls its answer is not worth keeping. */
export function isAnswerId(text: string): boolean {
  return /^[\w-]{1,200}$/.test(text);
}

/** `previous_response_id`, or the `previous_message_id` of a thread: kept by the account that gave that answer. */
function earlierAnswer(body: Buffer): string | undefined {
  // Words of a conversation may hold the same text: there its quotes are escaped, or something else follows.
  for (let at = body.indexOf(previous); at >= 0; at = body.indexOf(previous, at + previous.length)) {
    const match = previousAnswer.exec(body.toString('latin1', at, at + 260));
    if (match !== null) return match[1];
  }
  return undefined;
}

function sessionHeader(rawHeaders: readonly string[]): string | undefined {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (sessionHeaders.has((rawHeaders[index] ?? '').toLowerCase())) return rawHeaders[index + 1];
  }
  return undefined;
}

/** The first user message's words, or their beginning: the same bytes in every later turn. */
function openingWords(body: Buffer): Buffer | undefined {
  const userAt = body.indexOf(user);
  const contentAt = userAt < 0 ? -1 : body.indexOf(content, userAt);
  if (contentAt < 0) return undefined;
  const valueAt = skipToValue(body, contentAt + content.length);
  const isPlain = body[valueAt] === 0x22;
  const textAt = isPlain ? valueAt : startOfText(body, valueAt);
  if (textAt < 0) return undefined;
  const end = body.indexOf(0x22, textAt + 1);
  return body.subarray(textAt + 1, Math.min(end < 0 ? body.length : end, textAt + 1 + sampleBytes));
}

function startOfText(body: Buffer, from: number): number {
  const at = body.indexOf(textMember, from);
  return at < 0 ? -1 : body.indexOf(0x22, at + textMember.length);
}

/** Past the colon and the blanks around it. */
function skipToValue(body: Buffer, from: number): number {
  let at = from;
  while (at < body.length && (body[at] === 0x3a || (body[at] ?? 0) <= 0x20)) at++;
  return at;
}
