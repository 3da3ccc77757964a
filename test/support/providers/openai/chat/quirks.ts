/** What each of the other servers asks beyond OpenAI's rules. */
import { invalid, Refusal } from '../errors.ts';
import type { FlavourFacts } from '../flavour.ts';
import type { JsonObject } from '../plan.ts';
import { unprocessable } from './fields.ts';

/** @throws Refusal */
export function checkQuirks(facts: FlavourFacts, body: JsonObject): void {
  const messages = body['messages'] as readonly JsonObject[];
  switch (facts.id) {
    case 'mistral':
      return checkMistral(body, messages);
    case 'groq':
      return checkGroq(body, messages);
    case 'gemini':
      return checkGemini(messages);
    case 'deepseek':
      return checkDeepSeek(body, messages);
    case 'openai':
    case 'local':
      return;
  }
}

function misordered(message: string): Refusal {
  return new Refusal(400, message, { type: 'invalid_request_message_order', code: '3230' });
}

function checkMistral(body: JsonObject, messages: readonly JsonObject[]): void {
  const isId = (id: unknown) => typeof id === 'string' && /^[a-zA-Z0-9]{9}$/.test(id);
  let previous = '';
  let waiting = 0;
  for (const [index, message] of messages.entries()) {
    const role = String(message['role']);
    checkMistralFields(message, role, index);
    const calls = (message['tool_calls'] ?? []) as readonly JsonObject[];
    const bad = [...calls.map(({ id }) => id), ...(role === 'tool' ? [message['tool_call_id']] : [])].find(
      (id) => !isId(id),
    );
    if (bad !== undefined) {
      throw new Refusal(400, `Tool call id was ${String(bad)} but must be a-z, A-Z, 0-9, with a length of 9.`, {
        type: 'invalid_function_call',
        code: '3280',
      });
    }
    if (role === 'user' && previous === 'tool') throw misordered("Unexpected role 'user' after role 'tool'");
    if (role === 'tool' && previous !== 'tool' && previous !== 'assistant') {
      throw misordered(`Unexpected role 'tool' after role '${previous}'`);
    }
    waiting = role === 'tool' ? waiting - 1 : waiting;
    if (waiting < 0 || (role !== 'tool' && waiting > 0))
      throw misordered('Not the same number of function calls and responses');
    if (role === 'assistant') waiting = calls.length;
    previous = role;
  }
  if (waiting > 0) throw misordered('Not the same number of function calls and responses');
  if (previous === 'assistant' && messages.at(-1)?.['prefix'] !== true) {
    throw misordered('Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant');
  }
  const choice = body['tool_choice'];
  if (typeof choice === 'string' && !['auto', 'none', 'any', 'required'].includes(choice)) {
    throw unprocessable([
      {
        type: 'enum',
        loc: ['body', 'tool_choice'],
        msg: "Input should be 'auto', 'none', 'any' or 'required'",
        input: choice,
      },
    ]);
  }
}

const mistralFields: Readonly<Record<string, readonly string[]>> = {
  system: ['role', 'content'],
  user: ['role', 'content'],
  assistant: ['role', 'content', 'tool_calls', 'prefix'],
  tool: ['role', 'content', 'tool_call_id', 'name'],
};

function checkMistralFields(message: JsonObject, role: string, index: number): void {
  const fields = mistralFields[role];
  if (fields === undefined) {
    throw unprocessable([
      {
        type: 'union_tag_invalid',
        loc: ['body', 'messages', index],
        msg: `Input tag '${role}' found using 'role' does not match any of the expected tags: 'assistant', 'system', 'tool', 'user'`,
        input: message,
      },
    ]);
  }
  const strange = Object.keys(message).find((field) => !fields.includes(field));
  if (strange === undefined) return;
  throw unprocessable([
    {
      type: 'extra_forbidden',
      loc: ['body', 'messages', index, role, strange],
      msg: 'Extra inputs are not permitted',
      input: message[strange],
    },
  ]);
}

function checkGroq(body: JsonObject, messages: readonly JsonObject[]): void {
  if (typeof body['n'] === 'number' && body['n'] !== 1) throw invalid("'n' : number must be at most 1");
  for (const [index, message] of messages.entries()) {
    if (message['name'] === undefined) continue;
    const at = `messages.${index}`;
    throw invalid(
      `'${at}' : for 'role:${String(message['role'])}' the following must be satisfied[('${at}' : property 'name' is unsupported)]`,
    );
  }
}

/** The calls of the turn that is still going on: the first of each step is signed. */
function checkGemini(messages: readonly JsonObject[]): void {
  const turn = messages.findLastIndex(({ role }) => role === 'user');
  for (const [offset, message] of messages.slice(turn + 1).entries()) {
    const call = ((message['tool_calls'] ?? []) as readonly JsonObject[])[0];
    if (call === undefined) continue;
    const google = (call['extra_content'] as JsonObject | undefined)?.['google'] as JsonObject | undefined;
    if (typeof google?.['thought_signature'] === 'string' && google['thought_signature'] !== '') continue;
    const name = String((call['function'] as JsonObject | undefined)?.['name']);
    throw invalid(
      'Function call is missing a thought_signature in functionCall parts. This is required for tools to work ' +
        'correctly, and missing thought_signature may lead to degraded model performance. Additional data, function ' +
        `call \`default_api:${name}\` , position ${turn + 2 + offset}.`,
    );
  }
}

function checkDeepSeek(body: JsonObject, messages: readonly JsonObject[]): void {
  const model = String(body['model']);
  const isThinking =
    model.startsWith('deepseek-v4') && (body['thinking'] as JsonObject | undefined)?.['type'] !== 'disabled';
  for (const [index, message] of messages.entries()) {
    const parts = Array.isArray(message['content']) ? (message['content'] as readonly JsonObject[]) : [];
    const strange = parts.find(({ type }) => type !== 'text');
    if (strange !== undefined) {
      throw invalid(
        `Failed to deserialize the JSON body into the target type: messages[${index}]: unknown variant \`${String(strange['type'])}\`, expected \`text\``,
        null,
        'invalid_request_error',
      );
    }
    if (message['role'] !== 'assistant') continue;
    const hasThoughts = typeof message['reasoning_content'] === 'string';
    if (isThinking && Array.isArray(message['tool_calls']) && !hasThoughts) {
      throw invalid(
        'The `reasoning_content` in the thinking mode must be passed back to the API.',
        null,
        'invalid_request_error',
      );
    }
    if (model.startsWith('deepseek-r1') && hasThoughts) {
      throw invalid(
        'The reasoning_content is an intermediate result for display purposes only and will not be included in the ' +
          'context for inference. Please remove the reasoning_content from your message to reduce network traffic.',
        null,
        'invalid_request_error',
      );
    }
  }
  const format = (body['response_format'] as JsonObject | undefined)?.['type'];
  if (format === 'json_schema') {
    throw invalid('This response_format type is unavailable now', null, 'invalid_request_error');
  }
}
