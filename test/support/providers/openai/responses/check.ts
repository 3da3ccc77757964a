/** What the Responses API asks of a request. */
import { invalid } from '../errors.ts';
import type { Refusal } from '../errors.ts';
import type { JsonObject } from '../plan.ts';
import type { OpenAiState } from '../state.ts';
import { checkStrictSchema } from '../strict-schema.ts';

const fields = new Set([
  'model',
  'input',
  'instructions',
  'max_output_tokens',
  'max_tool_calls',
  'temperature',
  'top_p',
  'top_logprobs',
  'stream',
  'stream_options',
  'store',
  'previous_response_id',
  'conversation',
  'include',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'reasoning',
  'text',
  'truncation',
  'metadata',
  'service_tier',
  'background',
  'prompt',
  'prompt_cache_key',
  'prompt_cache_retention',
  'safety_identifier',
  'user',
  // In no reference, but in every request of Codex.
  'client_metadata',
]);

/** The items of the whole conversation, stored turns first. @throws Refusal */
export function checkResponsesRequest(state: OpenAiState, body: JsonObject): readonly JsonObject[] {
  const strange = Object.keys(body).find((field) => !fields.has(field));
  if (strange !== undefined) throw invalid(`Unknown parameter: '${strange}'.`, strange, 'unknown_parameter');
  if (body['model'] === undefined) throw missing('model');
  if (body['input'] === undefined && body['prompt'] === undefined) throw missing('input');
  const fresh = typeof body['input'] === 'string' ? [userMessage(body['input'])] : body['input'];
  if (!Array.isArray(fresh)) {
    throw invalid(
      "Invalid type for 'input': expected one of a string or array of input items.",
      'input',
      'invalid_type',
    );
  }
  for (const [index, item] of (fresh as readonly JsonObject[]).entries()) checkItem(item, index);
  checkTools(body);
  checkOptions(state, body);
  const items = [...storedItems(state, body), ...(fresh as readonly JsonObject[])];
  checkCalls(items);
  return items;
}

function missing(field: string): Refusal {
  return invalid(`Missing required parameter: '${field}'.`, field, 'missing_required_parameter');
}

function userMessage(content: string): JsonObject {
  return { type: 'message', role: 'user', content };
}

/** @throws Refusal */
function storedItems(state: OpenAiState, body: JsonObject): readonly JsonObject[] {
  const id = body['previous_response_id'];
  if (id === undefined || id === null) return [];
  if (state.facts.id === 'groq') throw invalid("'previous_response_id' is not supported");
  const stored = state.responses.get(String(id));
  if (stored === undefined) {
    throw invalid(
      `Previous response with id '${String(id)}' not found.`,
      'previous_response_id',
      'previous_response_not_found',
    );
  }
  return [...stored.input, ...(stored.response['output'] as readonly JsonObject[])];
}

const required: Readonly<Record<string, readonly string[]>> = {
  message: ['role', 'content'],
  function_call: ['call_id', 'name', 'arguments'],
  function_call_output: ['call_id', 'output'],
  custom_tool_call: ['call_id', 'name', 'input'],
  custom_tool_call_output: ['call_id', 'output'],
  reasoning: ['summary'],
  item_reference: ['id'],
};

const itemTypes = /^(?:message|reasoning|item_reference|compaction|.*_call|.*_call_output|mcp_.*)$/;

function checkItem(item: JsonObject, index: number): void {
  const at = `input[${index}]`;
  const type = String(item['type'] ?? (item['role'] === undefined ? 'undefined' : 'message'));
  if (!itemTypes.test(type)) {
    throw invalid(
      `Invalid value: '${type}'. Supported values are: ${Object.keys(required).join(', ')}.`,
      at,
      'invalid_value',
    );
  }
  for (const field of required[type] ?? []) if (item[field] === undefined) throw missing(`${at}.${field}`);
  if (type === 'message') checkMessage(item, at);
  const { id } = item;
  const prefix = { function_call: 'fc', custom_tool_call: 'ctc', reasoning: 'rs' }[type];
  if (prefix !== undefined && typeof id === 'string' && !id.startsWith(`${prefix}_`)) {
    throw invalid(
      `Invalid '${at}.id': '${id}'. Expected an ID that begins with '${prefix}'.`,
      `${at}.id`,
      'invalid_value',
    );
  }
}

