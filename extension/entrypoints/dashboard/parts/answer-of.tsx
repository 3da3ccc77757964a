import type { ComponentChildren } from 'preact';
import { text } from '../../../text.ts';
import { Waiting } from '../../../ui/waiting.tsx';
import { problemWords } from '../data/problem.ts';
import type { Answered, Problem } from '../data/questions.ts';
import { useDesk } from '../data/use-question.ts';

export interface AnswerOfProps<Data> {
  readonly answered: Answered<Data>;
  /** Height that is kept while nothing is known, so that nothing jumps. */
  readonly heightPx?: number;
  readonly children: (data: Data) => ComponentChildren;
}

/** The last good answer, the frame of it while it is on its way, or why there is none. */
export function AnswerOf<Data>({ answered, heightPx = 60, children }: AnswerOfProps<Data>) {
  const { isLive } = useDesk();
  if (answered.data !== null) return <>{children(answered.data)}</>;
  if (answered.problem !== null) return <ProblemNote problem={answered.problem} />;
  return (
    <div class="answer-frame" style={{ minHeight: `${heightPx}px` }}>
      {isLive ? <Waiting /> : <p>{text('figuresNeedLink')}</p>}
    </div>
  );
}

export interface ProblemNoteProps {
  readonly problem: Problem;
  /** Asks once more. */
  readonly onRetry?: () => void;
}

/** Why something was not answered or not done, and what helps. */
export function ProblemNote({ problem, onRetry }: ProblemNoteProps) {
  const { title, details } = problemWords(problem);
  return (
    <div class="note warn problem-note" role="alert">
      <p>
        <strong>{title}</strong>
      </p>
      {details !== '' && (
        <p>
          <bdi>{details}</bdi>
        </p>
      )}
      {onRetry !== undefined && (
        <button type="button" class="plain" data-testid="retry" onClick={onRetry}>
          {text('actionTryAgain')}
        </button>
      )}
    </div>
  );
}
