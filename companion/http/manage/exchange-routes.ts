/** The ledger row by row: page by page from the newest on, what is new since, and one of them whole. */
import { z } from 'zod';
import { errorFacts, errorTable } from '../../../shared/error-code.ts';
import type { ErrorCode } from '../../../shared/error-code.ts';
import { CompanionError } from '../../base/error.ts';
import type { ExchangeFilter, ExchangePlace, LedgerInsight, PlacedExchange } from '../../store/ledger-insight.ts';
import type { LedgerRow } from '../../store/ledger.ts';
import { nameIn } from './ledger-names.ts';
import type { LedgerNames, LedgerRouteOptions } from './ledger-names.ts';
import { defineRoute } from './route.ts';
import type { Route } from './route.ts';

const exchange = z.object({
  id: z.string(),
  at: z.iso.datetime().describe('When the request came'),
  client: z.string(),
  client_key: z.string().nullable().describe("Id; null for the companion's own key"),
  client_key_name: z.string().nullable(),
  model: z.string().nullable().describe('As the client named it'),
  served_model: z.string().nullable().describe('As the upstream knows it'),
  mode: z.enum(['api', 'web', 'claude-code']).nullable(),
  provider: z.string().nullable(),
  credential: z.string().nullable(),
  credential_name: z.string().nullable(),
  dialect: z.string(),
  status: z.number().describe('HTTP status that the client got'),
  outcome: z.string().describe('`ok`, or the code of an error'),
  is_stream: z.boolean(),
  is_translated: z.boolean(),
  input_tokens: z.number().nullable(),
  output_tokens: z.number().nullable(),
  cache_read_tokens: z.number().nullable(),
  cache_write_tokens: z.number().nullable(),
  first_byte_ms: z.number().nullable(),
  duration_ms: z.number(),
  warnings: z.array(z.string()),
});

const wholeExchange = exchange.extend({
  route: z.string(),
  explanation: z.object({
    plan: z.string(),
    considered: z.array(z.object({ who: z.string(), verdict: z.string(), reason: z.string() })),
    attempts: z.array(
      z.object({ who: z.string(), status: z.number().nullable(), outcome: z.string(), duration_ms: z.number() }),
    ),
  }),
  remedy: z.string().nullable().describe('What to do about the outcome'),
});

const text = z.string().max(200);
const listQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  before: z
    .string()
    .regex(/^\d{1,15}-\d{1,15}$/, 'that is no cursor; take `next` of an answer')
    .optional()
    .describe('The next page: `next` of the page before it'),
  after: z
    .string()
    .regex(/^\d{1,15}$/, 'that is no cursor; take `newest` of an answer')
    .optional()
    .describe('Only what has ended since: `newest` of an earlier answer'),
  model: text.optional(),
  client: text.optional(),
  client_key: text.optional(),
  provider: text.optional(),
  credential: text.optional(),
  outcome: text.optional().describe('`ok`, `failed`, or the code of an error'),
  search: text
    .optional()
    .describe('In the names of models, clients, providers, credentials and client keys, in ids and outcomes'),
});

export function exchangesRoute({ ledger, names }: LedgerRouteOptions): Route {
  return defineRoute({
    method: 'GET',
    path: '/v0/management/exchanges',
    access: 'admin',
    tag: 'Ledger',
    summary: 'The exchanges, newest first, page by page',
    description:
      'An answer holds what fits into one over the link, so it may be shorter than `limit` while `next` says that there is ' +
      'more. To follow what comes, ask again with `after` = `newest`.',
    query: listQuery,
    answer: z.object({
      exchanges: z.array(exchange),
      next: z.string().nullable().describe('For `before`; null at the end'),
      newest: z.string().nullable().describe('For `after`'),
    }),
    errors: ['STORE_UNAVAILABLE'],
    handle: ({ query }) => {
      const { before, after, limit } = query;
      if (before !== undefined && after !== undefined) {
        throw new CompanionError('INVALID_REQUEST', 'Say either `before` or `after`, not both.');
      }
      const id = idIn(query.search);
      const { insight } = ledger;
      if (id !== undefined) return onlyPage(ledger.exchange(id), insight, names);
      const filter = filterOf(query, names);
      // A ledger that was emptied counts anew: then the cursor is one of a past that is gone.
      if (after === undefined || Number(after) > insight.newestRow()) {
        return pageBefore(insight, filter, placeOf(before), limit, names);
      }
      return pageAfter(insight, filter, Number(after), limit, names);
    },
  });
}

export function exchangeRoute({ ledger, names }: LedgerRouteOptions): Route {
  return defineRoute({
    method: 'GET',
    path: '/v0/management/exchanges/{id}',
    access: 'admin',
    tag: 'Ledger',
    summary: 'One exchange, with why it went where it went',
    description: 'By its id, `exc_...` or `req_...`, or by a beginning of it that no other has.',
    params: z.object({ id: z.string().min(1).max(200) }),
    answer: wholeExchange,
    errors: ['NOT_FOUND', 'STORE_UNAVAILABLE'],
    handle: ({ params }) => {
      const row = ledger.exchange(toExchangeId(params.id));
      if (row === undefined) {
        throw new CompanionError('NOT_FOUND', 'The ledger has no exchange of this id, or several that begin so.');
      }
      return describeWhole(row, names);
    },
  });
}

