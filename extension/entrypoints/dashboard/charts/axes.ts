import type uPlot from 'uplot';
import type { TimeStyle } from '../../../ui/time.ts';
import type { PlotTheme } from './theme.ts';

const DAY_S = 86_400;

/** Clock times, and dates where the marks stand a day or more apart. */
export function timeAxis(theme: PlotTheme, style: TimeStyle): uPlot.Axis {
  const clock = formatter(style, clockOf(style));
  const date = formatter(style, { day: 'numeric', month: 'short' });
  return {
    ...plainAxis(theme),
    space: 64,
    size: 30,
    grid: { show: false },
    values: (_plot, splits, _axis, _space, increment) =>
      splits.map((at) => (increment >= DAY_S || isMidnight(at) ? date : clock).format(at * 1_000)),
  };
}

export function valueAxis(theme: PlotTheme, write: (value: number) => string): uPlot.Axis {
  return {
    ...plainAxis(theme),
    space: 42,
    size: (_plot, values) => 18 + 7.5 * Math.max(2, ...(values ?? []).map((value) => value.length)),
    grid: { stroke: theme.line, width: 1 },
    values: (_plot, splits) => splits.map((value) => write(value)),
  };
}

/** What a step is called: the time of its begin, with the day where it is not obvious. */
export function stepFormatter(style: TimeStyle, stepSeconds: number): (atSeconds: number) => string {
  const day = { weekday: 'short', day: 'numeric', month: 'short' } as const;
  const format = formatter(style, stepSeconds >= DAY_S ? day : { ...day, ...clockOf(style) });
  return (atSeconds) => format.format(atSeconds * 1_000);
}

function plainAxis(theme: PlotTheme): uPlot.Axis {
  return { stroke: theme.ink, font: theme.font, ticks: { show: false }, border: { show: false }, gap: 8 };
}

/** `09:00`, or `9:00 AM`. */
function clockOf({ hourCycle }: TimeStyle): Intl.DateTimeFormatOptions {
  return { hour: hourCycle === 'h23' ? '2-digit' : 'numeric', minute: '2-digit', hourCycle };
}

function formatter(style: TimeStyle, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(style.locale, { ...options, timeZone: style.timeZone });
}

function isMidnight(atSeconds: number): boolean {
  const at = new Date(atSeconds * 1_000);
  return at.getHours() === 0 && at.getMinutes() === 0;
}
