/** Fields that lean on something that a provider keeps, and that nobody keeps for a client of the companion. */
import type { JsonObject } from '../hub/fields.ts';
import { invalidField } from '../openai/invalid-field.ts';

const WHOLE_INPUT = 'Send the whole input in each request.';

/** Throws `INVALID_REQUEST` with `details.field`. */
export function refuseUnservable(request: JsonObject): void {
  for (const field of ['previous_response_id', 'conversation']) {
    if ((request[field] ?? null) === null) continue;
    throw invalidField(field, `'${field}' is not supported: no responses are stored here.`, WHOLE_INPUT);
  }
  if ((request.prompt ?? null) !== null) {
    throw invalidField('prompt', "'prompt' is not supported: no prompts are stored here.", WHOLE_INPUT);
  }
  if (request.background === true) {
    const remedy = 'Leave the field out, and stream the answer if it takes long.';
    throw invalidField('background', "'background' is not supported: no responses are stored here.", remedy);
  }
}
