import { useContext, useMemo } from 'preact/hooks';
import { useTimeStyle } from '../../../ui/use-figures.ts';
import { NowContext } from '../../../ui/words.tsx';

/** Writes a moment to the second, with its day where that is not today. */
export function useClock(): (atMs: number) => string {
  const style = useTimeStyle();
  const now = useContext(NowContext);
  return useMemo(() => {
    const time = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: style.hourCycle } as const;
    const zone = { timeZone: style.timeZone };
    const clock = new Intl.DateTimeFormat(style.locale, { ...time, ...zone });
    const full = new Intl.DateTimeFormat(style.locale, { day: 'numeric', month: 'short', ...time, ...zone });
    const day = new Intl.DateTimeFormat(style.locale, { dateStyle: 'short', ...zone });
    return (atMs) => (day.format(atMs) === day.format(now.peek()) ? clock : full).format(atMs);
  }, [style, now]);
}
