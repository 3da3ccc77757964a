/**
 * A client's own Responses body on its way to the ChatGPT backend, which takes less than the API that it stands in for.
 * What it takes as it is goes as it is, byte for byte.
 */
import { CompanionError } from '../../../base/error.ts';
import type { Warning } from '../../codec.ts';
import { asArray, asObject, asText, isObject, parseJson } from '../../hub/fields.ts';
import type { JsonObject } from '../../hub/fields.ts';
import { findMembers, isString, parseRange } from '../../json-scan.ts';
import { createWarnings } from '../../openai/warnings.ts';
import type { Warn } from '../../openai/warnings.ts';
import { OWN_SEAL } from '../reasoning.ts';
import { refuseUnservable } from '../refuse-unservable.ts';

export interface FittedBody {
  /** The very same where nothing had to be changed. */
  readonly body: Buffer;
  /** The client wants a stream; the backend has nothing else. */
  readonly isStream: boolean;
  /** What of the request is not carried over. Another form for the same thing is no loss. */
  readonly warnings: readonly Warning[];
}

/** Refused by the backend as `Unsupported parameter`, even when they ask for nothing; with what to say of each. */
const refused: Readonly<Record<string, string>> = {
  background: 'nothing is stored there',
  context_management: 'this provider has no such setting',
  conversation: 'nothing is stored there',
  max_completion_tokens: 'this provider takes no limit',
  max_output_tokens: 'this provider takes no limit',
  max_tool_calls: 'this provider takes no limit',
  metadata: 'nothing is stored there',
  previous_response_id: 'nothing is stored there',
  prompt: 'nothing is stored there',
  prompt_cache_retention: 'this provider has no such setting',
  safety_identifier: 'this provider has no such setting',
  stream_options: 'this provider has no such setting',
  temperature: 'this provider takes none',
  top_logprobs: 'this provider takes none',
  top_p: 'this provider takes none',
  truncation: 'this provider has no such setting',
  user: 'this provider has no such setting',
};

/** Values that say no more than leaving the field out. */
const defaults: Readonly<Record<string, unknown>> = {
  background: false,
  temperature: 1,
  top_logprobs: 0,
  top_p: 1,
  truncation: 'disabled',
};

const looked: readonly string[] = ['stream', 'store', 'instructions', 'input', ...Object.keys(refused)];

/** In a body that has none of these texts, no item needs a look. */
const marks = ['"system"', `"${OWN_SEAL}`].map((text) => Buffer.from(text));

const openBrace = 0x7b;
const noInstructions = Buffer.from('"instructions":"",');

/** Throws `INVALID_REQUEST` for what leans on something that nobody keeps, and for what is no JSON object. */
export function fitResponsesBody(body: Buffer): FittedBody {
  const found = findMembers(body, looked);
  const value = (name: string): unknown => parseRange(body, found.get(name));
  const input = found.get('input');
  const isFit =
    value('stream') === true &&
    value('store') === false &&
    input !== undefined &&
    !isString(body, input) &&
    !Object.keys(refused).some((name) => found.has(name)) &&
    !marks.some((mark) => body.includes(mark));
  if (!isFit) return rewrite(body);
  if (typeof value('instructions') === 'string') return { body, isStream: true, warnings: [] };
  return found.has('instructions') ? rewrite(body) : { body: withInstructions(body), isStream: true, warnings: [] };
}

/** Codex sends none to newer models. All other bytes stay as they are. */
function withInstructions(body: Buffer): Buffer {
  const start = body.indexOf(openBrace) + 1;
  return Buffer.concat([body.subarray(0, start), noInstructions, body.subarray(start)]);
}

function rewrite(body: Buffer): FittedBody {
  const request = parseJson(body.toString('utf8'));
  if (!isObject(request)) throw new CompanionError('INVALID_REQUEST', 'The body is not a JSON object.');
  refuseUnservable(request);
  const { warn, list } = createWarnings();
  if (request.store !== false) warn('store', 'responses are not stored there');
  const fitted = {
    ...kept(request, warn),
    instructions: asText(request.instructions) ?? '',
    input: fitInput(request.input, warn),
    store: false,
    stream: true,
  };
  return { body: Buffer.from(JSON.stringify(fitted)), isStream: request.stream === true, warnings: list() };
}

function kept(request: JsonObject, warn: Warn): JsonObject {
  const isKept = ([name, value]: readonly [string, unknown]): boolean => {
    const reason = Object.hasOwn(refused, name) ? refused[name] : undefined;
    if (reason === undefined) return true;
    const asksForNothing = (value ?? null) === null || value === defaults[name];
    if (!asksForNothing) warn(name, reason);
    return false;
  };
  return Object.fromEntries(Object.entries(request).filter(isKept));
}

/** A list, even of one; without what only another provider could read. Instructions have the newer of their two names. */
function fitInput(input: unknown, warn: Warn): unknown {
  if (typeof input === 'string') {
    return [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: input }] }];
  }
  if (!Array.isArray(input)) return input;
  return asArray(input).flatMap((item) => {
    const { type, role, encrypted_content: sealed } = asObject(item);
    if (role === 'system') return [{ ...asObject(item), role: 'developer' }];
    if (type !== 'reasoning' || typeof sealed !== 'string' || !sealed.startsWith(OWN_SEAL)) return [item];
    warn('input[].reasoning', 'thinking of another provider is not replayed');
    return [];
  });
}

/**
 * The body without its reasoning; `undefined` where it has none. What one account was given of it, another cannot read,
 * and the backend then refuses the whole conversation.
 */
export function withoutReasoning(body: Buffer): Buffer | undefined {
  const request = asObject(parseJson(body.toString('utf8')));
  const items = asArray(request.input);
  const others = items.filter((item) => asObject(item).type !== 'reasoning');
  return others.length === items.length ? undefined : Buffer.from(JSON.stringify({ ...request, input: others }));
}
