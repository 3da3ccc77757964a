/** One short question to a provider's login server, with an end in time and in bytes. */
import { errors, request as undiciRequest } from 'undici';
import type { Dispatcher } from 'undici';
import { decodeWhole } from '../../base/content-encoding.ts';
import { CompanionError } from '../../base/error.ts';
import type { HeaderLookup } from '../../wire/codec.ts';
import { parseJson } from '../../wire/hub/fields.ts';

export interface ProviderCallOptions {
  readonly dispatcher: Dispatcher;
  /** Wall clock, Unix milliseconds. */
  readonly nowMs: () => number;
  readonly userAgent: string;
  /** For a whole call, connecting included; 30 seconds unless given. */
  readonly timeoutMs?: number;
}

export interface ProviderQuestion {
  /** As a person knows it: `Anthropic`. */
  readonly who: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A POST when there is one, else a GET. */
  readonly body?: string;
}

export interface ProviderAnswer {
  readonly status: number;
  readonly header: HeaderLookup;
  /** `undefined` when the body is no JSON. */
  readonly json: unknown;
}

export function isSuccess({ status }: ProviderAnswer): boolean {
  return status >= 200 && status < 300;
}

/** The same options with less patience. */
export function withTimeLimit(timeoutMs: number, options: ProviderCallOptions): ProviderCallOptions {
  return { ...options, timeoutMs: Math.min(timeoutMs, options.timeoutMs ?? timeoutMs) };
}

const defaultTimeoutMs = 30_000;
const maxBytes = 1024 * 1024;

/**
 * Any answer that could be read to its end, whatever its status; redirects are not followed. Errors:
 * `UPSTREAM_UNREACHABLE`, `CONNECT_TIMEOUT`, `FIRST_BYTE_TIMEOUT`, `IDLE_TIMEOUT`, `STREAM_BROKEN`, `UPSTREAM_UNREADABLE`
 * (above 1 MB); `CLIENT_GONE` when `signal` is aborted, or its reason if that is one of ours.
 */
export async function askProvider(
  options: ProviderCallOptions,
  question: ProviderQuestion,
  signal: AbortSignal,
): Promise<ProviderAnswer> {
  const limit = AbortSignal.timeout(options.timeoutMs ?? defaultTimeoutMs);
  let hasBegun = false;
  try {
    const reply = await undiciRequest(question.url, {
      method: question.body === undefined ? 'GET' : 'POST',
      headers: {
        accept: 'application/json',
        'accept-encoding': 'identity',
        ...question.headers,
        'user-agent': options.userAgent,
      },
      body: question.body ?? null,
      dispatcher: options.dispatcher,
      signal: AbortSignal.any([signal, limit]),
    });
    hasBegun = true;
    const header = headerLookup(reply.headers);
    const text = await readText(reply, question.who, header('content-encoding'));
    return { status: reply.statusCode, header, json: parseJson(text) };
  } catch (cause) {
    throw asCallError(cause, question.who, hasBegun, signal, limit);
  }
}

function headerLookup(headers: Dispatcher.ResponseData['headers']): HeaderLookup {
  return (name) => {
    const value = headers[name];
    return value === undefined ? undefined : [value].flat().join(', ');
  };
}

async function readText(reply: Dispatcher.ResponseData, who: string, encoding = 'identity'): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of reply.body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw new CompanionError('UPSTREAM_UNREADABLE', `${who} answered with more than 1 MB.`);
    chunks.push(chunk);
  }
  try {
    return decodeWhole(Buffer.concat(chunks), encoding, maxBytes).toString('utf8');
  } catch {
    return '';
  }
}

function asCallError(
  cause: unknown,
  who: string,
  hasBegun: boolean,
  signal: AbortSignal,
  limit: AbortSignal,
): CompanionError {
  if (cause instanceof CompanionError) return cause;
  if (signal.aborted) {
    const reason: unknown = signal.reason;
    return reason instanceof CompanionError ? reason : new CompanionError('CLIENT_GONE', 'It was called off.');
  }
  if (limit.aborted || cause instanceof errors.HeadersTimeoutError) {
    return new CompanionError('FIRST_BYTE_TIMEOUT', `${who} did not answer in time.`, { cause });
  }
  if (cause instanceof errors.ConnectTimeoutError) {
    return new CompanionError('CONNECT_TIMEOUT', `No connection to ${who} within the connect time-out.`, { cause });
  }
  if (cause instanceof errors.BodyTimeoutError) {
    return new CompanionError('IDLE_TIMEOUT', `${who} fell silent in the middle of its answer.`, { cause });
  }
  return hasBegun
    ? new CompanionError('STREAM_BROKEN', `The connection to ${who} broke in the middle of the answer.`, { cause })
    : new CompanionError('UPSTREAM_UNREACHABLE', `${who} cannot be reached${reasonOf(cause)}.`, { cause });
}

/** The system's code tells a person much, and holds no secret. */
function reasonOf(cause: unknown): string {
  const code = (cause as { readonly code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? ` (${code})` : '';
}
