/** Whether a key works: its provider is asked for its models, which costs nothing. */
import type { ApiProvider } from '../../shared/api-provider.ts';
import type { ApiKey } from '../../shared/credential.ts';
import type { ErrorCode } from '../../shared/error-code.ts';
import { scrub } from '../../shared/redact.ts';
import { toCompanionError } from '../base/error.ts';

/** One GET with the key. Errors: what a refusal means, in the provider's words; what kept the answer from coming. */
export type AskForModels = (
  provider: ApiProvider,
  key: ApiKey,
  signal: AbortSignal,
) => Promise<{ readonly length: number }>;

/**
 * `works`: the provider accepted it. `rejected`: it did not. `limited`: it did, but a limit, an empty balance or a
 * right that it lacks stands in the way. `unreachable`: the provider gave no answer that says anything about the key.
 */
export type KeyVerdict = 'works' | 'rejected' | 'limited' | 'unreachable';

export interface KeyTestResult {
  readonly verdict: KeyVerdict;
  /** How many models the key may use; `null` unless it works. */
  readonly models: number | null;
  /** The provider's words, or what went wrong; `null` when it works. */
  readonly message: string | null;
  /** What to do about it; `null` when it works. */
  readonly remedy: string | null;
}

const patienceMs = 15_000;

/** Never rejects but for an abort of `signal`; the key is in no message, whatever the provider says. */
export async function testKey(
  provider: ApiProvider,
  key: ApiKey,
  ask: AskForModels,
  signal?: AbortSignal,
): Promise<KeyTestResult> {
  const limit = AbortSignal.timeout(patienceMs);
  try {
    const models = await ask(provider, key, signal === undefined ? limit : AbortSignal.any([signal, limit]));
    return { verdict: 'works', models: models.length, message: null, remedy: null };
  } catch (thrown) {
    signal?.throwIfAborted();
    const error = toCompanionError(thrown);
    const said = limit.aborted ? `${provider.name} did not answer within ${patienceMs / 1000} s.` : error.message;
    const message = withoutKey(said, key).slice(0, 500);
    return {
      verdict: verdictOf(error.code),
      models: null,
      message,
      remedy: remedyOf(error.code, provider, error.remedy),
    };
  }
}

function verdictOf(code: ErrorCode): KeyVerdict {
  switch (code) {
    case 'KEY_REJECTED':
    case 'INVALID_REQUEST':
      return 'rejected';
    // A key may be good for answers and not for the list of models.
    case 'PROVIDER_REFUSED':
    case 'RATE_LIMITED':
    case 'QUOTA_EXHAUSTED':
      return 'limited';
    default:
      return 'unreachable';
  }
}

/** The table's own words for a rejected key point back here. */
function remedyOf(code: ErrorCode, provider: ApiProvider, remedy: string): string {
  return verdictOf(code) === 'rejected'
    ? `Look in the console of ${provider.name} whether it still exists, and whether ${provider.baseUrl} is where it belongs.`
    : remedy;
}

/** Some servers repeat the key in their refusal. */
function withoutKey(text: string, { secret }: ApiKey): string {
  const known = secret?.reveal() ?? '';
  return scrub(known === '' ? text : text.replaceAll(known, '***'));
}
