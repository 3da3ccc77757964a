/** The forms that values take: numbers, times, addresses, keys. Each reads what the environment gives, which is text. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { Secret } from '../../shared/redact.ts';

/** How a form is written in `config.yaml`, where that is more than its schema says by itself. */
export interface WrittenForm {
  /** As JSON Schema. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly isDuration?: true;
}

const writtenForms = z.registry<WrittenForm>();

/** `undefined` for a form that is written as its schema says. */
export function writtenFormOf(schema: z.ZodType): WrittenForm | undefined {
  return writtenForms.get(schema);
}

/** Files how a form is written, where its schema does not say it. */
export function written<Schema extends z.ZodType>(schema: Schema, form: WrittenForm): Schema {
  writtenForms.add(schema, form);
  return schema;
}

const textOrList = { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] };

/** A list of texts, which may stand in one text between commas. */
export function listOf<Item extends z.ZodType>(
  items: z.ZodArray<Item>,
  split: (value: unknown) => unknown = listFromText,
) {
  return written(z.preprocess(split, items), { json: textOrList });
}

export function wholeNumber(least: number, most: number) {
  return z.preprocess(numberFromText, z.int().min(least).max(most));
}

export function numberFromText(value: unknown): unknown {
  return typeof value === 'string' && /^\s*\d+\s*$/.test(value) ? Number(value) : value;
}

const yes = new Set(['true', '1', 'yes', 'on']);
const no = new Set(['false', '0', 'no', 'off']);
export const booleanWords = 'true or false';
export const boolean = z.preprocess((value) => {
  const text = typeof value === 'string' ? value.trim().toLowerCase() : '';
  if (yes.has(text)) return true;
  return no.has(text) ? false : value;
}, z.boolean());

/** For what cannot be switched off. */
export const alwaysTrue = boolean.refine((value) => value);

export const text = z.string().trim().min(1);

export const secretTextWords = 'printable ASCII characters without spaces';
export const secretText = text.regex(/^[\x21-\x7e]+$/).transform((value) => new Secret(value));

const durationUnitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
export const durationWords = 'a time such as 500ms, 10s, 5m or 1h (a plain number is milliseconds), at most 24h';
/** Milliseconds. */
export const duration = written(
  z.preprocess(
    durationFromText,
    z
      .number()
      .positive()
      .max(24 * durationUnitsMs.h),
  ),
  { json: { type: ['string', 'number'], pattern: '^\\s*\\d+(\\.\\d+)?\\s*(ms|s|m|h)?\\s*$' }, isDuration: true },
);

/** The reverse of `duration`: `5m`. */
export function formatDuration(ms: number): string {
  const [unit, size] = Object.entries(durationUnitsMs).findLast(([, each]) => ms % each === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
}

function durationFromText(value: unknown): unknown {
  const match = typeof value === 'string' ? /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h)?\s*$/.exec(value) : null;
  if (match === null) return value;
  return Number(match[1]) * durationUnitsMs[(match[2] ?? 'ms') as keyof typeof durationUnitsMs];
}

const hostName =
  /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*$/;
export const host = text
  .transform((value) => value.replace(/^\[(.*)\]$/, '$1'))
  .refine((value) => isIP(value) !== 0 || hostName.test(value));

const hostWithPort = text.transform((value) => value.toLowerCase()).refine(isHostWithPort);
export const hostList = listOf(z.array(hostWithPort).max(50));

/** What stands between commas. */
export function listFromText(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const items = value.split(',').map((item) => item.trim());
  return items.filter((item) => item !== '');
}

function isHostWithPort(value: string): boolean {
  const url = URL.parse(`http://${value}`);
  return url !== null && !/[/?#@\s]/.test(value) && url.hostname !== '';
}

/** Base URL of an upstream, without a slash at its end. Plain http carries credentials in clear, so it stays at home. */
export const baseUrl = text.transform(withoutLastSlash).refine(isSafeBaseUrl);
export const baseUrlWords = 'an https:// address without a query (http:// only on this computer)';

export const pathWords = 'a path that begins with a slash';
export const path = text.regex(/^\/[\w./-]*$/);

export const nameList = listOf(z.array(text.max(200)).max(200));

export const scopeWords = 'a list of OAuth scopes';
export const scopes = listOf(
  z
    .array(text.regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/))
    .min(1)
    .max(50),
  splitAtSpaces,
);

export function withoutLastSlash(value: string): string {
  return value.replace(/\/+$/, '');
}

function isSafeBaseUrl(value: string): boolean {
  const url = plainUrl(value);
  return url !== null && (url.protocol === 'https:' || (url.protocol === 'http:' && isOnThisComputer(value)));
}

export const webhookWords = 'an https:// address (http:// only on this computer)';
/** An address that news are sent to; whoever knows it may write there. */
export const webhookUrl = text.refine(isSafeWebhook).transform((value) => new Secret(value));

function isSafeWebhook(value: string): boolean {
  const url = URL.parse(value);
  if (url === null || url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isOnThisComputer(value));
}

/** A URL that has neither a query nor a fragment nor anybody's name in it. */
export function plainUrl(value: string): URL | null {
  const url = URL.parse(value);
  if (url === null || url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') return null;
  return url;
}

/** `true` for an address, or the bare name of a host, that is loopback. */
export function isOnThisComputer(address: string): boolean {
  const url = URL.parse(address) ?? URL.parse(`http://${isIP(address) === 6 ? `[${address}]` : address}`);
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url?.hostname ?? '');
}

const keyLengthBytes = 32;
export const encryptionKey = text
  .transform(keyFromText)
  .refine((bytes) => bytes.length === keyLengthBytes)
  .transform((bytes) => new Secret(bytes));

export const encryptionKeys = listOf(z.array(encryptionKey).max(20));

function keyFromText(value: string): Uint8Array<ArrayBuffer> {
  if (/^[0-9a-fA-F]{64}$/.test(value)) return new Uint8Array(Buffer.from(value, 'hex'));
  const isBase64 = /^[A-Za-z0-9+/_-]{43}=?$/.test(value);
  return isBase64 ? new Uint8Array(Buffer.from(value, 'base64')) : new Uint8Array();
}

/** Address of an HTTP proxy, which may have a password in it; `null`: go directly, whatever the environment says. */
export const proxyUrl = text
  .transform((value) => (/^[a-z][a-z0-9+.-]*:\/\//i.test(value) || value === 'direct' ? value : `http://${value}`))
  .refine(isProxyUrl)
  .transform((value) => (value === 'direct' ? null : new Secret(value)));
export const proxyWords = 'the http:// or https:// address of a proxy, or `direct`';

function isProxyUrl(value: string): boolean {
  if (value === 'direct') return true;
  const url = URL.parse(value);
  if (url === null || url.hostname === '' || url.pathname !== '/' || url.search !== '' || url.hash !== '') return false;
  return url.protocol === 'http:' || url.protocol === 'https:';
}

/** As everybody writes `NO_PROXY`: hosts and domains, with a port or without, address ranges, `*`. */
export const directHosts = listOf(z.array(text.transform((value) => value.toLowerCase())).max(500), splitAtSpaces);

function splitAtSpaces(value: unknown): unknown {
  return typeof value === 'string' ? value.split(/[,\s]+/).filter((item) => item !== '') : value;
}
