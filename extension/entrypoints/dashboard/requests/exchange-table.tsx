import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { text, type TextKey } from '../../../text.ts';
import { CommandLine } from '../../../ui/command-line.tsx';
import { Waiting } from '../../../ui/waiting.tsx';
import { type Filter, noFilter } from '../data/exchanges.ts';
import { requestsHash } from '../data/route.ts';
import { useDesk } from '../data/use-question.ts';
import { ProblemNote } from '../parts/answer-of.tsx';
import type { ExchangeList } from './exchange-list.ts';
import { ExchangeRow } from './exchange-row.tsx';
import { type RowWindow, windowOf } from './row-window.ts';

/** Also the height in requests.css: rows are placed by it. */
const ROW_PX = 41;
const LOOK_EVERY_MS = 2_000;
/** How far from the end the next page is asked for. */
const AHEAD_PX = 20 * ROW_PX;

const columns: readonly TextKey[] = [
  'rowTime',
  'rowClient',
  'rowModel',
  'rowServedBy',
  'rowTokens',
  'rowFirstByte',
  'rowStatus',
];

export interface ExchangeTableProps {
  readonly list: ExchangeList;
  readonly filter: Filter;
}

/** However long the ledger is, only the rows in sight are drawn. */
export function ExchangeTable({ list, filter }: ExchangeTableProps) {
  const frame = useRef<HTMLDivElement>(null);
  const [scrollTop, setScrollTop] = useState(0);
  const heightPx = useHeight(frame);
  const isAtTop = scrollTop < ROW_PX;
  useLiveRows(list, isAtTop);
  const state = list.state.value;
  const shown = windowOf(scrollTop, heightPx, ROW_PX, state.rows.length);

  function noteScroll(): void {
    const { current } = frame;
    if (current === null) return;
    setScrollTop(current.scrollTop);
    if (current.scrollTop < ROW_PX) list.showWaiting();
    if (current.scrollHeight - current.scrollTop - current.clientHeight < AHEAD_PX) void list.loadMore();
  }

  const showNew = (): void => {
    list.showWaiting();
    frame.current?.scrollTo({ top: 0 });
  };

  return (
    <div class="exchanges">
      {state.problem !== null && <ProblemNote problem={state.problem} />}
      <NewRows count={state.waiting.length} onShow={showNew} />
      <div
        class="exchange-frame table-frame"
        ref={frame}
        role="region"
        aria-label={text('requestsSection')}
        aria-busy={state.isFirstLoading}
        onScroll={noteScroll}
        onKeyDown={(event) => walk(event, frame.current)}
      >
        {state.rows.length === 0 ? (
          <NoRows isLoading={state.isFirstLoading} filter={filter} />
        ) : (
          <Rows list={list} filter={filter} shown={shown} />
        )}
      </div>
      <p class="exchange-foot" aria-live="off">
        {state.rows.length > 0 && shownWords(state.rows.length)}
        {state.hasMore && ` ${text(state.isLoadingMore ? 'rowsLoading' : 'rowsMore')}`}
      </p>
    </div>
  );
}

function shownWords(count: number): string {
  return count === 1 ? text('rowShown') : text('rowsShown', String(count));
}

interface RowsProps {
  readonly list: ExchangeList;
  readonly filter: Filter;
  readonly shown: RowWindow;
}

function Rows({ list, filter, shown }: RowsProps) {
  const { rows, hasMore } = list.state.value;
  return (
    <table aria-rowcount={hasMore ? -1 : rows.length + 1}>
      <thead>
        <tr aria-rowindex={1}>
          {columns.map((column) => (
            <th scope="col" key={column}>
              {text(column)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {shown.abovePx > 0 && <Room heightPx={shown.abovePx} />}
        {rows.slice(shown.first, shown.end).map((row, index) => (
          <ExchangeRow key={row.id} exchange={row} index={shown.first + index} filter={filter} />
        ))}
        {shown.belowPx > 0 && <Room heightPx={shown.belowPx} />}
      </tbody>
    </table>
  );
}

function Room({ heightPx }: { readonly heightPx: number }) {
  return (
    <tr class="room" aria-hidden="true">
      <td style={{ height: `${heightPx}px` }} />
    </tr>
  );
}

function NewRows({ count, onShow }: { readonly count: number; readonly onShow: () => void }) {
  return (
    <div class="new-rows" role="status">
      {count > 0 && (
        <button type="button" class="button" onClick={onShow}>
          {count === 1 ? text('rowsNewOne') : text('rowsNewOther', String(count))}
        </button>
      )}
    </div>
  );
}

function NoRows({ isLoading, filter }: { readonly isLoading: boolean; readonly filter: Filter }) {
  const { isLive } = useDesk();
  if (isLoading) return isLive ? <Waiting /> : <p>{text('figuresNeedLink')}</p>;
  const isFiltered = Object.values(filter).some((value) => value !== '');
  if (isFiltered) {
    return (
      <div class="empty">
        <p>
          <strong>{text('rowsNoneMatch')}</strong>
        </p>
        <a class="button quiet" href={requestsHash(noFilter)}>
          {text('actionClearFilters')}
        </a>
      </div>
    );
  }
  return (
    <div class="empty">
      <p>
        <strong>{text('usageEmptyEver')}</strong>
      </p>
      <p>{text('usageEmptyNext')}</p>
      <CommandLine command="companion env" />
    </div>
  );
}

/** Asks for new rows while the page is in sight; they wait while the person reads further down. */
function useLiveRows(list: ExchangeList, isAtTop: boolean): void {
  const { isLive } = useDesk();
  const stays = useRef(!isAtTop);
  stays.current = !isAtTop;
  useEffect(() => {
    if (!isLive) return undefined;
    const look = (): void => {
      if (document.visibilityState === 'visible') void list.look(stays.current);
    };
    look();
    const timer = setInterval(look, LOOK_EVERY_MS);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [list, isLive]);
}

function useHeight(frame: { readonly current: HTMLElement | null }): number {
  const [height, setHeight] = useState(600);
  useLayoutEffect(() => {
    const { current } = frame;
    if (current === null) return undefined;
    const observer = new ResizeObserver(() => setHeight(current.clientHeight));
    observer.observe(current);
    return () => observer.disconnect();
  }, []);
  return height;
}

/** The arrow keys go from row to row, as in every list of messages. */
function walk(event: KeyboardEvent, frame: HTMLElement | null): void {
  const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };
  const step = steps[event.key];
  if (step === undefined || frame === null) return;
  const links = [...frame.querySelectorAll<HTMLAnchorElement>('a.row-link')];
  const at = links.indexOf(document.activeElement as HTMLAnchorElement);
  const next = at === -1 ? links[0] : links[at + step];
  if (next === undefined) return;
  event.preventDefault();
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: 'nearest' });
}
