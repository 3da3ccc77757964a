import type { StatusLine as Line } from './view/panel.ts';
import { useTell } from './words.tsx';

/** The one line of live state. Screen readers hear it when it changes. */
export function StatusLine({ line, state }: { readonly line: Line; readonly state: string }) {
  const tell = useTell();
  return (
    <p class={`status ${line.tone}`} role="status" aria-live="polite" data-testid="status" data-state={state}>
      {tell(line.word)}
    </p>
  );
}
