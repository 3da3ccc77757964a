/** Series made ready to be drawn on top of each other. Pure. */
import { OTHERS_KEY, type Series, type UsageSeries } from './usage.ts';

/** What is drawn in one colour. */
export interface Layer {
  readonly key: string;
  /** `null`: everything that has no layer of its own. */
  readonly name: string | null;
  readonly values: readonly number[];
}

/** So many bars can be told apart. */
const MOST_BARS = 70;
const DAY_S = 86_400;

/** By days where the steps are finer and so many that nobody could tell them apart. */
export function coarsen(series: UsageSeries): UsageSeries {
  const { times, stepSeconds } = series;
  if (times.length <= MOST_BARS || stepSeconds >= DAY_S) return series;
  const days = [...Map.groupBy(times.keys(), (index) => new Date((times[index] ?? 0) * 1_000).toDateString()).values()];
  const add = (values: readonly number[]) => days.map((steps) => sum(steps.map((index) => values[index] ?? 0)));
  return {
    stepSeconds: DAY_S,
    times: days.map(([first = 0]) => times[first] ?? 0),
    series: series.series.map((one) => ({ ...one, exchanges: add(one.exchanges), failures: add(one.failures) })),
  };
}

/** As many as there are colours that can be told apart. */
export const MOST_LAYERS = 6;

/** The largest series each as a layer, the rest together as the last one. */
export function layersOf(series: readonly Series[], most = MOST_LAYERS): readonly Layer[] {
  const told = series.filter(({ key }) => key !== OTHERS_KEY);
  const sorted = told.toSorted((left, right) => sum(right.exchanges) - sum(left.exchanges));
  const own = series.length <= most ? sorted : sorted.slice(0, most - 1);
  const rest = [...sorted.slice(own.length), ...series.filter(({ key }) => key === OTHERS_KEY)];
  const layers = own.map(({ key, name, exchanges }) => ({ key, name, values: exchanges }));
  return rest.length === 0 ? layers : [...layers, { key: OTHERS_KEY, name: null, values: addUp(rest) }];
}

/** The upper edge of each layer where those in `hidden` are left out; hidden ones have no edge. */
export function stackOf(layers: readonly Layer[], hidden: ReadonlySet<string>): readonly (number | null)[][] {
  const heights = Array.from({ length: layers[0]?.values.length ?? 0 }, () => 0);
  return layers.map((layer) => {
    if (hidden.has(layer.key)) return heights.map(() => null);
    return layer.values.map((value, index) => {
      heights[index] = (heights[index] ?? 0) + value;
      return heights[index] === 0 ? null : (heights[index] ?? null);
    });
  });
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function addUp(series: readonly Series[]): readonly number[] {
  const length = series[0]?.exchanges.length ?? 0;
  return Array.from({ length }, (_, index) => sum(series.map((one) => one.exchanges[index] ?? 0)));
}
