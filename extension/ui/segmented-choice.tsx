export interface SegmentedChoiceProps<Value extends string> {
  /** Joins the radios. */
  readonly name: string;
  /** What is chosen, for screen readers. */
  readonly label: string;
  readonly choices: readonly { readonly value: Value; readonly label: string }[];
  readonly chosen: Value;
  readonly onChoose: (value: Value) => void;
}

/** A few answers side by side, of which one stands. The arrow keys move between them. */
export function SegmentedChoice<Value extends string>(props: SegmentedChoiceProps<Value>) {
  const { name, label, choices, chosen, onChoose } = props;
  return (
    <fieldset class="formats">
      <legend class="unseen">{label}</legend>
      {choices.map((choice) => (
        <label key={choice.value} class="format">
          <input
            type="radio"
            name={name}
            value={choice.value}
            checked={choice.value === chosen}
            onChange={() => onChoose(choice.value)}
          />
          <span>{choice.label}</span>
        </label>
      ))}
    </fieldset>
  );
}
