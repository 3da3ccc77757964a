/** Checks the key that clients present. */
import type { IncomingHttpHeaders } from 'node:http';
import { Secret } from '../../shared/redact.ts';
import { CompanionError, toCompanionError } from '../base/error.ts';
import type { ClientKeys, RecognisedKey } from '../client/client-keys.ts';
import { looksLikeJwt } from '../client/client-key-token.ts';
import { permitOfMode } from '../client/permit.ts';
import type { Permit } from '../client/permit.ts';
import type { ClientKeyMode } from '../store/client-keys.ts';
import { FailureLimit, SecretCheck } from './secret-check.ts';

/**
 * Where the companion's key stands when the usual headers hold the client's own credential for the provider, as with
 * Claude Code's `ANTHROPIC_CUSTOM_HEADERS`.
 */
const COMPANION_KEY_HEADER = 'x-companion-key';

/** The keys of single clients, as the check needs them. */
export type PresentedKeys = Pick<ClientKeys, 'recognise'>;

export interface ClientKeyCheckOptions {
  /** The companion's own; `null` when the person switched the check off. */
  readonly key: Secret | null;
  /** Those of single clients. */
  readonly clientKeys: PresentedKeys;
  /** What every client is limited to, whatever its key says; `both` for nothing. */
  readonly mode: Exclude<ClientKeyMode, 'claude-code'>;
  readonly nowMs: () => number;
}

/** `null` for the companion's own key, where nothing limits it. */
export type Admission = Permit | CompanionError | null;

export class ClientKeyCheck {
  #expected: SecretCheck | null = null;
  readonly #clientKeys: PresentedKeys;
  #mode: ClientKeyMode = 'both';
  #ownPermit: Permit | null = null;
  readonly #failures: FailureLimit;

  constructor({ key, clientKeys, mode, nowMs }: ClientKeyCheckOptions) {
    this.#clientKeys = clientKeys;
    this.limit(mode);
    this.#failures = new FailureLimit(nowMs);
    this.expect(key);
  }

  /** Another key from now on: the one before opens nothing any more. */
  expect(key: Secret | null): void {
    this.#expected = key === null ? null : new SecretCheck(key);
  }

  /** From now on every client is limited to `mode`. */
  limit(mode: ClientKeyCheckOptions['mode']): void {
    this.#mode = mode;
    this.#ownPermit = mode === 'both' ? null : permitOfMode(mode);
  }

  /**
   * `x-companion-key` takes precedence over `x-api-key`, and that over `authorization: Bearer`. A promise only for the key
   * of a single client that was not seen before in this run. Never throws or rejects.
   */
  check(headers: IncomingHttpHeaders): Admission | Promise<Admission> {
    const presented = this.#presented(headers);
    if (presented === own) return this.#ownPermit;
    return this.#recognise(presented, (key) => limitTo(this.#mode, key.admit()));
  }

  /** The same for what no key of a single client opens, which is told so if it is a good one. */
  checkOwn(headers: IncomingHttpHeaders): Admission | Promise<Admission> {
    const presented = this.#presented(headers);
    if (presented === own) return null;
    return this.#recognise(presented, (key) => {
      key.check();
      return new CompanionError('CLIENT_NOT_ALLOWED', 'This token does not have permission to read this.', {
        remedy: "Use the companion's own key, which `companion env` prints, or its admin key.",
      });
    });
  }

  #presented(headers: IncomingHttpHeaders): string | undefined | typeof own {
    if (this.#expected === null) return own;
    const presented = single(headers[COMPANION_KEY_HEADER]) ?? usualKey(headers);
    return presented !== undefined && this.#expected.matches(presented) ? own : presented;
  }

  #recognise(
    presented: string | undefined,
    admit: (key: RecognisedKey) => Permit | CompanionError,
  ): Permit | CompanionError | Promise<Permit | CompanionError> {
    if (presented === undefined || !looksLikeJwt(presented)) return this.#refuse(presented);
    const refuse = (thrown: unknown): CompanionError => {
      const error = toCompanionError(thrown);
      return error.code === 'CLIENT_KEY_INVALID' ? (this.#tooMany() ?? error) : error;
    };
    try {
      const key = this.#clientKeys.recognise(presented);
      return key instanceof Promise ? key.then(admit).catch(refuse) : admit(key);
    } catch (thrown) {
      return refuse(thrown);
    }
  }

  #refuse(presented: string | undefined): CompanionError {
    const tooMany = this.#tooMany();
    if (tooMany !== undefined) return tooMany;
    return presented === undefined
      ? new CompanionError('CLIENT_KEY_MISSING', 'This companion wants its client key.')
      : new CompanionError('CLIENT_KEY_INVALID', "This is not the companion's client key.");
  }

  #tooMany(): CompanionError | undefined {
    const retryAtMs = this.#failures.note();
    if (retryAtMs === undefined) return undefined;
    return new CompanionError('TOO_MANY_FAILED_KEYS', 'Too many requests with a wrong key.', {
      details: { retryAtMs },
    });
  }
}

/** Stands for the right key, so that it is passed around nowhere. */
const own = Symbol("the companion's own key");

/** What the settings allow all clients, and this one's key allows it. */
function limitTo(mode: ClientKeyMode, permit: Permit): Permit | CompanionError {
  if (mode === 'both' || mode === permit.mode) return permit;
  if (permit.mode === 'both') return { ...permit, mode };
  permit.release();
  const message = `This token does not have permission for this mode: it is for ${permit.mode}, and the companion serves ${mode} only.`;
  return new CompanionError('CLIENT_NOT_ALLOWED', message);
}

/** The provider's credential that a client sent beside the companion's key; to be used for this request and forgotten. */
export function ownCredentialOf(headers: IncomingHttpHeaders): Secret | undefined {
  const companionKey = single(headers[COMPANION_KEY_HEADER]);
  const usual = companionKey === undefined ? undefined : usualKey(headers);
  return usual === undefined || usual === companionKey ? undefined : new Secret(usual);
}

function usualKey(headers: IncomingHttpHeaders): string | undefined {
  return single(headers['x-api-key']) ?? bearerOf(headers);
}

export function bearerOf({ authorization = '' }: IncomingHttpHeaders): string | undefined {
  return /^Bearer\s+(\S+)\s*$/i.exec(authorization)?.[1];
}

/** The first of a header that came several times; `undefined` for one that is empty. */
export function single(value: string | string[] | undefined): string | undefined {
  const text = (Array.isArray(value) ? value[0] : value)?.trim();
  return text === '' ? undefined : text;
}
