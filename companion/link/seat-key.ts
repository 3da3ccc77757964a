/** The vault's entry of one seat: its long-term key, how old that is, and which change of it is under way. */
import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { fromBase64Url, toBase64Url } from '../../shared/link/bytes.ts';
import { Secret } from '../../shared/redact.ts';

export interface SeatKey {
  readonly key: Uint8Array<ArrayBuffer>;
  readonly sinceMs: number;
  /** The offer of a new key that was made last and is still open. */
  readonly offerId: string | null;
}

const entrySchema = z.object({ key: z.string(), sinceMs: z.number(), offerId: z.string().nullable() });

/** `undefined` for no entry, and for one that holds no key. */
export function parseSeatKey(secret: Secret | undefined): SeatKey | undefined {
  const text = secret?.reveal() ?? '';
  const entry = entrySchema.safeParse(parseJson(text));
  const { sinceMs, offerId } = entry.data ?? ageless;
  const key = fromBase64Url(entry.data?.key ?? text);
  return key?.length === 32 ? { key, sinceMs, offerId } : undefined;
}

/** The first companions wrote the bare key, without its age: it counts as due. */
const ageless = { sinceMs: 0, offerId: null };

export function formatSeatKey({ key, sinceMs, offerId }: SeatKey): Secret {
  return new Secret(JSON.stringify({ key: toBase64Url(key), sinceMs, offerId }));
}

export function isSameKey(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
