import { text } from '../../../text.ts';

export interface LegendEntry {
  readonly key: string;
  readonly name: string;
  /** Which colour, from 1 on. */
  readonly place: number;
}

export interface LegendProps {
  readonly entries: readonly LegendEntry[];
  readonly hidden: ReadonlySet<string>;
  readonly onToggle: (key: string) => void;
}

/** Which colour is which; a click leaves one out. */
export function Legend({ entries, hidden, onToggle }: LegendProps) {
  return (
    <div class="legend" role="group" aria-label={text('legendLabel')}>
      {entries.map(({ key, name, place }) => (
        <button
          key={key}
          type="button"
          class="legend-entry"
          aria-pressed={!hidden.has(key)}
          title={name}
          onClick={() => onToggle(key)}
        >
          <span class={`swatch s${place}`} aria-hidden="true" />
          <bdi>{name}</bdi>
        </button>
      ))}
    </div>
  );
}
