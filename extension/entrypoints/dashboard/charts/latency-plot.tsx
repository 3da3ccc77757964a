import { useMemo } from 'preact/hooks';
import type uPlot from 'uplot';
import { text } from '../../../text.ts';
import { useFigures, useTimeStyle } from '../../../ui/use-figures.ts';
import type { Latency } from '../data/usage.ts';
import { stepFormatter, timeAxis, valueAxis } from './axes.ts';
import { Plot } from './plot.tsx';
import { PlotTable } from './plot-table.tsx';
import type { PlotTheme } from './theme.ts';

const HEIGHT_PX = 230;

/** How long the first byte took: the middle, and what nine in ten stay below. */
export function LatencyPlot({ latency, label }: { readonly latency: Latency; readonly label: string }) {
  const { duration } = useFigures();
  const style = useTimeStyle();
  const data = useMemo<uPlot.AlignedData>(() => [[...latency.times], [...latency.p50], [...latency.p90]], [latency]);
  const writeStep = useMemo(() => stepFormatter(style, latency.stepSeconds), [style, latency.stepSeconds]);
  const write = (value: number | null | undefined) => (value === null || value === undefined ? '–' : duration(value));
  const timeAt = (index: number): string => writeStep(latency.times[index] ?? 0);
  return (
    <>
      <div class="legend">
        <span class="legend-entry">
          <span class="swatch s1" aria-hidden="true" />
          {text('latencyMiddle')}
        </span>
        <span class="legend-entry">
          <span class="swatch s2" aria-hidden="true" />
          {text('latencyNinety')}
        </span>
      </div>
      <Plot
        label={label}
        height={HEIGHT_PX}
        times={latency.times}
        stepSeconds={latency.stepSeconds}
        data={data}
        drawingKey={String(latency.stepSeconds)}
        options={(theme) => lineOptions(theme, latency, style, duration)}
        describe={(index) => text('latencyStep', timeAt(index), write(latency.p50[index]), write(latency.p90[index]))}
        tip={(index) => (
          <>
            <strong>{timeAt(index)}</strong>
            <ul>
              <li>
                <span class="swatch s2" />
                <span class="tip-name">{text('latencyNinety')}</span>
                <span class="tip-value">{write(latency.p90[index])}</span>
              </li>
              <li>
                <span class="swatch s1" />
                <span class="tip-name">{text('latencyMiddle')}</span>
                <span class="tip-value">{write(latency.p50[index])}</span>
              </li>
            </ul>
          </>
        )}
      />
      <PlotTable
        caption={label}
        columns={[text('latencyMiddle'), text('latencyNinety')]}
        rows={latency.times.map((at, index) => ({
          name: writeStep(at),
          values: [write(latency.p50[index]), write(latency.p90[index])],
          isEmpty: (latency.p50[index] ?? null) === null,
        }))}
      />
    </>
  );
}

function lineOptions(
  theme: PlotTheme,
  { times, stepSeconds }: Latency,
  style: ReturnType<typeof useTimeStyle>,
  duration: (value: number) => string,
) {
  const line = (place: number) => ({ stroke: theme.series[place] ?? theme.ink, width: 2, spanGaps: false });
  const begin = times[0] ?? 0;
  const end = (times.at(-1) ?? begin) + stepSeconds;
  return {
    series: [{}, line(0), line(1)],
    scales: {
      x: { time: true, range: (): uPlot.Range.MinMax => [begin, end] },
      y: { range: (_plot: uPlot, _least: number, most: number): uPlot.Range.MinMax => [0, (most || 1_000) * 1.08] },
    },
    axes: [timeAxis(theme, style), valueAxis(theme, duration)],
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    padding: [8, 28, 0, 0] as uPlot.Padding,
  } satisfies Omit<uPlot.Options, 'width' | 'height'>;
}
