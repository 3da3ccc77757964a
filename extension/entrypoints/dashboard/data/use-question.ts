import { createContext } from 'preact';
import { useContext, useEffect } from 'preact/hooks';
import type { Background } from '../../../ui/background.ts';
import { type Answered, type Question, Questions } from './questions.ts';

/** What every section of the dashboard reaches the companion with. */
export interface Desk {
  readonly background: Background;
  readonly questions: Questions;
  /** The companion can be asked now. */
  readonly isLive: boolean;
}

export const DeskContext = createContext<Desk | null>(null);

export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (desk === null) throw new Error('no desk around this component');
  return desk;
}

export function createQuestions(background: Background): Questions {
  return new Questions({
    // A page that stands without a background gets no answer at all.
    ask: async (question) => (await background.ask('call-api', question)) ?? unheard,
    nowMs: () => Date.now(),
  });
}

const unheard = { ok: false, code: 'unanswered', message: '', remedy: null } as const;

/** The answer to a question, kept no older than `everyMs` while somebody can see it. */
export function useQuestion<Data>(question: Question<Data>, everyMs: number): Answered<Data> {
  const { questions, isLive } = useDesk();
  useEffect(() => {
    if (!isLive) return undefined;
    const look = (): void => {
      if (document.visibilityState === 'visible') void questions.refresh(question, everyMs * 0.9);
    };
    look();
    const timer = setInterval(look, everyMs);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
    // The key is the question; its functions are made anew with each rendering.
    // oxlint-disable-next-line exhaustive-deps
  }, [question.key, everyMs, isLive, questions]);
  return questions.entry(question).value;
}
