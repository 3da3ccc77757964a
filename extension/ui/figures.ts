/** Counts, shares and durations as a person reads them, in the style of their language. Pure. */

export interface Figures {
  /** `1,234`, and from ten thousand on `12.3K`. */
  readonly count: (value: number) => string;
  /** `42%` of one. */
  readonly share: (fraction: number) => string;
  /** `620ms`, `1.2s`, `3m`. */
  readonly duration: (durationMs: number) => string;
}

const LARGEST_WHOLE = 10_000;

export function figuresIn(locale: string): Figures {
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const short = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
  const shares = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 });
  const fine = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });
  const units = (unit: string, digits: number) =>
    new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'narrow', maximumFractionDigits: digits });
  const milliseconds = units('millisecond', 0);
  const seconds = units('second', 1);
  const longSeconds = units('second', 0);
  const minutes = units('minute', 0);
  return {
    count: (value) => (Math.abs(value) < LARGEST_WHOLE ? whole : short).format(value),
    share: (fraction) => (fraction > 0 && fraction < 0.1 ? fine : shares).format(fraction),
    duration(durationMs) {
      if (durationMs < 995) return milliseconds.format(durationMs);
      if (durationMs < 9_950) return seconds.format(durationMs / 1_000);
      if (durationMs < 119_500) return longSeconds.format(durationMs / 1_000);
      return minutes.format(durationMs / 60_000);
    },
  };
}
