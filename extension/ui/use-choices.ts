import { useEffect, useState } from 'preact/hooks';
import type { Choices, ExtensionState } from '../state.ts';
import { text } from '../text.ts';
import type { Background } from './background.ts';

/** How long a choice that was taken may need to come back as part of the state. */
const ECHO_MS = 1_000;

export interface ShownChoices {
  /** With what was just clicked in it: a control must not jump back while the click travels. */
  readonly choices: Choices;
  /** Words for the person when a choice was not taken; the choices then are what they were. Else `null`. */
  readonly problem: string | null;
  /** Takes a choice; `follow` is done once it was taken. */
  readonly choose: (change: Partial<Choices>, follow?: () => Promise<unknown>) => void;
}

/** The person's choices as their own clicks left them, until the background answers; from then on as it tells them. */
export function useChoices(background: Background, state: ExtensionState): ShownChoices {
  const [clicked, setClicked] = useState<Partial<Choices>>({});
  const [problem, setProblem] = useState<string | null>(null);
  const drop = (change: Partial<Choices>) => setClicked((before) => without(before, change));

  useEffect(() => drop(state.choices), [state.choices]);

  async function take(change: Partial<Choices>, follow: () => Promise<unknown>): Promise<void> {
    setProblem(null);
    setClicked((before) => ({ ...before, ...change }));
    try {
      await background.ask('choose', change);
      setTimeout(() => drop(change), ECHO_MS);
      await follow();
    } catch {
      drop(change);
      setProblem(text('requestFailed'));
    }
  }

  return {
    choices: { ...state.choices, ...clicked },
    problem,
    choose: (change, follow = async () => undefined) => void take(change, follow),
  };
}

/** What was clicked and is not `settled` by now: a later click on the same control stands. */
export function without(clicked: Partial<Choices>, settled: Partial<Choices>): Partial<Choices> {
  const entries = Object.entries(clicked);
  const open = entries.filter(([name, value]) => settled[name as keyof Choices] !== value);
  return open.length === entries.length ? clicked : Object.fromEntries(open);
}
