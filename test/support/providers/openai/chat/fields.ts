/** Which fields each server knows, and what it says about the others. */
import { invalid, Refusal } from '../errors.ts';
import type { Flavour } from '../flavour.ts';
import type { JsonObject } from '../plan.ts';

const common = [
  'model',
  'messages',
  'max_tokens',
  'temperature',
  'top_p',
  'stop',
  'stream',
  'tools',
  'tool_choice',
  'response_format',
  'frequency_penalty',
  'presence_penalty',
  'n',
];

const known: Readonly<Record<Flavour, ReadonlySet<string> | null>> = {
  openai: new Set([
    ...common,
    'max_completion_tokens',
    'stream_options',
    'parallel_tool_calls',
    'reasoning_effort',
    'verbosity',
    'logprobs',
    'top_logprobs',
    'logit_bias',
    'seed',
    'user',
    'safety_identifier',
    'metadata',
    'store',
    'service_tier',
    'modalities',
    'audio',
    'prediction',
    'prompt_cache_key',
    'prompt_cache_retention',
    'web_search_options',
    'functions',
    'function_call',
  ]),
  mistral: new Set([
    ...common,
    'random_seed',
    'parallel_tool_calls',
    'prediction',
    'safe_prompt',
    'prompt_mode',
    'metadata',
  ]),
  groq: new Set([
    ...common,
    'max_completion_tokens',
    'stream_options',
    'parallel_tool_calls',
    'reasoning_effort',
    'reasoning_format',
    'include_reasoning',
    'seed',
    'user',
    'metadata',
    'store',
    'service_tier',
    'functions',
    'function_call',
    'search_settings',
    'documents',
    'citation_options',
    'disable_tool_validation',
  ]),
  gemini: new Set([
    ...common,
    'max_completion_tokens',
    'stream_options',
    'reasoning_effort',
    'seed',
    'extra_body',
    'parallel_tool_calls',
    'modalities',
    'audio',
  ]),
  // These two pass over what they do not know.
  deepseek: null,
  local: null,
};

/** @throws Refusal in the server's words. */
export function checkFields(flavour: Flavour, body: JsonObject): void {
  const fields = known[flavour];
  const unknown = fields === null ? [] : Object.keys(body).filter((field) => !fields.has(field));
  if (unknown.length > 0) throw unknownFields(flavour, body, unknown);
  for (const field of ['model', 'messages']) {
    if (body[field] === undefined) throw missingField(flavour, field, body);
  }
  if (!Array.isArray(body['messages'])) {
    throw invalid("Invalid type for 'messages': expected an array of objects.", 'messages', 'invalid_type');
  }
  if (body['messages'].length === 0) {
    throw invalid(
      "Invalid 'messages': empty array. Expected an array with minimum length 1.",
      'messages',
      'empty_array',
    );
  }
}

function unknownFields(flavour: Flavour, body: JsonObject, fields: readonly string[]): Refusal {
  const first = fields[0] ?? '';
  switch (flavour) {
    case 'mistral':
      return unprocessable(
        fields.map((field) => ({
          type: 'extra_forbidden',
          loc: ['body', field],
          msg: 'Extra inputs are not permitted',
          input: body[field],
        })),
      );
    case 'groq':
      return invalid(`property '${first}' is unsupported`);
    case 'gemini':
      return invalid(`Invalid JSON payload received. Unknown name "${first}": Cannot find field.`);
    case 'openai':
    case 'deepseek':
    case 'local':
      return invalid(`Unrecognized request argument supplied: ${first}`);
  }
}

function missingField(flavour: Flavour, field: string, body: JsonObject): Refusal {
  if (flavour === 'mistral') {
    return unprocessable([{ type: 'missing', loc: ['body', field], msg: 'Field required', input: body }]);
  }
  return field === 'model'
    ? invalid('you must provide a model parameter')
    : invalid(`Missing required parameter: '${field}'.`, field, 'missing_required_parameter');
}

/** Mistral's 422. */
export function unprocessable(detail: readonly JsonObject[]): Refusal {
  return new Refusal(422, 'Unprocessable', {
    body: { object: 'error', message: { detail }, type: 'invalid_request_error', param: null, code: null },
  });
}
