/** What all routes with a body begin with. */
import type { Call } from '../server/call.ts';
import { invalid, Refusal } from './errors.ts';
import type { JsonObject } from './plan.ts';
import type { OpenAiState } from './state.ts';

/** @throws Refusal */
export function readJson(call: Call, state: OpenAiState): JsonObject {
  const { json } = call.record;
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as JsonObject;
  throw state.facts.id === 'mistral'
    ? new Refusal(422, 'Unprocessable', {
        body: { detail: [{ type: 'json_invalid', loc: ['body', 0], msg: 'JSON decode error', input: {} }] },
      })
    : invalid(
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly.)",
      );
}

/** @throws Refusal 404 (Mistral: 400) */
export function checkModel(state: OpenAiState, body: JsonObject): string {
  const name = String(body['model']);
  if (state.models.includes(name.replace(/^models\//, ''))) return name;
  switch (state.facts.id) {
    case 'mistral':
      throw new Refusal(400, `Invalid model: ${name}`, { type: 'invalid_model', code: '1500' });
    case 'gemini':
      throw new Refusal(
        404,
        `models/${name} is not found for API version v1main, or is not supported for generateContent.`,
      );
    case 'deepseek':
      throw invalid('Model Not Exist', null, 'invalid_request_error');
    case 'local':
      throw new Refusal(404, `model '${name}' not found`, { type: 'not_found_error' });
    case 'openai':
    case 'groq':
      throw new Refusal(404, `The model \`${name}\` does not exist or you do not have access to it.`, {
        code: 'model_not_found',
      });
  }
}
