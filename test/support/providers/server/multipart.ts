/** Uploads as forms. */
import type { RecordedRequest } from './record.ts';

export interface UploadForm {
  readonly fields: Readonly<Record<string, string>>;
  readonly file: { readonly name: string; readonly type: string; readonly bytes: Buffer } | null;
}

/** `null` when the body is no form. */
export async function readForm(request: RecordedRequest): Promise<UploadForm | null> {
  const type = request.headers['content-type'];
  if (type === undefined || !type.startsWith('multipart/form-data')) return null;
  try {
    const response = new Response(new Uint8Array(request.body), { headers: { 'content-type': type } });
    const form = await response.formData();
    const fields: Record<string, string> = {};
    for (const [name, value] of form.entries()) if (typeof value === 'string') fields[name] = value;
    const file = form.get('file');
    if (!(file instanceof File)) return { fields, file: null };
    const bytes = Buffer.from(await file.arrayBuffer());
    return { fields, file: { name: file.name, type: file.type || 'application/octet-stream', bytes } };
  } catch {
    return null;
  }
}
