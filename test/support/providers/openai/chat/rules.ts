/** What every server asks of a conversation, and what OpenAI asks of the rest. */
import { invalid } from '../errors.ts';
import type { FlavourFacts } from '../flavour.ts';
import type { JsonObject } from '../plan.ts';
import { checkStrictSchema } from '../strict-schema.ts';

/** @throws Refusal. The fields are known ones. */
export function checkRules(facts: FlavourFacts, body: JsonObject): void {
  const messages = body['messages'] as readonly JsonObject[];
  for (const [index, message] of messages.entries()) checkMessage(message, index);
  if (facts.id !== 'mistral') checkToolOrder(messages);
  checkTools(body);
  checkStop(body['stop']);
  if (body['stream_options'] !== undefined && body['stream_options'] !== null && body['stream'] !== true) {
    throw invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options');
  }
  if (facts.id === 'openai') checkOpenAi(facts, body);
}

const roles = new Set(['system', 'developer', 'user', 'assistant', 'tool', 'function']);

function checkMessage(message: JsonObject, index: number): void {
  const at = `messages[${index}]`;
  const { role, content } = message;
  if (typeof role !== 'string' || !roles.has(role)) {
    throw invalid(
      `Invalid value: '${String(role)}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.`,
      `${at}.role`,
      'invalid_value',
    );
  }
  const mayBeNull = role === 'assistant' && (isFull(message['tool_calls']) || message['function_call'] !== undefined);
  if ((content === null || content === undefined) && !mayBeNull && typeof message['refusal'] !== 'string') {
    throw invalid(
      `Invalid value for 'content': expected a string, got null.`,
      `messages.[${index}].content`,
      'invalid_type',
    );
  }
  if (Array.isArray(content)) checkParts(role, content as readonly JsonObject[], at);
  else if (content !== null && content !== undefined && typeof content !== 'string') {
    throw invalid(
      `Invalid type for '${at}.content': expected one of a string or array of objects.`,
      `${at}.content`,
      'invalid_type',
    );
  }
  if (role === 'tool' && typeof message['tool_call_id'] !== 'string') {
    throw invalid(
      `Missing required parameter: '${at}.tool_call_id'.`,
      `${at}.tool_call_id`,
      'missing_required_parameter',
    );
  }
  checkCalls(message['tool_calls'], at);
}

const partTypes: Readonly<Record<string, readonly string[]>> = {
  user: ['text', 'image_url', 'input_audio', 'file'],
  assistant: ['text', 'refusal', 'thinking'],
};

function checkParts(role: string, parts: readonly JsonObject[], at: string): void {
  if (parts.length === 0) {
    throw invalid(`Invalid '${at}.content': empty array. Expected an array with minimum length 1.`, at, 'empty_array');
  }
  const allowed = partTypes[role] ?? ['text'];
  for (const [index, { type, text, image_url: image }] of parts.entries()) {
    const where = `${at}.content[${index}]`;
    if (typeof type !== 'string' || !allowed.includes(type)) {
      if (type === 'image_url') {
        throw invalid(
          `Invalid '${at}'. Image URLs are only allowed for messages with role 'user', but this message with role '${role}' contains an image URL.`,
          at,
          'invalid_value',
        );
      }
      throw invalid(
        `Invalid value: '${String(type)}'. Supported values are: ${allowed.map((one) => `'${one}'`).join(', ')}.`,
        where,
        'invalid_value',
      );
    }
    if (type === 'text' && typeof text !== 'string') {
      throw invalid(`Missing required parameter: '${where}.text'.`, `${where}.text`, 'missing_required_parameter');
    }
    if (type === 'image_url') checkImage(image, where);
  }
}

function checkImage(image: unknown, where: string): void {
  const url = (image as JsonObject | undefined)?.['url'];
  if (typeof url === 'string' && /^(?:https?:\/\/|data:image\/(?:png|jpeg|jpg|gif|webp);base64,.)/.test(url)) return;
  throw invalid(
    `Invalid '${where}.image_url.url'. Expected a valid URL, but got a value with an invalid format.`,
    where,
    'invalid_image_url',
  );
}

