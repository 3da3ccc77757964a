/** Colours for a canvas, which knows nothing of custom properties: read from the page as it is now. */

export interface PlotTheme {
  readonly series: readonly string[];
  readonly ink: string;
  readonly line: string;
  readonly ground: string;
  readonly font: string;
}

const seriesTokens = ['--series-1', '--series-2', '--series-3', '--series-4', '--series-5', '--series-6'];

export function readTheme(place: HTMLElement): PlotTheme {
  const probe = document.createElement('span');
  place.append(probe);
  const colour = (token: string): string => {
    probe.style.color = `var(${token})`;
    return getComputedStyle(probe).color;
  };
  const theme = {
    series: seriesTokens.map(colour),
    ink: colour('--ink-soft'),
    line: colour('--line'),
    ground: colour('--ground'),
    font: `13px ${getComputedStyle(place).fontFamily}`,
  };
  probe.remove();
  return theme;
}
