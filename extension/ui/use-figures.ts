import { useMemo } from 'preact/hooks';
import { text } from '../text.ts';
import { type Figures, figuresIn } from './figures.ts';
import { type TimeStyle, timeStyle } from './time.ts';

/** How this person writes numbers. */
export function useFigures(): Figures {
  return useMemo(() => figuresIn(ownTimeStyle().locale), []);
}

export function useTimeStyle(): TimeStyle {
  return useMemo(ownTimeStyle, []);
}

function ownTimeStyle(): TimeStyle {
  return timeStyle(text('language'), navigator.languages);
}
