/** How old the figures of the overview may get while somebody looks. */
export const FIGURES_EVERY_MS = 15_000;
