import { useId } from 'preact/hooks';

export interface AgreedButtonProps {
  readonly testId: string;
  readonly label: string;
  readonly hasAgreed: boolean;
  /** Why it cannot be clicked yet, for whoever does not see the box that is to be ticked. */
  readonly needed: string;
  readonly isRunning: boolean;
  readonly onClick: () => void;
}

/** A step that begins only once the person has agreed in so many words. */
export function AgreedButton({ testId, label, hasAgreed, needed, isRunning, onClick }: AgreedButtonProps) {
  const id = useId();
  return (
    <>
      <button
        type="button"
        class="button"
        data-testid={testId}
        disabled={!hasAgreed}
        aria-disabled={isRunning}
        aria-describedby={id}
        onClick={onClick}
      >
        {label}
      </button>
      <span id={id} class="unseen">
        {hasAgreed ? '' : needed}
      </span>
    </>
  );
}