/** What to do about it; `null` where nothing is to be done. */
export function remedyOf(outcome: string): string | null {
  return Object.hasOwn(errorTable, outcome) ? errorFacts(outcome as ErrorCode).remedy : null;
}

/** Clients know an exchange by their API's own header, where its id begins with `req_`. */
export function toExchangeId(id: string): string {
  return id.replace(/^(?:req_|exc_)?/, 'exc_');
}

function idIn(search: string | undefined): string | undefined {
  return search !== undefined && /^(?:req|exc)_\w{2,}$/.test(search.trim()) ? toExchangeId(search.trim()) : undefined;
}

function filterOf(
  { client_key: clientKey, search, ...rest }: z.output<typeof listQuery>,
  names: LedgerNames,
): ExchangeFilter {
  const { model, client, provider, credential, outcome } = rest;
  const told = { model, client, clientKey, provider, credential, outcome };
  const given = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined && value !== ''));
  const typed = search?.trim() ?? '';
  if (typed === '') return given;
  const wanted = typed.toLowerCase();
  const idsOf = (all: readonly { readonly id: string; readonly name: string }[]) =>
    all.filter(({ name }) => name.toLowerCase().includes(wanted)).map(({ id }) => id);
  return {
    ...given,
    search: { text: typed, credentials: idsOf(names.credentials()), clientKeys: idsOf(names.clientKeys()) },
  };
}

interface Page {
  readonly exchanges: z.infer<typeof exchange>[];
  readonly next: string | null;
  readonly newest: string | null;
}

function onlyPage(row: LedgerRow | undefined, insight: LedgerInsight, names: LedgerNames): Page {
  return { exchanges: row === undefined ? [] : [describe(row, names)], next: null, newest: newestOf(insight) };
}

function pageBefore(
  insight: LedgerInsight,
  filter: ExchangeFilter,
  before: ExchangePlace | undefined,
  limit: number,
  names: LedgerNames,
): Page {
  // One more than asked for tells whether there is a next page.
  const found = insight.exchangesBefore(filter, before, limit + 1);
  const { exchanges, last } = fit(found.slice(0, limit), names);
  const isEnd = exchanges.length === found.length;
  return {
    exchanges,
    next: isEnd || last === undefined ? null : `${last.exchange.atMs}-${last.row}`,
    newest: newestOf(insight),
  };
}

/** The oldest of what is new, so that nothing is skipped however much there is. */
function pageAfter(
  insight: LedgerInsight,
  filter: ExchangeFilter,
  after: number,
  limit: number,
  names: LedgerNames,
): Page {
  const found = insight.exchangesAfter(filter, after, limit + 1);
  const { exchanges, last } = fit(found.slice(0, limit), names);
  const isAll = exchanges.length === found.length;
  return {
    exchanges: exchanges.sort((left, right) => right.at.localeCompare(left.at)),
    next: null,
    newest: isAll || last === undefined ? (newestOf(insight) ?? String(after)) : String(last.row),
  };
}

function newestOf(insight: LedgerInsight): string | null {
  const row = insight.newestRow();
  return row === 0 ? null : String(row);
}

function placeOf(cursor: string | undefined): ExchangePlace | undefined {
  if (cursor === undefined) return undefined;
  const [atMs = 0, row = 0] = cursor.split('-').map(Number);
  return { atMs, row };
}

/** Less than an answer over the link may hold. */
const mostCharacters = 120_000;

/** As many as fit, the first one in any case. */
function fit(rows: readonly PlacedExchange[], names: LedgerNames) {
  const exchanges: z.infer<typeof exchange>[] = [];
  let characters = 0;
  let last: PlacedExchange | undefined;
  for (const row of rows) {
    const told = describe(row.exchange, names);
    characters += JSON.stringify(told).length;
    if (characters > mostCharacters && last !== undefined) break;
    exchanges.push(told);
    last = row;
  }
  return { exchanges, last };
}

function describe(row: LedgerRow, names: LedgerNames): z.infer<typeof exchange> {
  const { id, client, model, mode, provider, credential, dialect, status, outcome } = row;
  return {
    id,
    at: new Date(row.atMs).toISOString(),
    client,
    client_key: row.clientKey,
    client_key_name: row.clientKey === null ? null : (nameIn(names.clientKeys(), row.clientKey) ?? null),
    model,
    served_model: row.servedModel,
    mode,
    provider,
    credential,
    credential_name: credential === null ? null : (nameIn(names.credentials(), credential) ?? null),
    dialect,
    status,
    outcome,
    is_stream: row.isStream,
    is_translated: row.isTranslated,
    input_tokens: row.inputTokens,
    output_tokens: row.outputTokens,
    cache_read_tokens: row.cacheReadTokens,
    cache_write_tokens: row.cacheWriteTokens,
    first_byte_ms: row.firstByteMs,
    duration_ms: row.durationMs,
    warnings: [...row.warnings],
  };
}

function describeWhole(row: LedgerRow, names: LedgerNames): z.infer<typeof wholeExchange> {
  const { plan, considered, attempts } = row.explanation;
  return {
    ...describe(row, names),
    route: row.route,
    explanation: {
      plan,
      considered: considered.map(({ who, verdict, reason }) => ({ who, verdict, reason })),
      attempts: attempts.map(({ who, status, outcome, durationMs }) => ({
        who,
        status,
        outcome,
        duration_ms: durationMs,
      })),
    },
    remedy: remedyOf(row.outcome),
  };
}
