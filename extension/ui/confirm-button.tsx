import { useEffect, useRef, useState } from 'preact/hooks';
import { text } from '../text.ts';
import { useStep } from './use-step.ts';

export interface ConfirmButtonProps {
  readonly label: string;
  /** What will happen, asked in place before it does. */
  readonly question: string;
  readonly testId: string;
  /** Of the first button. */
  readonly look?: 'button quiet' | 'plain';
  readonly onConfirm: () => Promise<unknown>;
}

/** A button for what cannot be taken back: the first click asks, the second one does it. */
export function ConfirmButton({ label, question, testId, look = 'button quiet', onConfirm }: ConfirmButtonProps) {
  const [isAsking, setAsking] = useState(false);
  const cancel = useRef<HTMLButtonElement>(null);
  const step = useStep();

  const first = useRef<HTMLButtonElement>(null);
  const hasAsked = useRef(false);

  useEffect(() => {
    // Whoever works by keyboard goes on from where the question came up.
    if (isAsking) {
      cancel.current?.focus();
      // In a table that scrolls sideways, the question is wider than the button was.
      cancel.current?.closest('.confirm')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    }
    if (!isAsking && hasAsked.current) first.current?.focus();
    hasAsked.current = isAsking;
  }, [isAsking]);

  if (!isAsking) {
    return (
      <button type="button" class={look} ref={first} data-testid={testId} onClick={() => setAsking(true)}>
        {label}
      </button>
    );
  }
  return (
    <div class="note bad confirm" role="group" aria-label={label}>
      <p>
        <strong>{question}</strong>
      </p>
      {step.problem !== null && (
        <p class="problem" role="alert">
          {step.problem}
        </p>
      )}
      <div class="row">
        <button
          type="button"
          class="button danger"
          data-testid={`${testId}-confirm`}
          aria-disabled={step.isRunning}
          onClick={() => step.run(() => onConfirm().then(() => setAsking(false)))}
        >
          {label}
        </button>
        <button type="button" class="button quiet" ref={cancel} onClick={() => setAsking(false)}>
          {text('actionCancel')}
        </button>
      </div>
    </div>
  );
}