function checkMessage(item: JsonObject, at: string): void {
  const { role, content } = item;
  if (!['user', 'assistant', 'system', 'developer'].includes(String(role))) {
    throw invalid(
      `Invalid value: '${String(role)}'. Supported values are: 'assistant', 'system', 'developer', and 'user'.`,
      `${at}.role`,
      'invalid_value',
    );
  }
  if (!Array.isArray(content)) return;
  const allowed =
    role === 'assistant' ? ['output_text', 'refusal'] : ['input_text', 'input_image', 'input_file', 'input_audio'];
  for (const [index, part] of (content as readonly JsonObject[]).entries()) {
    if (allowed.includes(String(part['type']))) continue;
    throw invalid(
      `Invalid value: '${String(part['type'])}'. Supported values are: ${allowed.map((one) => `'${one}'`).join(', ')}.`,
      `${at}.content[${index}]`,
      'invalid_value',
    );
  }
}

/** Each call is answered, each answer has its call. */
function checkCalls(items: readonly JsonObject[]): void {
  const idsOf = (type: string) => items.flatMap((item) => (item['type'] === type ? [String(item['call_id'])] : []));
  for (const kind of ['function', 'custom_tool'] as const) {
    const asked = new Set(idsOf(`${kind}_call`));
    const answered = new Set(idsOf(`${kind}_call_output`));
    const name = kind === 'function' ? 'function call' : 'custom tool call';
    for (const id of answered) {
      if (!asked.has(id)) throw invalid(`No tool call found for ${name} output with call_id ${id}.`, 'input');
    }
    for (const id of asked) {
      if (!answered.has(id)) throw invalid(`No tool output found for ${name} ${id}.`, 'input');
    }
  }
}

function checkTools(body: JsonObject): void {
  for (const [index, tool] of ((body['tools'] ?? []) as readonly JsonObject[]).entries()) {
    const { type, name } = tool;
    if (type === undefined) throw missing(`tools[${index}].type`);
    if (type !== 'function' && type !== 'custom') continue;
    if (typeof name !== 'string') throw missing(`tools[${index}].name`);
    if (type === 'function' && tool['strict'] === true) {
      checkStrictSchema(tool['parameters'], `function '${name}'`, 'invalid_function_parameters');
    }
  }
}

function checkOptions(state: OpenAiState, body: JsonObject): void {
  const limit = body['max_output_tokens'];
  if (typeof limit === 'number' && limit < 16) {
    throw invalid(
      `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got ${limit} instead.`,
      'max_output_tokens',
      'integer_below_min_value',
    );
  }
  const isReasoning = state.facts.reasoningModels.includes(String(body['model']));
  if (isReasoning && state.facts.id === 'openai') {
    for (const field of ['temperature', 'top_p']) {
      if (body[field] === undefined || body[field] === null || body[field] === 1) continue;
      const message = `Unsupported parameter: '${field}' is not supported with this model.`;
      throw invalid(message, field, null);
    }
  }
  const effort = (body['reasoning'] as JsonObject | null | undefined)?.['effort'];
  if (!isReasoning && typeof effort === 'string') {
    throw invalid(
      "Unsupported parameter: 'reasoning.effort' is not supported with this model.",
      'reasoning.effort',
      'unsupported_parameter',
    );
  }
  const format = (body['text'] as JsonObject | undefined)?.['format'] as JsonObject | undefined;
  if (format?.['type'] !== 'json_schema') return;
  if (typeof format['name'] !== 'string') throw missing('text.format.name');
  if (format['strict'] === true) {
    checkStrictSchema(
      format['schema'],
      `response_format '${format['name']}'`,
      'invalid_json_schema',
      'text.format.schema',
    );
  }
}
