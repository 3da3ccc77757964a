import { useMemo, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import { text } from '../../../text.ts';
import { inlineLabel } from '../../../ui/label.ts';
import { useFigures, useTimeStyle } from '../../../ui/use-figures.ts';
import { coarsen, type Layer, layersOf, stackOf, sum } from '../data/stack.ts';
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
export function StackedBars({ series: told, label, nameOf }: StackedBarsProps) {
  const { count } = useFigures();
  const style = useTimeStyle();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const series = useMemo(() => coarsen(told), [told]);
  const layers = useMemo(() => layersOf(series.series), [series]);
  const data = useMemo(() => dataOf(series, layers, hidden), [series, layers, hidden]);
  const named = layers.map((layer, index) => ({ ...layer, place: index + 1, label: labelOf(layer, nameOf) }));
  const shown = named.filter((layer) => !hidden.has(layer.key));
  const writeStep = useMemo(() => stepFormatter(style, series.stepSeconds), [style, series.stepSeconds]);
  const barAt = (index: number): Bar => ({
    time: writeStep(series.times[index] ?? 0),
    parts: partsAt(shown, index, count),
  });
  const totalAt = (index: number): string => count(sum(shown.map((layer) => layer.values[index] ?? 0)));
  return (
    <>
      <Legend
        entries={named.map(({ key, label: name, place }) => ({ key, name, place }))}
        hidden={hidden}
        onToggle={(key) => setHidden(toggled(hidden, key))}
      />
      <Plot
        label={label}
        height={HEIGHT_PX}
        times={series.times}
        stepSeconds={series.stepSeconds}
        data={data}
        drawingKey={`${series.stepSeconds} ${layers.length}`}
        options={(theme, tools) => barOptions(theme, tools, { series, layers, style, count })}
        describe={(index) => describeBar(barAt(index), totalAt(index))}
        tip={(index) => <BarTip bar={barAt(index)} total={totalAt(index)} />}
      />
      <PlotTable
        caption={label}
        columns={named.map((layer) => layer.label)}
        rows={series.times.map((at, index) => ({
          name: writeStep(at),
          values: layers.map((layer) => count(layer.values[index] ?? 0)),
          isEmpty: layers.every((layer) => (layer.values[index] ?? 0) === 0),
        }))}
      />
    </>
  );
}

interface NamedLayer extends Layer {
  readonly label: string;
  /** Which colour, from 1 on. */
  readonly place: number;
}

/** What one bar tells, from its top down. */
interface Bar {
  readonly time: string;
  readonly parts: readonly { readonly layer: NamedLayer; readonly value: string }[];
}

function partsAt(layers: readonly NamedLayer[], index: number, count: (value: number) => string): Bar['parts'] {
  return layers
    .filter((layer) => (layer.values[index] ?? 0) > 0)
    .map((layer) => ({ layer, value: count(layer.values[index] ?? 0) }))
    .toReversed();
}

function describeBar({ time, parts }: Bar, total: string): string {
  return text('plotStep', time, total, parts.map(({ layer, value }) => `${layer.label} ${value}`).join(', '));
}

function BarTip({ bar, total }: { readonly bar: Bar; readonly total: string }) {
  return (
    <>
      <strong>{bar.time}</strong>
      <ul>
        {bar.parts.map(({ layer, value }) => (
          <li key={layer.key}>
            <span class={`swatch s${layer.place}`} />
            <span class="tip-name">{layer.label}</span>
            <span class="tip-value">{value}</span>
          </li>
        ))}
      </ul>
      <p>{text('plotTotal', total)}</p>
    </>
  );
}

function labelOf({ key, name }: Layer, nameOf: StackedBarsProps['nameOf']): string {
  if (name === null) return text('seriesOther');
  return inlineLabel(nameOf(key, name), 60) || text('seriesNone');
}

function toggled(hidden: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const next = new Set(hidden);
  if (!next.delete(key)) next.add(key);
  return next;
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
    padding: [8, 28, 0, 0] as uPlot.Padding,
  } satisfies Omit<uPlot.Options, 'width' | 'height'>;
}

/** Nothing at all still has a scale. */
function topOf(most: number | null): number {
  return most === null || most < 4 ? 4 : most * 1.08;
}

function dataOf(series: UsageSeries, layers: readonly Layer[], hidden: ReadonlySet<string>): uPlot.AlignedData {
  return [[...series.times], ...stackOf(layers, hidden).toReversed()];
}
