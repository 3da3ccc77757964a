import { useMemo } from 'preact/hooks';
import { text } from '../../../text.ts';
import type { Place } from '../data/route.ts';
import { useDesk } from '../data/use-question.ts';
import { ExchangeDialog } from './exchange-dialog.tsx';
import { ExchangeList } from './exchange-list.ts';
import { ExchangeTable } from './exchange-table.tsx';
import { Filters } from './filters.tsx';

/** The log of exchanges, newest first, and the explanation of the one that is open. */
export function Requests({ place }: { readonly place: Place }) {
  const { questions } = useDesk();
  const { filter, exchange } = place;
  const filterKey = JSON.stringify(filter);
  // oxlint-disable-next-line exhaustive-deps -- the same filter is another object with each rendering
  const list = useMemo(() => new ExchangeList(questions, filter), [questions, filterKey]);
  return (
    <section class="panel requests" aria-labelledby="requests-title">
      <div class="section-head">
        <h2 id="requests-title">{text('requestsSection')}</h2>
        <p>{text('requestsLead')}</p>
      </div>
      <Filters filter={filter} />
      <ExchangeTable key={filterKey} list={list} filter={filter} />
      {exchange !== null && <ExchangeDialog key={exchange} id={exchange} filter={filter} />}
    </section>
  );
}
