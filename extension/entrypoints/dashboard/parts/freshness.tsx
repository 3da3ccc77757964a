import { text } from '../../../text.ts';
import { message } from '../../../ui/message.ts';
import { useTell } from '../../../ui/words.tsx';
import type { Answered } from '../data/questions.ts';

const WORTH_TELLING_MS = 60_000;

/** That an answer is old, or could not be renewed, with its age; nothing while it is new. */
export function Freshness({ answered }: { readonly answered: Answered<unknown> }) {
  const tell = useTell();
  const { atMs, problem } = answered;
  if (atMs === null) return null;
  const isOld = problem !== null || Date.now() - atMs > WORTH_TELLING_MS;
  if (!isOld) return null;
  return (
    <span class={`freshness${problem === null ? '' : ' warn'}`}>
      {problem !== null && `${text('figuresNotRenewed')} `}
      {tell(message('figuresAsOf', { agoFromMs: atMs }))}
    </span>
  );
}
