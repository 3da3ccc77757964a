/** Files: upload, list, metadata, content, delete. */
import type { Call } from '../../server/call.ts';
import { createId } from '../../server/ids.ts';
import { readForm } from '../../server/multipart.ts';
import type { Route } from '../../server/routes.ts';
import { sendBody, sendJson } from '../../server/send.ts';
import { invalid, notFound } from '../errors.ts';
import { paginateByCursor } from '../page.ts';
import type { AnthropicState, StoredFile } from '../state.ts';

type Parameters = Readonly<Record<string, string>>;

export const fileRoutes: readonly Route<AnthropicState>[] = [
  { method: 'POST', path: '/v1/files', serve: upload },
  {
    method: 'GET',
    path: '/v1/files',
    serve: (call, state) =>
      sendJson(
        call,
        200,
        paginateByCursor(call, [...state.files.values()].map(({ metadata }) => metadata).toReversed()),
      ),
  },
  {
    method: 'GET',
    path: '/v1/files/{id}',
    serve: (call, state, parameters) => sendJson(call, 200, findFile(state, parameters).metadata),
  },
  { method: 'GET', path: '/v1/files/{id}/content', serve: download },
  { method: 'DELETE', path: '/v1/files/{id}', serve: remove },
];

async function upload(call: Call, state: AnthropicState): Promise<void> {
  const form = await readForm(call.record);
  if (form === null) throw invalid('Content-Type: must be multipart/form-data');
  if (form.file === null) throw invalid('file: Field required');
  const metadata = {
    type: 'file',
    id: createId('file_011C', 20),
    filename: form.file.name,
    mime_type: form.file.type,
    size_bytes: form.file.bytes.length,
    created_at: new Date().toISOString(),
    downloadable: true,
  };
  state.files.set(metadata.id, { metadata, bytes: form.file.bytes });
  await sendJson(call, 200, metadata);
}

function download(call: Call, state: AnthropicState, parameters: Parameters): Promise<void> | void {
  const { metadata, bytes } = findFile(state, parameters);
  return sendBody(call, 200, bytes, { 'content-type': metadata.mime_type });
}

function remove(call: Call, state: AnthropicState, parameters: Parameters): Promise<void> | void {
  const { id } = findFile(state, parameters).metadata;
  state.files.delete(id);
  return sendJson(call, 200, { id, type: 'file_deleted' });
}

function findFile(state: AnthropicState, { id = '' }: Parameters): StoredFile {
  const file = state.files.get(id);
  if (file === undefined) throw notFound(`File not found: ${id}`);
  return file;
}
