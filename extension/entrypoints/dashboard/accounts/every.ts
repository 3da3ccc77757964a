/** How old the list of credentials may get while somebody looks. */
export const AUTHS_EVERY_MS = 15_000;
