import 'uplot/dist/uPlot.min.css';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import { type PlotTheme, readTheme } from './theme.ts';

export interface PlotProps {
  /** What it shows, for screen readers. */
  readonly label: string;
  readonly height: number;
  readonly data: uPlot.AlignedData;
  /** Begin of each step, in Unix seconds. */
  readonly times: readonly number[];
  readonly stepSeconds: number;
  /** Everything but size and data, in these colours. */
  readonly options: (theme: PlotTheme, tools: typeof uPlot) => Omit<uPlot.Options, 'width' | 'height'>;
  /** What the step at `index` tells in one sentence. */
  readonly describe: (index: number) => string;
  /** The same to look at. */
  readonly tip: (index: number) => ComponentChildren;
  /** A new one draws everything anew. */
  readonly drawingKey: string;
}

/** A plot that is read by pointer and by keyboard: the arrow keys walk through its steps like the value of a slider. */
export function Plot(props: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const [point, setPoint] = useState<Point | null>(null);
  const plot = useDrawing(place, props, setPoint);
  const { label, height, times, describe } = props;
  const last = times.length - 1;
  const index = point === null ? last : Math.min(point.index, last);

  function moveTo(next: number): void {
    const drawn = plot.current;
    const target = Math.max(0, Math.min(last, next));
    const at = times[target];
    if (drawn === null || at === undefined) return;
    setPoint({ index: target, leftPx: leftOf(drawn, at + props.stepSeconds / 2) });
  }

  function takeKey(event: KeyboardEvent): void {
    const steps: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 };
    const step = steps[event.key];
    if (step !== undefined) moveTo(point === null ? last : index + step);
    else if (event.key === 'Home') moveTo(0);
    else if (event.key === 'End') moveTo(last);
    else if (event.key === 'Escape') setPoint(null);
    else return;
    event.preventDefault();
  }

  return (
    <div
      class="plot"
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={last}
      aria-valuenow={index}
      aria-valuetext={describe(index)}
      style={{ height: `${height}px` }}
      onKeyDown={takeKey}
      onFocus={(event) => event.currentTarget.matches(':focus-visible') && moveTo(last)}
      onBlur={() => setPoint(null)}
    >
      <div ref={place} class="plot-canvas" aria-hidden="true" />
      {point !== null && (
        <div
          class="plot-tip"
          aria-hidden="true"
          data-side={point.leftPx > 260 ? 'left' : 'right'}
          style={tipStyle(point)}
        >
          {props.tip(index)}
        </div>
      )}
    </div>
  );
}

interface Point {
  readonly index: number;
  /** From the left edge of the plot. */
  readonly leftPx: number;
}

function tipStyle({ leftPx }: Point) {
  return { left: `${leftPx}px` };
}

function leftOf(plot: uPlot, atSeconds: number): number {
  return plot.valToPos(atSeconds, 'x') + plot.over.offsetLeft;
}

type PointSetter = (point: Point | null) => void;

/** Draws once the library is there, and anew when size, colours or `drawingKey` change. */
function useDrawing(place: { current: HTMLDivElement | null }, props: PlotProps, setPoint: PointSetter) {
  const plot = useRef<uPlot | null>(null);
  const newest = useRef(props);
  newest.current = props;
  const theme = useColourScheme();

  useEffect(() => {
    const target = place.current;
    if (target === null) return undefined;
    let isOver = false;
    let observer: ResizeObserver | undefined;
    const begin = async (): Promise<void> => {
      const { default: tools } = await import('uplot');
      if (isOver) return;
      const drawn = draw(tools, target, newest, setPoint);
      plot.current = drawn;
      observer = new ResizeObserver(() => drawn.setSize({ width: target.clientWidth, height: newest.current.height }));
      observer.observe(target);
    };
    void begin();
    return () => {
      isOver = true;
      observer?.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [theme, props.drawingKey]);

  useEffect(() => {
    plot.current?.setData(props.data);
  }, [props.data]);

  return plot;
}

function draw(
  tools: typeof uPlot,
  target: HTMLElement,
  newest: { readonly current: PlotProps },
  setPoint: PointSetter,
): uPlot {
  const { options, data, height } = newest.current;
  const own = options(readTheme(target), tools);
  const follow = (drawn: uPlot): void => {
    const { left = -1 } = drawn.cursor;
    const { times, stepSeconds } = newest.current;
    const first = times[0];
    if (left < 0 || first === undefined) return setPoint(null);
    const index = Math.floor((drawn.posToVal(left, 'x') - first) / stepSeconds);
    return setPoint({ index: Math.max(0, Math.min(times.length - 1, index)), leftPx: left + drawn.over.offsetLeft });
  };
  return new tools(
    {
      ...own,
      width: target.clientWidth,
      height,
      legend: { show: false },
      hooks: { setCursor: [follow] },
    },
    data,
    target,
  );
}

/** `dark` or `light`, and again when the person changes it. */
function useColourScheme(): string {
  const query = '(prefers-color-scheme: dark)';
  const [scheme, setScheme] = useState(() => (matchMedia(query).matches ? 'dark' : 'light'));
  useEffect(() => {
    const list = matchMedia(query);
    const follow = (): void => setScheme(list.matches ? 'dark' : 'light');
    list.addEventListener('change', follow);
    return () => list.removeEventListener('change', follow);
  }, []);
  return scheme;
}
