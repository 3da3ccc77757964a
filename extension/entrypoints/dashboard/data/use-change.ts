import { useState } from 'preact/hooks';
import type { ApiAnswer, ApiQuestion } from '../../../state.ts';
import type { Problem, Question } from './questions.ts';
import { useDesk } from './use-question.ts';

export interface Change {
  readonly isRunning: boolean;
  readonly problem: Problem | null;
  /** Resolves to the answer; does nothing while one runs, and says so by `undefined`. */
  readonly run: (method: ApiQuestion['method'], path: string, body?: unknown) => Promise<ApiAnswer | undefined>;
  readonly forget: () => void;
}

/** One thing that a click changes at the companion; what goes wrong is said where the click was. */
export function useChange<Data>(after: Question<Data> | null): Change {
  const { questions } = useDesk();
  const [isRunning, setRunning] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  async function run(method: ApiQuestion['method'], path: string, body?: unknown): Promise<ApiAnswer | undefined> {
    if (isRunning) return undefined;
    setRunning(true);
    setProblem(null);
    const answer = await questions.tell(method, path, body);
    if (!answer.ok) setProblem(answer);
    else if (after !== null) await questions.ask(after);
    setRunning(false);
    return answer;
  }

  return { isRunning, problem, run, forget: () => setProblem(null) };
}
