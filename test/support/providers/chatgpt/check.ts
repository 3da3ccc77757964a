/** Who asks, and what the backend wants of a request before the API behind it sees it. */
import type { Call } from '../server/call.ts';
import { checkResponsesRequest } from '../openai/responses/check.ts';
import type { JsonObject } from '../openai/plan.ts';
import type { RecordedRequest } from '../server/record.ts';
import type { FoundToken } from '../oauth/ledger.ts';
import type { ChatGptAccount } from '../oauth/openai-account.ts';
import { apiError, BackendError, detail } from './refusals.ts';
import type { ChatGptState } from './state.ts';

/** Whose token came along, live or not. */
export function find({ auth }: ChatGptState, { headers }: RecordedRequest): FoundToken<ChatGptAccount> | undefined {
  return auth.find(/^Bearer (.+)$/.exec(headers['authorization'] ?? '')?.[1] ?? '');
}

/** @throws BackendError */
export function admit(call: Call, state: ChatGptState): ChatGptAccount {
  const accountId = call.record.headers['chatgpt-account-id'];
  const found = find(state, call.record);
  if (found === undefined) throw detail(401, 'Unauthorized');
  if (found.state !== 'live') throw deadToken(found.state);
  const { person } = found.family;
  if (accountId === undefined) throw detail(401, 'Unauthorized');
  if (accountId !== person.accountId) throw detail(403, 'The ChatGPT-Account-Id is not one of this user.');
  return person;
}

function deadToken(state: 'expired' | 'revoked'): BackendError {
  const [code, what] =
    state === 'expired'
      ? ['token_expired', 'Provided authentication token is expired.']
      : ['token_revoked', 'Encountered invalidated oauth token for user, failing request.'];
  const error = { message: `${what} Please try signing in again.`, type: null, code, param: null };
  return new BackendError(401, { error, status: 401 });
}

/** @throws BackendError */
export function readJson(call: Call): JsonObject {
  if (!call.record.headers['content-type']?.startsWith('application/json')) {
    throw detail(415, 'Unsupported content type');
  }
  const { json } = call.record;
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as JsonObject;
  throw detail(400, 'Bad Request');
}

const responsesFields: ReadonlySet<string> = new Set([
  'model',
  'instructions',
  'input',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'reasoning',
  'store',
  'stream',
  'include',
  'service_tier',
  'prompt_cache_key',
  'text',
  'client_metadata',
]);

/** @throws BackendError, Refusal; the items of the conversation. */
export function checkRequest(state: ChatGptState, body: JsonObject): readonly JsonObject[] {
  checkFrame(state, body);
  if (body['store'] !== false) throw detail(400, 'Store must be set to false');
  if (body['stream'] !== true) throw detail(400, 'Stream must be set to true');
  return checkItems(state, body);
}

/** @throws BackendError, Refusal */
export function checkCompaction(state: ChatGptState, body: JsonObject): readonly JsonObject[] {
  checkFrame(state, body);
  return checkItems(state, body);
}

/** @throws BackendError */
function checkFrame({ models }: ChatGptState, body: JsonObject): void {
  const strange = Object.keys(body).find((field) => !responsesFields.has(field));
  if (strange !== undefined) throw detail(400, `Unsupported parameter: ${strange}`);
  // Codex puts them into a message of the developer since 0.169, and sends none besides.
  const { instructions = '' } = body;
  if (typeof instructions !== 'string') throw detail(400, 'Instructions are not valid');
  if (!Array.isArray(body['input'])) throw detail(400, 'Input must be a list');
  const { model } = body;
  if (typeof model !== 'string' || !models.includes(model)) {
    throw detail(400, `The '${String(model)}' model is not supported when using Codex with a ChatGPT account.`);
  }
}

/** @throws BackendError, Refusal */
function checkItems(state: ChatGptState, body: JsonObject): readonly JsonObject[] {
  const items = checkResponsesRequest(state.api, body);
  for (const item of items) {
    checkStored(item);
    checkRole(item);
    if (state.scenario.checksThoughts) checkThought(state, item);
  }
  return items;
}

/** Nothing is kept: what is only named cannot be found. */
function checkStored({ type, id, encrypted_content: content }: JsonObject): void {
  const isLost = type === 'item_reference' || (type === 'reasoning' && typeof id === 'string' && !content);
  if (!isLost) return;
  throw apiError(404, {
    message: `Item with id '${String(id)}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
    type: 'invalid_request_error',
    param: 'input',
    code: null,
  });
}

/** The API takes system messages; the backend has `instructions` for that. */
function checkRole({ role }: JsonObject): void {
  if (role === 'system') throw detail(400, 'System messages are not allowed');
}

function checkThought({ thoughts }: ChatGptState, { type, encrypted_content: content }: JsonObject): void {
  const isThought = type === 'reasoning' || type === 'compaction';
  if (!isThought || typeof content !== 'string' || thoughts.has(content)) return;
  throw apiError(400, {
    message: 'The encrypted content could not be verified. Reason: Encrypted content could not be decrypted or parsed.',
    type: 'invalid_request_error',
    param: null,
    code: 'invalid_encrypted_content',
  });
}
