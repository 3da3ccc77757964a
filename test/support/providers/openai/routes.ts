/** Models, embeddings, files. */
import { createHash } from 'node:crypto';
import type { Call } from '../server/call.ts';
import { createId } from '../server/ids.ts';
import { readForm } from '../server/multipart.ts';
import type { Route } from '../server/routes.ts';
import { sendBody, sendJson } from '../server/send.ts';
import { createChatCompletion } from './chat/route.ts';
import { invalid, Refusal } from './errors.ts';
import type { JsonObject } from './plan.ts';
import { readJson } from './request.ts';
import type { OpenAiState, StoredFile } from './state.ts';

type Parameters = Readonly<Record<string, string>>;

/** Paths behind the flavour's base. */
export const commonRoutes: readonly Route<OpenAiState>[] = [
  { method: 'POST', path: '/chat/completions', serve: createChatCompletion },
  { method: 'POST', path: '/embeddings', serve: embed },
  {
    method: 'GET',
    path: '/models',
    serve: (call, state) => sendJson(call, 200, { object: 'list', data: allModels(state) }),
  },
  { method: 'GET', path: '/models/{id}', serve: readModel },
  { method: 'GET', path: '/models/{owner}/{id}', serve: readModel },
  { method: 'POST', path: '/files', serve: upload },
  {
    method: 'GET',
    path: '/files',
    serve: (call, state) =>
      sendJson(call, 200, {
        object: 'list',
        data: [...state.files.values()].map(({ metadata }) => metadata),
        has_more: false,
      }),
  },
  {
    method: 'GET',
    path: '/files/{id}',
    serve: (call, state, parameters) => sendJson(call, 200, findFile(state, parameters).metadata),
  },
  { method: 'GET', path: '/files/{id}/content', serve: download },
  { method: 'DELETE', path: '/files/{id}', serve: removeFile },
];

function allModels(state: OpenAiState): readonly JsonObject[] {
  return [...state.models, ...state.facts.embeddingModels].map((id) => describeModel(state, id));
}

function describeModel(state: OpenAiState, id: string): JsonObject {
  const prefix = state.facts.id === 'gemini' ? 'models/' : '';
  return { id: `${prefix}${id}`, object: 'model', created: 1_750_000_000, owned_by: state.facts.ownedBy };
}

function readModel(call: Call, state: OpenAiState, { owner, id = '' }: Parameters): Promise<void> | void {
  const name = owner === undefined || owner === 'models' ? id : `${owner}/${id}`;
  const model = allModels(state).find(
    (one) => String(one['id']).replace(/^models\//, '') === name.replace(/^models\//, ''),
  );
  if (model === undefined) {
    throw new Refusal(404, `The model '${name}' does not exist`, { param: 'model', code: 'model_not_found' });
  }
  return sendJson(call, 200, model);
}

const dimensions = 8;

function embed(call: Call, state: OpenAiState): Promise<void> | void {
  const body = readJson(call, state);
  const { input } = body;
  const texts = typeof input === 'string' ? [input] : input;
  if (!Array.isArray(texts) || texts.length === 0 || texts.includes('')) {
    throw invalid(
      "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.",
    );
  }
  if (!state.facts.embeddingModels.includes(String(body['model']))) {
    throw new Refusal(404, `The model \`${String(body['model'])}\` does not exist or you do not have access to it.`, {
      code: 'model_not_found',
    });
  }
  state.keys.takeRequest(call.record.key);
  const isBase64 = body['encoding_format'] === 'base64';
  const data = texts.map((text, index) => {
    const vector = toVector(String(text));
    const embedding = isBase64 ? Buffer.from(vector.buffer).toString('base64') : [...vector];
    return { object: 'embedding', index, embedding };
  });
  const tokens = Math.ceil(texts.join('').length / 4);
  return sendJson(call, 200, {
    object: 'list',
    data,
    model: body['model'],
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  });
}

/** The same text gives the same vector, of length 1. */
function toVector(text: string): Float32Array {
  const digest = createHash('sha256').update(text).digest();
  const vector = Float32Array.from({ length: dimensions }, (_, index) => digest.readInt32LE(index * 4));
  const length = Math.hypot(...vector);
  return vector.map((one) => one / length);
}

async function upload(call: Call, state: OpenAiState): Promise<void> {
  const form = await readForm(call.record);
  if (form === null || form.file === null)
    throw invalid("Missing required parameter: 'file'.", 'file', 'missing_required_parameter');
  const { purpose } = form.fields;
  if (purpose === undefined)
    throw invalid("Missing required parameter: 'purpose'.", 'purpose', 'missing_required_parameter');
  const metadata = {
    object: 'file',
    id: createId('file-', 22),
    purpose,
    filename: form.file.name,
    bytes: form.file.bytes.length,
    created_at: Math.floor(Date.now() / 1000),
    expires_at: null,
    status: 'processed',
    status_details: null,
  };
  state.files.set(metadata.id, { metadata, type: form.file.type, bytes: form.file.bytes });
  await sendJson(call, 200, metadata);
}

function download(call: Call, state: OpenAiState, parameters: Parameters): Promise<void> | void {
  const { type, bytes } = findFile(state, parameters);
  return sendBody(call, 200, bytes, { 'content-type': type });
}

function removeFile(call: Call, state: OpenAiState, parameters: Parameters): Promise<void> | void {
  const { id } = findFile(state, parameters).metadata;
  state.files.delete(id);
  return sendJson(call, 200, { id, object: 'file', deleted: true });
}

function findFile(state: OpenAiState, { id = '' }: Parameters): StoredFile {
  const file = state.files.get(id);
  if (file === undefined) throw new Refusal(404, `No such File object: ${id}`, { param: 'id' });
  return file;
}
