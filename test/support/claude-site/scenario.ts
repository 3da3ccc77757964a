/** What the stand-in does differently from a good day. Tests assign a part of it; the rest stays as in `calmDay`. */
import type { Answer, Prompt } from './stream/answer.ts';

export type RouteName =
  | 'page'
  | 'login'
  | 'logout'
  | 'bootstrap'
  | 'app-start'
  | 'organizations'
  | 'usage'
  | 'create-conversation'
  | 'read-conversation'
  | 'update-conversation'
  | 'delete-conversation'
  | 'completion'
  | 'retry-completion'
  | 'stop-response'
  | 'upload'
  /** Served by another stand-in behind the same door. */
  | 'guest';

/** How the site says no; each kind is one row of what the real site was seen to answer. */
export type Refusal =
  | { readonly kind: 'session-invalid' }
  | { readonly kind: 'not-a-member' }
  | { readonly kind: 'challenge' }
  | { readonly kind: 'region' }
  | { readonly kind: 'account-disabled' }
  | { readonly kind: 'verification-required' }
  | { readonly kind: 'authentication' }
  | { readonly kind: 'rate-limit'; readonly resetsAtMs: number; readonly form: RateLimitForm }
  | { readonly kind: 'overloaded'; readonly form: 'json' | 'html' }
  | { readonly kind: 'server-error' }
  /** 200 with something that is not JSON and not a stream. */
  | { readonly kind: 'garbage' }
  /** The connection is reset before a status line. */
  | { readonly kind: 'reset' };

/** Where the reset time stands: `message` as a JSON string, as an object, `error.resets_at`, a header, or nowhere. */
export type RateLimitForm = 'string' | 'object' | 'oldest' | 'header' | 'none';

/** How a completion stream ends. `afterEvents` counts the events sent before the trouble. */
export type Ending =
  | { readonly kind: 'whole' }
  /** TCP reset (HTTP/2: RST_STREAM). */
  | { readonly kind: 'reset'; readonly afterEvents: number }
  /** The connection closes without the last chunk. */
  | { readonly kind: 'fin'; readonly afterEvents: number }
  /** The response ends properly, its stream does not. */
  | { readonly kind: 'truncated'; readonly afterEvents: number }
  /** Silence, with the connection open. */
  | { readonly kind: 'hang'; readonly afterEvents: number }
  | { readonly kind: 'error'; readonly afterEvents: number; readonly error: MidStreamError };

export interface MidStreamError {
  readonly type: string;
  readonly message: string;
  readonly resets_at?: number;
}

/** One set of figures for the usage endpoint and `message_limit`, so that a test may compare the two. */
export interface Limits {
  readonly type: 'within_limit' | 'approaching_limit' | 'exceeded_limit';
  /** Used part of the window, 0 to 1; `null` = the window has not started. */
  readonly fiveHour: { readonly utilization: number; readonly resetsAtMs: number } | null;
  readonly sevenDay: { readonly utilization: number; readonly resetsAtMs: number } | null;
}

export interface Scenario {
  readonly answer: (prompt: Prompt) => Answer | string;
  readonly refuse: Refusal | null;
  /** Routes that refuse; every API route unless told. */
  readonly refuseOn: readonly RouteName[] | null;
  /** The refusal is lifted after so many. */
  readonly refuseTimes: number;
  /** Challenge whoever lacks the partitioned clearance cookie, which only a page of the site can have earned. */
  readonly requiresClearance: boolean;
  /** Wait before the status line; `Infinity` = no answer ever. */
  readonly headDelayMs: number;
  /** `as-asked`: by the request's `rendering_mode`, as the real site does. */
  readonly form: 'as-asked' | 'new' | 'old';
  readonly hasConversationReady: boolean;
  readonly eventDelayMs: number;
  /** Size of each write; `null` = an event each. Small values cut characters and line ends apart. */
  readonly writeBytes: number | null;
  readonly lineEnding: '\n' | '\r\n';
  readonly ending: Ending;
  readonly limits: Limits;
  /** Sent whether or not the client accepts it. */
  readonly encoding: 'identity' | 'gzip' | 'br' | 'zstd';
  readonly sendsEarlyHints: boolean;
  /** Which signed-in answers carry a new session cookie. */
  readonly sessionRotation: 'none' | 'next-answer' | 'every-answer';
  /** The former session ends at the moment of the rotation. */
  readonly retiresRotatedSession: boolean;
}

const hourMs = 3_600_000;

export function calmDay(nowMs: number): Scenario {
  return {
    answer: (prompt) => `You wrote: ${prompt.lastLine}`,
    refuse: null,
    refuseOn: null,
    refuseTimes: Infinity,
    requiresClearance: false,
    headDelayMs: 0,
    form: 'as-asked',
    hasConversationReady: false,
    eventDelayMs: 0,
    writeBytes: null,
    lineEnding: '\n',
    ending: { kind: 'whole' },
    limits: {
      type: 'within_limit',
      fiveHour: { utilization: 0.42, resetsAtMs: wholeSecond(nowMs + 3 * hourMs) },
      sevenDay: { utilization: 0.17, resetsAtMs: wholeSecond(nowMs + 90 * hourMs) },
    },
    encoding: 'identity',
    sendsEarlyHints: false,
    sessionRotation: 'none',
    retiresRotatedSession: true,
  };
}

function wholeSecond(timeMs: number): number {
  return Math.floor(timeMs / 1000) * 1000;
}
