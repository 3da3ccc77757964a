import { scrub } from '../shared/redact.ts';
import type { CompanionFrame, ExtensionFrame } from '../shared/link/frame.ts';
import { utf8 } from '../shared/link/bytes.ts';
import type { Clock } from './ports.ts';
import type { ApiAnswer, ApiQuestion } from './state.ts';

type ApiAnswerFrame = Extract<CompanionFrame, { t: 'api.answer' }>;

/** A provider may be asked on the way, to renew a login for example. */
const ANSWER_TIMEOUT_MS = 45_000;

export interface ApiCallsOptions {
  readonly clock: Clock;
  /** `false` when there is no link. */
  readonly send: (frame: ExtensionFrame, body?: Uint8Array) => boolean;
}

/** Questions of our pages to the companion's management routes, which travel over the link. */
export class ApiCalls {
  readonly #options: ApiCallsOptions;
  readonly #waiters = new Map<string, (answer: ApiAnswer) => void>();

  constructor(options: ApiCallsOptions) {
    this.#options = options;
  }

  /** Never rejects: what stands in the way is an answer too. */
  ask({ method, path, body }: ApiQuestion): Promise<ApiAnswer> {
    const id = crypto.randomUUID();
    return new Promise((resolve) => {
      const settle = (answer: ApiAnswer): void => {
        cancelTimeout();
        this.#waiters.delete(id);
        resolve(answer);
      };
      const cancelTimeout = this.#options.clock.after(ANSWER_TIMEOUT_MS, () => settle(failed('timeout')));
      this.#waiters.set(id, settle);
      const bytes = body === undefined ? undefined : utf8(JSON.stringify(body));
      if (!this.#options.send({ t: 'api.call', id, method, path }, bytes)) settle(failed('offline'));
    });
  }

  take({ id, status }: ApiAnswerFrame, body: Uint8Array): void {
    const settle = this.#waiters.get(id);
    if (settle === undefined) return;
    const json = parse(new TextDecoder().decode(body));
    settle(status < 400 ? { ok: true, body: json } : { ok: false, ...errorOf(json) });
  }

  /** `true` if it was about a question of ours. */
  noteError({ code, message, ref }: Extract<CompanionFrame, { t: 'error' }>): boolean {
    // A companion that is older than this extension names the kind of frame that it does not know.
    const settles = ref === 'api.call' ? [...this.#waiters.values()] : [this.#waiters.get(ref ?? '')];
    const known = settles.filter((settle) => settle !== undefined);
    for (const settle of known) settle({ ok: false, code, message, remedy: null });
    return known.length > 0;
  }

  noteOffline(): void {
    for (const settle of this.#waiters.values()) settle(failed('offline'));
  }
}

function failed(code: 'offline' | 'timeout'): ApiAnswer {
  return { ok: false, code, message: '', remedy: null };
}

interface ErrorBody {
  readonly error?: { readonly code?: unknown; readonly message?: unknown };
  readonly companion?: { readonly code?: unknown; readonly message?: unknown; readonly remedy?: unknown };
}

function errorOf(json: unknown): { readonly code: string; readonly message: string; readonly remedy: string | null } {
  const { companion, error } = (json ?? {}) as ErrorBody;
  const told = companion ?? error ?? {};
  const remedy = companion?.remedy;
  return {
    code: String(told.code ?? 'INTERNAL'),
    message: scrub(String(told.message ?? '')),
    remedy: typeof remedy === 'string' ? remedy : null,
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
