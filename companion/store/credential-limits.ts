/** How many tokens each credential has used, and how many the person allows it in a period. */

export interface CredentialLimit {
  /** Id of the key, login or session. */
  readonly credential: string;
  /** Tokens in each period; `null` for any number. */
  readonly tokenLimit: number | null;
  readonly usedTokens: number;
  readonly periodBeganMs: number;
}

/** One exchange, as it is counted against the period in which it ended. */
export interface CredentialUse {
  readonly credential: string;
  readonly tokens: number;
  readonly periodBeganMs: number;
}

export interface CredentialLimitStore {
  credentialLimits(): readonly CredentialLimit[];
  /**
   * Keeps what may be used from now on, all or none; what was used stays as it is, or is as given for a credential that is
   * new here. Errors: `STORE_UNAVAILABLE`.
   */
  saveTokenLimits(limits: readonly CredentialLimit[]): void;
  /** Begins the count anew at each one's `periodBeganMs`: uses from before it count no more. Errors: `STORE_UNAVAILABLE`. */
  beginPeriods(limits: readonly CredentialLimit[]): void;
}
