import { useMemo, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import { text } from '../../../text.ts';
import { inlineLabel } from '../../../ui/label.ts';
import { useFigures, useTimeStyle } from '../../../ui/use-figures.ts';
import { type Layer, layersOf, stackOf, sum } from '../data/stack.ts';
import type { UsageSeries } from '../data/usage.ts';
import { stepFormatter, timeAxis, valueAxis } from './axes.ts';
import { Legend } from './legend.tsx';
import { Plot } from './plot.tsx';
import { PlotTable } from './plot-table.tsx';
import type { PlotTheme } from './theme.ts';

export interface StackedBarsProps {
  readonly series: UsageSeries;
  readonly label: string;
  /** How a series is called, where that is not its own name. */
  readonly nameOf: (key: string, name: string) => string;
}

const HEIGHT_PX = 230;

/** Requests over time, each bar a pile of what they asked for. */
export function StackedBars({ series, label, nameOf }: StackedBarsProps) {
  const figures = useFigures();
  const style = useTimeStyle();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const layers = useMemo(() => layersOf(series.series), [series]);
  const data = useMemo(() => dataOf(series, layers, hidden), [series, layers, hidden]);
  const name = (layer: Layer): string =>
    layer.name === null ? text('seriesOther') : inlineLabel(nameOf(layer.key, layer.name), 60) || text('seriesNone');
  const shown = layers.filter((layer) => !hidden.has(layer.key));
  const writeStep = useMemo(() => stepFormatter(style, series.stepSeconds), [style, series.stepSeconds]);
  const timeAt = (index: number): string => writeStep(series.times[index] ?? 0);
  const totalAt = (index: number): string => figures.count(sum(shown.map((layer) => layer.values[index] ?? 0)));
  const rowsAt = (index: number) =>
    shown
      .map((layer) => ({ layer, value: layer.values[index] ?? 0 }))
      .filter(({ value }) => value > 0)
      .toReversed();

  const toggle = (key: string): void => {
    const next = new Set(hidden);
    if (!next.delete(key)) next.add(key);
    setHidden(next);
  };

  return (
    <>
      <Legend
        entries={layers.map((layer, index) => ({ key: layer.key, name: name(layer), place: index + 1 }))}
        hidden={hidden}
        onToggle={toggle}
      />
      <Plot
        label={label}
        height={HEIGHT_PX}
        times={series.times}
        stepSeconds={series.stepSeconds}
        data={data}
        drawingKey={`${series.stepSeconds} ${layers.length}`}
        options={(theme, tools) => barOptions(theme, tools, { series, layers, style, count: figures.count })}
        describe={(index) =>
          text(
            'plotStep',
            timeAt(index),
            totalAt(index),
            rowsAt(index)
              .map(({ layer, value }) => `${name(layer)} ${figures.count(value)}`)
              .join(', '),
          )
        }
        tip={(index) => (
          <>
            <strong>{timeAt(index)}</strong>
            <ul>
              {rowsAt(index).map(({ layer, value }) => (
                <li key={layer.key}>
                  <span class={`swatch s${layers.indexOf(layer) + 1}`} />
                  <span class="tip-name">{name(layer)}</span>
                  <span class="tip-value">{figures.count(value)}</span>
                </li>
              ))}
            </ul>
            <p>{text('plotTotal', totalAt(index))}</p>
          </>
        )}
      />
      <PlotTable
        caption={label}
        columns={layers.map(name)}
        rows={series.times.map((at, index) => ({
          name: writeStep(at),
          values: layers.map((layer) => figures.count(layer.values[index] ?? 0)),
          isEmpty: layers.every((layer) => (layer.values[index] ?? 0) === 0),
        }))}
      />
    </>
  );
}

interface BarFacts {
  readonly series: UsageSeries;
  readonly layers: readonly Layer[];
  readonly style: ReturnType<typeof useTimeStyle>;
  readonly count: (value: number) => string;
}

/** The highest edge is drawn first and the others over it, so that each layer shows what it adds. */
function barOptions(theme: PlotTheme, tools: typeof uPlot, { series, layers, style, count }: BarFacts) {
  const paths = tools.paths.bars?.({ size: [0.86, 48], align: 1 });
  const bars = layers.map((_, index) => ({
    stroke: theme.ground,
    width: 1,
    fill: theme.series[index] ?? theme.ink,
    points: { show: false },
    ...(paths === undefined ? {} : { paths }),
  }));
  const { times, stepSeconds } = series;
  const begin = times[0] ?? 0;
  const end = (times.at(-1) ?? begin) + stepSeconds;
  return {
    series: [{}, ...bars.toReversed()],
    scales: {
      x: { time: true, range: (): uPlot.Range.MinMax => [begin, end] },
      y: { range: (_plot: uPlot, _least: number, most: number): uPlot.Range.MinMax => [0, topOf(most)] },
    },
    axes: [timeAxis(theme, style), valueAxis(theme, (value) => (Number.isInteger(value) ? count(value) : ''))],
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    padding: [8, 20, 0, 0] as uPlot.Padding,
  } satisfies Omit<uPlot.Options, 'width' | 'height'>;
}

/** Nothing at all still has a scale. */
function topOf(most: number | null): number {
  return most === null || most < 4 ? 4 : most * 1.08;
}

function dataOf(series: UsageSeries, layers: readonly Layer[], hidden: ReadonlySet<string>): uPlot.AlignedData {
  return [[...series.times], ...stackOf(layers, hidden).toReversed()];
}
