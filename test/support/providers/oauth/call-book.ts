/** What was asked of an authorization server, told without a secret. */
import type { RecordedRequest } from '../server/record.ts';

export interface TokenCall {
  /** `grant_type`, as it was sent. */
  readonly grant: string;
  readonly form: 'json' | 'form' | 'other';
  /** Names of the fields in the body. */
  readonly fields: readonly string[];
  readonly userAgent: string | undefined;
  readonly request: RecordedRequest;
  /** `open` while it is not answered, and for ever when it hangs; `lost`: granted, but the answer was not sent. */
  readonly outcome: 'open' | 'granted' | 'refused' | 'failed' | 'lost';
  /** E-mail address, once that is known. */
  readonly person: string | null;
}

export interface AuthorizeCall {
  readonly query: URLSearchParams;
  /** `open` while nobody clicked; `refused`: there was no page to click on. */
  readonly outcome: 'open' | 'refused' | 'allowed' | 'denied';
}

export type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

export class CallBook {
  readonly authorize: Mutable<AuthorizeCall>[] = [];
  readonly token: Mutable<TokenCall>[] = [];
  /** Tokens given back, whether known or not. */
  revoke = 0;

  /** How many token requests of a grant there were, or how many of one outcome. */
  count(grant: string, outcome?: TokenCall['outcome']): number {
    return this.token.filter((one) => one.grant === grant && (outcome === undefined || one.outcome === outcome)).length;
  }

  forget(): void {
    this.authorize.length = 0;
    this.token.length = 0;
    this.revoke = 0;
  }
}
