export type MeterLevel = 'normal' | 'high' | 'full';

const HIGH_PERCENT = 80;

export function levelOfPercent(percent: number): MeterLevel {
  if (percent >= 100) return 'full';
  return percent >= HIGH_PERCENT ? 'high' : 'normal';
}

interface MeterProps {
  readonly label: string;
  /** 0 to 100. */
  readonly percent: number;
  readonly level: MeterLevel;
  /** What a screen reader says in the place of the percent. */
  readonly words: string;
}

/** How much of something is used. */
export function Meter({ label, percent, level, words }: MeterProps) {
  return (
    <div
      class="track"
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={words}
    >
      <div class={`used ${level}`} style={{ width: `${percent}%` }} />
    </div>
  );
}
