/** What the terminal can show. */

export interface Terminal {
  readonly columns: number;
  /** Block characters arrive as what they are: a terminal of today, or nobody who counts on plain text. */
  readonly hasUnicode: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

export function describeTerminal(
  output: { readonly isTTY?: boolean; readonly columns?: number } = process.stdout,
  environment: Environment = process.env,
): Terminal {
  const isTerminal = output.isTTY === true;
  return {
    columns: Math.max(40, (isTerminal ? output.columns : Number(environment['COLUMNS'])) || 80),
    hasUnicode: isTerminal && speaksUtf8(environment),
  };
}

function speaksUtf8(environment: Environment): boolean {
  const locale = [environment['LC_ALL'], environment['LC_CTYPE'], environment['LANG']].find((value) => value);
  if (locale !== undefined) return /utf-?8/i.test(locale);
  return environment['WT_SESSION'] !== undefined || environment['TERM_PROGRAM'] !== undefined;
}

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar without its empty rest; whatever is more than nothing shows. */
export function drawBar(fraction: number, width: number, { hasUnicode }: Terminal): string {
  const share = Math.min(1, Math.max(0, fraction)) * width;
  if (!hasUnicode) return '#'.repeat(share === 0 ? 0 : Math.max(1, Math.round(share)));
  const steps = share === 0 ? 0 : Math.max(1, Math.round(share * 8));
  return '█'.repeat(Math.floor(steps / 8)) + (eighths[steps % 8] ?? '');
}

/** Cut so that it takes at most `width` columns. */
export function clip(text: string, width: number, { hasUnicode }: Terminal): string {
  if (text.length <= width) return text;
  return hasUnicode ? `${text.slice(0, width - 1)}…` : `${text.slice(0, width - 2)}..`;
}

/** Names come from programs that call us: nothing in them may steer the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}
