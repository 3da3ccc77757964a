/** Which rows of a long list stand in sight. Pure. */

export interface RowWindow {
  /** First row that is drawn, and the one after the last. */
  readonly first: number;
  readonly end: number;
  /** Room for the rows above and below. */
  readonly abovePx: number;
  readonly belowPx: number;
}

/** Rows that are drawn beyond both edges, so that scrolling shows no gap. */
const SPARE_ROWS = 8;

export function windowOf(scrollTopPx: number, heightPx: number, rowPx: number, rows: number): RowWindow {
  const visible = Math.ceil(heightPx / rowPx);
  const top = Math.max(0, Math.min(rows - visible, Math.floor(scrollTopPx / rowPx)));
  const first = Math.max(0, top - SPARE_ROWS);
  const end = Math.min(rows, top + visible + SPARE_ROWS);
  return { first, end, abovePx: first * rowPx, belowPx: (rows - end) * rowPx };
}
