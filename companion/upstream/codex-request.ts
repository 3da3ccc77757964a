/** A client's own Responses request on its way to the ChatGPT backend: where it goes, and in which form. */
import { CompanionError } from '../base/error.ts';
import type { Warning } from '../wire/codec.ts';
import { fitResponsesBody } from '../wire/openai-responses/upstream/fit-body.ts';
import { peekMembers } from '../wire/peek.ts';

export interface CodexRequest {
  /** Below the base URL, with the client's query. */
  readonly path: string;
  readonly body: Buffer;
  /** `[name, value, ...]`, in the place of the client's own of the same names. */
  readonly headers: readonly string[];
  /** The answer is a stream of which the client wants the sum. */
  readonly isCollected: boolean;
  /** The client reads the backend's own streams; any other expects those of the Responses API. */
  readonly isCodex: boolean;
  readonly warnings: readonly Warning[];
}

export interface ClientRequest {
  readonly method: string;
  /** As the client sent it, beginning with `/v1`. */
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer | AsyncIterable<Uint8Array> | null;
}

/** The product's own name, where a client does not say its own. */
const originator = 'ccproxy-companion';

/**
 * Errors: `ROUTE_NOT_FOUND` for what a ChatGPT plan does not have; `INVALID_REQUEST` for a body that leans on something
 * stored.
 */
export function fitCodexRequest({ method, target, rawHeaders, body }: ClientRequest): CodexRequest {
  const path = target.replace(/^\/v1(?=\/)/, '');
  const [route] = path.split('?', 1);
  const isKnown = method === 'POST' && (route === '/responses' || route === '/responses/compact');
  if (!isKnown || !Buffer.isBuffer(body)) throw notInPlan(method, target);
  const common = [...introduction(rawHeaders), ...sessionHeader(rawHeaders, body)];
  if (route === '/responses/compact') {
    const headers = ['accept', 'application/json', ...common];
    return { path, body, headers, isCollected: false, isCodex: true, warnings: [] };
  }
  const fitted = fitResponsesBody(body);
  // Codex always says its name. Whoever else asks gets a stream that can be read, and mended, on its way.
  const isCodex = hasHeader(rawHeaders, ['originator']);
  const headers = ['accept', 'text/event-stream', ...(isCodex ? [] : ['accept-encoding', 'identity']), ...common];
  return { path, body: fitted.body, headers, isCollected: !fitted.isStream, isCodex, warnings: fitted.warnings };
}

/** Who asks, as every request to the backend says it: a client's own word for it counts. */
export function introduction(rawHeaders: readonly string[] = []): readonly string[] {
  return hasHeader(rawHeaders, ['originator']) ? [] : ['originator', originator];
}

/** Requests of one session meet the same cache. A client that names none may have named the key of the cache. */
function sessionHeader(rawHeaders: readonly string[], body: Buffer): readonly string[] {
  if (hasHeader(rawHeaders, ['session_id', 'session-id', 'conversation_id'])) return [];
  const key = peekMembers(body, ['prompt_cache_key']).strings.get('prompt_cache_key')?.value;
  return key !== undefined && /^[\w.:-]{1,200}$/.test(key) ? ['session_id', key] : [];
}

function hasHeader(rawHeaders: readonly string[], names: readonly string[]): boolean {
  return rawHeaders.some((text, at) => at % 2 === 0 && names.includes(text.toLowerCase()));
}

function notInPlan(method: string, target: string): CompanionError {
  const path = target.split('?', 1)[0]?.slice(0, 200) ?? '';
  return new CompanionError('ROUTE_NOT_FOUND', `A ChatGPT plan has nothing at ${method} ${path}.`, {
    remedy: 'Use POST /v1/responses, or an OpenAI API key for everything else.',
  });
}
