/**
 * Tool call ids on their way to a server and back.
 *
 * Some servers hang opaque fields on a call (Gemini: `extra_content`, with the signature of the thought behind the call)
 * and refuse the next request unless they come back. The hub has no room for them, and clients keep nothing of a call but
 * its id, name and input. So they travel inside the id, in the letters that ids may have, and are taken out again before
 * the id goes anywhere: other servers never see them. A thinking block's signature could hold them too, but clients drop
 * those more freely, and Anthropic's API refuses a signature that is not its own once the conversation moves there.
 */
import { createHash } from 'node:crypto';
import type { ChatQuirks } from '../../../shared/api-provider.ts';
import { asObject, asText, isObject, parseJson } from '../hub/fields.ts';
import type { JsonObject } from '../hub/fields.ts';
import { sanitizeToolId } from './tool-id.ts';

/** `s`: a thought signature, in URL-safe base64. `j`: any JSON, in the same. */
const carried = /^(.*?)__with_([sj])([A-Za-z0-9_-]+)$/;

/** The hub's id of a call: with `extra` inside, if there is any. */
export function carryExtra(id: string, extra: unknown): string {
  if (!isObject(extra) || Object.keys(extra).length === 0) return id;
  const signature = signatureOf(extra);
  if (signature !== undefined) return `${id}__with_s${signature}`;
  return `${id}__with_j${Buffer.from(JSON.stringify(extra)).toString('base64url')}`;
}

/** An id as the server gave it, and the `extra_content` that it carries. */
export function splitExtra(hubId: string): { readonly id: string; readonly extra: JsonObject | undefined } {
  const [, id, form, payload] = carried.exec(hubId) ?? [];
  if (id === undefined || payload === undefined) return { id: hubId, extra: undefined };
  if (form === 's') return { id, extra: { google: { thought_signature: standardBase64(payload) } } };
  const extra = parseJson(Buffer.from(payload, 'base64url').toString('utf8'));
  return isObject(extra) ? { id, extra } : { id: hubId, extra: undefined };
}

/** The signature in URL-safe letters, if it is all there is and can be had back letter by letter. */
function signatureOf(extra: JsonObject): string | undefined {
  const signature = asText(asObject(extra.google).thought_signature);
  const isAll = Object.keys(extra).length === 1 && Object.keys(asObject(extra.google)).length === 1;
  if (signature === undefined || !isAll) return undefined;
  const letters = signature.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  return /^[\w-]+$/.test(letters) && standardBase64(letters) === signature ? letters : undefined;
}

function standardBase64(letters: string): string {
  const text = letters.replaceAll('-', '+').replaceAll('_', '/');
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}

/**
 * From the hub's ids of one conversation to the server's: the same id always gives the same one, two never share one, and
 * a longer conversation that begins alike gets the same ids again.
 */
export function createTargetIds(form: ChatQuirks['toolIds']): (hubId: string) => string {
  const given = new Map<string, string>();
  const used = new Set<string>();
  return (hubId) => {
    const known = given.get(hubId);
    if (known !== undefined) return known;
    const { id } = splitExtra(hubId);
    let target = fitId(id, form);
    for (let count = 2; used.has(target); count += 1) target = fitId(`${id}_${count}`, form);
    given.set(hubId, target);
    used.add(target);
    return target;
  };
}

/** OpenAI takes no longer ids. */
const MAX_LENGTH = 40;

function fitId(id: string, form: ChatQuirks['toolIds']): string {
  if (form === 'nine-alphanumerics') return /^[a-zA-Z0-9]{9}$/.test(id) ? id : nineLetters(id);
  const valid = sanitizeToolId(id);
  return valid.length <= MAX_LENGTH
    ? valid
    : `${valid.slice(0, MAX_LENGTH - 9)}_${digest(id).toString('hex').slice(0, 8)}`;
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

function nineLetters(id: string): string {
  return Array.from(digest(id).subarray(0, 9), (byte) => letters[byte % letters.length]).join('');
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

export interface UpstreamCall {
  /** Empty where the server gave none. */
  readonly id: string;
  readonly extra: unknown;
  /** Among the calls of the answer, from 0. */
  readonly position: number;
}

/**
 * The hub's id of a call of an answer. Small servers count `call_0` anew in every answer: an id of `taken` (earlier calls
 * of the conversation) is told apart by `stampId`.
 */
export function newHubId(call: UpstreamCall, taken: ReadonlySet<string>, stampId: string): string {
  const id = call.id === '' ? sanitizeToolId(`call_${stampId}_${call.position}`) : sanitizeToolId(call.id);
  const wanted = carryExtra(id, call.extra);
  if (!taken.has(wanted)) return wanted;
  return carryExtra(sanitizeToolId(`${id}_${stampId}_${call.position}`), call.extra);
}
