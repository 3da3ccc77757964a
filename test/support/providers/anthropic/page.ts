/** Lists in pages: by ids, and in versions from 2026-10-21 on by an opaque cursor for some. */
import type { Call } from '../server/call.ts';
import { invalid } from './errors.ts';

export interface Page<Item> {
  readonly data: readonly Item[];
  readonly has_more: boolean;
  readonly first_id: string | null;
  readonly last_id: string | null;
}

/** @throws Refusal */
export function paginate<Item extends { readonly id: string }>(call: Call, items: readonly Item[]): Page<Item> {
  const query = new URLSearchParams(call.record.path.split('?')[1]);
  const limit = readLimit(query);
  const rest = between(items, query.get('after_id'), query.get('before_id'));
  const data = query.has('before_id') ? rest.slice(-limit) : rest.slice(0, limit);
  return {
    data,
    has_more: data.length < rest.length,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  };
}

/**
 * `{ data, next_page }` for versions that know cursors, else as `paginate`.
 *
 * @throws Refusal
 */
export function paginateByCursor<Item extends { readonly id: string }>(call: Call, items: readonly Item[]): object {
  if ((call.record.headers['anthropic-version'] ?? '') < '2026-10-21') return paginate(call, items);
  const query = new URLSearchParams(call.record.path.split('?')[1]);
  const from = Number(Buffer.from(query.get('page') ?? '', 'base64url').toString('utf8') || 0);
  if (!Number.isInteger(from)) throw invalid('page: Invalid cursor');
  const to = from + readLimit(query);
  const hasMore = to < items.length;
  return { data: items.slice(from, to), next_page: hasMore ? Buffer.from(String(to)).toString('base64url') : null };
}

function readLimit(query: URLSearchParams): number {
  const limit = Number(query.get('limit') ?? 20);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1000) return limit;
  throw invalid('limit: Input should be greater than or equal to 1 and less than or equal to 1000');
}

function between<Item extends { readonly id: string }>(
  items: readonly Item[],
  after: string | null,
  before: string | null,
): readonly Item[] {
  const from = after === null ? 0 : items.findIndex(({ id }) => id === after) + 1;
  const to = before === null ? items.length : items.findIndex(({ id }) => id === before);
  return items.slice(from, Math.max(from, to));
}