function checkCalls(calls: unknown, at: string): void {
  if (calls === undefined || calls === null) return;
  if (!isFull(calls)) {
    throw invalid(
      `Invalid '${at}.tool_calls': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
      `${at}.tool_calls`,
      'empty_array',
    );
  }
  for (const [index, call] of (calls as readonly JsonObject[]).entries()) {
    const where = `${at}.tool_calls[${index}]`;
    const named = (call['function'] ?? call['custom']) as JsonObject | undefined;
    if (typeof call['id'] !== 'string') throw missing(`${where}.id`);
    if (call['type'] === undefined) throw missing(`${where}.type`);
    if (typeof named?.['name'] !== 'string') throw missing(`${where}.function.name`);
    if (call['type'] === 'function' && typeof named['arguments'] !== 'string') {
      throw invalid(`Invalid type for '${where}.function.arguments': expected a string.`, where, 'invalid_type');
    }
  }
}

function missing(field: string): Error {
  return invalid(`Missing required parameter: '${field}'.`, field, 'missing_required_parameter');
}

/** Answers directly after their calls, one for each. */
function checkToolOrder(messages: readonly JsonObject[]): void {
  let waiting: string[] = [];
  for (const [index, message] of messages.entries()) {
    if (message['role'] === 'tool') {
      const id = String(message['tool_call_id']);
      if (!waiting.includes(id)) {
        throw invalid(
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
          `messages.[${index}].role`,
        );
      }
      waiting = waiting.filter((one) => one !== id);
      continue;
    }
    if (waiting.length > 0) throw unanswered(waiting, index);
    waiting = ((message['tool_calls'] ?? []) as readonly JsonObject[]).map((call) => String(call['id']));
  }
  if (waiting.length > 0) throw unanswered(waiting, messages.length);
}

function unanswered(ids: readonly string[], index: number): Error {
  return invalid(
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. " +
      `The following tool_call_ids did not have response messages: ${ids.join(', ')}`,
    `messages.[${index}].role`,
  );
}

function checkTools(body: JsonObject): void {
  const tools = body['tools'];
  if (Array.isArray(tools) && tools.length === 0) {
    throw invalid(
      "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      'tools',
      'empty_array',
    );
  }
  for (const [index, tool] of ((tools ?? []) as readonly JsonObject[]).entries()) checkTool(tool, index);
  for (const field of ['tool_choice', 'parallel_tool_calls']) {
    const value = body[field];
    if (value === undefined || value === null || value === 'none' || value === 'auto' || isFull(tools)) continue;
    throw invalid(`Invalid value for '${field}': '${field}' is only allowed when 'tools' are specified.`, field);
  }
}

function checkTool(tool: JsonObject, index: number): void {
  if (tool['type'] !== 'function' && tool['type'] !== 'custom') {
    throw invalid(
      `Invalid value: '${String(tool['type'])}'. Supported values are: 'function' and 'custom'.`,
      `tools[${index}].type`,
      'invalid_value',
    );
  }
  const kind = tool['type'];
  const name = (tool[kind] as JsonObject | undefined)?.['name'];
  if (typeof name !== 'string') throw missing(`tools[${index}].${kind}.name`);
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
    throw invalid(
      `Invalid 'tools[${index}].${kind}.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
      `tools[${index}].${kind}.name`,
      'invalid_value',
    );
  }
}

function checkStop(stop: unknown): void {
  if (!Array.isArray(stop) || stop.length <= 4) return;
  throw invalid(
    `Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length ${stop.length} instead.`,
    'stop',
    'array_above_max_length',
  );
}

function checkOpenAi(facts: FlavourFacts, body: JsonObject): void {
  if (facts.reasoningModels.includes(String(body['model']))) checkReasoningModel(body);
  else if (body['reasoning_effort'] !== undefined)
    throw invalid('Unrecognized request argument supplied: reasoning_effort');
  const { user } = body;
  if (typeof user === 'string' && user.length > 64) {
    throw invalid(
      `Invalid 'user': string too long. Expected a string with maximum length 64, but got a string with length ${user.length} instead.`,
      'user',
      'string_above_max_length',
    );
  }
  if (body['max_tokens'] !== undefined && body['max_completion_tokens'] !== undefined) {
    throw invalid(
      'Setting max_tokens and max_completion_tokens at the same time is not supported.',
      'max_tokens',
      'invalid_parameter_combination',
    );
  }
  for (const [index, message] of (body['messages'] as readonly JsonObject[]).entries()) checkIdLengths(message, index);
  const format = body['response_format'] as JsonObject | undefined;
  if (format?.['type'] === 'json_schema') checkResponseFormat(format['json_schema'] as JsonObject | undefined);
  for (const tool of (body['tools'] ?? []) as readonly JsonObject[]) {
    const definition = tool['function'] as JsonObject | undefined;
    if (definition?.['strict'] !== true) continue;
    checkStrictSchema(
      definition['parameters'],
      `function '${String(definition['name'])}'`,
      'invalid_function_parameters',
    );
  }
}

function checkReasoningModel(body: JsonObject): void {
  if (body['max_tokens'] !== undefined && body['max_tokens'] !== null) {
    throw invalid(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      'max_tokens',
      'unsupported_parameter',
    );
  }
  for (const field of ['stop', 'logprobs', 'top_logprobs', 'logit_bias']) {
    if (body[field] === undefined || body[field] === null || body[field] === false) continue;
    const message = `Unsupported parameter: '${field}' is not supported with this model.`;
    throw invalid(message, field, 'unsupported_parameter');
  }
  const defaults: Readonly<Record<string, number>> = {
    temperature: 1,
    top_p: 1,
    frequency_penalty: 0,
    presence_penalty: 0,
  };
  for (const [field, usual] of Object.entries(defaults)) {
    const value = body[field];
    if (value === undefined || value === null || value === usual) continue;
    throw invalid(
      `Unsupported value: '${field}' does not support ${String(value)} with this model. Only the default (${usual}) value is supported.`,
      field,
      'unsupported_value',
    );
  }
}

function checkIdLengths(message: JsonObject, index: number): void {
  for (const [position, { id }] of ((message['tool_calls'] ?? []) as readonly JsonObject[]).entries()) {
    if (typeof id !== 'string' || id.length <= 40) continue;
    const where = `messages[${index}].tool_calls[${position}].id`;
    throw invalid(
      `Invalid '${where}': string too long. Expected a string with maximum length 40, but got a string with length ${id.length} instead.`,
      where,
      'string_above_max_length',
    );
  }
}

function checkResponseFormat(format: JsonObject | undefined): void {
  if (typeof format?.['name'] !== 'string') throw missing('response_format.json_schema.name');
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(format['name'])) {
    throw invalid(
      "Invalid 'response_format.json_schema.name': string does not match pattern.",
      'response_format.json_schema.name',
      'invalid_value',
    );
  }
  if (format['strict'] !== true) return;
  checkStrictSchema(format['schema'], `response_format '${format['name']}'`, 'invalid_json_schema', 'response_format');
}

function isFull(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}
